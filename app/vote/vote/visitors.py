"""What is to be known of a request before its vote is believed: who votes, and from where."""

import uuid

from flask import Request, Response

COOKIE = "voter_id"
COOKIE_SECONDS = 400 * 24 * 3600  # the longest that browsers keep a cookie
MAX_VOTER_ID = 255  # the column of the worker's table


def known_voter(request: Request) -> str | None:
    """Return the voter that the cookie names, if it is a name that could be stored."""
    voter_id = request.cookies.get(COOKIE, "")
    if 0 < len(voter_id) <= MAX_VOTER_ID and voter_id.isprintable():
        return voter_id
    return None


def new_voter() -> str:
    """Make an id that nobody can guess and nobody else has."""
    return uuid.uuid4().hex


def remember_voter(request: Request, response: Response, voter_id: str) -> None:
    """Set the cookie; over https, TLS usually ends at a gateway that says so in X-Forwarded-Proto.

    A client that forges that header only keeps its own cookie from itself, so it need not be trusted.
    """
    client_scheme = request.headers.get("X-Forwarded-Proto", request.scheme).split(",")[0].strip()
    response.set_cookie(
        COOKIE,
        voter_id,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=client_scheme == "https",
    )


def is_cross_site(request: Request) -> bool:
    """Tell whether the browser says that another site made this request.

    Sec-Fetch-Site comes first: unlike Origin, it stays right behind a gateway that rewrites Host. Browsers
    leave it out on plain http. A client that sends neither is no browser and has no cookie to abuse.
    """
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is not None and origin.partition("://")[2] != request.host
