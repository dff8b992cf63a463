"""How the properties are tried: the same values in every run of the same code, so that red stays red until mended."""

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, Phase, settings


def tell(capsys: pytest.CaptureFixture[str], what: str, counts: Mapping[str, int]) -> None:
    """Show how much was tried, also of a run that is green."""
    with capsys.disabled():
        print(f"\n{what}: {', '.join(f'{count} {name}' for name, count in counts.items())}")  # noqa: T201 - to be seen


def often(times: int) -> settings:
    """Settings for a property that is tried so many times.

    No database and no random seed, for CI must not depend on what ran before; no deadline, for two cores may be busy.
    Specs are large and their strategies filter: what Hypothesis' health checks would point out is known.
    """
    return settings(
        max_examples=times,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        print_blob=False,
    )
