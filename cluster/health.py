"""Whether a cluster works: asked of what is alive now, not of what the API server last heard."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from cluster.process import ClusterError, answer

if TYPE_CHECKING:
    from collections.abc import Sequence

# A kubelet renews its lease every 10 s. A node may be called Ready for 40 s after it has died.
LEASE_AGE = timedelta(seconds=20)
RESOURCES = "nodes,leases.coordination.k8s.io,deployments.apps,daemonsets.apps"
# Without these no pod gets a name or a volume.
DEPLOYMENTS = {("kube-system", "coredns"), ("local-path-storage", "local-path-provisioner")}
SYSTEM_NAMESPACES = {"kube-system", "local-path-storage"}


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
    told = answer([*kubectl, "get", RESOURCES, "-A", "-o", "json", "--request-timeout=5s"], timeout=20)
    if told is None:
        return ["the API server does not answer"]
    return troubles(json.loads(told)["items"], nodes, datetime.now(UTC))


def troubles(items: Sequence[dict[str, Any]], nodes: Sequence[str], now: datetime) -> list[str]:
    """What is wrong, in words, as read from nodes, their leases, and the system's deployments and daemon sets."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        by_kind.setdefault(item["kind"], []).append(item)
    renewed = {
        lease["metadata"]["name"]: lease["spec"].get("renewTime")
        for lease in by_kind.get("Lease", [])
        if lease["metadata"]["namespace"] == "kube-node-lease"
    }
    there = {node["metadata"]["name"]: node for node in by_kind.get("Node", [])}
    found = [node_trouble(name, there.get(name), renewed.get(name), now) for name in nodes]
    deployments = {key(item): item for item in by_kind.get("Deployment", [])}
    found += [
        rollout_trouble(f"deployment {name}", deployments.get((namespace, name)))
        for namespace, name in sorted(DEPLOYMENTS)
    ]
    found += [
        rollout_trouble(f"daemon set {item['metadata']['name']}", item)
        for item in by_kind.get("DaemonSet", [])
        if item["metadata"]["namespace"] in SYSTEM_NAMESPACES
    ]
    return [trouble for trouble in found if trouble]


def key(item: dict[str, Any]) -> tuple[str, str]:
    """An object's namespace and name."""
    return item["metadata"]["namespace"], item["metadata"]["name"]


def node_trouble(name: str, node: dict[str, Any] | None, renewed: str | None, now: datetime) -> str:
    """What is wrong with a node, or nothing."""
    if node is None:
        return f"the node {name} has not joined"
    if renewed is None or now - datetime.fromisoformat(renewed) > LEASE_AGE:
        return f"the node {name} does not report"
    ready = next((c for c in node["status"].get("conditions", []) if c["type"] == "Ready"), None)
    if ready is None or ready["status"] != "True":
        return f"the node {name} is not ready: {ready['message'] if ready else 'it has not said anything yet'}"
    return ""


def rollout_trouble(what: str, item: dict[str, Any] | None) -> str:
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
