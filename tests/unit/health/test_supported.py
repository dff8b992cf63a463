"""What the status says of APIs that come with an add-on."""

from votingapp_operator.desired.apis import OPTIONAL
from votingapp_operator.health import Outcome
from votingapp_operator.health.conditions import conditions


def supported(outcome: Outcome) -> tuple[str, str, str] | None:
    """Status, reason and message of the condition, or None where there is none."""
    found = [known for known in conditions({}, outcome, 1, "2026-01-01T00:00:00Z", ()) if known.type == "Supported"]
    return (found[0].status, found[0].reason, found[0].message) if found else None


def test_nothing_is_said_where_nothing_optional_is_asked_for() -> None:
    assert supported(Outcome(objects=1)) is None


def test_what_is_missing_is_named_with_the_field_that_asks_for_it() -> None:
    found = supported(
        Outcome(objects=1, optional=frozenset({"ScaledObject", "HTTPRoute"}), unsupported=frozenset({"ScaledObject"}))
    )
    assert found is not None
    status, reason, message = found
    assert (status, reason) == ("False", "ApiNotInstalled")
    assert "worker.autoscaling needs KEDA" in message
    assert "traffic" not in message


def test_one_sentence_for_an_add_on_with_several_kinds() -> None:
    found = supported(Outcome(objects=1, optional=frozenset(OPTIONAL), unsupported=frozenset({"Gateway", "HTTPRoute"})))
    assert found is not None
    assert found[2].count("the Gateway API") == 1


def test_all_is_well_where_everything_is_served() -> None:
    found = supported(Outcome(objects=1, optional=frozenset({"Gateway"})))
    assert found is not None
    assert found[:2] == ("True", "Supported")


def test_readiness_does_not_wait_for_an_add_on() -> None:
    outcome = Outcome(objects=1, optional=frozenset({"Gateway"}), unsupported=frozenset({"Gateway"}))
    ready = [known for known in conditions({}, outcome, 1, "2026-01-01T00:00:00Z", ()) if known.type == "Ready"]
    assert ready[0].status == "True"
