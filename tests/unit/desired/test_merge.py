"""The patch that a user lays over a pod template."""

from typing import Any

import pytest
from votingapp_operator.desired.merge import merged


@pytest.mark.parametrize(
    ("base", "patch", "expected"),
    [
        pytest.param({"a": 1}, {"b": 2}, {"a": 1, "b": 2}, id="adds"),
        pytest.param({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}, id="goes deep"),
        pytest.param({"a": 1, "b": 2}, {"a": None}, {"b": 2}, id="null removes"),
        pytest.param({}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}, id="null leaves no trace"),
        pytest.param({"a": [1, 2]}, {"a": [3]}, {"a": [3]}, id="plain lists are replaced"),
        pytest.param(
            {"a": [{"name": "x", "v": 1}, {"name": "y"}]},
            {"a": [{"name": "x", "w": 2}, {"name": "z"}]},
            {"a": [{"name": "x", "v": 1, "w": 2}, {"name": "y"}, {"name": "z"}]},
            id="named items are merged by name",
        ),
        pytest.param({"a": {"b": 1}}, {"a": "text"}, {"a": "text"}, id="another type wins"),
    ],
)
def test_merged(base: Any, patch: Any, expected: Any) -> None:
    assert merged(base, patch) == expected


def test_neither_side_is_changed() -> None:
    base, patch = {"a": {"b": [1]}}, {"a": {"b": [2]}}
    merged(base, patch)
    assert (base, patch) == ({"a": {"b": [1]}}, {"a": {"b": [2]}})
