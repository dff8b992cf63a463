"""Votes through a real cluster, from 127.0.0.1, while parts of the app are killed: none is lost, none counts twice."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import httpx
import pytest

from tests.support import faults
from tests.support.apps import APP, App, running_app
from tests.support.kube import Kube, Object, wait_until
from tests.support.votes import choice_of

POLL: Object = {
    "title": "Which one?",
    "resultsTitle": "This many",
    "options": [
        {"id": "a", "label": "Cats", "color": "#1aaaf8"},
        {"id": "b", "label": "Dogs & <wolves>", "color": "#00cbca"},
        {"id": "c", "label": "Bärenjäger", "color": "#884400"},
    ],
}

VOTERS = 1000

FAULTS: list[tuple[str, Callable[[Kube, str], None]]] = [
    ("worker", faults.kill_and_see_it_back),
    ("worker", faults.kill_and_lose),
    ("redis", faults.delete_and_see_another),
    ("postgres", faults.delete_and_see_another),
    ("redis", faults.kill_and_see_it_back),
    ("postgres", faults.kill_and_see_it_back),
    ("worker", faults.kill_and_see_it_back),
]


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    """One app for all tests of this file; its booth remembers all that was cast, and so what must be counted."""
    with running_app("e2e", {"poll": POLL}, vote_port=30002, result_port=30003) as running:
        yield running


def redis(app: App, *command: str) -> str:
    return app.kube.kubectl("exec", f"deployment/{APP}-redis", "--", "redis-cli", *command).stdout.strip()


def test_a_thousand_voters_are_counted_once_each(app: App) -> None:
    before = len(app.booth.ledger)
    app.booth.cast((f"voter-{number}", choice_of(number)) for number in range(VOTERS))
    assert len(app.booth.ledger) == before + VOTERS
    assert app.booth.refusals == []
    app.booth.wait_for_count()
    results = app.booth.results() or {}
    assert results["total"] == len(app.booth.ledger)


def test_who_changes_their_mind_counts_once_with_the_newest_choice(app: App) -> None:
    """The same voters again and again, faster than the worker empties the queue."""
    for choice in "abca":
        app.booth.cast((f"undecided-{number}", choice) for number in range(50))
    assert Counter(app.booth.ledger.values())["a"] >= 50
    app.booth.wait_for_count()


def test_no_vote_that_was_answered_with_success_is_lost(app: App) -> None:
    before = len(app.booth.ledger)
    with app.booth.stream("steadfast"):
        for component, strike in FAULTS:
            app.booth.wait_for_more(50)
            strike(app.kube, component)
        app.booth.wait_for_more(max(50, before + VOTERS - len(app.booth.ledger)))
    app.wait_until_ready()
    app.booth.wait_for_count()
    assert redis(app, "LLEN", "votes:dead") == "0"
    wait_until("no vote to be left in hand", lambda: redis(app, "KEYS", "votes:processing:*") == "")


def test_a_rolling_restart_fails_no_vote(app: App) -> None:
    """Each voter is another browser with a connection of its own; not one has to press twice."""
    app.booth.refusals.clear()
    with app.booth.stream("unhurried"):
        app.booth.wait_for_more(20)
        for _ in range(2):
            app.kube.kubectl("rollout", "restart", f"deployment/{APP}-vote")
            app.kube.kubectl("rollout", "status", f"deployment/{APP}-vote", "--timeout=120s")
        app.booth.wait_for_more(20)
        # Until the old pods are gone: the last requests to them are those most likely to fail.
        wait_until("two pods of vote", lambda: len(app.kube.list("Pod", "app.kubernetes.io/component=vote")) == 2)
    assert app.booth.refusals == []
    app.booth.wait_for_count()


def test_both_pages_tell_the_poll_of_the_spec(app: App) -> None:
    results = app.booth.results() or {}
    assert results["title"] == "This many"
    assert [{key: option[key] for key in ("id", "label", "color")} for option in results["options"]] == POLL["options"]
    vote_page = httpx.get(app.booth.vote_url).text
    result_page = httpx.get(app.booth.result_url).text
    assert "Which one?" in vote_page
    assert "This many" in result_page
    for page in (vote_page, result_page):
        for label in ("Cats", "Dogs &amp; &lt;wolves&gt;", "Bärenjäger"):
            assert label in page


def test_a_change_of_the_poll_reaches_both_pages(app: App) -> None:
    options = [*POLL["options"], {"id": "d", "label": "None of these", "color": "#777777"}]
    app.change({"poll": {"title": "Once more?", "resultsTitle": "So many", "options": options}})
    wait_until("the operator to roll it out", lambda: rolled_out(app), detail=lambda: app.kube.explain(APP))
    # The nodes hear of the new pods a moment after the status does, and until then send some requests to the old ones.
    wait_until("the vote page to follow", lambda: "Once more?" in httpx.get(app.booth.vote_url).text)
    wait_until("the result page to follow", lambda: (app.booth.results() or {}).get("title") == "So many")
    app.booth.cast([("late", "d")])
    wait_until("the new option", lambda: labels_shown(app)[-1:] == ["None of these"])
    app.booth.wait_for_count()


def labels_shown(app: App) -> list[str]:
    return [option["label"] for option in (app.booth.results() or {"options": []})["options"]]


def rolled_out(app: App) -> bool:
    """Whether the newest spec is applied and only ready pods that read it are left."""
    condition = app.kube.condition(APP, "Ready")
    live = app.kube.get("VotingApp", APP) or {}
    return bool(condition["status"] == "True" and condition["observedGeneration"] == live["metadata"]["generation"])


def test_a_stopped_redis_is_told_to_voters_probes_and_the_status(app: App) -> None:
    app.change({"redis": {"replicas": 0}})
    wait_until("redis to be gone", lambda: not app.kube.list("Pod", "app.kubernetes.io/component=redis"))
    refused = wait_until("a vote to be refused", partial(refusal, app.booth.vote_url))
    assert re.search(r'role="alert">Your vote was not counted', refused.text)
    assert refused.headers["Retry-After"]
    ready = httpx.get(f"{app.booth.vote_url}ready")
    assert ready.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert ready.json()["status"] == "unavailable"
    assert ready.json()["checks"]["redis"] != "ok"
    assert httpx.get(f"{app.booth.vote_url}health").status_code == httpx.codes.OK

    wait_until("the status to say so", lambda: app.kube.condition(APP, "Available").get("status") == "False")
    assert "redis" in app.kube.condition(APP, "Available")["message"]
    wait_until("the worker to be reported", lambda: "worker: " in app.kube.condition(APP, "Ready")["message"])
    components = (app.kube.get("VotingApp", APP) or {})["status"]["components"]
    assert components["redis"]["state"] == "Stopped"
    assert components["worker"]["reason"] == "PodsNotReady"

    app.change({"redis": {"replicas": 1}})
    wait_until("everything to be back", lambda: rolled_out(app), detail=lambda: app.kube.explain(APP))
    app.booth.cast([("patient", "a")])
    app.booth.wait_for_count()


def refusal(url: str) -> httpx.Response | None:
    """The answer to a vote, once it is that redis is away."""
    response = httpx.post(url, data={"vote": "a"}, headers={"Cookie": "voter_id=patient"}, timeout=10)
    return response if response.status_code == httpx.codes.SERVICE_UNAVAILABLE else None
