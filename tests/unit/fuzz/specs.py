"""VotingApps out of the CRD's own schema."""

import unicodedata
from typing import Any

from hypothesis import strategies as st
from votingapp_operator.api.crd import crd
from votingapp_operator.desired.quantity import parse

from tests.unit.fuzz import patches, wrong
from tests.unit.fuzz.schema import Knowledge, Path, Rule, Schema, Values, valid

NAMES: Values = st.from_regex(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?", fullmatch=True)
"""Of VotingApps."""


def spec_schema() -> Schema:
    """What the CRD says of `spec`."""
    schema: Schema = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return schema


def _without_node_port(service: dict[str, Any]) -> dict[str, Any]:
    if service.get("type", "ClusterIP") != "ClusterIP":
        return service
    return {key: value for key, value in service.items() if key != "nodePort"}


def _visible(text: str) -> str:
    seen = "".join(character for character in text if ord(character) >= 0x20 and ord(character) != 0x7F)
    return seen if any(unicodedata.category(character)[0] not in "CZ" for character in seen) else "x"


def _with_one_source(variable: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in variable.items() if key != "value" or "valueFrom" not in variable}


def _within_limits(resources: dict[str, Any]) -> dict[str, Any]:
    limits, requests = resources.get("limits", {}), resources.get("requests", {})
    return {**resources, "requests": {name: limits.get(name, amount) for name, amount in requests.items()}}


def _not_nothing(storage: dict[str, Any]) -> dict[str, Any]:
    return {**storage, "size": "1Gi"} if parse(storage.get("size", 1)) == 0 else storage


RULES = {  # by what only that rule says
    r"\p{Z}\p{C}": Rule(_visible, st.sampled_from([" ", "\u2003", "\ufeff", "\u202e"])),
    r"\x00-\x1f": Rule(_visible, st.sampled_from(["a\nb", "\x00a", "a\x7f"])),
    "self.nodePort": Rule(_without_node_port, st.just({"nodePort": 30000})),
    "self <= 1": Rule(lambda replicas: replicas % 2, st.integers(2, 100)),
    "amounts.all": Rule(lambda resources: resources, st.just({"limits": {"example.com/gpu": 1}})),
    "name in self.limits": Rule(_within_limits, st.just({"requests": {"cpu": 2}, "limits": {"cpu": "1"}})),
    "has(self.valueFrom)": Rule(_with_one_source, st.just({"name": "X", "value": "x", "valueFrom": {}})),
    "isGreaterThan": Rule(_not_nothing, st.sampled_from([{"size": "0"}, {"size": 0}, {"size": "0.0Gi"}])),
    "qualifiedName": Rule(lambda annotations: annotations, st.just({"not a key": "x"})),
    "sum()": Rule(lambda annotations: annotations, st.just({"a": "x" * 40000, "b": "x" * 30000})),
}

KEYS = {
    "requests": st.sampled_from(["cpu", "memory", "ephemeral-storage"]),
    "limits": st.sampled_from(["cpu", "memory", "ephemeral-storage"]),
    "annotations": patches.QUALIFIED,
}


def anything(path: Path) -> Values:
    """For an object that the schema leaves open: the right words in the wrong places."""
    names = st.sampled_from([*path[:1], "tmp", "PORT"]) | wrong.JSON
    item = st.fixed_dictionaries({}, optional={"name": names, "env": wrong.JSON}) | wrong.JSON
    inside = st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("containers", "volumes"), st.lists(item, max_size=3) | wrong.JSON),
            **dict.fromkeys(("terminationGracePeriodSeconds", "securityContext"), wrong.JSON),
        },
    )
    metadata = st.fixed_dictionaries({}, optional=dict.fromkeys(("labels", "annotations", "name"), wrong.JSON))
    return st.fixed_dictionaries({}, optional={"metadata": metadata | wrong.JSON, "spec": inside | wrong.JSON})


SENSIBLE = Knowledge({"podTemplate": patches.pod_templates, "valueFrom": patches.value_sources}, KEYS, RULES)
"""Free-form parts as people write them."""

WILD = Knowledge(
    {
        "podTemplate": lambda path: patches.pod_templates(path) | anything(path),
        "valueFrom": lambda path: patches.value_sources(path) | anything(path),
    },
    KEYS,
    RULES,
)
"""Free-form parts that may hold anything, since no schema forbids it."""


def valid_specs(known: Knowledge = SENSIBLE) -> Values:
    """Specs that the CRD accepts."""
    return valid(spec_schema(), known)


def wrong_specs(known: Knowledge = SENSIBLE) -> Values:
    """Specs with one thing in them that is likely to be refused."""
    return wrong.mutated(spec_schema(), known, valid_specs(known))
