"""The judge of the fault tests is tested itself."""

import json

from tests.faults.leadership import Term, out_of_turn, terms
from tests.support.proxy import Record

LEASE = "/apis/coordination.k8s.io/v1/namespaces/n/leases/votingapp-operator"
OBJECT = "/api/v1/namespaces/n/configmaps/demo-poll"


def lease(at: float, holder: str, status: int = 200) -> Record:
    body = json.dumps({"spec": {"holderIdentity": holder}}).encode()
    return Record(at, "PUT", LEASE, body=body, answered=at + 0.1, status=status)


def write(at: float) -> Record:
    return Record(at, "PATCH", OBJECT, answered=at + 0.1, status=200)


ONE = [lease(1, "one"), lease(3, "one")]
TWO = [lease(15, "two")]


def test_terms() -> None:
    refused = lease(4, "two", status=409)
    assert terms([*TWO, *ONE, refused]) == [Term("one", 1.1, 15), Term("two", 15.1)]


def test_a_lease_that_was_given_back() -> None:
    given_back = lease(5, "")
    assert terms([*ONE, given_back, *TWO]) == [Term("one", 1.1, 5), Term("", 5.1, 15), Term("two", 15.1)]


def test_writes_in_turn() -> None:
    assert out_of_turn({"one": [*ONE, write(2), write(14.5)], "two": [*TWO, write(15.5)]}) == []


def test_writes_before_leading_and_after_and_between() -> None:
    found = out_of_turn({"one": [write(0), *ONE, write(15.5)], "two": [write(5), *TWO], "three": [write(6)]})
    assert [line.partition(", while ")[0] for line in found] == [
        "one: PATCH configmaps/demo-poll at 0.000",
        "one: PATCH configmaps/demo-poll at 15.500",
        "two: PATCH configmaps/demo-poll at 5.000",
        "three: PATCH configmaps/demo-poll at 6.000",
    ]


def test_a_write_that_was_answered_when_another_had_already_asked_for_the_lease() -> None:
    assert len(out_of_turn({"one": [*ONE, write(14.95)], "two": TWO})) == 1
