"""The status of a VotingApp whose spec this operator cannot read."""

from typing import Literal

from votingapp_operator.api import VotingAppStatus
from votingapp_operator.health.conditions import condition

REASON = "InvalidSpec"

_VERDICTS: tuple[tuple[str, Literal["True", "False"]], ...] = (
    ("Ready", "False"),
    ("Applied", "False"),
    ("Stalled", "True"),
)


def unreadable(before: VotingAppStatus, message: str, generation: int, now: str) -> VotingAppStatus:
    """What the status should say: nothing new of the components, and that somebody has to act.

    Args:
        before: the status as it stands.
        message: what cannot be read and what to do.
        generation: of the spec that cannot be read.
        now: RFC 3339, for the conditions that change.
    """
    was = {known.type: known for known in before.conditions}
    ready, applied, stalled = (
        condition(kind, (status, REASON, message), generation, now, was.get(kind)) for kind, status in _VERDICTS
    )
    others = tuple(kept for kept in before.conditions if kept.type == "Available")
    return before.model_copy(
        update={"observed_generation": generation, "message": message, "conditions": (ready, *others, applied, stalled)}
    )
