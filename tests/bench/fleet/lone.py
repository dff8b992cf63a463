"""One app among many: how soon a new one is there, and how soon an old one is put right."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from votingapp_operator.api import KIND

from tests.bench.fleet import apps
from tests.bench.fleet.apps import LABEL, Place
from tests.bench.fleet.kube import Kube, Object

DRIFTS = 40
PATIENCE = 120.0

FIELDS: dict[str, tuple[tuple[str, ...], Any]] = {
    "ConfigMap": (("data", "POLL_TITLE"), "Something else"),
    "Deployment": (("spec", "revisionHistoryLimit"), 7),
    "Service": (("spec", "selector", "app.kubernetes.io/component"), "nobody"),
    "ServiceAccount": (("automountServiceAccountToken",), True),
}
"""A field that the operator owns in each kind, and what somebody else sets it to."""


@dataclass(frozen=True)
class Added:
    """One new app: seconds from its apply until all of its children existed, and until it was Ready."""

    applied: float
    ready: float


@dataclass(frozen=True)
class Drift:
    """One field changed by somebody else: seconds from the change until it was back."""

    kind: str
    repaired: float


class Witness:
    """When each child of new apps was first seen, and when each app was first seen Ready."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], float] = {}
        self.ready: dict[str, float] = {}
        self.news = asyncio.Condition()

    async def follow(self, kube: Kube, kind: str, namespace: str, selector: str) -> None:
        """Watch one kind until cancelled."""
        async for event in kube.watch(apps.path(kind, namespace), f"labelSelector={selector}"):
            async with self.news:
                self._note(kind, event["object"])
                self.news.notify_all()

    async def wait(self, place: Place, since: float) -> Added:
        """Wait until an app is whole and Ready."""
        expected = {(child["kind"], child["metadata"]["name"]) for child in apps.children(place)}

        def done() -> bool:
            return expected <= self.seen.keys() and place.name in self.ready

        async with self.news, asyncio.timeout(PATIENCE):
            await self.news.wait_for(done)
        return Added(max(self.seen[child] for child in expected) - since, self.ready[place.name] - since)

    def _note(self, kind: str, live: Object) -> None:
        now, name = time.monotonic(), live["metadata"]["name"]
        if kind != KIND:
            self.seen.setdefault((kind, name), now)
        elif apps.is_ready(live):
            self.ready.setdefault(name, now)


@asynccontextmanager
async def witness(kube: Kube, places: list[Place]) -> AsyncIterator[Witness]:
    """Watch what becomes of new apps in one namespace, and of nothing else."""
    seen = Witness()
    names = ",".join(place.name for place in places)
    of_children = f"app.kubernetes.io/instance+in+({names})"
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(seen.follow(kube, kind, places[0].namespace, of_children)) for kind in apps.kinds()]
        tasks.append(group.create_task(seen.follow(kube, KIND, places[0].namespace, f"{LABEL}=more")))
        yield seen
        for task in tasks:
            task.cancel()


async def additions(kube: Kube, places: list[Place]) -> list[Added]:
    """Add new apps, one after the other."""
    async with witness(kube, places) as seen:
        found = []
        for place in places:
            began = time.monotonic()
            await kube.apply(apps.path(KIND, place.namespace, place.name), apps.voting_app(place, {LABEL: "more"}))
            found.append(await seen.wait(place, began))
        return found


async def drifts(kube: Kube, fleet: list[Place]) -> list[Drift]:
    """Change fields of children here and there, one after the other."""
    dice = random.Random(len(fleet))  # noqa: S311 - the same children in each run, not a secret
    kinds = sorted(FIELDS)
    return [await drift(kube, dice.choice(fleet), kinds[number % len(kinds)], dice) for number in range(DRIFTS)]


async def drift(kube: Kube, place: Place, kind: str, dice: random.Random) -> Drift:
    """Change a field of one child, and wait until it is back."""
    child = dice.choice([child for child in apps.children(place) if child["kind"] == kind])
    name = child["metadata"]["name"]
    field, other = FIELDS[kind]
    wanted = value(child, field)
    began = time.monotonic()
    changed = await kube.merge(apps.path(kind, place.namespace, name), patch(field, other))
    version = changed["metadata"]["resourceVersion"]
    events = kube.watch(apps.path(kind, place.namespace), f"fieldSelector=metadata.name={name}", version)
    async with asyncio.timeout(PATIENCE), aclosing(events):
        async for event in events:
            if value(event["object"], field) == wanted:
                break
    return Drift(kind, time.monotonic() - began)


def value(manifest: Object, field: tuple[str, ...]) -> Any:
    """What a manifest has at a place."""
    found: Any = manifest
    for key in field:
        found = found[key]
    return found


def patch(field: tuple[str, ...], other: Any) -> Object:
    """The patch that sets a place and nothing else."""
    found: Any = other
    for key in reversed(field):
        found = {key: found}
    return dict(found)
