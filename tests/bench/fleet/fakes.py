"""What the fleet runs on: nodes, and volumes, that exist in the API only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from cluster import kwok
from cluster.binaries import drop_caches
from cluster.report import step
from tests.bench.fleet import apps, processes
from tests.bench.fleet.apps import LABEL, STORAGE_CLASS, Place
from tests.bench.fleet.kube import Kube, Object, all_of, until

NODES = 40
"""With 200 pods each at a thousand apps, as real ones have."""

NODES_PATH, VOLUMES_PATH = "/api/v1/nodes", "/api/v1/persistentvolumes"
CLASSES_PATH, NAMESPACES_PATH = "/apis/storage.k8s.io/v1/storageclasses", "/api/v1/namespaces"
OURS = f"labelSelector={LABEL}"


@asynccontextmanager
async def fake_nodes(kube: Kube, kubeconfig: Path, logs: Path) -> AsyncIterator[int]:
    """Kwok, its nodes and a class for the volumes; all of it goes at the end, and what a killed run left goes first.

    Yields:
        kwok's process id.
    """
    program, stages = kwok.ensure_kwok()
    drop_caches()
    command = kwok.command(program, stages, kubeconfig)
    async with processes.running(command, {"PATH": "/usr/bin:/bin", "HOME": str(logs)}, logs / "kwok.log") as process:
        try:
            with step(f"making {NODES} fake nodes"):
                await remove_fleet(kube)
                await all_of(partial(kube.create, NODES_PATH, node(number)) for number in range(NODES))
                await kube.create(CLASSES_PATH, storage_class())
                await until(partial(nodes_ready, kube), what="the fake nodes to be ready")
            yield process.pid
        finally:
            with step("removing all that was made"):
                await remove_fleet(kube)
                await kube.delete(f"{NODES_PATH}?{OURS}")
                await kube.delete(f"{CLASSES_PATH}/{STORAGE_CLASS}")


def node(number: int) -> Object:
    """A node that kwok looks after and nothing else may use: pods have to name it, and tolerate its taint."""
    [(name, value)] = kwok.FAKE.items()
    metadata = {
        "name": f"fake-{number:02d}",
        "annotations": kwok.FAKE,
        "labels": {**kwok.FAKE, LABEL: "fleet", "kubernetes.io/os": "linux"},
    }
    taint = {"key": name, "value": value, "effect": "NoSchedule"}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {"taints": [taint]}}


async def nodes_ready(kube: Kube) -> bool:
    """Whether kwok has taken over all of its nodes."""
    conditions = [
        condition["status"]
        for item in (await kube.get(f"{NODES_PATH}?{OURS}"))["items"]
        for condition in item.get("status", {}).get("conditions", ())
        if condition["type"] == "Ready"
    ]
    return conditions == ["True"] * NODES


def storage_class() -> Object:
    """A class that makes no volumes: they are there beforehand, as an administrator's are."""
    metadata = {"name": STORAGE_CLASS, "labels": {LABEL: "fleet"}}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": metadata,
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "Immediate",
    }


def volume(place: Place, component: str) -> Object:
    """A volume that waits for the claim of one component."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{place.namespace}-{place.name}-{component}", "labels": {LABEL: "fleet"}},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": STORAGE_CLASS,
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": place.namespace,
                "name": f"{place.name}-{component}",
            },
            "hostPath": {"path": f"/nowhere/{place.namespace}/{place.name}/{component}"},
        },
    }


async def make_room(kube: Kube, fleet: list[Place]) -> None:
    """The namespaces and volumes of a fleet, before the clock runs."""
    volumes = [volume(place, component) for place in fleet for component in apps.STATEFUL]
    await all_of(partial(kube.create, VOLUMES_PATH, item) for item in volumes)
    for name in apps.namespaces(fleet):
        await kube.create(NAMESPACES_PATH, {"metadata": {"name": name, "labels": {LABEL: "fleet"}}})
    for name in apps.namespaces(fleet):
        for kind in apps.EXPECTED_BESIDES:
            await until(partial(has_some, kube, kind, name), what=f"the {kind} that namespace {name} comes with")


async def has_some(kube: Kube, kind: str, namespace: str) -> bool:
    """Whether a namespace has an object of a kind."""
    return await kube.count(apps.path(kind, namespace)) > 0


async def remove_fleet(kube: Kube) -> None:
    """Remove every namespace and volume of the bench, and come back when they are gone."""
    for item in (await kube.get(f"{NAMESPACES_PATH}?{OURS}"))["items"]:
        await kube.delete(f"{NAMESPACES_PATH}/{item['metadata']['name']}")
    await until(partial(none_left, kube, NAMESPACES_PATH), what="the fleet's namespaces to go", pause=0.5)
    await kube.delete(f"{VOLUMES_PATH}?{OURS}")
    await until(partial(none_left, kube, VOLUMES_PATH), what="the fleet's volumes to go", pause=0.5)


async def none_left(kube: Kube, path: str) -> bool:
    """Whether none of the bench's objects of a kind is left."""
    return not (await kube.get(f"{path}?{OURS}&limit=1"))["items"]
