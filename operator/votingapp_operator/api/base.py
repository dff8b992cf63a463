"""What every API type shares: the group's names, Kubernetes' spelling of fields, and the marks only a CRD knows."""

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, WithJsonSchema, model_validator
from pydantic.alias_generators import to_camel

GROUP = "voting.schoolofdevops.com"
VERSION = "v1alpha1"
KIND = "VotingApp"
PLURAL = "votingapps"


class ApiModel(BaseModel):
    """A type of the API: camelCase outside, snake_case here, and immutable so that nothing edits a user's wish.

    Unknown fields are ignored rather than refused, as the API server prunes them: an operator rolled back to an older
    version must still be able to read what a newer CRD let in.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_left_out(cls, written: Any) -> Any:  # noqa: ANN401 - whatever stands in a file
        """The API server drops a null before it fills in defaults, so a file that it has not seen is read alike."""
        if isinstance(written, dict):
            return {key: value for key, value in written.items() if value is not None}
        return written


QUANTITY_PATTERN = r"^\+?[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei)?$"
MAX_QUANTITY_LENGTH = 32
MAX_INTEGER = 2**53
"""The API server compares a bound as a float, and so takes one near 2**63 for a negative number."""

MAX_DEPTH = 64
"""Levels of an object that is another API's to validate: five times as deep as a pod template goes."""


def _quantity(value: int | str) -> int | str:
    """What the API server holds a quantity to, for a file that it has not seen."""
    if isinstance(value, int):
        if not 0 <= value <= MAX_INTEGER:
            raise ValueError(f"must be a number from 0 to {MAX_INTEGER}")
    elif len(value) > MAX_QUANTITY_LENGTH or re.fullmatch(QUANTITY_PATTERN, value) is None:
        raise ValueError("must be a quantity such as 500m, 2 or 256Mi")
    return value


Quantity = Annotated[
    int | str,
    AfterValidator(_quantity),
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "x-kubernetes-int-or-string": True,
            "pattern": QUANTITY_PATTERN,
            "maxLength": MAX_QUANTITY_LENGTH,
            "minimum": 0,
            "maximum": MAX_INTEGER,
        }
    ),
]
"""A Kubernetes quantity such as `500m`, `2` or `256Mi`; the pattern is apimachinery's, without sign and exponents."""


def _not_too_deep(value: dict[str, Any]) -> dict[str, Any]:
    """No schema can bound how deep an open object nests, and whoever walks through it does so level by level."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return value
    raise ValueError(f"must not nest deeper than {MAX_DEPTH} levels")


def _inside(value: object) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


FreeForm = Annotated[
    dict[str, Any],
    AfterValidator(_not_too_deep),
    WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
]
"""An object that is another API's to validate."""


def cel(rule: str, message: str) -> dict[str, Any]:
    """One validation rule of the CRD.

    Args:
        rule: a CEL expression over `self` (and `oldSelf`) that is true for what is allowed.
        message: what the user reads at apply; says what to write instead.
    """
    return {"rule": rule, "message": message}


def validations(*rules: dict[str, Any]) -> dict[str, Any]:
    """`json_schema_extra` that carries CEL rules."""
    return {"x-kubernetes-validations": list(rules)}


def list_map(key: str) -> dict[str, Any]:
    """`json_schema_extra` of a list whose items are told apart by a key: no duplicates, merged by server-side apply."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}
