"""The page as browsers, screen readers and attackers find it."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from redis_server import RedisServer

from vote.app import create_app
from vote.colors import ink_on
from vote.settings import Option, Settings

HOSTILE = "</style><script>alert('x')</script>"


class Elements(HTMLParser):
    """Every element of a page, with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; HTMLParser calls this."""
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every element of a name."""
        return [attributes for name, attributes in self.found if name == tag]


def browser_for(server: RedisServer, title: str, options: tuple[Option, ...]) -> FlaskClient:
    settings = Settings(redis_host="127.0.0.1", redis_port=server.port)
    poll = {"poll_title": title, "poll_options": options}
    return create_app(settings.model_copy(update=poll)).test_client()


def test_the_poll_can_be_used_without_script_sight_or_mouse(browser: FlaskClient) -> None:
    page = Elements(browser.get("/").text)
    assert page.all("script") == []
    assert page.all("html") == [{"lang": "en"}]
    assert [meta["content"] for meta in page.all("meta") if meta.get("name") == "viewport"] == [
        "width=device-width, initial-scale=1"
    ]
    (form,) = page.all("form")
    assert form == {"method": "post", "action": "/"}
    ids = {attributes["id"] for _, attributes in page.found if "id" in attributes}
    (group,) = [attributes for _, attributes in page.found if attributes.get("role") == "group"]
    assert {group["aria-labelledby"], group["aria-describedby"]} <= ids
    buttons = page.all("button")
    assert [button["value"] for button in buttons] == ["a", "b"]
    assert {button["name"] for button in buttons} == {"vote"}
    assert {button["aria-pressed"] for button in buttons} == {"false"}


@pytest.mark.parametrize(("vote", "role"), [("a", "status"), ("z", "alert")])
def test_the_outcome_is_announced(browser: FlaskClient, vote: str, role: str) -> None:
    page = browser.post("/", data={"vote": vote}).text
    said = re.search(rf'role="{role}">([^<]+)<', page)
    assert said
    assert f"<title>{said[1]} \N{EN DASH} Vote Now!</title>" in page


@pytest.mark.parametrize("path", ["/", "/health", "/metrics", "/nowhere"])
def test_every_answer_has_the_security_headers(browser: FlaskClient, path: str) -> None:
    headers = browser.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_the_policy_admits_the_style_sheet_and_nothing_else_inline(browser: FlaskClient) -> None:
    response = browser.get("/")
    style = re.search(r"<style>(.*?)</style>", response.text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in response.headers["Content-Security-Policy"]
    for _, attributes in Elements(response.text).found:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]


def test_title_and_labels_are_text_whatever_they_hold(redis_server: RedisServer) -> None:
    options = (Option(id="a", label=HOSTILE, color="#000000"), Option(id="b", label="B & C", color="#ffffff"))
    browser = browser_for(redis_server, HOSTILE, options)
    for page in (
        browser.get("/").text,
        browser.post("/", data={"vote": "a"}).text,
        browser.get("/nowhere").text,
    ):
        assert "<script" not in page
        assert page.count("</style>") == 1


def test_ten_options_are_ten_buttons_in_their_colours(redis_server: RedisServer) -> None:
    options = tuple(
        Option(id=letter, label=letter * 50, color=f"#{letter}0{letter}0{letter}0") for letter in "abcdef"
    )
    options += tuple(Option(id=letter, label=letter, color="#123456") for letter in "ghij")
    page = browser_for(redis_server, "Ten", options).get("/").text
    assert [button["value"] for button in Elements(page).all("button")] == list("abcdefghij")
    for option in options:
        assert f".option-{option.id} {{ --fill: {option.color};" in page


@pytest.mark.parametrize("path", ["/nowhere", "/static/style.css", "/favicon.ico"])
def test_an_unknown_address_leads_to_the_poll(browser: FlaskClient, path: str) -> None:
    response = browser.get(path)
    assert response.status_code == 404
    assert '<a href="/">Go to the poll</a>' in response.text


def test_a_wrong_method_says_which_are_right(browser: FlaskClient) -> None:
    response = browser.delete("/")
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]


def test_a_fault_of_ours_is_logged_and_not_shown(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("vote.app.known_voter", broken)
    response = browser.get("/")
    assert response.status_code == 500
    assert "secret" not in response.text
    assert "Go to the poll" in response.text
    assert "the secret of the house" in caplog.text


def contrast(color: str, ink: str) -> float:
    """Return WCAG 2's contrast ratio of two colours, the second written #RGB."""

    def luminance(value: str) -> float:
        channels = [int(value[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(color), luminance(f"#{ink[1:] * 2}")))
    return (lighter + 0.05) / (darker + 0.05)


def test_labels_can_be_read_on_every_colour() -> None:
    steps = range(0, 256, 15)
    colors = [f"#{r:02x}{g:02x}{b:02x}" for r in steps for g in steps for b in steps]
    assert min(contrast(color, ink_on(color)) for color in colors) >= 4.5
