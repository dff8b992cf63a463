"""The CustomResourceDefinition, made from the types.

Pydantic writes JSON Schema; Kubernetes wants a *structural* one: no references, no titles, no null as a type, defaults
as plain JSON. `structural` is that translation and nothing more.
"""

from typing import Any

from pydantic import BaseModel

from votingapp_operator.api.base import GROUP, KIND, PLURAL, VERSION
from votingapp_operator.api.spec import COMPONENTS, VotingAppSpec
from votingapp_operator.api.status import VotingAppStatus

Schema = dict[str, Any]


def structural(model: type[BaseModel]) -> Schema:
    """A model's schema in the form that a CRD takes.

    Raises:
        KeyError: a reference names no definition (pydantic never writes that).
    """
    schema = model.model_json_schema(by_alias=True)
    return _plain(schema, schema.get("$defs", {}))


def _plain(node: Schema, defs: Schema) -> Schema:
    """One node without what Kubernetes refuses, its references replaced by what they name."""
    if "$ref" in node:
        target = defs[node["$ref"].rsplit("/", 1)[-1]]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    if _is_optional(node):
        inner = next(option for option in node["anyOf"] if option.get("type") != "null")
        rest = {key: value for key, value in node.items() if key not in ("anyOf", "default")}
        return _plain({**inner, **rest}, defs)
    plain = {key: value for key, value in node.items() if key not in ("title", "$defs")}
    if "properties" in plain:
        plain["properties"] = {key: _plain(value, defs) for key, value in plain["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(plain.get(key), dict):
            plain[key] = _plain(plain[key], defs)
    return plain


def _is_optional(node: Schema) -> bool:
    return any(option.get("type") == "null" for option in node.get("anyOf", ()))


def _with_default(schema: Schema, model: type[BaseModel]) -> Schema:
    """Let the API server fill in what the models would: the whole default of each part of the spec.

    Pydantic leaves a default that a function makes out of its schema, so it is taken from an instance.
    """
    defaults = model().model_dump(by_alias=True, mode="json", exclude_none=True)
    for name, value in defaults.items():
        _fill(schema["properties"][name], value)
    return schema


def _fill(schema: Schema, value: object) -> None:
    """Write the defaults into a schema, level by level, so that they hold for what a user leaves out at any depth.

    An object of plain values gets them as its own default as well: rules of the schema are checked against a default as
    it stands, before those inside it are filled in.
    """
    properties = schema.get("properties")
    if not isinstance(value, dict) or properties is None or _is_choice(properties):
        schema["default"] = value
        return
    schema["default"] = {} if any(isinstance(inner, dict) for inner in value.values()) else value
    for key, inner in value.items():
        _fill(properties[key], inner)


def _is_choice(properties: Schema) -> bool:
    """Whether an object is one choice as a whole: who writes only requests means that there be no limits."""
    return all("additionalProperties" in schema for schema in properties.values())


def _column(name: str, json_path: str, kind: str = "string", *, wide: bool = False, description: str = "") -> Schema:
    column: Schema = {"name": name, "type": kind, "jsonPath": json_path}
    if description:
        column["description"] = description
    if wide:
        column["priority"] = 1
    return column


def _columns() -> list[Schema]:
    return [
        _column(
            "Ready",
            '.status.conditions[?(@.type=="Ready")].status',
            description="Everything asked for is there and answers",
        ),
        *(_column(name.value.title(), f".status.components.{name}.summary") for name in COMPONENTS),
        *(_column(f"{name.value.title()} image", f".status.components.{name}.image", wide=True) for name in COMPONENTS),
        _column("Message", ".status.message", wide=True),
        _column("Age", ".metadata.creationTimestamp", "date"),
    ]


def _status_schema() -> Schema:
    """The status, its components named one by one so that `kubectl explain` can tell of them."""
    schema = structural(VotingAppStatus)
    each = schema["properties"]["components"].pop("additionalProperties")
    schema["properties"]["components"]["properties"] = {name.value: each for name in COMPONENTS}
    return schema


NAME_RULE: Schema = {
    "rule": "self.metadata.name.size() <= 40 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    "message": (
        "the name becomes part of Service names: use at most 40 characters, small letters, digits and dashes, "
        "the first a letter"
    ),
}
"""Services are `<name>-postgres`, and a Service's name is a DNS label; pods add their own endings to it."""


def crd() -> dict[str, Any]:
    """The manifest of the CustomResourceDefinition."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{PLURAL}.{GROUP}",
            "labels": {"app.kubernetes.io/part-of": "votingapp-operator"},
        },
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": ["va"],
                "categories": ["all"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": _columns(),
                    "schema": {"openAPIV3Schema": _root_schema()},
                }
            ],
        },
    }


def _root_schema() -> Schema:
    return {
        "type": "object",
        "description": "The Example Voting App: five components and what they vote on.",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": _with_default(structural(VotingAppSpec), VotingAppSpec),
            "status": _status_schema(),
        },
        "x-kubernetes-validations": [NAME_RULE],
    }
