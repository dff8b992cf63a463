"""What an answer of the API server means."""

import json

import pytest
from votingapp_operator.reconcile.errors import (
    AlreadyExistsError,
    ApiError,
    ConflictError,
    ExpiredError,
    RefusedError,
    TerminatingError,
    UnavailableError,
    error_of,
)


def status(reason: str, message: str = "m", **details: object) -> bytes:
    return json.dumps({"kind": "Status", "reason": reason, "message": message, "details": details}).encode()


@pytest.mark.parametrize(
    ("code", "body", "kind"),
    [
        pytest.param(422, status("Invalid"), RefusedError, id="invalid"),
        pytest.param(403, status("Forbidden"), RefusedError, id="forbidden"),
        pytest.param(
            403,
            status("Forbidden", causes=[{"reason": "NamespaceTerminating"}]),
            TerminatingError,
            id="the namespace goes",
        ),
        pytest.param(401, status("Unauthorized"), UnavailableError, id="a token that has run out is renewed"),
        pytest.param(404, b"404 page not found", UnavailableError, id="no such kind, in plain text"),
        pytest.param(409, status("AlreadyExists"), AlreadyExistsError, id="taken"),
        pytest.param(409, status("Conflict"), ConflictError, id="another version"),
        pytest.param(410, status("Expired"), ExpiredError, id="too old"),
        pytest.param(500, status("InternalError"), UnavailableError, id="broken"),
        pytest.param(
            500,
            status("", "failed to create typed patch object (x): errors"),
            RefusedError,
            id="a wrong type in an apply",
        ),
        pytest.param(503, b"<html>", UnavailableError, id="a proxy's own page"),
    ],
)
def test_kinds(code: int, body: bytes, kind: type[ApiError]) -> None:
    assert type(error_of(code, body)) is kind


def test_a_kind_that_is_not_there_is_not_found() -> None:
    assert error_of(404, b"404 page not found").reason == "NotFound"


@pytest.mark.parametrize(("header", "seconds"), [("3", 3.0), (None, None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)])
def test_retry_after_is_in_seconds(header: str | None, seconds: float | None) -> None:
    assert error_of(429, status("TooManyRequests"), header).retry_after == seconds
