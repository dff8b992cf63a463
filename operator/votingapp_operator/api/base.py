"""What every API type shares: the group's names, Kubernetes' spelling of fields, and the marks only a CRD knows."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, WithJsonSchema
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


QUANTITY_PATTERN = r"^\+?[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei)?$"

Quantity = Annotated[
    int | str,
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "x-kubernetes-int-or-string": True,
            "pattern": QUANTITY_PATTERN,
            "maxLength": 32,
        }
    ),
]
"""A Kubernetes quantity such as `500m`, `2` or `256Mi`; the pattern is apimachinery's, without sign and exponents."""

FreeForm = Annotated[
    dict[str, Any],
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
