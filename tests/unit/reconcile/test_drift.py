"""What counts as a difference, and what is others' business."""

from typing import Any

import pytest
from votingapp_operator.reconcile.drift import differences


@pytest.mark.parametrize(
    ("desired", "live", "paths"),
    [
        pytest.param({"a": 1}, {"a": 1, "b": 2}, [], id="what others added"),
        pytest.param({"a": 1}, {"a": 2}, [".a"], id="changed"),
        pytest.param(
            {"selector": {"a": "1"}}, {"selector": {"a": "1", "b": "2"}}, [".selector"], id="a narrower selector"
        ),
        pytest.param({"a": 1}, {}, [".a"], id="removed"),
        pytest.param({"a": {}, "b": [], "c": False}, {}, [], id="empty is as good as absent"),
        pytest.param({"cpu": "0.5"}, {"cpu": "500m"}, [], id="two spellings of a quantity"),
        pytest.param({"cpu": "500m"}, {"cpu": "501m"}, [".cpu"], id="another quantity"),
        pytest.param({"a": True}, {"a": 1}, [], id="equal to Python"),
        pytest.param({"args": ["x", "y"]}, {"args": ["x"]}, [".args"], id="plain lists are compared whole"),
        pytest.param(
            {"containers": [{"name": "a", "image": "1"}]},
            {"containers": [{"name": "mesh"}, {"name": "a", "image": "1", "pulled": True}]},
            [],
            id="an injected sidecar",
        ),
        pytest.param(
            {"containers": [{"name": "a", "env": [{"name": "X", "value": "1"}]}]},
            {"containers": [{"name": "a", "env": [{"name": "X", "value": "2"}]}]},
            [".containers[a].env[X].value"],
            id="deep in named lists",
        ),
        pytest.param({"env": [{"name": "X"}]}, {"env": []}, [".env[X]"], id="a named item removed"),
        pytest.param({"a": {"b": 1}}, {"a": "text"}, [".a.b"], id="another type"),
    ],
)
def test_differences(desired: Any, live: Any, paths: list[str]) -> None:
    assert list(differences(desired, live)) == paths
