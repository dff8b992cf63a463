"""The status of a VotingApp whose spec this operator cannot read."""

from votingapp_operator.api import Condition, VotingAppStatus

REASON = "InvalidSpec"


def unreadable(before: VotingAppStatus, message: str, generation: int, now: str) -> VotingAppStatus:
    """What the status should say: nothing new of the components, and that somebody has to act.

    Args:
        before: the status as it stands.
        message: what cannot be read and what to do.
        generation: of the spec that cannot be read.
        now: RFC 3339, for the conditions that change.
    """
    was = {condition.type: condition for condition in before.conditions}

    def condition(kind: str, status: str) -> Condition:
        known = was.get(kind)
        since = known.last_transition_time if known is not None and known.status == status else now
        return Condition(
            type=kind,
            status=status,
            reason=REASON,
            message=message,
            last_transition_time=since,
            observed_generation=generation,
        )

    found = (condition("Ready", "False"), condition("Applied", "False"), condition("Stalled", "True"))
    others = tuple(kept for kept in before.conditions if kept.type == "Available")
    return before.model_copy(
        update={"observed_generation": generation, "message": message, "conditions": (*found[:1], *others, *found[1:])}
    )
