"""The operator is killed (-9) after its n-th write, for every n from 1 to the last: it always arrives at the same."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.faults import changes, picture
from tests.support.kube import CHILD_KINDS, NO_PODS, Kube, Object, wait_until
from tests.support.operator import Operator
from tests.support.proxy import KillAfter, Proxy, Record, writes

Change = Callable[[Kube, str], None]

SHARDS = 3
"""Tests that share the values of n among them, so that they run side by side."""


@dataclass(frozen=True)
class Outcome:
    """What a change leads to.

    Attributes:
        status: of the VotingApp.
        objects: that were made for it.
        written: how often the API server has written each of them.
        last: the number of all writes, status and Events included.
    """

    status: Any
    objects: Any
    written: Counter[str]
    last: int


def by_kind(record: Record) -> bool:
    return not (record.is_status or record.is_event)


def create(kube: Kube, name: str) -> None:
    kube.apply_app(name, NO_PODS)


def nothing(_: Kube, __: str) -> None:
    """A creation needs nothing before it."""


def of(name: str) -> Callable[[Record], bool]:
    """Writes for one VotingApp."""
    return lambda record: record.is_write and record.name.startswith(name)


def outcome(kube: Kube, proxy: Proxy, name: str, since: int) -> Outcome:
    picture.wait_until_settled(kube, name)
    done = [record for record in proxy.records[since:] if of(name)(record)]
    written = Counter(record.target.replace(name, "APP") for record in done if by_kind(record) and record.succeeded)
    return Outcome(picture.status(kube, name), picture.objects(kube, name), written, len(done))


def orphans(kube: Kube, name: str) -> set[tuple[str, str]]:
    """Objects named after the app that are not among its children."""
    everything = {(kind, item["metadata"]["name"]) for kind in CHILD_KINDS for item in kube.list(kind)}
    return {place for place in everything if place[1].startswith(name)} - set(kube.children(name))


def secret(kube: Kube, name: str) -> tuple[str, Object] | None:
    found = kube.get("Secret", f"{name}-postgres")
    return None if found is None else (found["metadata"]["uid"], found["data"])


CHANGES = [pytest.param(nothing, create, id="create"), pytest.param(changes.prepare, changes.make, id="update")]


def kill_after(count: int, kube: Kube, operator: Operator, change: Change, name: str) -> bool:
    """Make the change, and kill the operator after so many writes; whether there were as many."""
    with operator.proxy.faulty(KillAfter(of(name), count, operator.process)) as fault:
        change(kube, name)
        wait_until("the kill", lambda: fault.struck or picture.settled(kube, name), detail=operator.log)
    return bool(fault.struck)


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize(("prepare", "change"), CHANGES)
def test_killed_after_any_write_it_arrives_at_the_same(
    kube: Kube, operator: Operator, prepare: Change, change: Change, shard: int
) -> None:
    proxy = operator.proxy
    changes.bring_a_secret(kube)
    prepare(kube, "whole")
    since = len(proxy.records)
    change(kube, "whole")
    whole = outcome(kube, proxy, "whole", since)
    sure = sum(whole.written.values())
    assert sure >= 8, f"hardly anything was written: {whole.written}"

    for count in range(shard + 1, whole.last + 1, SHARDS):
        name = f"after{count:02}"
        prepare(kube, name)
        since = len(proxy.records)
        killed = kill_after(count, kube, operator, change, name)
        # How many statuses and Events there are is a matter of timing; all else is not.
        assert killed or count > sure, f"{name}: there were fewer writes than {count}"
        before = secret(kube, name)
        if killed:
            operator.process.wait()
            operator.start()
        found = outcome(kube, proxy, name, since)
        assert found.objects == whole.objects, name
        assert found.status == whole.status, name
        assert found.written == whole.written, f"{name}: something was written twice, or not at all"
        assert orphans(kube, name) == set(), name
        assert change is changes.make or before is None or secret(kube, name) == before, f"{name}: another Secret"
    assert all(record.succeeded for record in proxy.seen(writes)), "something was refused"
