"""A sick API server: it always converges once the fault ends, and is patient and quiet meanwhile."""

import itertools
from collections import defaultdict
from collections.abc import Callable

import pytest

from tests.faults import changes, picture
from tests.support.kube import Kube, wait_until
from tests.support.operator import Operator
from tests.support.proxy import (
    Answer,
    CutWatches,
    Delay,
    ExpiredWatches,
    Fault,
    Hang,
    Lost,
    Proxy,
    Record,
    SilentWatches,
    everything,
    watches,
    writes,
)

FIRST_WAIT, LAST_WAIT = 0.5 * 0.75, 10 * 0.75
"""Seconds to the first retry at the soonest: half a second with its jitter. Each wait is twice the one before it, until
none grows any more."""


def attempts(struck: list[Record]) -> dict[str, list[float]]:
    """When each object was tried."""
    found = defaultdict(list)
    for record in struck:
        found[f"{record.method} {record.target}"].append(record.started)
    return found


def most_attempts(fault: Fault) -> int:
    return max((len(times) for times in attempts(fault.struck[:]).values()), default=0)


def gaps(times: list[float]) -> list[float]:
    return [later - sooner for sooner, later in itertools.pairwise(times)]


def assert_patient(target: str, times: list[float]) -> None:
    """Each wait is as long as it has to be; a busy machine only makes it longer."""
    for number, gap in enumerate(gaps(times)):
        assert gap >= min(FIRST_WAIT * 2**number, LAST_WAIT), f"{target} was tried again after {gap:.2f} s: {times}"


def assert_quiet(operator: Operator, failures: int) -> None:
    """At most one line of the log a failure, and no traceback."""
    troubles = operator.troubles()
    assert "Traceback" not in operator.log(), operator.log()
    assert len(troubles) <= failures, "\n".join(str(line) for line in troubles)


@pytest.fixture
def prepared(kube: Kube, operator: Operator) -> Kube:
    """A VotingApp `demo` to which one change will be made."""
    assert operator.running
    changes.bring_a_secret(kube)
    changes.prepare(kube, "demo")
    return kube


ON_WRITES = [
    pytest.param(lambda: Answer(writes, 409), 4, id="409"),
    pytest.param(lambda: Answer(writes, 429), 4, id="429"),
    pytest.param(lambda: Answer(writes, 500), 4, id="500"),
    pytest.param(lambda: Answer(writes, 503), 4, id="503"),
    pytest.param(lambda: Hang(writes), 2, id="hang"),
    pytest.param(lambda: Hang(writes, done=True), 2, id="answer lost"),
]


@pytest.mark.parametrize(("make", "rounds"), ON_WRITES)
def test_writes_that_fail_are_tried_again_ever_more_seldom(
    prepared: Kube, proxy: Proxy, operator: Operator, make: Callable[[], Fault], rounds: int
) -> None:
    with proxy.faulty(make()) as fault:
        changes.make(prepared, "demo")
        wait_until(f"{rounds} attempts", lambda: most_attempts(fault) >= rounds, detail=operator.log)
    picture.wait_until_settled(prepared, "demo")
    changes.assert_arrived(prepared, "demo")
    for target, times in attempts(fault.struck).items():
        assert_patient(target, times)
    assert_quiet(operator, 2 * rounds + 2)


def test_retry_after_is_heeded(prepared: Kube, proxy: Proxy, operator: Operator) -> None:
    with proxy.faulty(Answer(writes, 429, retry_after=3)) as fault:
        changes.make(prepared, "demo")
        wait_until("three attempts", lambda: most_attempts(fault) >= 3, detail=operator.log)
    picture.wait_until_settled(prepared, "demo")
    changes.assert_arrived(prepared, "demo")
    tried = attempts(fault.struck)
    assert all(gap >= 3 for times in tried.values() for gap in gaps(times)), tried


