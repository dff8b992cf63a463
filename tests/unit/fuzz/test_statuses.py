"""Whatever the cluster shows of a VotingApp, its status can be told, and read again."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from votingapp_operator.api import COMPONENTS, VotingAppSpec, VotingAppStatus
from votingapp_operator.desired import App
from votingapp_operator.health import Observed, Outcome, assess

from tests.unit.conftest import IMAGES
from tests.unit.fuzz.observations import OUTCOMES, PODS, children
from tests.unit.fuzz.runs import often, tell
from tests.unit.fuzz.specs import valid_specs

RUNS = 800
NOW = "2026-01-01T00:00:00Z"
LATER = "2026-01-01T00:01:00Z"


def rolled_out(spec: Any) -> Any:
    """All Deployments as they are when the wanted pods are there, so that all else may still be anything."""
    read = VotingAppSpec.model_validate(spec)
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    return {
        ("Deployment", f"demo-{name}"): {
            "metadata": {"name": f"demo-{name}", "generation": 1},
            "status": {"observedGeneration": 1, **dict.fromkeys(counts, read.component(name).replicas)},
        }
        for name in COMPONENTS
    }


def test_any_observation_becomes_a_status(capsys: pytest.CaptureFixture[str]) -> None:
    seen: Counter[str] = Counter()

    @often(RUNS)
    @given(valid_specs(), children("demo"), st.booleans(), st.lists(PODS, max_size=4), OUTCOMES)
    def attempt(spec: Any, children: Any, settled: bool, pods: Any, outcome: Outcome) -> None:  # noqa: FBT001 - drawn
        found = {**children, **rolled_out(spec)} if settled else children
        app = App(name="demo", namespace="default", uid="u", spec=VotingAppSpec.model_validate(spec), images=IMAGES)
        observed = Observed(children=found, generation=3, pods=pods)
        first = assess(app, observed, outcome, NOW)
        written = first.model_dump(by_alias=True, mode="json", exclude_none=True)
        assert VotingAppStatus.model_validate(written) == first, "the operator cannot read its own status"
        assert assess(app, replace(observed, status=first), outcome, LATER) == first, "the status flaps"
        conditions = {condition.type: condition.status for condition in first.conditions}
        assert {"Ready", "Available", "Applied"} <= conditions.keys()
        fine = settled and not outcome.problems and not outcome.pending
        assert (conditions["Ready"] == "True") == fine, "Ready is not what was seen"
        seen["observations"] += 1
        seen["ready" if conditions["Ready"] == "True" else "not ready"] += 1

    attempt()
    tell(capsys, "observations", seen)
    assert seen["observations"] >= RUNS
