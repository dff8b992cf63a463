"""From `kubectl apply` to Ready, and away again."""

import re

import yaml

from tests.support.kube import CHILD_KINDS, NO_PODS, Kube, wait_until

APP = """
apiVersion: voting.schoolofdevops.com/v1alpha1
kind: VotingApp
metadata:
  name: demo
spec: {}
"""


READY_EVENT = re.compile(r"Normal\s+Ready\s.*all components are ready")


def described_events(kube: Kube) -> str:
    described = kube.kubectl("describe", "votingapp/demo").stdout
    return described[described.index("Events:") :]


def test_an_empty_spec_becomes_a_ready_app(kube: Kube) -> None:
    kube.kubectl("apply", "-f", "-", stdin=APP)
    kube.kubectl("wait", "--for=condition=Ready", "votingapp/demo", "--timeout=180s")

    columns = kube.kubectl("get", "votingapps").stdout.splitlines()
    assert columns[0].split() == ["NAME", "READY", "VOTE", "REDIS", "WORKER", "POSTGRES", "RESULT", "AGE"]
    assert columns[1].split()[:-1] == ["demo", "True", "2/2", "1/1", "1/1", "1/1", "2/2"]
    wide = kube.kubectl("get", "va", "-o", "wide").stdout
    assert "VOTE IMAGE" in wide
    assert "all components are ready" in wide

    wait_until("the Event in `kubectl describe`", lambda: READY_EVENT.search(described_events(kube)))

    live = kube.get("VotingApp", "demo") or {}
    assert live["status"]["observedGeneration"] == live["metadata"]["generation"]
    assert live["status"]["urls"]["vote"] == f"http://demo-vote.{kube.namespace}.svc:8080"
    assert "finalizers" not in live["metadata"]


def test_pods_run_without_rights(kube: Kube) -> None:
    """The namespace admits only restricted pods, so that they are there proves most of it."""
    kube.apply_app("demo", {})
    wait_until("seven pods", lambda: len(kube.list("Pod", "app.kubernetes.io/instance=demo")) == 7)
    for pod in kube.list("Pod", "app.kubernetes.io/instance=demo"):
        volumes = pod["spec"]["volumes"]
        assert not any("projected" in volume for volume in volumes), "a service account token is mounted"
        assert all(container["securityContext"]["readOnlyRootFilesystem"] for container in pod["spec"]["containers"])


def test_deleting_leaves_nothing(kube: Kube) -> None:
    kube.apply_app("demo", NO_PODS)
    wait_until("all objects", lambda: kube.applied("demo"))
    assert {kind for kind, _ in kube.children("demo")} == set(CHILD_KINDS)
    kube.kubectl("delete", "votingapp/demo")
    wait_until("everything to go", lambda: kube.children("demo") == {})


def test_retaining_leaves_exactly_volumes_and_secret_and_takes_them_back(kube: Kube) -> None:
    kube.apply_app("demo", {**NO_PODS, "dataPolicy": "Retain"})
    wait_until("all objects", lambda: kube.applied("demo"))
    password = (kube.get("Secret", "demo-postgres") or {})["data"]["password"]
    kube.kubectl("delete", "votingapp/demo")
    kept = {
        ("Secret", "demo-postgres"),
        ("PersistentVolumeClaim", "demo-redis"),
        ("PersistentVolumeClaim", "demo-postgres"),
    }
    wait_until("all but the data to go", lambda: set(kube.children("demo")) == kept)

    kube.apply_app("demo", NO_PODS)
    wait_until("all objects again", lambda: kube.applied("demo"))
    assert (kube.get("Secret", "demo-postgres") or {})["data"]["password"] == password
    kube.kubectl("delete", "votingapp/demo")
    wait_until("everything to go, now that it is not retained", lambda: kube.children("demo") == {})


def test_the_policy_can_change_while_it_runs(kube: Kube) -> None:
    def owners(kind: str, name: str) -> int:
        return len((kube.get(kind, name) or {})["metadata"].get("ownerReferences", []))

    kube.apply_app("demo", NO_PODS)
    wait_until("all objects", lambda: kube.applied("demo"))
    assert owners("PersistentVolumeClaim", "demo-postgres") == 1
    kube.patch("VotingApp", "demo", {"spec": {"dataPolicy": "Retain"}})
    wait_until("the volume to lose its owner", lambda: owners("PersistentVolumeClaim", "demo-postgres") == 0)
    wait_until("the Secret to lose its owner", lambda: owners("Secret", "demo-postgres") == 0)
    kube.patch("VotingApp", "demo", {"spec": {"dataPolicy": "Delete"}})
    wait_until("the volume to have an owner again", lambda: owners("PersistentVolumeClaim", "demo-postgres") == 1)
    wait_until("the Secret to have an owner again", lambda: owners("Secret", "demo-postgres") == 1)


def test_a_successor_waits_for_its_predecessors_objects(kube: Kube) -> None:
    kube.apply_app("demo", NO_PODS)
    wait_until("all objects", lambda: kube.applied("demo"))
    kube.kubectl("delete", "votingapp/demo", "--wait=false")
    wait_until("the first to go", lambda: kube.get("VotingApp", "demo") is None)
    uid = kube.apply_app("demo", NO_PODS)["metadata"]["uid"]
    wait_until("all objects of the second", lambda: kube.applied("demo"), detail=lambda: kube.explain("demo"))

    def owners() -> set[str]:
        found = kube.children("demo").values()
        return {owner["uid"] for child in found for owner in child["metadata"]["ownerReferences"]}

    wait_until("the second to own all", lambda: owners() == {uid} and kube.applied("demo"))


def test_the_password_is_nowhere_but_in_its_secret(kube: Kube) -> None:
    kube.apply_app("demo", NO_PODS)
    wait_until("all objects", lambda: kube.applied("demo"))
    secret = kube.get("Secret", "demo-postgres") or {}
    assert secret["type"] == "kubernetes.io/basic-auth"
    encoded = secret["data"]["password"]
    password = kube.kubectl(
        "get", "secret", "demo-postgres", "-o", "go-template={{.data.password | base64decode}}"
    ).stdout
    assert len(password) >= 32
    others = [kube.get("VotingApp", "demo"), *(c for (kind, _), c in kube.children("demo").items() if kind != "Secret")]
    logs = kube.kubectl("-n", "votingapp-system", "logs", "deployment/votingapp-operator").stdout
    told = yaml.safe_dump(others) + yaml.safe_dump(kube.list("Event")) + logs
    assert password not in told
    assert encoded not in told
