"""Open objects nest as deep as somebody likes, and no schema can bound that: the types do, before anything walks in."""

import json
from typing import Any

import pydantic
import pytest
from votingapp_operator.api import VotingAppSpec
from votingapp_operator.api.base import MAX_DEPTH
from votingapp_operator.desired import App, build
from votingapp_operator.desired.text import as_text

from tests.unit.conftest import IMAGES


def nested(levels: int, *, lists: bool = False) -> dict[str, Any]:
    """So many objects in each other, or lists in an object."""
    value: Any = {}
    for _ in range(levels - 2):
        value = [value] if lists else {"a": value}
    return {"a": value}


def pod_template(deep: Any) -> Any:
    return {"vote": {"podTemplate": deep}}


def value_from(deep: Any) -> Any:
    return {"vote": {"env": [{"name": "X", "valueFrom": deep}]}}


@pytest.mark.parametrize("place", [pod_template, value_from])
@pytest.mark.parametrize("lists", [False, True])
@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 300, 2000, 9000])
def test_too_deep_is_refused(place: Any, levels: int, lists: bool) -> None:  # noqa: FBT001 - a parameter of the test
    with pytest.raises(pydantic.ValidationError, match="must not nest deeper"):
        VotingAppSpec.model_validate(place(nested(levels, lists=lists)))


@pytest.mark.parametrize("place", [pod_template, value_from])
def test_what_is_just_deep_enough_is_built_and_written(place: Any) -> None:
    spec = VotingAppSpec.model_validate(place(nested(MAX_DEPTH)))
    app = App(name="demo", namespace="default", uid="u", spec=spec, images=IMAGES)
    for manifest in build(app).all():
        assert json.loads(as_text(manifest)) == manifest
