"""A pod's own trouble shows in the status, in plain words."""

import pytest

from tests.support.kube import NO_PODS, Kube, Object, wait_until


def component(kube: Kube, name: str) -> Object:
    found: Object = (kube.get("VotingApp", "demo") or {}).get("status", {}).get("components", {}).get(name, {})
    return found


def event_messages(kube: Kube) -> list[str]:
    return [event["message"] for event in kube.list("Event") if event["involvedObject"]["kind"] == "VotingApp"]


def wait_for(kube: Kube, name: str, *reasons: str) -> Object:
    found: Object = wait_until(
        f"{name} to be {' or '.join(reasons)}",
        lambda: component(kube, name) if component(kube, name).get("reason") in reasons else None,
        detail=lambda: kube.explain("demo"),
    )
    return found


def test_an_image_that_is_not_there(kube: Kube) -> None:
    kube.apply_app("demo", {**NO_PODS, "vote": {"replicas": 1, "image": "localhost/no/such:1"}})
    found = wait_for(kube, "vote", "ImagePullBackOff", "ErrImagePull")
    assert found["state"] == "Failing"
    assert found["message"].startswith("image localhost/no/such:1 cannot be pulled: ")
    assert kube.condition("demo", "Ready")["message"].startswith("vote: image localhost/no/such:1")
    told = "vote is failing: image localhost/no/such:1 cannot be pulled"
    wait_until("the Event", lambda: any(told in message for message in event_messages(kube)))


def test_a_crash_tells_its_last_line(kube: Kube) -> None:
    kube.apply_app("demo", {**NO_PODS, "vote": {"replicas": 1, "env": [{"name": "POLL_OPTIONS", "value": "no JSON"}]}})
    found = wait_for(kube, "vote", "CrashLoopBackOff")
    assert "POLL_OPTIONS" in found["message"].split("its last words: ")[1]


def test_a_pod_for_which_there_is_no_node(kube: Kube) -> None:
    no_node = {"spec": {"nodeSelector": {"no": "such"}}}
    kube.apply_app("demo", {**NO_PODS, "vote": {"replicas": 1, "podTemplate": no_node}})
    found = wait_for(kube, "vote", "Unschedulable")
    assert found["message"].startswith("no node takes the pod: 0/4 nodes are available")
    assert found["summary"] == "0/1"


def test_pods_that_a_quota_refuses(kube: Kube) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "tiny", "namespace": kube.namespace}}
    kube.create({**quota, "spec": {"hard": {"pods": "0"}}})
    kube.apply_app("demo", {**NO_PODS, "vote": {"replicas": 1}})
    assert "exceeded quota: tiny" in wait_for(kube, "vote", "FailedCreate")["message"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"spec": {"containers": "none"}},
        {"spec": {"containers": [{"name": ["x"]}]}},
        {"spec": 5},
        {"spec": {"noSuchField": 5}},
        {"metadata": {"labels": {"app.kubernetes.io/component": "another"}}},
    ],
    ids=str,
)
def test_a_pod_template_that_is_none_is_reported(kube: Kube, wrong: Object) -> None:
    """Whatever the patch makes of the template, it stops its own component and is explained."""
    kube.apply_app("demo", {**NO_PODS, "vote": {"replicas": 0, "podTemplate": wrong}})
    wait_until("the refusal", lambda: kube.condition("demo", "Stalled").get("reason") == "Invalid")
    assert kube.condition("demo", "Stalled")["message"].startswith("Deployment demo-vote: ")
    assert not kube.condition("demo", "Reconciling")
    wait_until("the other components", lambda: kube.get("Deployment", "demo-worker"))


def test_what_only_the_api_server_knows_is_reported(kube: Kube) -> None:
    wrong = {"spec": {"containers": [{"name": "vote", "resources": {"limits": {"memory": "1Mi"}}}]}}
    kube.apply_app("demo", {**NO_PODS, "vote": {"replicas": 0, "podTemplate": wrong}})
    wait_until("the refusal", lambda: kube.condition("demo", "Stalled").get("reason") == "Invalid")
    message = kube.condition("demo", "Stalled")["message"]
    assert message.startswith("Deployment demo-vote: ")
    assert "must be less than or equal to memory limit" in message
    wait_until("the other components", lambda: kube.get("Deployment", "demo-worker"))
    kube.patch("VotingApp", "demo", {"spec": {"vote": {"podTemplate": None}}})
    wait_until("everything, once it is mended", lambda: kube.applied("demo"))
