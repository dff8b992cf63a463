"""What Prometheus reads."""

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from redis_server import RedisServer


def samples(browser: FlaskClient) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and its labels' values, in the order of the labels' names."""
    text = browser.get("/metrics").text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_series_of_votes_exists_before_the_first_vote(browser: FlaskClient) -> None:
    found = samples(browser)
    for option in ("a", "b"):
        assert found["votingapp_votes_accepted_total", option] == 0
    for reason in ("invalid_option", "cross_site", "too_large", "queue_unavailable"):
        assert found["votingapp_votes_rejected_total", reason] == 0


def test_votes_are_counted_by_what_became_of_them(browser: FlaskClient, redis_server: RedisServer) -> None:
    browser.post("/", data={"vote": "a"})
    browser.post("/", data={"vote": "a"})
    browser.post("/", data={"vote": "z"})
    browser.post("/", data={"vote": "a"}, headers={"Sec-Fetch-Site": "cross-site"})
    browser.post("/", data={"vote": "x" * 5000})
    redis_server.stop()
    browser.post("/", data={"vote": "b"})
    redis_server.start()
    found = samples(browser)
    assert found["votingapp_votes_accepted_total", "a"] == 2
    assert found["votingapp_votes_accepted_total", "b"] == 0
    for reason in ("invalid_option", "cross_site", "too_large", "queue_unavailable"):
        assert found["votingapp_votes_rejected_total", reason] == 1
    assert found["votingapp_http_requests_total", "200", "POST", "/"] == 2
    assert found["votingapp_http_requests_total", "503", "POST", "/"] == 1
    assert found["votingapp_http_request_duration_seconds_count", "POST", "/"] == 6


def test_what_clients_make_up_does_not_become_labels(browser: FlaskClient) -> None:
    browser.get("/made/up")
    browser.open("/", method="BREW")
    found = samples(browser)
    assert found["votingapp_http_requests_total", "404", "GET", "unmatched"] == 1
    assert found["votingapp_http_requests_total", "405", "other", "unmatched"] == 1
    assert not [key for key in found if "/made/up" in key or "BREW" in key]
