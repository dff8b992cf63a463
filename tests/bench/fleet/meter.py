"""What a stretch of time cost, and whom."""

import os
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.bench.fleet import control_plane, processes
from tests.bench.fleet.operator import Operator, Told

SERVERS = ("kube-apiserver", "etcd")


@dataclass
class Usage:
    """A stretch of time.

    Attributes:
        seconds: its length.
        cpu: seconds of CPU, by program.
        requests: the operator's, by verb.
    """

    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)

    def of_servers(self) -> float:
        """What API server and etcd spent."""
        return sum(self.cpu[name] for name in SERVERS)

    def of_operator(self) -> float:
        """What the operator spent."""
        return self.cpu["operator"]

    def all_requests(self) -> int:
        """The operator's, of every verb."""
        return sum(self.requests.values())

    def without(self, idle: "Usage") -> "Usage":
        """The same without what the cluster spends anyway."""
        share = self.seconds / idle.seconds
        cpu = {name: max(spent - idle.cpu.get(name, 0.0) * share, 0.0) for name, spent in self.cpu.items()}
        return Usage(self.seconds, cpu, self.requests)


class Meter:
    """Reads the processes that take part."""

    def __init__(self, kwok: int) -> None:
        self._others = {**control_plane.programs(), "kwok": kwok, "bench": os.getpid()}

    @asynccontextmanager
    async def measured(self, operator: Operator | None = None) -> AsyncIterator[Usage]:
        """Measure the block. The figures are there when it has ended."""
        usage = Usage()
        before, told = self._cpu(operator), await self._told(operator)
        began = time.monotonic()
        yield usage
        usage.seconds = time.monotonic() - began
        after = self._cpu(operator)
        usage.cpu = {name: round(after[name] - before[name], 2) for name in after}
        usage.requests = dict((await self._told(operator)).requests - told.requests)

    def _cpu(self, operator: Operator | None) -> Counter[str]:
        pids = self._others if operator is None else {**self._others, "operator": operator.pid}
        return Counter({name: processes.cpu_seconds(pid) for name, pid in pids.items()})

    @staticmethod
    async def _told(operator: Operator | None) -> Told:
        return Told() if operator is None else await operator.told()
