"""The conditions, in the sense of Kubernetes' API conventions and of kstatus.

Ready, Applied and Available are always there; Reconciling and Stalled only while True, as kstatus reads them; Supported
only where the spec asks for what comes with an add-on.
"""

from collections.abc import Mapping
from typing import Literal

from votingapp_operator.api import ComponentName, ComponentState, ComponentStatus, Condition
from votingapp_operator.desired.apis import OPTIONAL
from votingapp_operator.health.outcome import Outcome

Components = Mapping[ComponentName, ComponentStatus]

_DONE = frozenset({ComponentState.READY, ComponentState.STOPPED})
_BROKEN = frozenset({ComponentState.FAILING, ComponentState.DEGRADED})

NAMED_SUBJECTS = 5
"""How many objects a message names before it counts the rest."""


def conditions(
    components: Components, outcome: Outcome, generation: int, now: str, previous: tuple[Condition, ...]
) -> tuple[Condition, ...]:
    """All conditions of a VotingApp.

    Args:
        components: the state of each.
        outcome: of the last comparison and its writes.
        generation: of the spec they speak of.
        now: RFC 3339, for those whose status changes.
        previous: the conditions as they stood, whose transition times are kept.
    """
    found = [
        _ready(components, outcome),
        _available(components),
        _applied(outcome),
        _reconciling(components, outcome),
        _stalled(outcome),
        _supported(outcome),
    ]
    before = {known.type: known for known in previous}
    return tuple(
        condition(kind, verdict, generation, now, before.get(kind)) for kind, verdict in found if verdict is not None
    )


_Verdict = tuple[Literal["True", "False"], str, str]


def condition(kind: str, verdict: _Verdict, generation: int, now: str, before: Condition | None) -> Condition:
    """A condition; the time of its last transition is kept while its status is what it was."""
    status, reason, message = verdict
    since = before.last_transition_time if before is not None and before.status == status else now
    return Condition(
        type=kind,
        status=status,
        reason=reason,
        message=message,
        last_transition_time=since,
        observed_generation=generation,
    )


def _ready(components: Components, outcome: Outcome) -> tuple[str, _Verdict]:
    broken = [name for name, component in components.items() if component.state in _BROKEN]
    waiting = [name for name, component in components.items() if component.state not in _DONE]
    if outcome.problems:
        first = outcome.problems[0]
        return "Ready", ("False", first.reason, f"{first.subject}: {first.message}")
    if broken:
        reason = "ComponentFailing" if components[broken[0]].state is ComponentState.FAILING else "ComponentDegraded"
        return "Ready", ("False", reason, _sentence(components, broken))
    if waiting:
        return "Ready", ("False", "Progressing", _sentence(components, waiting))
    if outcome.pending:
        return "Ready", ("False", "Paused", f"paused with changes waiting: {_subjects(outcome.pending)}")
    return "Ready", ("True", "Ready", "all components are ready")


def _available(components: Components) -> tuple[str, _Verdict]:
    """Whether a vote cast now would be counted and shown: every station of its way has a pod that answers."""
    missing = [name.value for name, component in components.items() if component.ready == 0]
    if missing:
        return "Available", (
            "False",
            "ComponentUnavailable",
            f"no pod of {', '.join(missing)} answers, so a vote is not counted",
        )
    return "Available", ("True", "Available", "every component has a pod that answers")


def _applied(outcome: Outcome) -> tuple[str, _Verdict]:
    if outcome.problems:
        first, *rest = outcome.problems
        more = f" (and {len(rest)} more: {_subjects(tuple(problem.subject for problem in rest))})" if rest else ""
        return "Applied", ("False", first.reason, f"{first.subject}: {first.message}{more}")
    if outcome.paused:
        if outcome.pending:
            return "Applied", (
                "False",
                "Paused",
                f"paused: {len(outcome.pending)} objects differ: {_subjects(outcome.pending)}",
            )
        return "Applied", ("True", "Paused", f"paused: all {outcome.objects} objects are as the spec asks")
    return "Applied", ("True", "Applied", f"all {outcome.objects} objects are as the spec asks")


def _reconciling(components: Components, outcome: Outcome) -> tuple[str, _Verdict | None]:
    retrying = [problem for problem in outcome.problems if not problem.permanent]
    if retrying:
        return "Reconciling", ("True", "Retrying", f"{retrying[0].subject}: {retrying[0].message}")
    stalled = any(problem.permanent for problem in outcome.problems)
    moving = [name for name, component in components.items() if component.state is ComponentState.PROGRESSING]
    if moving and not stalled and not outcome.paused:
        return "Reconciling", ("True", "Progressing", _sentence(components, moving))
    return "Reconciling", None


def _stalled(outcome: Outcome) -> tuple[str, _Verdict | None]:
    permanent = [problem for problem in outcome.problems if problem.permanent]
    if permanent:
        return "Stalled", ("True", permanent[0].reason, f"{permanent[0].subject}: {permanent[0].message}")
    return "Stalled", None


def _supported(outcome: Outcome) -> tuple[str, _Verdict | None]:
    """Whether the cluster has what the spec's optional parts need. Ready does not wait for it: all the rest works."""
    if not outcome.optional:
        return "Supported", None
    missing = {OPTIONAL[kind].field: OPTIONAL[kind].add_on for kind in sorted(outcome.unsupported)}
    if not missing:
        return "Supported", ("True", "Supported", "the cluster serves every API that the spec asks for")
    needs = "; ".join(f"{field} needs {add_on}" for field, add_on in missing.items())
    return "Supported", (
        "False",
        "ApiNotInstalled",
        f"{needs}: not installed in this cluster, so that part waits for it; all the rest works",
    )


def _sentence(components: Components, names: list[ComponentName]) -> str:
    return "; ".join(f"{name}: {components[name].message or components[name].state}" for name in names)


def _subjects(subjects: tuple[str, ...]) -> str:
    named = ", ".join(subjects[:NAMED_SUBJECTS])
    left = len(subjects) - NAMED_SUBJECTS
    return f"{named} and {left} more" if left > 0 else named
