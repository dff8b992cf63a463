"""Whole apps that are reached from this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.kube import Kube, Object, namespace
from tests.support.votes import Booth

APP = "poll"
"""The name of the VotingApp in its namespace."""


@dataclass(frozen=True)
class App:
    """A running VotingApp, its namespace, and the way to vote in it."""

    kube: Kube
    booth: Booth

    def wait_until_ready(self) -> None:
        """Wait as a person or a pipeline does."""
        done = self.kube.kubectl("wait", "--for=condition=Ready", f"votingapp/{APP}", "--timeout=180s", check=False)
        assert done.returncode == 0, f"{done.stderr}\n{self.kube.explain(APP)}"

    def change(self, spec: Object) -> None:
        """Merge something into the spec."""
        self.kube.patch("VotingApp", APP, {"spec": spec})


@contextmanager
def running_app(prefix: str, spec: Object, *, vote_port: int, result_port: int) -> Iterator[App]:
    """A VotingApp in a namespace of its own, ready, with both pages at these ports of 127.0.0.1."""
    ports = {"vote": vote_port, "result": result_port}
    parts = {
        name: {**spec.get(name, {}), "service": {"type": "NodePort", "nodePort": port}} for name, port in ports.items()
    }
    with namespace(prefix) as kube:
        kube.apply_app(APP, {**spec, **parts})
        app = App(kube, Booth(f"http://127.0.0.1:{vote_port}/", f"http://127.0.0.1:{result_port}"))
        app.wait_until_ready()
        yield app
