"""How long to wait after failures."""

import random

FIRST_RETRY = 0.5
"""Seconds, after the first failure; each one after it doubles the wait."""


def delay(failures: int, limit: float) -> float:
    """Seconds to wait after so many failures in a row, spread so that not all who failed together ask together."""
    return spread(min(FIRST_RETRY * 2 ** min(failures - 1, 16), limit))


def spread(seconds: float) -> float:
    """A time up to a quarter shorter or longer."""
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret
