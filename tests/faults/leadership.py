"""Who led when, as the Lease shows it, and who wrote without leading."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from tests.support.proxy import Record


@dataclass(frozen=True)
class Term:
    """A time in which one replica held the Lease.

    Attributes:
        holder: its identity; empty where the Lease had been given back.
        began: when the API server answered the write by which it took the Lease.
        ended: when the write came by which another took it, or by which it was given back.
    """

    holder: str
    began: float
    ended: float = inf


def terms(records: Iterable[Record]) -> list[Term]:
    """All terms, one after another; renewals are no new ones."""
    done = sorted((record for record in records if record.is_lease_write and record.succeeded), key=_answered)
    turns = [record for before, record in pairwise([None, *done]) if record and _holder(before) != _holder(record)]
    return [
        Term(_holder(turn), _answered(turn), follower.started if follower else inf)
        for turn, follower in pairwise([*turns, None])
        if turn
    ]


def out_of_turn(records: Mapping[str, Iterable[Record]]) -> list[str]:
    """Each write, but for the Lease, of which it is certain that it was done while its replica did not lead.

    Args:
        records: all requests, by the identity of the replica that made them.
    """
    found = terms(record for requests in records.values() for record in requests)
    return [
        f"{name}: {record.method} {record.target} at {record.started:.3f}, while it led in {_times(found, name)}"
        for name, requests in records.items()
        for record in requests
        if record.is_write and record.answered is not None and not _within(record, found, name)
    ]


def _within(record: Record, found: Iterable[Term], name: str) -> bool:
    return any(
        term.holder == name and term.began <= record.started and _answered(record) <= term.ended for term in found
    )


def _times(found: Iterable[Term], name: str) -> str:
    return ", ".join(f"{term.began:.3f}-{term.ended:.3f}" for term in found if term.holder == name) or "no time"


def _answered(record: Record) -> float:
    return record.started if record.answered is None else record.answered


def _holder(record: Record | None) -> str:
    return "" if record is None else str(record.json()["spec"].get("holderIdentity") or "")
