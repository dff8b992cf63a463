"""Kubernetes quantities, as far as the operator has to calculate with them or tell two spellings apart."""

import re
from decimal import Decimal

_FACTORS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(("k", "M", "G", "T", "P", "E"), start=1)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate(("K", "M", "G", "T", "P", "E"), start=1)},
}

_QUANTITY = re.compile(r"^\+?(\d+(?:\.\d+)?)(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei|)$")


def parse(text: str | int) -> Decimal | None:
    """The number that a quantity stands for (bytes, cores), or None where the text is no quantity."""
    match = _QUANTITY.match(str(text))
    if match is None:
        return None
    number, suffix = match.groups()
    return Decimal(number) * _FACTORS[suffix]
