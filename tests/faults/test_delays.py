"""One broken VotingApp never delays another, and those that fail together do not come back together."""

import time
from collections.abc import Callable

import pytest

from tests.faults import picture
from tests.support.kube import NO_PODS, Kube, wait_until
from tests.support.operator import Operator
from tests.support.proxy import Answer, Fault, Hang, Proxy, Record

CHANGES = 9
TOGETHER = 20


def of_broken(record: Record) -> bool:
    """Anything about the objects of the VotingApp `broken`, its status and its Secret included."""
    return record.name.startswith("broken") and not record.is_watch


def answer_seconds(kube: Kube, proxy: Proxy, number: int) -> float:
    """From a change of the VotingApp `other` to the operator's write of what follows from it."""
    sent = time.monotonic()
    kube.patch("VotingApp", "other", {"spec": {"poll": {"title": f"Number {number}"}}})
    [first, *_] = wait_until(
        "the write", lambda: proxy.seen(lambda record: record.target == "configmaps/other-poll", since=sent)
    )
    picture.wait_until_settled(kube, "other")
    return float(first.started - sent)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Hang(of_broken), id="hang"),
        pytest.param(lambda: Answer(of_broken, 500), id="500"),
        pytest.param(lambda: Answer(of_broken, 429, retry_after=30), id="429"),
    ],
)
def test_one_broken_app_does_not_delay_another(
    kube: Kube, proxy: Proxy, operator: Operator, make: Callable[[], Fault]
) -> None:
    """By no more than a second. How long a change takes without the broken one is measured too, by the same clock."""
    for name in ("broken", "other"):
        kube.apply_app(name, NO_PODS)
    for name in ("broken", "other"):
        picture.wait_until_settled(kube, name, detail=operator.log)
    undisturbed = [answer_seconds(kube, proxy, number) for number in range(CHANGES)]
    with proxy.faulty(make()) as fault:
        kube.patch("VotingApp", "broken", {"spec": {"poll": {"title": "Never mind"}}})
        kube.delete("Service", "broken-vote")
        wait_until("the broken one to be tried", lambda: fault.struck)
        took = [answer_seconds(kube, proxy, CHANGES + number) for number in range(CHANGES)]
        assert not picture.settled(kube, "broken")
    assert max(took) <= max(undisturbed) + 1, f"{took}; undisturbed: {undisturbed}"
    picture.wait_until_settled(kube, "broken", detail=operator.log)


def test_those_that_fail_together_come_back_one_after_another(kube: Kube, proxy: Proxy, operator: Operator) -> None:
    """The fourth wait is of 4 s, and jitter makes it shorter for some and longer for others."""
    names = [f"app{number}" for number in range(TOGETHER)]
    with proxy.faulty(Answer(lambda record: record.is_write, 500)) as fault:
        for name in names:
            kube.apply_app(name, NO_PODS)
        wait_until("five attempts", lambda: all(len(tries(fault, name)) >= 5 for name in names), detail=operator.log)
    waits = [tries(fault, name)[4] - tries(fault, name)[3] for name in names]
    assert min(waits) < 4 < max(waits), waits


def tries(fault: Fault, name: str) -> list[float]:
    """When the operator has tried to make the first object of a VotingApp, its Secret."""
    return [record.started for record in fault.struck[:] if record.target == f"secrets/{name}-postgres"]
