"""The service as a container runs it: gunicorn, several processes, signals, JSON on stdout."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from redis_server import RedisServer, free_port

from vote.__main__ import main

BODY = b"vote=a"


class Service:
    """A running service and its log."""

    def __init__(self, redis_port: int) -> None:
        self.port = free_port()
        settings = {
            "PORT": str(self.port),
            "REDIS_HOST": "127.0.0.1",
            "REDIS_PORT": str(redis_port),
            "LOG_LEVEL": "debug",
            "WEB_CONCURRENCY": "2",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vote"],
            env=os.environ | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[dict[str, Any]] = []

    def wait_for(self, message: str) -> None:
        """Read the log up to a line whose message starts so."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(json.loads(line))
            if self.lines[-1]["message"].startswith(message):
                return
        pytest.fail(f"the service ended before it logged {message!r}")

    def read_to_end(self) -> None:
        """Read what is left of the log."""
        assert self.process.stdout
        self.lines += [json.loads(line) for line in self.process.stdout]

    def get(self, path: str) -> str:
        """Fetch a page."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as response:
            text: str = response.read().decode()
            return text


@pytest.fixture
def service(redis_server: RedisServer) -> Iterator[Service]:
    running = Service(redis_server.port)
    running.wait_for("Booting worker")
    yield running
    running.process.terminate()
    running.process.communicate(timeout=15)


def post_in_hand(port: int) -> socket.socket:
    """Begin a vote and return once the service has the request in hand, waiting for its body."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(
        b"POST / HTTP/1.1\r\nHost: vote\r\nExpect: 100-continue\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n" % len(BODY)
    )
    assert connection.recv(1024).startswith(b"HTTP/1.1 100")
    return connection


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def test_sigterm_finishes_the_vote_in_hand_and_ends_well(service: Service, redis_server: RedisServer) -> None:
    connection = post_in_hand(service.port)
    service.process.send_signal(signal.SIGTERM)
    service.wait_for("Handling signal: term")
    connection.sendall(BODY)
    assert read_all(connection).startswith(b"HTTP/1.1 200")
    assert service.process.wait(timeout=10) == 0
    with redis_server.client() as redis:
        assert redis.llen("votes") == 1


def test_every_log_line_is_json_with_the_same_fields(service: Service) -> None:
    service.get("/health")
    service.process.terminate()
    service.read_to_end()
    for line in service.lines:
        assert list(line)[:4] == ["timestamp", "level", "logger", "message"]
        assert datetime.fromisoformat(line["timestamp"]).utcoffset() is not None
    (answered,) = [line for line in service.lines if line["message"] == "request answered"]
    assert (answered["method"], answered["path"], answered["status"]) == ("GET", "/health", 200)


def test_metrics_are_those_of_all_processes_even_of_ended_ones(service: Service) -> None:
    service.wait_for("Booting worker")
    for _ in range(20):
        service.get("/health")
    for line in [line["message"] for line in service.lines if line["message"].startswith("Booting worker")]:
        os.kill(int(line.rpartition(" ")[2]), signal.SIGTERM)
    service.wait_for("Booting worker")
    service.wait_for("Booting worker")
    assert 'votingapp_http_requests_total{code="200",method="GET",path="/health"} 20.0' in service.get(
        "/metrics"
    )


def test_a_bad_environment_ends_the_start_with_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POLL_OPTIONS", "[]")
    assert main() == 1
    line = json.loads(capsys.readouterr().out)
    assert line["level"] == "error"
    assert line["message"].startswith(
        "Cannot start, please correct the environment: POLL_OPTIONS: a poll has 2 to 10"
    )
