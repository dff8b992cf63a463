"""What is known never goes back in time."""

from typing import Any

from votingapp_operator.reconcile.cache import Cache, Key

KEY = Key("default", "demo")


def child(version: int, uid: str = "u1", **more: Any) -> dict[str, Any]:
    labels = {"app.kubernetes.io/instance": "demo"}
    metadata = {
        "name": "demo-vote",
        "namespace": "default",
        "uid": uid,
        "resourceVersion": str(version),
        "labels": labels,
    }
    return {"metadata": {**metadata, **more}, "spec": {"version": version}}


def seen(cache: Cache) -> Any:
    return cache.children(KEY).get(("Service", "demo-vote"), {}).get("spec", {}).get("version")


def test_newer_replaces_older() -> None:
    cache = Cache()
    cache.observe("Service", child(9))
    cache.observe("Service", child(10))
    assert seen(cache) == 10


def test_a_late_watch_does_not_bring_back_the_past() -> None:
    cache = Cache()
    cache.observe("Service", child(10))
    cache.observe("Service", child(9))
    assert seen(cache) == 10


def test_the_deletion_of_a_predecessor_does_not_remove_the_successor() -> None:
    cache = Cache()
    cache.observe("Service", child(10, uid="u2"))
    cache.forget("Service", child(9, uid="u1"))
    assert seen(cache) == 10
    cache.forget("Service", child(11, uid="u2"))
    assert seen(cache) is None


def test_managed_fields_are_not_kept() -> None:
    cache = Cache()
    cache.observe("Service", child(1, managedFields=[{"manager": "x"}]))
    assert "managedFields" not in cache.children(KEY)["Service", "demo-vote"]["metadata"]


def test_of_a_pod_only_its_health_is_kept() -> None:
    cache = Cache()
    cache.observe("Pod", {**child(1), "status": {"phase": "Running"}})
    [pod] = cache.pods(KEY)
    assert set(pod) == {"metadata", "status"}
