"""A pod's trouble in words."""

from typing import Any

import pytest
from votingapp_operator.health.pods import trouble


def pod(*containers: dict[str, Any], **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "demo-vote-x"}, "status": {"containerStatuses": list(containers), **status}}


def waiting(reason: str, message: str = "", **more: Any) -> dict[str, Any]:
    return {"name": "vote", "image": "vote:1", "state": {"waiting": {"reason": reason, "message": message}}, **more}


def test_a_running_pod_has_none() -> None:
    assert trouble(pod({"name": "vote", "image": "vote:1", "state": {"running": {}}})) is None


def test_a_starting_pod_has_none() -> None:
    assert trouble(pod(waiting("ContainerCreating"))) is None


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "InvalidImageName"])
def test_an_image_that_cannot_be_pulled_is_named(reason: str) -> None:
    found = trouble(pod(waiting(reason, 'Back-off pulling image "vote:1"')))
    assert found is not None
    assert found.reason == reason
    assert found.message == 'image vote:1 cannot be pulled: Back-off pulling image "vote:1"'


def test_a_crash_tells_its_last_line() -> None:
    last = {"terminated": {"exitCode": 3, "message": "starting\nPOLL_OPTIONS is no JSON\n\n"}}
    found = trouble(pod(waiting("CrashLoopBackOff", "back-off 10s", lastState=last, restartCount=4)))
    assert found is not None
    assert found.message == "container vote exited with code 3 (4 restarts); its last words: POLL_OPTIONS is no JSON"


def test_running_out_of_memory_is_said() -> None:
    last = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
    found = trouble(pod(waiting("CrashLoopBackOff", "back-off", lastState=last, restartCount=1)))
    assert found is not None
    assert "ran out of memory" in found.message


def test_an_init_container_counts() -> None:
    found = trouble({"metadata": {"name": "x"}, "status": {"initContainerStatuses": [waiting("ErrImagePull", "no")]}})
    assert found is not None
    assert found.reason == "ErrImagePull"


def test_a_missing_secret_is_said() -> None:
    found = trouble(pod(waiting("CreateContainerConfigError", 'secret "x" not found')))
    assert found is not None
    assert found.message == 'container vote cannot be made: secret "x" not found'


def test_what_the_scheduler_says_is_passed_on() -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/4 nodes\nfit"}
    found = trouble(pod(conditions=[condition]))
    assert found is not None
    assert (found.reason, found.message) == ("Unschedulable", "no node takes the pod: 0/4 nodes fit")


def test_an_evicted_pod_tells_why() -> None:
    found = trouble(pod(phase="Failed", reason="Evicted", message="the node was low on memory"))
    assert found is not None
    assert found.reason == "Evicted"
    assert "low on memory" in found.message
