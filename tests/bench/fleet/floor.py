"""The floor: the same objects written by a client that does nothing else, on the same machine in the same run."""

import time
from dataclasses import dataclass, field
from functools import partial

import orjson

from tests.bench.fleet import apps, fakes, sweep
from tests.bench.fleet.apps import Place
from tests.bench.fleet.kube import Kube, Object, all_of
from tests.bench.fleet.meter import Meter, Usage

CHANGED, REPLICAS = "vote", 3
"""The one replica count that is changed on all, and its new value."""


@dataclass
class Floor:
    """What the bare client measured.

    Attributes:
        applied_seconds: until all objects were written.
        ready_seconds: until all pods ran.
        written: objects.
        fill: what the whole of it cost.
        added: seconds until one more app was written, for each of a few.
        changed_seconds: until one replica count was changed in all apps.
    """

    applied_seconds: float = 0.0
    ready_seconds: float = 0.0
    written: int = 0
    fill: Usage = field(default_factory=Usage)
    added: list[float] = field(default_factory=list)
    changed_seconds: float = 0.0


async def measure(kube: Kube, writer: Kube, meter: Meter, count: int) -> Floor:
    """Write the children of so many apps, with no VotingApp and no operator."""
    fleet = apps.places("fleet-floor", count)
    more = apps.more(fleet)
    await fakes.make_room(kube, [*fleet, *more])
    found = Floor()
    requests = [request(child) for place in fleet for child in apps.children(place)]
    found.written = len(requests)
    async with meter.measured() as found.fill:
        began = time.monotonic()
        found.applied_seconds = await written(writer, requests)
        await sweep.all_deployments_available(kube, fleet)
        found.ready_seconds = time.monotonic() - began
    found.changed_seconds = await written(writer, [request(changed(place)) for place in fleet])
    await sweep.all_deployments_available(kube, fleet)
    for place in more:
        found.added.append(await written(writer, list(map(request, apps.children(place)))))
        await sweep.pods_run(kube, place)  # as the operator's are waited for: the next one finds the cluster at rest
    await fakes.remove_fleet(kube)
    return found


async def written(writer: Kube, requests: list[tuple[str, bytes]]) -> float:
    """Write objects; seconds that it took."""
    began = time.monotonic()
    await all_of(partial(writer.apply, path, body) for path, body in requests)
    return time.monotonic() - began


def request(manifest: Object) -> tuple[str, bytes]:
    """Where a manifest is written, and what is sent: made before the clock runs."""
    metadata = manifest["metadata"]
    return apps.path(manifest["kind"], metadata["namespace"], metadata["name"]), orjson.dumps(manifest)


def changed(place: Place) -> Object:
    """The one child that a new replica count changes."""
    [deployment] = [
        child
        for child in apps.children(place, {CHANGED: REPLICAS})
        if child["kind"] == "Deployment" and child["metadata"]["name"] == f"{place.name}-{CHANGED}"
    ]
    return deployment
