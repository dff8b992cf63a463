"""Watches that lag behind: the operator acts on what it has written itself, and never on what was before that."""

from collections import Counter
from functools import partial
from typing import Any

from tests.faults import changes, picture
from tests.support.kube import NO_PODS, Kube, wait_until
from tests.support.operator import Operator
from tests.support.proxy import LagWatches, Proxy, Record, writes

LAG = 4.0
"""Seconds: many times what the operator takes for a look."""

TITLES = 6


def of_children(record: Record) -> bool:
    """A watch on anything but VotingApps themselves: what is asked for is known at once, what was done is not."""
    return record.is_watch and record.plural != "votingapps"


def written(proxy: Proxy, since: int = 0) -> Counter[str]:
    """How often each object was written."""
    return Counter(
        f"{record.method} {record.target}"
        for record in proxy.records[since:]
        if writes(record) and not record.is_event and not record.is_status
    )


def applied(proxy: Proxy, since: int = 0) -> list[str]:
    """What each status that was written says of the objects, one after another, without repetitions."""
    told: list[str] = []
    for record in proxy.records[since:]:
        if record.is_status and record.is_write:
            [found] = [one for one in record.json()["status"]["conditions"] if one["type"] == "Applied"]
            said = f"{found['observedGeneration']} {found['status']}"
            told += [said] if told[-1:] != [said] else []
    return told


def look_again(kube: Kube, proxy: Proxy, times: int) -> None:
    """Have the operator look while its watches still tell the past, each time with nothing remembered."""
    for number in range(times):
        before = len(proxy.seen(picture.asks_for_secret))
        annotation = {"voting.schoolofdevops.com/reconcile-at": str(number)}
        kube.patch("VotingApp", "demo", {"metadata": {"annotations": annotation}})
        wait_until("a look", partial(_has_looked, proxy, before))


def _has_looked(proxy: Proxy, before: int) -> bool:
    return len(proxy.seen(picture.asks_for_secret)) > before


def test_what_was_just_made_is_not_made_again(kube: Kube, proxy: Proxy, operator: Operator) -> None:
    with proxy.faulty(LagWatches(of_children, LAG)):
        kube.apply_app("demo", NO_PODS)
        wait_until("all objects", lambda: kube.applied("demo"), detail=operator.log)
        look_again(kube, proxy, 5)
        picture.wait_until_settled(kube, "demo", detail=operator.log)
    assert set(written(proxy).values()) == {1}, written(proxy)
    assert len(written(proxy)) == len(kube.children("demo"))
    assert applied(proxy) == ["1 True"]
    assert all(record.succeeded for record in proxy.seen(writes)), "something was refused"


def test_what_was_before_ones_own_change_is_not_seen(kube: Kube, proxy: Proxy, operator: Operator) -> None:
    """Change follows change, and of each the watches tell when it has long been overtaken."""
    kube.apply_app("demo", NO_PODS)
    picture.wait_until_settled(kube, "demo", detail=operator.log)
    since = len(proxy.records)
    with proxy.faulty(LagWatches(of_children, LAG)):
        for number in range(TITLES):
            kube.patch("VotingApp", "demo", {"spec": {"poll": {"title": f"Number {number}"}}})
            wait_until("the change", lambda: kube.applied("demo"), detail=operator.log)
        look_again(kube, proxy, 3)
        picture.wait_until_settled(kube, "demo", detail=operator.log)
    assert written(proxy, since) == {
        "PATCH configmaps/demo-poll": TITLES,
        "PATCH deployments/demo-vote": TITLES,
        "PATCH deployments/demo-result": TITLES,
    }
    assert applied(proxy, since) == [f"{2 + number} True" for number in range(TITLES)]


def test_what_was_just_deleted_is_not_deleted_again(kube: Kube, proxy: Proxy, operator: Operator) -> None:
    changes.bring_a_secret(kube)
    changes.prepare(kube, "demo")
    since = len(proxy.records)
    with proxy.faulty(LagWatches(of_children, LAG)):
        kube.patch("ConfigMap", "demo-stray", {"data": {"what": "the watch tells of it when it is gone"}})
        changes.make(kube, "demo")
        wait_until("the change", lambda: kube.applied("demo"), detail=operator.log)
        look_again(kube, proxy, 3)
        # This is mended only when the watch tells of it, and so it has told by then of what was before.
        kube.patch("ConfigMap", "demo-poll", {"data": {"POLL_TITLE": "By hand"}})
        wait_until("the title", lambda: title(kube) == changes.TITLE, detail=operator.log)
        picture.wait_until_settled(kube, "demo", detail=operator.log)
    changes.assert_arrived(kube, "demo")
    counted = written(proxy, since)
    assert counted.pop("PATCH configmaps/demo-poll") == 2, "once for the change, and once for what was done by hand"
    assert set(counted.values()) == {1}, counted
    assert "DELETE configmaps/demo-stray" in counted


def title(kube: Kube) -> Any:
    return (kube.get("ConfigMap", "demo-poll") or {})["data"]["POLL_TITLE"]
