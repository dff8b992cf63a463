"""Cluster tests: the operator's promises, on a real API server with real kubelets.

Each test has a namespace of its own and asks for no more pods than it looks at, so that they run side by side. Those
marked `alone` count what the whole cluster does, or take the operator away, and run after the others.
"""

from collections.abc import Iterator

import pytest

from tests.support.kube import Kube, namespace


@pytest.fixture
def kube() -> Iterator[Kube]:
    """A namespace of the test's own."""
    with namespace() as fresh:
        yield fresh
