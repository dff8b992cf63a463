"""Both pages in a real browser: Debian's Chromium, driven by keyboard and seen as assistive technology sees them."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright

from tests.support import faults
from tests.support.apps import App, running_app
from tests.support.kube import wait_until

POLL: dict[str, Any] = {
    "title": "Cats or dogs?",
    "resultsTitle": "Cats or dogs, so far",
    "options": [
        {"id": "a", "label": "Cats", "color": "#1aaaf8"},
        {"id": "b", "label": "Dogs", "color": "#00cbca"},
        # As long as a label may be, and without a space to break it at.
        {"id": "c", "label": "N" * 50, "color": "#ffee00"},
    ],
}
VOTE_PORT, RESULT_PORT = 30004, 30005
# Chromium asks its maker's hosts for updates and the like, unless told not to.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MILLISECONDS_UNTIL_SEEN = 30_000
PHONES = [{"width": 390, "height": 844}, {"width": 320, "height": 568}]
SMALLEST_TARGET = 44
"""CSS pixels that a finger hits with ease."""


@dataclass
class Visit:
    """A browser window, and all in it that must not happen.

    Attributes:
        strangers: hosts that were asked for anything, other than the cluster's own address.
        complaints: errors in the console, violations of the content security policy among them.
        loads: how often each tab has loaded a page.
    """

    context: BrowserContext
    strangers: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    loads: dict[Page, int] = field(default_factory=dict)

    def tab(self) -> Page:
        """A new tab that is watched."""
        page = self.context.new_page()
        self.loads[page] = 0
        page.on("load", self._note_load)
        page.on("request", lambda request: self._note_host(request.url))
        page.on("websocket", lambda socket: self._note_host(socket.url))
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _note_load(self, page: Page) -> None:
        self.loads[page] += 1

    def _note_host(self, url: str) -> None:
        place = urlsplit(url)
        if place.scheme != "data" and place.netloc not in {f"127.0.0.1:{VOTE_PORT}", f"127.0.0.1:{RESULT_PORT}"}:
            self.strangers.add(place.netloc)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    """One app for all tests of this file."""
    with running_app("browser", {"poll": POLL}, vote_port=VOTE_PORT, result_port=RESULT_PORT) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, since Playwright's own cannot be had everywhere."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("chromium is missing. Install it with: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A visitor with no cookie yet; at the end, nobody else was asked and nothing was complained of."""
    context = browser.new_context()
    context.set_default_timeout(MILLISECONDS_UNTIL_SEEN)
    visit = Visit(context)
    yield visit
    context.close()
    assert visit.strangers == set()
    assert visit.complaints == []


def option(page: Page, label: str) -> Locator:
    return page.get_by_role("button", name=re.compile(f"^{label}"))


def bar(page: Page, label: str) -> Locator:
    return page.get_by_role("meter", name=label, exact=True)


def drawn_width(page: Page, label: str) -> float:
    return float(bar(page, label).locator("rect").evaluate("bar => bar.getBoundingClientRect().width"))


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, as someone without a mouse does."""
    for _ in range(len(POLL["options"]) + 1):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"the Tab key does not lead to {target}")


def open_result(visit: Visit, app: App) -> Page:
    page = visit.tab()
    page.goto(app.booth.result_url)
    wait_for(page.get_by_text("Live", exact=True))
    return page


def wait_for(target: Locator) -> None:
    expect(target).to_be_visible(timeout=MILLISECONDS_UNTIL_SEEN)


def wait_for_bar(page: Page, label: str, words: str) -> None:
    expect(bar(page, label)).to_have_attribute("aria-valuetext", words, timeout=MILLISECONDS_UNTIL_SEEN)


def test_a_vote_by_keyboard_moves_the_bar_in_another_tab_without_a_reload(
    visit: Visit, app: App, tmp_path: Path
) -> None:
    result = open_result(visit, app)
    wait_for_bar(result, "Dogs", "0 votes, 0%")
    assert drawn_width(result, "Dogs") == 0

    vote = visit.tab()
    vote.goto(app.booth.vote_url)
    tab_to(vote, option(vote, "Dogs"))
    vote.keyboard.press("Enter")
    wait_for(vote.get_by_role("status").get_by_text("You voted for Dogs."))
    expect(option(vote, "Dogs")).to_have_attribute("aria-pressed", "true")
    expect(option(vote, "Cats")).to_have_attribute("aria-pressed", "false")
    vote.screenshot(path=tmp_path / "voted.png")

    wait_for_bar(result, "Dogs", "1 vote, 100%")
    wait_until("the bar to be drawn", lambda: drawn_width(result, "Dogs") > 100)
    result.screenshot(path=tmp_path / "result.png")

    tab_to(vote, option(vote, "Cats"))
    vote.keyboard.press("Space")
    wait_for(vote.get_by_role("status").get_by_text("You voted for Cats."))
    wait_for_bar(result, "Cats", "1 vote, 100%")
    wait_for_bar(result, "Dogs", "0 votes, 0%")
    assert visit.loads[result] == 1, "the result page was loaded again"


def test_the_result_page_stays_live_when_its_server_goes(visit: Visit, app: App) -> None:
    """The tab follows to another pod by itself, which needs to know nothing of it."""
    result = open_result(visit, app)
    total = len(app.booth.ledger)
    faults.replace_all(app.kube, "result")
    app.booth.cast((f"viewer-{number}", "c") for number in range(10))
    assert len(app.booth.ledger) == total + 10
    expect(bar(result, POLL["options"][2]["label"])).to_have_attribute(
        "aria-valuetext", re.compile("^10 votes"), timeout=MILLISECONDS_UNTIL_SEEN
    )
    wait_for(result.get_by_text("Live", exact=True))
    assert visit.loads[result] == 1, "the result page was loaded again"
    # The lost connection is the browser's own line in the console, and what this test brings about.
    visit.complaints = [text for text in visit.complaints if "WebSocket connection to" not in text]


def test_assistive_technology_is_told_what_is_seen(visit: Visit, app: App) -> None:
    vote = visit.tab()
    vote.goto(app.booth.vote_url)
    wait_for(vote.get_by_role("heading", name=POLL["title"], level=1))
    wait_for(vote.get_by_role("group", name=POLL["title"]))
    result = open_result(visit, app)
    wait_for(result.get_by_role("heading", name=POLL["resultsTitle"], level=1))
    for each in POLL["options"]:
        wait_for(vote.get_by_role("button", name=each["label"], exact=True))
        expect(bar(result, each["label"])).to_have_attribute("aria-valuemax", "100")
    for page in (vote, result):
        expect(page.get_by_role("main")).to_have_count(1)
        assert page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("size", PHONES, ids=lambda size: f"{size['width']}x{size['height']}")
def test_both_pages_fit_a_phone(visit: Visit, app: App, tmp_path: Path, size: Any) -> None:
    for name, url in (("vote", app.booth.vote_url), ("result", app.booth.result_url)):
        page = visit.tab()
        page.set_viewport_size(size)
        page.goto(url)
        widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert widths[0] <= widths[1], f"{name} scrolls sideways"
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        for button in page.get_by_role("button").all():
            box = button.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= SMALLEST_TARGET
