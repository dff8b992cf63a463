"""What somebody changed or deleted is put right; what is others' is left alone."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.support.kube import NO_PODS, Kube, Object, wait_until

CHANGES = [
    pytest.param(
        "Deployment", "demo-vote", {"spec": {"replicas": 1}}, lambda live: live["spec"]["replicas"], id="Deployment"
    ),
    pytest.param(
        "Service",
        "demo-vote",
        {"spec": {"selector": {"app": "x"}}},
        lambda live: live["spec"]["selector"],
        id="Service",
    ),
    pytest.param(
        "Service",
        "demo-vote",
        {"spec": {"ports": [{"port": 9999, "targetPort": "http", "name": "http"}]}},
        lambda live: [port["port"] for port in live["spec"]["ports"]],
        id="Service-ports",
    ),
    pytest.param(
        "ConfigMap", "demo-poll", {"data": {"POLL_TITLE": "x"}}, lambda live: live["data"]["POLL_TITLE"], id="ConfigMap"
    ),
    pytest.param(
        "ServiceAccount",
        "demo-vote",
        {"automountServiceAccountToken": True},
        lambda live: live["automountServiceAccountToken"],
        id="ServiceAccount",
    ),
    pytest.param(
        "PersistentVolumeClaim",
        "demo-redis",
        {"metadata": {"labels": {"app": "x"}}},
        lambda live: live["metadata"]["labels"]["app"],
        id="PersistentVolumeClaim",
    ),
]


@pytest.fixture
def settled(kube: Kube) -> Kube:
    """A namespace with a VotingApp `demo` to which everything was applied, and which runs no pods."""
    kube.apply_app("demo", NO_PODS)
    wait_until("all objects", lambda: kube.applied("demo"))
    return kube


@pytest.mark.parametrize(("kind", "name", "change", "pick"), CHANGES)
def test_a_changed_field_comes_back(
    settled: Kube, kind: str, name: str, change: Object, pick: Callable[[Object], Any]
) -> None:
    before = pick(settled.get(kind, name) or {})
    assert pick(settled.patch(kind, name, change)) != before or before is None
    wait_until("the old value", lambda: pick(settled.get(kind, name) or {}) == before)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Deployment", "demo-vote"),
        ("Service", "demo-redis"),
        ("ConfigMap", "demo-poll"),
        ("ServiceAccount", "demo-result"),
        ("PersistentVolumeClaim", "demo-postgres"),
        ("Secret", "demo-postgres"),
    ],
)
def test_a_deleted_object_comes_back(settled: Kube, kind: str, name: str) -> None:
    uid = (settled.get(kind, name) or {})["metadata"]["uid"]
    settled.delete(kind, name)
    wait_until(
        "another of its name", lambda: (settled.get(kind, name) or {"metadata": {"uid": uid}})["metadata"]["uid"] != uid
    )


def test_an_object_whose_label_was_removed_is_still_ours(settled: Kube) -> None:
    label = "app.kubernetes.io/managed-by"
    settled.patch("ConfigMap", "demo-poll", {"metadata": {"labels": {label: None}}})
    wait_until("the label", lambda: label in (settled.get("ConfigMap", "demo-poll") or {})["metadata"]["labels"])


def test_a_new_secret_replaces_the_pods_that_use_it(settled: Kube) -> None:
    def stamp(name: str) -> Any:
        annotations = (settled.get("Deployment", name) or {})["spec"]["template"]["metadata"]["annotations"]
        return annotations["voting.schoolofdevops.com/credentials-uid"]

    before = stamp("demo-postgres")
    settled.delete("Secret", "demo-postgres")
    for name in ("demo-postgres", "demo-worker", "demo-result"):
        wait_until(f"a new {name}", partial(lambda of: stamp(of) != before, name))


def test_what_others_add_stays(settled: Kube) -> None:
    added = {"metadata": {"annotations": {"a-person/was": "here"}, "labels": {"team": "lunch"}}}
    settled.patch("Service", "demo-vote", added)
    sidecar = {"name": "sidecar", "image": "sidecar:1"}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "demo-vote"},
        "spec": {"template": {"spec": {"containers": [sidecar]}}},
    }
    settled.kubectl("apply", "--server-side", "--field-manager=mesh", "-f", "-", stdin=str(body).replace("'", '"'))
    settled.patch("Deployment", "demo-vote", {"spec": {"replicas": 1}})
    wait_until("our own field", lambda: (settled.get("Deployment", "demo-vote") or {})["spec"]["replicas"] == 0)
    containers = (settled.get("Deployment", "demo-vote") or {})["spec"]["template"]["spec"]["containers"]
    assert {container["name"] for container in containers} == {"vote", "sidecar"}
    service = settled.get("Service", "demo-vote") or {}
    assert service["metadata"]["annotations"]["a-person/was"] == "here"
    assert service["metadata"]["labels"]["team"] == "lunch"


def test_what_the_spec_no_longer_wants_is_pruned(settled: Kube) -> None:
    app = settled.get("VotingApp", "demo") or {}
    owner = {key: app[key] for key in ("apiVersion", "kind")} | {"name": "demo", "uid": app["metadata"]["uid"]}
    labels = (settled.get("ConfigMap", "demo-poll") or {})["metadata"]["labels"]
    metadata = {"name": "demo-left-over", "namespace": settled.namespace, "labels": labels}
    stray = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    settled.create(stray | {"metadata": metadata | {"name": "demo-unowned"}})
    settled.create(stray | {"metadata": metadata | {"ownerReferences": [owner]}})
    wait_until("the stray object to go", lambda: settled.get("ConfigMap", "demo-left-over") is None)
    assert settled.get("ConfigMap", "demo-unowned") is not None, "what is not owned is not ours to delete"


def test_the_generated_secret_is_pruned_when_the_user_brings_one(settled: Kube) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mine", "namespace": settled.namespace}}
    settled.create({**secret, "stringData": {"username": "postgres", "password": "p"}})
    settled.patch("VotingApp", "demo", {"spec": {"postgres": {"credentialsSecret": "mine"}}})
    wait_until("the generated Secret to go", lambda: settled.get("Secret", "demo-postgres") is None)
    assert settled.get("Secret", "mine") is not None
