"""What is known never goes back in time."""

from typing import Any

from votingapp_operator.reconcile.cache import Cache, Key, News

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


def deployment(version: int, **status: Any) -> dict[str, Any]:
    return {**child(version), "status": status}


def test_what_nobody_looks_at_is_no_news() -> None:
    cache = Cache()
    assert cache.observe("Deployment", deployment(1, replicas=1)) is News.CONTENT
    assert cache.observe("Deployment", {**deployment(2, replicas=1), "spec": {"version": 1}}) is News.NOTHING
    assert cache.observe("Deployment", {**deployment(3, replicas=2), "spec": {"version": 1}}) is News.STATUS
    assert cache.observe("Deployment", deployment(4, replicas=2)) is News.CONTENT


def test_the_notes_of_controllers_are_no_news() -> None:
    cache = Cache()
    cache.observe("Deployment", child(1))
    noted = child(2, annotations={"deployment.kubernetes.io/revision": "1"})
    assert cache.observe("Deployment", {**noted, "spec": {"version": 1}}) is News.NOTHING


def test_a_running_pod_that_gets_an_address_is_no_news() -> None:
    cache = Cache()
    running = {"name": "vote", "image": "i", "restartCount": 0, "state": {"running": {"startedAt": "now"}}}
    cache.observe("Pod", {**child(1), "status": {"phase": "Running", "containerStatuses": [running]}})
    status = {"phase": "Running", "podIP": "10.0.0.1", "containerStatuses": [running]}
    assert cache.observe("Pod", {**child(2), "status": status}) is News.NOTHING
    waiting = {**running, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    assert cache.observe("Pod", {**child(3), "status": {"containerStatuses": [waiting]}}) is News.STATUS


def test_what_we_deleted_is_not_brought_back_by_a_late_watch() -> None:
    cache = Cache()
    cache.observe("Service", child(10))
    cache.deleted(KEY, ("Service", "demo-vote"), "u1")
    assert cache.observe("Service", child(11)) is News.NOTHING
    assert seen(cache) is None
    cache.observe("Service", child(12, uid="u2"))
    cache.forget("Service", child(13))
    assert seen(cache) == 12


def test_a_label_lost_before_our_own_write_is_the_past() -> None:
    cache = Cache()
    cache.observe("Service", child(12))
    cache.forget("Service", child(11))
    assert seen(cache) == 12


def test_a_list_shows_what_is_gone() -> None:
    cache = Cache()
    cache.observe("Service", child(5))
    cache.observe("Service", {**child(6, uid="u2", name="demo-result")})
    cache.observe("Service", {**child(30, uid="u3", name="demo-redis")})
    cache.observe("Deployment", {**child(6, uid="u4", name="demo-vote")})
    assert cache.sweep("Service", {"u1"}, version=20) == [KEY]
    assert set(cache.children(KEY)) == {
        ("Service", "demo-vote"),
        ("Service", "demo-redis"),
        ("Deployment", "demo-vote"),
    }


def test_nothing_is_kept_of_what_is_gone() -> None:
    cache = Cache()
    cache.observe("Service", child(5))
    cache.deleted(KEY, ("Service", "demo-vote"), "u1")
    cache.forget("Service", child(6))
    assert not cache._shelves  # noqa: SLF001 - that nothing is kept cannot be seen from outside
