"""The operator with a whole fleet: all applied at once, killed and started again, changed at once."""

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from votingapp_operator.api import KIND

from tests.bench.fleet import apps, fakes, floor, lone, sweep, writes
from tests.bench.fleet.apps import Place
from tests.bench.fleet.kube import Kube, all_of
from tests.bench.fleet.meter import Meter, Usage
from tests.bench.fleet.operator import Operator, profiled

WATCHED_AFTER_RESTART = 5.0
"""Seconds of rest after a restart in which a late write would show."""


@dataclass
class Restart:
    """The operator killed and started again beside a settled fleet.

    Attributes:
        settled_seconds: from the kill until it had looked at all and found nothing to do.
        writes: that it made by its own account, a few seconds at rest included.
        server_writes: to objects of its kinds, by the API server's account, whoever made them.
        requests: by verb.
        cpu_seconds: its own, start-up included.
    """

    settled_seconds: float = 0.0
    writes: int = 0
    server_writes: int = 0
    requests: dict[str, int] = field(default_factory=dict)
    cpu_seconds: float = 0.0


@dataclass
class Change:
    """One replica count changed on all.

    Attributes:
        applied_seconds: until all children said so.
        ready_seconds: until all VotingApps were Ready again.
        usage: what it cost.
    """

    applied_seconds: float = 0.0
    ready_seconds: float = 0.0
    usage: Usage = field(default_factory=Usage)


@dataclass
class Fleet:
    """All that was measured of the operator with so many apps."""

    applied_seconds: float = 0.0
    ready_seconds: float = 0.0
    fill: Usage = field(default_factory=Usage)
    added: list[lone.Added] = field(default_factory=list)
    drifts: list[lone.Drift] = field(default_factory=list)
    restart: Restart = field(default_factory=Restart)
    change: Change = field(default_factory=Change)
    peak_mib: float = 0.0


async def measure(kube: Kube, meter: Meter, operator: Operator, count: int, pictures: Path | None) -> Fleet:
    """Everything, on one fleet; where `pictures` names a beginning for their files, with flame graphs."""
    fleet = apps.places("fleet", count)
    more = apps.more(fleet)
    await fakes.make_room(kube, [*fleet, *more])
    await operator.lead()
    found = Fleet()
    async with profiled(operator, picture(pictures, "fill")):
        await fill(kube, meter, operator, fleet, found)
        await operator.rest(apps=count)
        found.change = await change(kube, meter, operator, fleet)
        await operator.rest(apps=count)
    found.restart = await restart(kube, operator, picture(pictures, "restart"), apps=count)
    found.drifts = await lone.drifts(kube, fleet)
    await operator.rest(apps=count)
    async with profiled(operator, picture(pictures, "added")):
        found.added = await lone.additions(kube, more)
    await operator.rest(apps=count + len(more))
    found.peak_mib = operator.peak_mib()
    return found


def picture(pictures: Path | None, of: str) -> Path | None:
    """Where the flame graph of one part is drawn."""
    return None if pictures is None else pictures.with_name(f"{pictures.name}-{of}.svg")


async def fill(kube: Kube, meter: Meter, operator: Operator, fleet: list[Place], found: Fleet) -> None:
    """Apply all at once."""
    requests = [(apps.path(KIND, place.namespace, place.name), apps.voting_app(place)) for place in fleet]
    async with meter.measured(operator) as found.fill:
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(all_of(partial(kube.apply, path, body) for path, body in requests))
            await sweep.all_children_exist(kube, fleet)
            found.applied_seconds = time.monotonic() - began
        await sweep.all_apps_ready(kube, fleet)
        found.ready_seconds = time.monotonic() - began


async def restart(kube: Kube, operator: Operator, picture: Path | None, *, apps: int) -> Restart:
    """Kill the operator, and start it again."""
    before = await writes.count(kube)
    began = time.monotonic()
    await operator.kill()
    await operator.start()
    async with profiled(operator, picture):
        await operator.rest(apps=apps, looks=apps)
        settled = time.monotonic() - began
    await asyncio.sleep(WATCHED_AFTER_RESTART)
    told = await operator.told()
    return Restart(
        settled_seconds=settled,
        writes=told.writes,
        server_writes=await writes.count(kube) - before,
        requests=dict(told.requests),
        cpu_seconds=operator.cpu_seconds(),
    )


async def change(kube: Kube, meter: Meter, operator: Operator, fleet: list[Place]) -> Change:
    """Change one replica count on all."""
    found = Change()
    patch = {"spec": {floor.CHANGED: {"replicas": floor.REPLICAS}}}
    async with meter.measured(operator) as found.usage:
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            paths = [apps.path(KIND, place.namespace, place.name) for place in fleet]
            group.create_task(all_of(partial(kube.merge, path, patch) for path in paths))
            await sweep.all_replicas_are(kube, fleet, floor.CHANGED, floor.REPLICAS)
            found.applied_seconds = time.monotonic() - began
        await sweep.all_apps_ready(kube, fleet)
        found.ready_seconds = time.monotonic() - began
    return found
