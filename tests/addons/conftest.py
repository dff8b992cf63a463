"""Tests on a cluster with the add-ons (`make test-addons`). Each has a namespace of its own."""

from collections.abc import Iterator

import pytest

from tests.support.kube import Kube, namespace


@pytest.fixture
def kube() -> Iterator[Kube]:
    """A namespace of the test's own."""
    with namespace("addons") as fresh:
        yield fresh
