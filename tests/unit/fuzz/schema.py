"""Values made from an OpenAPI schema as a CRD holds it: valid ones, and ones with a single thing wrong.

Hypothesis' JSON Schema package does not know what Kubernetes adds (integers or strings, lists told apart by a key,
rules in CEL), so this is a walk of our own over the few keywords that the CRD uses. A keyword that it does not know
fails loudly: a new one must not go untested.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]
Values = st.SearchStrategy[Any]

KNOWN = frozenset(
    {
        *("type", "enum", "default", "description", "format"),
        *("pattern", "minLength", "maxLength", "minimum", "maximum"),
        *("items", "minItems", "maxItems", "properties", "required", "additionalProperties", "maxProperties"),
        *("anyOf", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"),
        *("x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-validations"),
    }
)

TEXT = st.text(max_size=12)
"""Any Unicode but lone surrogates, which JSON in UTF-8 cannot hold; so NUL, right-to-left marks and emoji as well."""

INTEGERS_WITHOUT_BOUND = 2**31
FEW = 2
"""How many optional fields of an object are set at a time: a spec with all of them tells no more, and takes longer."""

LONGEST_MADE = 2000
"""Characters; what is allowed to be longer is tried at this length, for speed."""


@dataclass(frozen=True)
class Rule:
    """What the tests know of one CEL rule, since nothing here evaluates CEL.

    Attributes:
        keep: changes a value so that the rule holds.
        violate: values for which it does not.
    """

    keep: Callable[[Any], Any]
    violate: Values


@dataclass(frozen=True)
class Knowledge:
    """What the schema cannot tell.

    Attributes:
        free_form: values of the objects that the schema leaves open, by the name of their field.
        keys: keys of maps, by the name of the map's field.
        rules: by a part of the CEL rule's text.
    """

    free_form: Mapping[str, Callable[[Path], Values]]
    keys: Mapping[str, Values] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)

    def rule(self, text: str) -> Rule:
        """What is known of a CEL rule.

        Raises:
            KeyError: nothing, and a rule that no test knows of is a rule that no test tries.
        """
        for part, rule in self.rules.items():
            if part in text:
                return rule
        raise KeyError(f"no test knows the CEL rule {text}")


def rules_of(schema: Schema) -> list[str]:
    """The CEL rules that hold for a new object; those about a change have no say."""
    texts = [str(rule["rule"]) for rule in schema.get("x-kubernetes-validations", ())]
    return [text for text in texts if "oldSelf" not in text]


def valid(schema: Schema, known: Knowledge, path: Path = ()) -> Values:
    """Values that the schema accepts.

    Raises:
        KeyError: the schema has a keyword or a CEL rule that the tests know nothing of.
    """
    strange = schema.keys() - KNOWN
    if strange:
        raise KeyError(f"{path}: no test knows {sorted(strange)}")
    made = _made(schema, known, path)
    for text in rules_of(schema):
        made = made.map(known.rule(text).keep)
    return made


def _name(path: Path) -> str:
    return str(path[-1]) if path else ""


def _made(schema: Schema, known: Knowledge, path: Path) -> Values:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("x-kubernetes-int-or-string"):
        return _integers(schema) | _strings(schema)
    return _BY_TYPE[schema["type"]](schema, known, path)


def _integers(schema: Schema) -> Values:
    low = schema.get("minimum", 0)
    return st.integers(low, schema.get("maximum", low + INTEGERS_WITHOUT_BOUND))


def _strings(schema: Schema) -> Values:
    shortest, longest = schema.get("minLength", 0), min(schema.get("maxLength", LONGEST_MADE), LONGEST_MADE)
    if "pattern" not in schema:
        whole = st.text(min_size=1, max_size=1).map(lambda character: character * longest)
        return st.text(min_size=shortest, max_size=min(longest, 60)) | whole
    matching = st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True)
    return matching.filter(lambda text: shortest <= len(text) <= longest)


def _arrays(schema: Schema, known: Knowledge, path: Path) -> Values:
    keys = schema.get("x-kubernetes-list-map-keys")
    return st.lists(
        valid(schema["items"], known, (*path, 0)),
        min_size=schema.get("minItems", 0),
        max_size=min(schema.get("maxItems", 4), 4),
        unique_by=(lambda item: tuple(item[key] for key in keys)) if keys else None,
    )


def _objects(schema: Schema, known: Knowledge, path: Path) -> Values:
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return known.free_form[_name(path)](path)
    if "additionalProperties" in schema:
        return st.dictionaries(
            known.keys[_name(path)],
            valid(schema["additionalProperties"], known, (*path, "*")),
            max_size=min(schema["maxProperties"], 4),
        )
    fields = {key: valid(inner, known, (*path, key)) for key, inner in schema["properties"].items()}
    required = {key: fields.pop(key) for key in schema.get("required", ())}
    few = st.lists(st.sampled_from(sorted(fields)), max_size=FEW, unique=True) if fields else st.just([])
    return few.flatmap(lambda names: st.fixed_dictionaries({**required, **{name: fields[name] for name in names}}))


_BY_TYPE: Mapping[str, Callable[[Schema, Knowledge, Path], Values]] = {
    "boolean": lambda _schema, _known, _path: st.booleans(),
    "integer": lambda schema, _known, _path: _integers(schema),
    "string": lambda schema, _known, _path: _strings(schema),
    "array": _arrays,
    "object": _objects,
}


def places(schema: Schema, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """Every place at which a value may stand, with what the schema says of it."""
    yield path, schema
    for key, inner in schema.get("properties", {}).items():
        yield from places(inner, (*path, key))
    if "items" in schema:
        yield from places(schema["items"], (*path, 0))
    if "additionalProperties" in schema:
        inner = schema["additionalProperties"]
        yield from places(inner, (*path, "memory" if inner.get("x-kubernetes-int-or-string") else "x"))
