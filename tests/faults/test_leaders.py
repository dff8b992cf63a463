"""Two replicas, one leader: there is never a write from two, and never long a time without one."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.leadership import out_of_turn
from tests.support.kube import NO_PODS, Kube, wait_until
from tests.support.operator import Operator
from tests.support.proxy import Fault, Hang, Lost, Proxy, Record, everything, writes

KILLS = 20
TAKE_OVER_SECONDS = 15
STOPS = 3
CLEAN_TAKE_OVER_SECONDS = 3
LEASE_SECONDS = 10

CHANGE_EVERY = 0.2
"""Seconds between two changes: so often that there is always something to write."""


@dataclass(frozen=True)
class Pair:
    """Two operators, each behind a proxy of its own, that look after one namespace."""

    kube: Kube
    replicas: tuple[Operator, Operator]

    def leader(self) -> Operator:
        """The one that leads, once there is one."""

        def leading() -> list[Operator]:
            return [replica for replica in self.replicas if replica.leads()]

        found: list[Operator] = wait_until("a leader", leading, detail=self.logs)
        [leader] = found
        return leader

    def other(self, than: Operator) -> Operator:
        """The one that stands by."""
        one, two = self.replicas
        return two if than is one else one

    def logs(self) -> str:
        """What both have logged."""
        return "\n".join(f"{replica.name}:\n{replica.log()}" for replica in self.replicas)

    def out_of_turn(self) -> list[str]:
        """Writes by one that did not lead."""
        return out_of_turn({replica.name: replica.proxy.records[:] for replica in self.replicas})

    def wait_until_taken_over(self, by: Operator, since: float) -> float:
        """Wait until one leads and writes; the time from then until it had the Lease."""
        wait_until(f"{by.name} to write", lambda: by.proxy.seen(writes, since=since), detail=self.logs)
        [first, *_] = by.proxy.seen(lambda record: record.is_lease_write and record.succeeded, since=since)
        assert first.answered is not None
        return first.answered - since

    def start_again(self, replica: Operator) -> None:
        """Start one, and wait until it stands by."""
        since = time.monotonic()
        replica.start()
        wait_until(f"{replica.name} to stand by", lambda: looks_at_lease(replica, since), detail=self.logs)


def looks_at_lease(replica: Operator, since: float) -> list[Record]:
    return replica.proxy.seen(lambda record: record.is_lease and record.method == "GET", since=since)


@contextmanager
def restless(kube: Kube) -> Iterator[None]:
    """A VotingApp that is changed all the time."""
    kube.apply_app("demo", NO_PODS)
    stop = threading.Event()
    own = Kube(kube.namespace)

    def change() -> None:
        number = 0
        while not stop.wait(CHANGE_EVERY):
            number += 1
            own.patch("VotingApp", "demo", {"spec": {"poll": {"title": f"Number {number}"}}})

    thread = threading.Thread(target=change, name="restless")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def pair(kube: Kube, tmp_path: Path) -> Iterator[Pair]:
    with (
        Proxy() as first,
        Proxy() as second,
        Operator(first, tmp_path, kube.namespace, "one") as one,
        Operator(second, tmp_path, kube.namespace, "two") as two,
    ):
        pair = Pair(kube, (one, two))
        one.start().wait_until_leading()
        pair.start_again(two)
        with restless(kube):
            wait_until("the first write", lambda: first.seen(writes))
            yield pair


def take_overs(pair: Pair, times: int, end: Callable[[Operator], None]) -> list[float]:
    """Seconds that it took each time until the other one led, once the leader had been ended."""
    took = []
    for _ in range(times):
        leader = pair.leader()
        since = time.monotonic()
        end(leader)
        took.append(pair.wait_until_taken_over(pair.other(leader), since))
        pair.start_again(leader)
    print(f"take-over {times} times: {min(took):.1f} to {max(took):.1f} s")  # noqa: T201 - a figure
    return took


def test_a_killed_leader_is_followed_and_never_two_write(pair: Pair) -> None:
    took = take_overs(pair, KILLS, Operator.kill)
    assert max(took) <= TAKE_OVER_SECONDS, took
    assert pair.out_of_turn() == []


def test_a_leader_that_is_stopped_is_followed_at_once(pair: Pair) -> None:
    took = take_overs(pair, STOPS, Operator.stop)
    assert max(took) <= CLEAN_TAKE_OVER_SECONDS, took
    assert pair.out_of_turn() == []


def of_lease(record: Record) -> bool:
    return record.is_lease


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(Lost, id="everything lost"),
        pytest.param(lambda: Hang(everything), id="everything hangs"),
        pytest.param(lambda: Lost(of_lease), id="Lease lost"),
        pytest.param(lambda: Hang(of_lease), id="Lease hangs"),
    ],
)
def test_a_leader_without_api_server_stops_before_its_lease_runs_out(pair: Pair, make: Callable[[], Fault]) -> None:
    """Where only the Lease is out of reach, everything it writes would still be done."""
    leader = pair.leader()
    with leader.proxy.faulty(make()) as fault:
        pair.wait_until_taken_over(pair.other(leader), fault.put_at)
    healed = time.monotonic()
    wait_until("looks at the Lease", lambda: len(looks_at_lease(leader, healed)) >= 3, detail=pair.logs)
    renewed = max(
        record.started for record in leader.proxy.seen(lambda record: record.is_lease_write and record.succeeded)
    )
    tried = max(record.started for record in leader.proxy.seen(writes))
    assert tried < renewed + LEASE_SECONDS, f"it still tried to write {tried - renewed:.1f} s after it had the Lease"
    assert pair.out_of_turn() == []
    assert leader.proxy.seen(writes, since=healed) == []
    assert "Traceback" not in leader.log()
