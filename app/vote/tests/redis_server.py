"""A Redis of the tests' own."""

import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from redis import Redis


class RedisServer:
    """A redis-server process that a test may stop and start again on the same port."""

    def __init__(self, folder: Path) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            pytest.fail(
                "redis-server is missing. Install it with: apt-get install redis-server", pytrace=False
            )
        self._command = [binary, "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Return once the server accepts connections."""
        self._process = subprocess.Popen(
            [*self._command, "--port", str(self.port)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        for line in self._process.stdout:
            if "Ready to accept connections" in line:
                return
        pytest.fail(f"redis-server ended while starting, with code {self._process.wait()}", pytrace=False)

    def stop(self) -> None:
        """Return once the server is gone."""
        self._process.terminate()
        self._process.communicate()

    def client(self) -> Redis:
        """Return a client of the test's own."""
        return Redis(port=self.port, decode_responses=True)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
