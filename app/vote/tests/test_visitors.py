"""The cookie that makes a browser one voter."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient


def test_the_first_visit_makes_a_voter(browser: FlaskClient) -> None:
    cookie = browser.get("/").headers["Set-Cookie"]
    assert re.match(r"voter_id=[0-9a-f]{32}; ", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Max-Age=34560000" in cookie
    assert "Secure" not in cookie


def test_no_two_visitors_are_the_same_voter(browser: FlaskClient) -> None:
    first, second = (browser.application.test_client().get("/").headers["Set-Cookie"] for _ in range(2))
    assert first.split(";")[0] != second.split(";")[0]


@pytest.mark.parametrize("scheme", ["https", "https, http"])
def test_the_cookie_is_secure_where_the_browser_came_over_https(browser: FlaskClient, scheme: str) -> None:
    assert "Secure" in browser.get("/", headers={"X-Forwarded-Proto": scheme}).headers["Set-Cookie"]
    assert (
        "Secure"
        in browser.application.test_client().get("/", base_url="https://localhost").headers["Set-Cookie"]
    )


@pytest.mark.parametrize("voter_id", ["x", "a" * 255, "0123-abc"])
def test_a_voter_who_is_known_stays_who_they_are(browser: FlaskClient, voter_id: str) -> None:
    browser.set_cookie("voter_id", voter_id)
    assert "Set-Cookie" not in browser.get("/").headers


@pytest.mark.parametrize("cookie", ["", "a" * 256, '"a\\000b"', '"a\\012b"', '"a\\033[2Jb"'])
def test_an_absurd_identity_is_replaced(app: Flask, cookie: str) -> None:
    stranger = app.test_client(use_cookies=False)  # with a jar, the client would drop the header given here
    response = stranger.post("/", data={"vote": "a"}, headers={"Cookie": f"voter_id={cookie}"})
    assert response.status_code == 200
    assert re.match(r"voter_id=[0-9a-f]{32}; ", response.headers["Set-Cookie"])
