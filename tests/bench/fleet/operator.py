"""The operator under test: a process on this machine, with its rights in the cluster and its own metrics."""

import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from cluster import laptop
from tests.bench.fleet import processes
from tests.bench.fleet.access import Access, free_port
from tests.bench.fleet.kube import until

if TYPE_CHECKING:
    import subprocess

PREFIX = "votingapp_operator"
WRITES = frozenset({"create", "update", "apply", "patch", "delete"})


@dataclass(frozen=True)
class Told:
    """What the operator's metrics say.

    Attributes:
        leading: whether it writes.
        settled: VotingApps with nothing left to do.
        unsettled: the others.
        queued: VotingApps that wait for a look.
        looks: at any VotingApp, since its start.
        requests: to the API server since its start, by verb, without those for its Lease.
    """

    leading: bool = False
    settled: int = 0
    unsettled: int = 0
    queued: int = 0
    looks: int = 0
    requests: Counter[str] = field(default_factory=Counter)

    @property
    def at_rest(self) -> bool:
        """Whether it leads and nothing is left to do."""
        return self.leading and not self.unsettled and not self.queued

    @property
    def writes(self) -> int:
        """Requests that change something."""
        return sum(count for verb, count in self.requests.items() if verb in WRITES)


def read(text: str) -> Told:
    """The figures in Prometheus' text."""
    values: Counter[str] = Counter()
    requests: Counter[str] = Counter()
    for sample in (sample for family in text_string_to_metric_families(text) for sample in family.samples):
        name = sample.name.removeprefix(f"{PREFIX}_")
        if name == "api_requests_total":
            if sample.labels["kind"] != "Lease":
                requests[sample.labels["verb"]] += int(sample.value)
        elif name in ("leader", "queue_depth", "reconciles_total", "votingapps"):
            values[sample.labels.get("state", name)] += int(sample.value)
    return Told(
        leading=values["leader"] == 1,
        settled=values["settled"],
        unsettled=values["unsettled"],
        queued=values["queue_depth"],
        looks=values["reconciles_total"],
        requests=requests,
    )


class Operator:
    """Starts, kills and asks the operator."""

    def __init__(self, access: Access, folder: Path) -> None:
        self._access = access
        self.log = folder / "operator.log"
        self._stack = AsyncExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._peak = 0.0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def pid(self) -> int:
        """Of the process that runs."""
        if self._process is None:
            raise LookupError("the operator was not started")
        return self._process.pid

    async def start(self) -> None:
        """Start it; it is not waited for. Under the name of the one before, as a container that starts again is."""
        self._port = free_port()
        command = [*laptop.KOPF_RUN, "--standalone", "--log-format=json"]
        environment = {
            **laptop.environment(),
            "KUBECONFIG": str(self._access.operator),
            "POD_NAME": "votingapp-operator-bench",
            "METRICS_PORT": str(self._port),
        }
        self._process = await self._stack.enter_async_context(processes.running(command, environment, self.log))

    async def told(self) -> Told:
        """Its metrics; all zero while it does not answer yet."""
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{self._port}/metrics") as page,
            ):
                return read(await page.text())
        except aiohttp.ClientConnectionError:
            if self._process is not None and self._process.poll() is not None:
                raise RuntimeError(f"the operator has ended by itself; its log is {self.log}") from None
            return Told()

    def peak_mib(self) -> float:
        """The most memory that it ever had, its killed predecessors included."""
        self._peak = max(self._peak, processes.peak_mib(self.pid))
        return self._peak

    def cpu_seconds(self) -> float:
        """Since its start."""
        return processes.cpu_seconds(self.pid)

    async def lead(self) -> None:
        """Wait until it leads."""

        async def leads() -> bool:
            return (await self.told()).leading

        await until(leads, what="the operator to lead", pause=0.2, patience=60)

    async def rest(self, *, apps: int = 0, looks: int = 0) -> Told:
        """Wait until it has nothing left to do, and knows so many VotingApps and has looked so often."""

        async def resting() -> bool:
            told = await self.told()
            return told.at_rest and told.settled >= apps and told.looks >= looks

        await until(resting, what="the operator to come to rest", pause=0.1)
        return await self.told()

    async def kill(self) -> None:
        """Kill it as `kill -9` does: it has no last word."""
        self.peak_mib()
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()


@asynccontextmanager
async def profiled(operator: Operator, picture: Path | None) -> AsyncIterator[None]:
    """Draw a flame graph of what the operator does meanwhile, waiting left out, where a picture is asked for."""
    if picture is None:
        yield
        return
    picture.parent.mkdir(parents=True, exist_ok=True)
    command = [
        "py-spy",
        "record",
        "--pid",
        str(operator.pid),
        "--output",
        str(picture),
        "--rate",
        "100",
        "--gil",
        "--nonblocking",
    ]
    async with processes.running(command, os.environ, operator.log.with_name("py-spy.log"), stop=signal.SIGINT):
        yield
