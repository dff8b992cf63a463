"""An object of a wanted name that is not ours is left alone and reported, and the rest carries on."""

import pytest

from tests.support.kube import NO_PODS, Kube, Object, wait_until

FOREIGN: list[Object] = [
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "demo-poll"}, "data": {"theirs": "yes"}},
    {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "demo-vote"}, "spec": {"ports": [{"port": 1}]}},
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "demo-worker"}},
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "demo-postgres"}, "stringData": {"password": "theirs"}},
]


@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda manifest: manifest["kind"])
def test_foreign_objects_are_left_alone(kube: Kube, foreign: Object) -> None:
    kind, name = foreign["kind"], foreign["metadata"]["name"]
    before = kube.create({**foreign, "metadata": {"name": name, "namespace": kube.namespace}})
    kube.apply_app("demo", NO_PODS)
    wait_until("the report", lambda: kube.condition("demo", "Stalled").get("reason") == "NotOurs")
    assert kube.condition("demo", "Stalled")["message"].startswith(
        f"{kind} {name}: exists and is not of this VotingApp"
    )
    assert kube.condition("demo", "Ready")["status"] == "False"
    wait_until("the others", lambda: kube.get("Deployment", "demo-vote") and kube.get("Service", "demo-redis"))
    kube.patch("VotingApp", "demo", {"metadata": {"annotations": {"look": "again"}}})
    assert kube.get(kind, name) == before
    if kind == "Secret":
        assert kube.get("Deployment", "demo-postgres") is None, "another's Secret must not be used"

    kube.delete(kind, name)
    kube.patch("VotingApp", "demo", {"metadata": {"annotations": {"look": "once more"}}})
    wait_until("everything, once the name is free", lambda: kube.applied("demo"), detail=lambda: kube.explain("demo"))
    assert not kube.condition("demo", "Stalled")


def test_two_apps_in_one_namespace_do_not_touch_each_other(kube: Kube) -> None:
    kube.apply_app("one", NO_PODS)
    kube.apply_app("two", NO_PODS)
    wait_until("both", lambda: kube.applied("one") and kube.applied("two"))
    kube.delete("VotingApp", "one")
    wait_until("the first to go", lambda: kube.children("one") == {})
    assert len(kube.children("two")) == 19
