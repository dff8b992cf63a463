"""Quantities, as far as the operator calculates with them."""

from decimal import Decimal

import pytest
from votingapp_operator.desired.quantity import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100m", "0.1"),
        ("0.1", "0.1"),
        (2, "2"),
        ("256Mi", "268435456"),
        ("1G", "1000000000"),
        ("1.5Ki", "1536"),
        ("+3", "3"),
    ],
)
def test_parse(text: str | int, value: str) -> None:
    assert parse(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "lots", "1 Gi", "-1", "1e3", "Mi"])
def test_what_is_no_quantity(text: str) -> None:
    assert parse(text) is None
