"""What is wrong with a cluster, read from what its API server holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cluster.health import troubles

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
NODES = {"one": NOW - timedelta(hours=1)}


def node(status: str = "True") -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": status, "message": "no network"}]
    return {"kind": "Node", "metadata": {"name": "one"}, "status": {"conditions": conditions}}


def lease(age: float = 3) -> dict[str, Any]:
    renewed = (NOW - timedelta(seconds=age)).isoformat().replace("+00:00", "Z")
    return {
        "kind": "Lease",
        "metadata": {"namespace": "kube-node-lease", "name": "one"},
        "spec": {"renewTime": renewed},
    }


def deployment(namespace: str, name: str, ready: int = 1) -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "metadata": {"namespace": namespace, "name": name, "generation": 1},
        "spec": {"replicas": 1},
        "status": {"observedGeneration": 1, "readyReplicas": ready},
    }


def daemon_set(namespace: str, wanted: int, ready: int) -> dict[str, Any]:
    return {
        "kind": "DaemonSet",
        "metadata": {"namespace": namespace, "name": "proxy", "generation": 1},
        "status": {"observedGeneration": 1, "desiredNumberScheduled": wanted, "numberReady": ready},
    }


def pod(started: timedelta, *, ready: bool = True) -> dict[str, Any]:
    running = {"running": {"startedAt": (NOW - started).isoformat().replace("+00:00", "Z")}}
    return {
        "kind": "Pod",
        "metadata": {"namespace": "kube-system", "name": "etcd"},
        "spec": {"nodeName": "one"},
        "status": {"phase": "Running", "containerStatuses": [{"ready": ready, "state": running}]},
    }


STORAGE = deployment("local-path-storage", "local-path-provisioner")
DNS = deployment("kube-system", "coredns")


def test_nothing_is_wrong_with_a_whole_cluster() -> None:
    assert troubles([node(), lease(), DNS, STORAGE, daemon_set("kube-system", 4, 4)], NODES, NOW) == []


def test_a_node_that_stopped_reporting_is_not_believed_to_be_ready() -> None:
    assert troubles([node(), lease(age=25), DNS, STORAGE], NODES, NOW) == ["the node one does not report"]
    assert troubles([node(), DNS, STORAGE], NODES, NOW) == ["the node one does not report"]


def test_nothing_is_believed_from_before_a_node_was_restarted() -> None:
    restarted = {"one": NOW - timedelta(seconds=5)}
    whole = [node(), lease(age=3), DNS, STORAGE]
    assert troubles([node(), lease(age=8), DNS, STORAGE], restarted, NOW) == ["the node one does not report"]
    assert troubles([*whole, pod(timedelta(seconds=60))], restarted, NOW) == [
        "the pod etcd is from before its node was started"
    ]
    assert troubles([*whole, pod(timedelta(seconds=4))], restarted, NOW) == []
    assert troubles([*whole, pod(timedelta(seconds=4), ready=False)], restarted, NOW) == ["the pod etcd is not ready"]


def test_a_missing_or_unready_node_is_told() -> None:
    assert troubles([DNS, STORAGE], NODES, NOW) == ["the node one has not joined"]
    assert troubles([node("False"), lease(), DNS, STORAGE], NODES, NOW) == ["the node one is not ready: no network"]


def test_dns_and_storage_must_be_there_and_ready() -> None:
    assert troubles([node(), lease(), STORAGE], NODES, NOW) == ["the deployment coredns does not exist"]
    assert troubles([node(), lease(), deployment("kube-system", "coredns", 0), STORAGE], NODES, NOW) == [
        "the deployment coredns has 0 of 1 ready"
    ]


def test_daemon_sets_count_in_the_systems_namespaces_only() -> None:
    whole = [node(), lease(), DNS, STORAGE]
    assert troubles([*whole, daemon_set("default", 4, 1)], NODES, NOW) == []
    assert troubles([*whole, daemon_set("kube-system", 4, 1)], NODES, NOW) == ["the daemon set proxy has 1 of 4 ready"]
