"""A new leader takes over what its predecessor found, and does not take its word for it for longer than a resync."""

import time

import pytest

from tests.faults.picture import asks_for_secret, wait_until_known
from tests.support.kube import Kube, wait_until
from tests.support.operator import Operator
from tests.support.proxy import Proxy


@pytest.mark.usefixtures("settled")
def test_it_does_not_ask_for_a_secret_that_was_well(proxy: Proxy, operator: Operator) -> None:
    """A fleet's Secrets, all asked for at once, would be most of what a start costs."""
    wait_until_known(operator, 1)
    operator.kill()
    since = time.monotonic()
    operator.start()
    wait_until_known(operator, 1)
    assert proxy.seen(asks_for_secret, since=since) == []


def test_it_asks_where_the_spec_has_changed_meanwhile(settled: Kube, proxy: Proxy, operator: Operator) -> None:
    wait_until_known(operator, 1)
    operator.kill()
    since = time.monotonic()
    settled.patch("VotingApp", "demo", {"spec": {"dataPolicy": "Retain"}})
    operator.start()
    wait_until("the Secret to be asked for", lambda: proxy.seen(asks_for_secret, since=since), detail=operator.log)


def test_a_secret_that_went_while_nobody_led_is_made_again(settled: Kube, operator: Operator) -> None:
    operator.stop()
    settled.delete("Secret", "demo-postgres")
    operator.start()
    wait_until("the Secret", lambda: settled.get("Secret", "demo-postgres"), detail=operator.log)
