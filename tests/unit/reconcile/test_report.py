"""Which changes of a status are worth an Event."""

from votingapp_operator.api import ComponentState, ComponentStatus, Condition, VotingAppStatus
from votingapp_operator.reconcile.report import Transition, transitions


def status(state: str, reason: str | None = None, *, ready: str = "False") -> VotingAppStatus:
    component = ComponentStatus(
        summary="0/1", ready=0, desired=1, state=ComponentState(state), reason=reason, message=reason, image="i"
    )
    condition = Condition(
        type="Ready", status=ready, reason="R", message="m", last_transition_time="t", observed_generation=1
    )
    return VotingAppStatus(components={"vote": component}, conditions=(condition,))


def test_no_change_is_no_event() -> None:
    assert list(transitions(status("Failing", "X"), status("Failing", "X"))) == []


def test_progress_is_no_event() -> None:
    assert list(transitions(VotingAppStatus(), status("Progressing", "RollingOut"))) == []


def test_trouble_is_a_warning() -> None:
    found = list(transitions(status("Progressing"), status("Failing", "ImagePullBackOff")))
    assert found == [Transition(warning=True, reason="ImagePullBackOff", note="vote is failing: ImagePullBackOff")]


def test_another_trouble_is_another_event() -> None:
    found = list(transitions(status("Failing", "ErrImagePull"), status("Failing", "ImagePullBackOff")))
    assert [transition.reason for transition in found] == ["ImagePullBackOff"]


def test_a_component_that_comes_up_for_the_first_time_is_no_event_of_its_own() -> None:
    found = list(transitions(status("Progressing"), status("Ready", ready="True")))
    assert found == [Transition(warning=False, reason="R", note="m")]


def test_the_end_of_trouble_is_told() -> None:
    found = list(transitions(status("Failing", "CrashLoopBackOff"), status("Ready", ready="True")))
    assert [(transition.warning, transition.reason) for transition in found] == [
        (False, "ComponentReady"),
        (False, "R"),
    ]
