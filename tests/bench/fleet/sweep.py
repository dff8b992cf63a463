"""Telling when a fleet is done, cheaply.

What has been done stays done, so a fleet is walked through once: each stop is asked until it is done, and then the
next. Most of the time this is one request for a count.
"""

from functools import partial

from votingapp_operator.api import KIND

from tests.bench.fleet import apps
from tests.bench.fleet.apps import EXPECTED_BESIDES, Place
from tests.bench.fleet.kube import Kube, Object, until


async def all_children_exist(kube: Kube, fleet: list[Place]) -> None:
    """Wait until every child of every app exists."""
    for namespace, members in apps.namespaces(fleet).items():
        for kind, each in apps.kinds().items():
            expected = each * members + EXPECTED_BESIDES.get(kind, 0)
            await until(
                partial(has_so_many, kube, kind, namespace, expected), what=f"{expected} of {kind} in {namespace}"
            )


async def has_so_many(kube: Kube, kind: str, namespace: str, expected: int) -> bool:
    """Whether a namespace holds at least so many objects of a kind."""
    return await kube.count(apps.path(kind, namespace)) >= expected


async def all_apps_ready(kube: Kube, fleet: list[Place]) -> None:
    """Wait until every VotingApp says that it is Ready."""
    for namespace, members in apps.namespaces(fleet).items():
        await until(partial(apps_ready, kube, namespace, members), what=f"the VotingApps of {namespace} to be Ready")


async def apps_ready(kube: Kube, namespace: str, members: int) -> bool:
    """Whether so many VotingApps of a namespace are Ready."""
    return sum(map(apps.is_ready, await items(kube, KIND, namespace))) >= members


async def all_deployments_available(kube: Kube, fleet: list[Place]) -> None:
    """Wait until every pod of every app runs, where no VotingApp tells."""
    for namespace in apps.namespaces(fleet):
        await until(partial(deployments_available, kube, namespace), what=f"the Deployments of {namespace}")


async def pods_run(kube: Kube, place: Place) -> None:
    """Wait until every pod of one app runs."""
    selector = f"labelSelector=app.kubernetes.io/instance={place.name}"
    await until(
        partial(deployments_available, kube, place.namespace, selector), what=f"the Deployments of {place.name}"
    )


async def deployments_available(kube: Kube, namespace: str, query: str = "") -> bool:
    """Whether all Deployments of a namespace, or those of a query, have all their pods."""
    return all(map(apps.is_available, await items(kube, "Deployment", namespace, query)))


async def all_replicas_are(kube: Kube, fleet: list[Place], component: str, replicas: int) -> None:
    """Wait until every Deployment of a component asks for so many pods."""
    for namespace, members in apps.namespaces(fleet).items():
        check = partial(replicas_are, kube, namespace, component, replicas, members)
        await until(check, what=f"the Deployments of {component} in {namespace} to ask for {replicas} pods")


async def replicas_are(kube: Kube, namespace: str, component: str, replicas: int, members: int) -> bool:
    """Whether so many Deployments of a component in a namespace ask for so many pods."""
    selector = f"labelSelector=app.kubernetes.io/component={component}"
    found = await items(kube, "Deployment", namespace, selector)
    return [item["spec"]["replicas"] for item in found].count(replicas) >= members


async def items(kube: Kube, kind: str, namespace: str, query: str = "") -> list[Object]:
    """The objects of a kind in a namespace."""
    listed = await kube.get(f"{apps.path(kind, namespace)}?{query}")
    return list(listed["items"])
