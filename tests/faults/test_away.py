"""Going away: a namespace full of VotingApps goes, with the operator and without."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import let_replicas_agree
from tests.faults.picture import settled
from tests.support.kube import NO_PODS, Kube, namespace, wait_until
from tests.support.operator import Operator
from tests.support.proxy import Proxy, Record

FLEET = 20

LAST_ATTEMPTS = 5
"""Writes of one VotingApp that may be refused: those that were on their way when the first was."""


@pytest.fixture
def elsewhere(kube: Kube, proxy: Proxy, tmp_path: Path) -> Iterator[Operator]:
    """An operator whose Lease does not go with the namespace that it looks after."""
    with namespace("faults-lease") as place:
        let_replicas_agree(place)
        with Operator(proxy, tmp_path, kube.namespace, lease_namespace=place.namespace) as operator:
            operator.start().wait_until_leading()
            yield operator


@pytest.fixture
def full(kube: Kube, elsewhere: Operator) -> Kube:
    """A namespace full of settled VotingApps."""
    names = [f"app{number:02}" for number in range(FLEET)]
    for name in names:
        kube.apply_app(name, NO_PODS)
    wait_until("all to settle", lambda: all(settled(kube, name) for name in names), detail=elsewhere.log)
    return kube


def wait_until_gone(kube: Kube) -> None:
    kube.delete("Namespace", kube.namespace)
    wait_until("the namespace to go", lambda: kube.get("Namespace", kube.namespace) is None)


def refused(record: Record) -> bool:
    return record.is_write and not record.is_event and record.status == 403


def test_a_namespace_goes_with_the_operator_running(full: Kube, proxy: Proxy, elsewhere: Operator) -> None:
    wait_until_gone(full)
    fought = proxy.seen(refused)
    print(f"{len(fought)} writes refused for {FLEET} VotingApps")  # noqa: T201 - a figure
    assert len(fought) <= FLEET * LAST_ATTEMPTS, [record.target for record in fought]
    assert elsewhere.troubles() == []
    assert elsewhere.leads()
    wait_until("nothing to be known any more", lambda: known(elsewhere) == 0)


def known(operator: Operator) -> float:
    """How many VotingApps the operator knows."""
    states = [
        operator.metric(f'votingapp_operator_votingapps{{state="{state}"}}') for state in ("settled", "unsettled")
    ]
    return sum(state for state in states if state is not None)


def test_a_namespace_goes_with_the_operator_gone(full: Kube, elsewhere: Operator) -> None:
    elsewhere.stop()
    wait_until_gone(full)


def test_a_votingapp_goes_with_the_operator_gone(full: Kube, elsewhere: Operator) -> None:
    """There is no finalizer that would wait for it."""
    elsewhere.stop()
    full.kubectl("delete", "votingapp/app00", "--timeout=30s")
    wait_until("its objects to go", lambda: full.children("app00") == {})
