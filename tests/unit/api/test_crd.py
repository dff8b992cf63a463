"""The checked-in CRD is the one that the types make, and says what it should."""

from pathlib import Path
from typing import Any

import pytest
from votingapp_operator.__main__ import crd_yaml
from votingapp_operator.api import COMPONENTS, VotingAppSpec
from votingapp_operator.api.crd import crd

CHECKED_IN = Path(__file__).parents[3] / "crds" / "votingapps.voting.schoolofdevops.com.yaml"


def schema() -> dict[str, Any]:
    version = crd()["spec"]["versions"][0]
    return dict(version["schema"]["openAPIV3Schema"])


def walk(node: dict[str, Any]) -> list[dict[str, Any]]:
    below = [*node.get("properties", {}).values()]
    below += [node[key] for key in ("items", "additionalProperties") if isinstance(node.get(key), dict)]
    return [node, *(found for child in below for found in walk(child))]


def test_checked_in_crd_is_not_stale() -> None:
    assert CHECKED_IN.read_text() == crd_yaml(), "crds/ is stale: run `make crds`"


def test_schema_is_structural() -> None:
    for node in walk(schema()):
        assert not {"$ref", "$defs", "title", "const"} & node.keys(), node
        assert "type" in node or node.get("x-kubernetes-int-or-string"), node


def defaulted(node: dict[str, Any], value: Any) -> Any:
    """What the API server makes of a value: defaults filled in, level by level."""
    if isinstance(value, dict):
        filled = dict(value)
        for key, child in node.get("properties", {}).items():
            if key not in filled and "default" in child:
                filled[key] = child["default"]
            if key in filled:
                filled[key] = defaulted(child, filled[key])
        return filled
    return value


def test_defaults_of_the_schema_are_those_of_the_types() -> None:
    filled = defaulted(schema()["properties"]["spec"], {})
    assert filled == VotingAppSpec().model_dump(by_alias=True, mode="json", exclude_none=True)


def test_no_image_is_a_default_of_the_schema() -> None:
    spec = schema()["properties"]["spec"]["properties"]
    assert all("default" not in spec[name]["properties"]["image"] for name in COMPONENTS)


@pytest.mark.parametrize("name", COMPONENTS)
def test_status_names_each_component(name: str) -> None:
    components = schema()["properties"]["status"]["properties"]["components"]["properties"]
    assert set(components[name]["required"]) == {"summary", "ready", "desired", "state", "image"}


def test_columns_are_those_of_the_design() -> None:
    columns = crd()["spec"]["versions"][0]["additionalPrinterColumns"]
    narrow = [column["name"] for column in columns if "priority" not in column]
    assert narrow == ["Ready", "Vote", "Redis", "Worker", "Postgres", "Result", "Age"]