def wait_until_mended(kube: Kube, operator: Operator) -> None:
    """Wait until the change has arrived, and what went during the fault is back."""
    picture.wait_until_settled(kube, "demo", detail=operator.log)
    changes.assert_arrived(kube, "demo")
    wait_until("the Service that went meanwhile", lambda: kube.get("Service", "demo-result"), detail=operator.log)


ON_EVERYTHING = [
    pytest.param(lambda: Answer(everything, 429, retry_after=1, cuts=True), id="429"),
    pytest.param(lambda: Answer(everything, 500, cuts=True), id="500"),
    pytest.param(lambda: Answer(everything, 503, cuts=True), id="503"),
    pytest.param(lambda: Hang(everything), id="hang"),
    pytest.param(Lost, id="lost"),
]


@pytest.mark.parametrize("make", ON_EVERYTHING)
def test_an_api_server_that_is_away_is_taken_up_again(
    prepared: Kube, proxy: Proxy, operator: Operator, make: Callable[[], Fault]
) -> None:
    """For so long that the Lease runs out."""
    with proxy.faulty(make()) as fault:
        changes.make(prepared, "demo")
        prepared.delete("Service", "demo-result")
        wait_until("the operator to stand by", lambda: not operator.leads(), detail=operator.log)
        wait_until("two attempts", lambda: most_attempts(fault) >= 2)
    wait_until_mended(prepared, operator)
    assert_quiet(operator, len(fault.struck))


def test_a_slow_api_server_only_takes_longer(prepared: Kube, proxy: Proxy, operator: Operator) -> None:
    with proxy.faulty(Delay(everything, 2)):
        changes.make(prepared, "demo")
        picture.wait_until_settled(prepared, "demo", detail=operator.log)
    changes.assert_arrived(prepared, "demo")
    assert operator.troubles() == []


ON_WATCHES = [
    pytest.param(CutWatches, id="cut in a line"),
    pytest.param(lambda: Answer(watches, 500, cuts=True), id="500"),
    pytest.param(lambda: Hang(watches), id="hang"),
]


@pytest.mark.parametrize("make", ON_WATCHES)
def test_what_happened_while_watches_were_broken_is_not_missed(
    prepared: Kube, proxy: Proxy, operator: Operator, make: Callable[[], Fault]
) -> None:
    with proxy.faulty(make()) as fault:
        changes.make(prepared, "demo")
        prepared.delete("Service", "demo-result")
        wait_until("three attempts", lambda: not fault.cuts or most_attempts(fault) >= 3, detail=operator.log)
    wait_until_mended(prepared, operator)
    assert_quiet(operator, len(fault.struck) + len(proxy.seen(watches)))


EXPIRED = [
    pytest.param(lambda: ExpiredWatches(watches), id="in the stream"),
    pytest.param(lambda: Answer(watches, 410, cuts=True), id="as the answer"),
]


@pytest.mark.parametrize("make", EXPIRED)
def test_what_no_watch_tells_any_more_is_listed(
    prepared: Kube, proxy: Proxy, operator: Operator, make: Callable[[], Fault]
) -> None:
    """It is told by lists alone: what is there, and what is gone. An API server that always says 410 is not flooded."""
    with proxy.faulty(make()) as fault:
        changes.make(prepared, "demo")
        prepared.delete("Service", "demo-result")
        wait_until_mended(prepared, operator)
        wait_until("five attempts", lambda: most_attempts(fault) >= 5, detail=operator.log)
    for target, times in attempts(fault.struck).items():
        # The first two are the watch that was cut and the one that followed it; from then on it waits.
        assert_patient(target, times[2:])
    assert_quiet(operator, len(fault.struck))


def test_watches_that_went_silent_are_given_up(prepared: Kube, proxy: Proxy, operator: Operator) -> None:
    with proxy.faulty(SilentWatches()):
        changes.make(prepared, "demo")
        prepared.delete("Service", "demo-result")
        wait_until_mended(prepared, operator)
    assert_quiet(operator, len(proxy.seen(watches)))
