"""Whatever is written in a VotingApp: it is read or refused, and what was read becomes manifests, without a fault."""

import json
from collections import Counter
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from votingapp_operator.api import VotingAppSpec
from votingapp_operator.desired import App, build

from tests.unit.conftest import IMAGES
from tests.unit.fuzz.runs import often, tell
from tests.unit.fuzz.schema import Values
from tests.unit.fuzz.specs import NAMES, WILD, anything, valid_specs, wrong_specs

RUNS = 2550
"""Of each of the two kinds, so that there are more than 5,000 specs a run."""

PATCHES = 500
"""Of pod templates that are none, by themselves: among whole specs there are few."""

UIDS = st.none() | st.just("00000000-0000-0000-0000-0000000000cc")


def manifests(name: str, spec: VotingAppSpec, credentials_uid: str | None) -> list[dict[str, Any]]:
    app = App(name=name, namespace="default", uid="u", spec=spec, images=IMAGES, credentials_uid=credentials_uid)
    return build(app).all()


def tried(specs: Values, runs: int = RUNS) -> Counter[str]:
    """Read each spec and build what it asks for, twice, and count what became of it."""
    seen: Counter[str] = Counter()

    @often(runs)
    @given(specs, NAMES, UIDS)
    def attempt(written: Any, name: str, uid: str | None) -> None:
        before = json.dumps(written)
        seen["tried"] += 1
        try:
            spec = VotingAppSpec.model_validate(written)
        except pydantic.ValidationError:
            seen["refused"] += 1
            return
        made = manifests(name, spec, uid)
        places = [(manifest["kind"], manifest["metadata"]["name"]) for manifest in made]
        assert len(set(places)) == len(places), "two manifests of one name"
        assert json.dumps(manifests(name, spec, uid)) == json.dumps(made), "the same wish gives two answers"
        assert json.dumps(written) == before, "the user's spec was changed"

    attempt()
    return seen


def test_what_the_schema_accepts_is_read_and_built(capsys: pytest.CaptureFixture[str]) -> None:
    seen = tried(valid_specs(WILD))
    tell(capsys, "valid specs", seen)
    assert seen["tried"] >= 2500
    assert seen["refused"] == 0


def test_what_is_wrong_is_refused_or_built_but_never_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    seen = tried(wrong_specs(WILD))
    tell(capsys, "wrong specs", seen)
    assert seen["tried"] >= 2500
    assert seen["refused"] >= seen["tried"] // 4, "hardly anything wrong was made"


def test_no_pod_template_is_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    patches = anything(("vote",)).map(lambda patch: {"vote": {"podTemplate": patch}})
    seen = tried(patches, PATCHES)
    tell(capsys, "pod templates", seen)
    assert seen["refused"] == 0
