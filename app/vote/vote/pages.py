"""The page, in each of the states a voter can see it in."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vote.colors import ink_on
from vote.settings import Option


@dataclass(frozen=True)
class Notice:
    """What the page has to say about the request it answers."""

    text: str
    is_error: bool = True


CHOOSE = Notice(
    "Your vote was not counted, because it names none of the options. Please choose one of these."
)
CROSS_SITE = Notice("Your vote was not counted, because it came from another site. Please vote here.")
TOO_LARGE = Notice("Your vote was not counted, because the request was too large. Please vote here.")
TRY_AGAIN = Notice("Your vote was not counted. Please try again in a moment.")


class Pages:
    """Renders the poll's pages.

    The style sheet is part of each page and admitted by its hash. Each page is complete in one response: with
    old and new pods side by side, no page ever meets the other version's style.
    """

    def __init__(self, title: str, options: Sequence[Option]) -> None:
        templates = Environment(
            loader=PackageLoader("vote"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        style = templates.get_template("style.css.jinja").render(options=options, ink_on=ink_on)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self.content_security_policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        # Markup: the style sheet is ours and holds no text from outside but colours, which are hex digits.
        self._shared = {"title": title, "options": options, "style": Markup(style)}  # noqa: S704 - see above
        self._poll = templates.get_template("poll.html.jinja")
        self._error = templates.get_template("error.html.jinja")

    def poll(self, notice: Notice | None = None) -> str:
        """Render the poll as a voter finds it, or with what went wrong with their vote."""
        return self._poll.render(self._shared, chosen=None, notice=notice)

    def voted(self, chosen: Option) -> str:
        """Render the poll with a counted vote marked."""
        notice = Notice(f"You voted for {chosen.label}.", is_error=False)
        return self._poll.render(self._shared, chosen=chosen.id, notice=notice)

    def error(self, name: str) -> str:
        """Render a page for what is not about voting, such as an address that does not exist."""
        return self._error.render(self._shared, name=name)
