"""An operator process of a test's own, whose only way to the cluster leads through a proxy."""

import json
import re
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any, Self

import httpx

from cluster import laptop
from tests.support.kube import wait_until
from tests.support.proxy import Proxy

_TROUBLE = frozenset({"warn", "warning", "error", "fatal", "critical"})

_END_SECONDS = 20


class Operator:
    """Looks after one namespace, and is ended with the `with` block, whatever happened in it.

    Args:
        proxy: its way to the API server.
        folder: for its log.
        namespace: which it looks after, and where its Lease is.
        name: its identity: started again under the same one, it resumes a Lease that it was killed with.
        lease_namespace: where the Lease is instead.
    """

    def __init__(
        self, proxy: Proxy, folder: Path, namespace: str, name: str = "operator", *, lease_namespace: str = ""
    ) -> None:
        self.proxy = proxy
        self.name = name
        self._log = folder / f"{name}.log"
        self._metrics_port = _free_port()
        self._environment = {
            **laptop.environment(),
            "KUBECONFIG": str(proxy.kubeconfig(folder)),
            "WATCH_NAMESPACE": namespace,
            "LEASE_NAMESPACE": lease_namespace or namespace,
            "METRICS_PORT": str(self._metrics_port),
            "POD_NAME": name,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process that was started last."""
        assert self._process is not None, "the operator has not been started"
        return self._process

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start, and come back before it has done anything."""
        assert not self.running, f"{self.name} runs already"
        with self._log.open("ab") as log:
            command = [*laptop.KOPF_RUN, "--standalone", "--log-format=json"]
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        return self

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it with SIGTERM, and with SIGKILL where that is not heard."""
        if not self.running:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def leads(self) -> bool:
        """Whether it may write, as it tells itself."""
        return self.running and self.metric("votingapp_operator_leader") == 1

    def wait_until_leading(self) -> None:
        """Wait until it may write."""
        wait_until(f"{self.name} to lead", self.leads, detail=self.log)

    def metric(self, sample: str) -> float | None:
        """The value of a metric's sample, labels included; None where there is none."""
        try:
            text = httpx.get(f"http://127.0.0.1:{self._metrics_port}/metrics", trust_env=False, timeout=10).text
        except httpx.TransportError:
            return None
        match = re.search(rf"^{re.escape(sample)} (\S+)$", text, re.MULTILINE)
        return float(match[1]) if match else None

    def log(self) -> str:
        """All that it has logged."""
        return self._log.read_text() if self._log.exists() else ""

    def lines(self) -> list[dict[str, Any]]:
        """The log, line by line; a line that is no JSON, as of a traceback, is an error with the line for a message."""
        return [_parsed(line) for line in self.log().splitlines() if line]

    def troubles(self) -> list[dict[str, Any]]:
        """The lines at warning or worse."""
        return [line for line in self.lines() if line["severity"] in _TROUBLE]


def _parsed(line: str) -> dict[str, Any]:
    try:
        return dict(json.loads(line))
    except ValueError:
        return {"severity": "error", "message": line}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
