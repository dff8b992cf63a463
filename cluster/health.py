"""Whether a cluster works: asked of what is alive now, not of what the API server last heard."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from cluster.process import ClusterError, answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# A kubelet renews its lease every 10 s. A node may be called Ready for 40 s after it has died.
LEASE_AGE = timedelta(seconds=20)
RESOURCES = "nodes,leases.coordination.k8s.io,deployments.apps,daemonsets.apps,pods"
# Without these no pod gets a name or a volume.
DEPLOYMENTS = {("kube-system", "coredns"), ("local-path-storage", "local-path-provisioner")}
SYSTEM_NAMESPACES = {"kube-system", "local-path-storage"}

Item = dict[str, Any]


def wait_until_well(kubectl: Sequence[str], nodes: Sequence[str], seconds: float) -> None:
    """Wait until nothing is wrong, or say what still is."""
    last: list[str] = []

    def look() -> list[str]:
        last[:] = troubles_now(kubectl, nodes)
        return last

    wait = Retrying(stop=stop_after_delay(seconds), wait=wait_fixed(1), retry=retry_if_result(bool))
    try:
        wait(look)
    except RetryError:
        told = "\n".join(f"  - {trouble}" for trouble in last)
        raise ClusterError(f"after {seconds:.0f} s the cluster is still not well:\n{told}") from None


def troubles_now(kubectl: Sequence[str], nodes: Sequence[str]) -> list[str]:
    """What is wrong with the cluster at this moment."""
    started = answer(["docker", "inspect", "--format", "{{.Name}} {{.State.StartedAt}}", *nodes])
    told = answer([*kubectl, "get", RESOURCES, "-A", "-o", "json", "--request-timeout=5s"], timeout=20)
    if started is None:
        return ["the engine does not know all of the nodes"]
    if told is None:
        return ["the API server does not answer"]
    since = {name.removeprefix("/"): datetime.fromisoformat(at) for name, at in map(str.split, started.splitlines())}
    return troubles(json.loads(told)["items"], since, datetime.now(UTC))


def troubles(items: Sequence[Item], started: Mapping[str, datetime], now: datetime) -> list[str]:
    """What is wrong, in words.

    Read from nodes, their leases, and the system's deployments, daemon sets and pods. What the API server
    heard of a node before its container was started last is not believed.
    """
    by_kind: dict[str, dict[tuple[str, str], Item]] = {}
    for item in items:
        by_kind.setdefault(item["kind"], {})[key(item)] = item
    nodes, leases, deployments, daemon_sets, pods = (
        by_kind.get(kind, {}) for kind in ("Node", "Lease", "Deployment", "DaemonSet", "Pod")
    )
    found = [
        node_trouble(name, nodes.get(("", name)), leases.get(("kube-node-lease", name)), since, now)
        for name, since in started.items()
    ]
    found += [rollout_trouble(f"deployment {name[1]}", deployments.get(name)) for name in sorted(DEPLOYMENTS)]
    found += [
        rollout_trouble(f"daemon set {name}", item)
        for (namespace, name), item in daemon_sets.items()
        if namespace in SYSTEM_NAMESPACES
    ]
    found += [
        pod_trouble(item, started)
        for (namespace, _), item in pods.items()
        if namespace in SYSTEM_NAMESPACES and item["status"].get("phase") != "Succeeded"
    ]
    return [trouble for trouble in found if trouble]


def key(item: Item) -> tuple[str, str]:
    """An object's namespace (none for a node) and name."""
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def node_trouble(name: str, node: Item | None, lease: Item | None, since: datetime, now: datetime) -> str:
    """What is wrong with a node, or nothing."""
    if node is None:
        return f"the node {name} has not joined"
    renewed = datetime.fromisoformat(lease["spec"]["renewTime"]) if lease else None
    if renewed is None or renewed < since or now - renewed > LEASE_AGE:
        return f"the node {name} does not report"
    ready = next((c for c in node["status"].get("conditions", []) if c["type"] == "Ready"), None)
    if ready is None or ready["status"] != "True":
        return f"the node {name} is not ready: {ready['message'] if ready else 'it has not said anything yet'}"
    return ""


def rollout_trouble(what: str, item: Item | None) -> str:
    """What is wrong with a deployment or daemon set, or nothing."""
    if item is None:
        return f"the {what} does not exist"
    status = item.get("status", {})
    if status.get("observedGeneration", 0) < item["metadata"]["generation"]:
        return f"the {what} is not looked after yet"
    if item["kind"] == "DaemonSet":
        wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
    else:
        wanted, ready = item["spec"].get("replicas", 1), status.get("readyReplicas", 0)
    return "" if ready >= wanted > 0 else f"the {what} has {ready} of {wanted} ready"


def pod_trouble(pod: Item, started: Mapping[str, datetime]) -> str:
    """What is wrong with a pod of the system, or nothing: each container must have started after its node did."""
    since = started.get(pod["spec"].get("nodeName", ""))
    for container in pod["status"].get("containerStatuses", []):
        running = container["state"].get("running")
        if not (container["ready"] and running and since):
            return f"the pod {pod['metadata']['name']} is not ready"
        if datetime.fromisoformat(running["startedAt"]) < since.replace(microsecond=0):
            return f"the pod {pod['metadata']['name']} is from before its node was started"
    return ""
