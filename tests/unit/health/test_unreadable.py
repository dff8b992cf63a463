"""The status of a spec that cannot be read."""

from votingapp_operator.api import ComponentState, ComponentStatus, Condition, VotingAppStatus
from votingapp_operator.health import unreadable

RUNNING = ComponentStatus(
    summary="1/1", ready=1, desired=1, state=ComponentState.READY, reason=None, message=None, image="i"
)


def condition(kind: str, status: str, since: str) -> Condition:
    return Condition(
        type=kind, status=status, reason="R", message="m", last_transition_time=since, observed_generation=1
    )


BEFORE = VotingAppStatus(
    observed_generation=1,
    components={"vote": RUNNING},
    conditions=(condition("Ready", "True", "then"), condition("Available", "True", "then")),
)


def test_it_says_what_to_do_and_keeps_what_runs() -> None:
    status = unreadable(BEFORE, "change it", 2, "now")
    assert [(found.type, found.status, found.message) for found in status.conditions] == [
        ("Ready", "False", "change it"),
        ("Available", "True", "m"),
        ("Applied", "False", "change it"),
        ("Stalled", "True", "change it"),
    ]
    assert status.components == BEFORE.components
    assert (status.observed_generation, status.message) == (2, "change it")


def test_it_is_said_once() -> None:
    status = unreadable(BEFORE, "change it", 2, "now")
    assert unreadable(status, "change it", 2, "later") == status
