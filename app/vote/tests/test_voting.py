"""Votes on their way into Redis, and what the voter is told."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis_server import RedisServer


def queued(server: RedisServer) -> list[dict[str, Any]]:
    with server.client() as redis:
        return [json.loads(vote) for vote in redis.lrange("votes", 0, -1)]


def test_a_vote_is_queued_in_the_format_that_workers_know(
    browser: FlaskClient, redis_server: RedisServer
) -> None:
    browser.set_cookie("voter_id", "x")
    response = browser.post("/", data={"vote": "b"})
    assert response.status_code == 200
    (vote,) = queued(redis_server)
    cast_at = vote.pop("cast_at")
    assert vote == {"voter_id": "x", "vote": "b"}
    assert datetime.now(UTC) - datetime.strptime(cast_at, "%Y-%m-%dT%H:%M:%S.%f%z") < timedelta(minutes=1)
    assert cast_at.endswith("Z")


def test_the_page_marks_the_vote_that_was_cast(browser: FlaskClient) -> None:
    page = browser.post("/", data={"vote": "b"}).text
    assert "You voted for Dogs." in page
    assert 'value="b" aria-pressed="true"' in page
    assert 'value="a" aria-pressed="false"' in page


def test_a_browser_keeps_one_identity_over_its_votes(browser: FlaskClient, redis_server: RedisServer) -> None:
    browser.get("/")
    browser.post("/", data={"vote": "a"})
    browser.post("/", data={"vote": "b"})
    first, second = queued(redis_server)
    assert first["voter_id"] == second["voter_id"]
    assert len(first["voter_id"]) == 32


@pytest.mark.parametrize("form", [{}, {"vote": ""}, {"vote": "z"}, {"vote": "Cats"}, {"other": "a"}])
def test_a_vote_for_none_of_the_options_is_refused(
    browser: FlaskClient, redis_server: RedisServer, form: dict[str, str]
) -> None:
    response = browser.post("/", data=form)
    assert response.status_code == 400
    assert "names none of the options" in response.text
    assert queued(redis_server) == []


def test_the_form_is_the_only_way_to_vote(browser: FlaskClient, redis_server: RedisServer) -> None:
    assert browser.post("/", json={"vote": "a"}).status_code == 400
    assert browser.post("/?vote=a").status_code == 400
    assert queued(redis_server) == []


def test_a_large_request_is_refused_unread(browser: FlaskClient, redis_server: RedisServer) -> None:
    response = browser.post("/", data={"vote": "a", "padding": "x" * 5000})
    assert response.status_code == 413
    assert "too large" in response.text
    assert queued(redis_server) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_vote_sent_by_another_site_is_refused(
    browser: FlaskClient, redis_server: RedisServer, headers: dict[str, str]
) -> None:
    response = browser.post("/", data={"vote": "a"}, headers=headers)
    assert response.status_code == 403
    assert "from another site" in response.text
    assert queued(redis_server) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://vote.example.com"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
        {"Origin": "https://localhost"},
    ],
)
def test_a_vote_sent_by_our_own_page_is_taken(browser: FlaskClient, headers: dict[str, str]) -> None:
    assert browser.post("/", data={"vote": "a"}, headers=headers).status_code == 200


def test_without_redis_the_voter_is_told_and_with_it_all_is_well_again(
    browser: FlaskClient, redis_server: RedisServer
) -> None:
    assert browser.post("/", data={"vote": "a"}).status_code == 200
    assert browser.get("/ready").json == {"status": "ok", "checks": {"redis": "ok"}}

    redis_server.stop()
    response = browser.post("/", data={"vote": "a"})
    assert response.status_code == 503
    assert "Your vote was not counted. Please try again in a moment." in response.text
    assert "Traceback" not in response.text
    assert "You voted" not in response.text
    assert response.headers["Retry-After"] == "5"
    assert browser.get("/").status_code == 200
    assert browser.get("/health").status_code == 200
    ready = browser.get("/ready")
    assert ready.status_code == 503
    assert ready.json
    assert ready.json["status"] == "unavailable"
    assert "refused" in ready.json["checks"]["redis"]

    redis_server.start()
    # The first vote after a restart already counts, on a connection that died with the old server.
    assert browser.post("/", data={"vote": "b"}).status_code == 200
    assert browser.get("/ready").status_code == 200
    assert [vote["vote"] for vote in queued(redis_server)] == ["b"]


def test_a_restart_of_redis_between_two_votes_goes_unnoticed(
    browser: FlaskClient, redis_server: RedisServer
) -> None:
    browser.post("/", data={"vote": "a"})
    redis_server.stop()
    redis_server.start()
    assert browser.post("/", data={"vote": "b"}).status_code == 200


def test_a_vote_whose_connection_breaks_is_sent_again(
    browser: FlaskClient, redis_server: RedisServer
) -> None:
    with redis_server.client() as redis, ThreadPoolExecutor() as background:
        redis.client_pause(60_000, all=False)
        response = background.submit(browser.post, "/", data={"vote": "a"})
        held: list[str] = []
        while not held and not response.done():
            held = [client["id"] for client in redis.client_list() if client["cmd"] == "rpush"]
        redis.client_kill_filter(_id=held[0])
        redis.client_unpause()
        assert response.result().status_code == 200
    assert len(queued(redis_server)) == 1


@pytest.mark.parametrize("unwilling", [("maxmemory", "1"), ("min-replicas-to-write", "1")])
def test_a_redis_that_takes_no_writes_counts_no_vote(
    browser: FlaskClient,
    redis_server: RedisServer,
    caplog: pytest.LogCaptureFixture,
    unwilling: tuple[str, str],
) -> None:
    with redis_server.client() as redis:
        redis.config_set(*unwilling)
    response = browser.post("/", data={"vote": "a"})
    assert response.status_code == 503
    assert "Your vote was not counted" in response.text
    assert "vote not counted: redis did not take it" in caplog.text


def test_a_read_only_redis_counts_no_vote(browser: FlaskClient, redis_server: RedisServer) -> None:
    with redis_server.client() as redis:
        redis.replicaof("127.0.0.1", str(redis_server.port))
    assert browser.post("/", data={"vote": "a"}).status_code == 503


def test_a_hanging_redis_is_given_up_on_in_time(browser: FlaskClient, redis_server: RedisServer) -> None:
    with redis_server.client() as redis:
        redis.client_pause(60_000)
    started = datetime.now(UTC)
    assert browser.get("/ready").status_code == 503
    assert browser.post("/", data={"vote": "a"}).status_code == 503
    assert datetime.now(UTC) - started < timedelta(seconds=5)
