"""Each field of the spec changed, and its effect seen."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.kube import NO_PODS, Kube, Object, wait_until

Pick = Callable[[Object], Any]


def container(key: str) -> Pick:
    return lambda live: live["spec"]["template"]["spec"]["containers"][0].get(key)


def variable(name: str) -> Pick:
    def pick(live: Object) -> Any:
        found = {item["name"]: item.get("value") for item in container("env")(live) or ()}
        return found.get(name)

    return pick


def service(key: str) -> Pick:
    return lambda live: live["spec"].get(key)


def port(key: str) -> Pick:
    return lambda live: live["spec"]["ports"][0].get(key)


def has(kube: Kube, kind: str, component: str, pick: Pick, expected: Any) -> Callable[[], bool]:
    return lambda: pick(kube.get(kind, f"demo-{component}") or {}) == expected


COMPONENTS = ("vote", "redis", "worker", "postgres", "result")

PER_COMPONENT = [
    pytest.param({"image": "example.com/x:1"}, "Deployment", container("image"), "example.com/x:1", id="image"),
    pytest.param(
        {"imagePullPolicy": "Never"}, "Deployment", container("imagePullPolicy"), "Never", id="imagePullPolicy"
    ),
    pytest.param(
        {"resources": {"requests": {"cpu": "30m", "memory": "64Mi"}, "limits": {"memory": "99Mi"}}},
        "Deployment",
        container("resources"),
        {"requests": {"cpu": "30m", "memory": "64Mi"}, "limits": {"memory": "99Mi"}},
        id="resources",
    ),
    pytest.param({"env": [{"name": "X", "value": "1"}]}, "Deployment", variable("X"), "1", id="env"),
    pytest.param(
        {"podTemplate": {"spec": {"nodeSelector": {"no": "such"}}}},
        "Deployment",
        lambda live: live["spec"]["template"]["spec"].get("nodeSelector"),
        {"no": "such"},
        id="podTemplate",
    ),
    pytest.param({"service": {"type": "NodePort"}}, "Service", service("type"), "NodePort", id="service.type"),
    pytest.param({"service": {"port": 81}}, "Service", port("port"), 81, id="service.port"),
    pytest.param(
        {"service": {"annotations": {"example.com/a": "b"}}},
        "Service",
        lambda live: live["metadata"]["annotations"].get("example.com/a"),
        "b",
        id="service.annotations",
    ),
]


@pytest.mark.parametrize(("change", "kind", "pick", "expected"), PER_COMPONENT)
def test_a_field_of_every_component(kube: Kube, change: Object, kind: str, pick: Pick, expected: Any) -> None:
    """Set, seen; taken back, gone."""
    kube.apply_app("demo", NO_PODS)
    wait_until("all objects", lambda: kube.applied("demo"))
    before = {name: pick(kube.get(kind, f"demo-{name}") or {}) for name in COMPONENTS}
    kube.patch("VotingApp", "demo", {"spec": dict.fromkeys(COMPONENTS, change)})
    for name in COMPONENTS:
        wait_until(f"the change in {name}", has(kube, kind, name, pick, expected))
    kube.patch("VotingApp", "demo", {"spec": dict.fromkeys(COMPONENTS, dict.fromkeys(change))})
    for name in COMPONENTS:
        wait_until(f"{name} as before", has(kube, kind, name, pick, before[name]))


@pytest.mark.parametrize("name", ["vote", "worker", "result"])
def test_replicas(kube: Kube, name: str) -> None:
    unschedulable = {"podTemplate": {"spec": {"nodeSelector": {"no": "such"}}}}
    kube.apply_app("demo", {**NO_PODS, name: {"replicas": 0, **unschedulable}})
    wait_until("all objects", lambda: kube.applied("demo"))
    kube.patch("VotingApp", "demo", {"spec": {name: {"replicas": 3}}})
    wait_until("three pods", lambda: len(kube.list("Pod", f"app={name}")) == 3)


def test_a_port_reaches_those_who_call(kube: Kube) -> None:
    kube.apply_app("demo", {**NO_PODS, "redis": {"replicas": 0, "service": {"port": 6380}}})
    wait_until("all objects", lambda: kube.applied("demo"))
    for name in ("vote", "worker"):
        assert variable("REDIS_PORT")(kube.get("Deployment", f"demo-{name}") or {}) == "6380"


def test_the_poll_reaches_both_pages(kube: Kube) -> None:
    def stamp(name: str) -> str:
        template = (kube.get("Deployment", name) or {})["spec"]["template"]
        return str(template["metadata"]["annotations"]["voting.schoolofdevops.com/poll-hash"])

    kube.apply_app("demo", NO_PODS)
    wait_until("all objects", lambda: kube.applied("demo"))
    before = stamp("demo-vote")
    kube.patch("VotingApp", "demo", {"spec": {"poll": {"title": "Tea or coffee?"}}})
    wait_until(
        "the title", lambda: (kube.get("ConfigMap", "demo-poll") or {})["data"]["POLL_TITLE"] == "Tea or coffee?"
    )
    wait_until("new vote pods", lambda: stamp("demo-vote") != before)
    wait_until("new result pods", lambda: stamp("demo-result") == stamp("demo-vote"))


def test_volumes_have_the_size_and_class_asked_for(kube: Kube) -> None:
    storage = {"size": "3Gi", "storageClassName": "standard"}
    kube.apply_app("demo", {**NO_PODS, "redis": {"replicas": 0, "storage": storage}})
    wait_until("all objects", lambda: kube.applied("demo"))
    claim = kube.get("PersistentVolumeClaim", "demo-redis") or {}
    assert claim["spec"]["resources"]["requests"]["storage"] == "3Gi"
    assert claim["spec"]["storageClassName"] == "standard"


def test_the_users_own_credentials(kube: Kube) -> None:
    kube.apply_app("demo", {**NO_PODS, "postgres": {"replicas": 0, "credentialsSecret": "mine"}})
    wait_until(
        "the missing Secret to be reported", lambda: kube.condition("demo", "Stalled").get("reason") == "SecretNotFound"
    )
    assert kube.get("Deployment", "demo-postgres") is None, "a database without a password must wait for it"
    assert kube.get("Deployment", "demo-vote") is not None, "what needs no password carries on"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mine", "namespace": kube.namespace}}
    kube.create({**secret, "stringData": {"username": "u", "password": "p"}})
    kube.patch("VotingApp", "demo", {"metadata": {"annotations": {"look": "again"}}})
    wait_until("all objects", lambda: kube.applied("demo"))
    environment = container("env")(kube.get("Deployment", "demo-worker") or {})
    [password] = [item for item in environment if item["name"] == "POSTGRES_PASSWORD"]
    assert password["valueFrom"]["secretKeyRef"] == {"name": "mine", "key": "password"}
    assert kube.get("Secret", "demo-postgres") is None


def test_paused_writes_nothing_and_says_what_waits(kube: Kube) -> None:
    kube.apply_app("demo", NO_PODS)
    wait_until("all objects", lambda: kube.applied("demo"))
    before = kube.contents("demo")
    kube.patch("VotingApp", "demo", {"spec": {"paused": True, "poll": {"title": "Later"}}})
    wait_until("the pause", lambda: kube.condition("demo", "Applied").get("reason") == "Paused")
    condition = wait_until(
        "what waits",
        lambda: (
            "3 objects differ" in kube.condition("demo", "Applied")["message"] and kube.condition("demo", "Applied")
        ),
    )
    assert condition["status"] == "False"
    for subject in ("ConfigMap demo-poll", "Deployment demo-vote", "Deployment demo-result"):
        assert subject in condition["message"]
    kube.delete("Service", "demo-vote")
    wait_until("the loss to be told", lambda: "4 objects differ" in kube.condition("demo", "Applied")["message"])
    assert kube.get("Service", "demo-vote") is None
    del before["Service", "demo-vote"]
    assert kube.contents("demo") == before
    kube.patch("VotingApp", "demo", {"spec": {"paused": False}})
    wait_until("everything to be made up for", lambda: kube.applied("demo") and kube.get("Service", "demo-vote"))
    assert (kube.get("ConfigMap", "demo-poll") or {})["data"]["POLL_TITLE"] == "Later"
