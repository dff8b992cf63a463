"""Specs with something wrong in them, at one place, so that nothing hides behind another mistake."""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from tests.unit.fuzz.schema import TEXT, Knowledge, Path, Schema, Values, places, rules_of

JSON: Values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
"""Any JSON value."""

_NUMBERS = st.sampled_from([-1, 0, 2**31, 2**63, 10**30, -(10**30), 2.0, 1.5, 1e300, True, "1", "0x10", ""])
_TEXTS = st.sampled_from(
    [
        "",
        " ",
        "\n",
        "a\n",
        "\x00",
        "null",
        "..",
        "-",
        "a" * 300,
        "é" * 60,
        "\u202e",
        "\U0001f431" * 101,
        "1e3",
        "\u0661Gi",
    ]
)
_QUANTITIES = st.sampled_from([10**400, "9" * 400, "9" * 5000, "1" * 33, "-1", "0.5m"]) | _NUMBERS | _TEXTS


def _wrong_array(schema: Schema) -> Values:
    items: Values = JSON | st.just({})
    return st.lists(items, min_size=1, max_size=schema.get("maxItems", 4) + 1)


def _wrong_object(schema: Schema) -> Values:
    unknown = st.dictionaries(TEXT, JSON, min_size=1, max_size=4)
    if "maxProperties" not in schema:
        return unknown
    crowd = {f"k{number}": "1" for number in range(schema["maxProperties"] + 1)}
    return unknown | st.just(crowd) | st.dictionaries(TEXT | _TEXTS, TEXT, min_size=1, max_size=4)


_NEAR_MISSES: Mapping[str, Callable[[Schema], Values]] = {
    "boolean": lambda _schema: st.sampled_from(["yes", "true", "", 0, 1, 2, 1.0]),
    "integer": lambda schema: _NUMBERS | st.just(schema.get("maximum", 0) + 1) | st.just(schema.get("minimum", 0) - 1),
    "string": lambda schema: _TEXTS | TEXT | st.just("x" * (schema.get("maxLength", 0) + 1)),
    "array": _wrong_array,
    "object": _wrong_object,
}


def wrong_values(schema: Schema, known: Knowledge) -> Values:
    """Values that are likely to be wrong at a place: near misses first, then anything at all."""
    found = _QUANTITIES if schema.get("x-kubernetes-int-or-string") else _NEAR_MISSES[schema["type"]](schema)
    for text in rules_of(schema):
        found = known.rule(text).violate | found
    return found | JSON


def mutated(schema: Schema, known: Knowledge, sound: Values) -> Values:
    """Sound values, each with one place overwritten by something wrong."""
    wrongs = [st.tuples(st.just(path), wrong_values(inner, known)) for path, inner in places(schema)]
    return st.builds(lambda value, wrong: _put(value, *wrong), sound, st.one_of(wrongs))


def _put(value: Any, path: Path, wrong: Any) -> Any:
    """The value with what stands at the path replaced; what is missing on the way is made."""
    if not path:
        return wrong
    step, *rest = path
    if isinstance(step, int):
        items = list(value or [{}])
        return [_put(items[0], tuple(rest), wrong), *items[1:]]
    return {**(value or {}), step: _put((value or {}).get(step), tuple(rest), wrong)}
