"""Nothing at rest: a settled fleet is not written to, whoever restarts; and each change is told once."""

import json
import os
import time

from tests.faults.picture import wait_until_known, wait_until_settled
from tests.support.kube import NO_PODS, Kube
from tests.support.operator import Operator
from tests.support.proxy import Proxy, writes

FLEET = 100

REST_SECONDS = float(os.environ.get("REST_SECONDS", "90"))
"""For how long nothing may be written. The promise is 600; 90 have a resync of each VotingApp in them as well."""


def assert_nothing_is_written(proxy: Proxy, since: float, until: float) -> None:
    while time.monotonic() < until:
        assert proxy.seen(writes, since=since) == []
        time.sleep(1)  # what is waited for is that nothing happens


def test_a_settled_fleet_is_not_written_to(kube: Kube, proxy: Proxy, operator: Operator) -> None:
    """Not by an operator that goes on, nor by one that was killed, nor by one that was stopped."""
    for number in range(FLEET):
        kube.apply_app(f"app{number:03}", NO_PODS)
    wait_until_known(operator, FLEET)
    since, troubles = time.monotonic(), operator.troubles()
    for end in (operator.kill, operator.stop):
        end()
        operator.start()
        wait_until_known(operator, FLEET)
    assert_nothing_is_written(proxy, since, since + REST_SECONDS)
    wait_until_known(operator, FLEET)
    assert operator.troubles() == troubles


def statuses(proxy: Proxy) -> list[str]:
    """All statuses that were written, without the times in them."""
    written = [record.json()["status"] for record in proxy.seen(writes) if record.is_status]
    for status in written:
        for condition in status["conditions"]:
            del condition["lastTransitionTime"]
    return [json.dumps(status, sort_keys=True) for status in written]


def test_a_transition_is_told_once(kube: Kube, proxy: Proxy, operator: Operator) -> None:
    """All objects of a new VotingApp are told of in its first status; each other tells something new."""
    kube.apply_app("demo", NO_PODS)
    wait_until_settled(kube, "demo", detail=operator.log)
    told = statuses(proxy)
    first = {condition["type"]: condition["status"] for condition in json.loads(told[0])["conditions"]}
    assert first["Applied"] == "True"
    assert len(told) == len(set(told)), "the same was told twice"
    assert len(told) <= 1 + 5, f"{len(told)} statuses for five components that have stopped"
