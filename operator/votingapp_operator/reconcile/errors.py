"""What an answer of the API server other than success means to the operator."""

import orjson

from votingapp_operator.reconcile.kinds import Object


class ApiError(Exception):
    """The API server did not do what it was asked.

    Attributes:
        reason: the Status object's one word, such as `Invalid` or `Forbidden`.
        retry_after: seconds that the API server asks to be left alone for; None where it does not.
    """

    def __init__(self, reason: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.retry_after = retry_after


class RefusedError(ApiError):
    """It will say the same again until somebody changes something."""


class TerminatingError(RefusedError):
    """The namespace is on its way out: nothing can be made in it any more, and nothing needs to be."""


class UnavailableError(ApiError):
    """It may well work later: overload, a conflict, a connection that broke."""


class NotLeadingError(UnavailableError):
    """Another replica may be leading, so nothing was written."""


class ConflictError(UnavailableError):
    """The object is not the one, or not the version, that was meant."""


class AlreadyExistsError(ApiError):
    """There is an object of that name."""


class ExpiredError(UnavailableError):
    """The API server no longer knows what came after that version: list again."""


_PERMANENT = frozenset({400, 403, 405, 413, 415, 422})
_NOT_FOUND, _CONFLICT, _GONE = 404, 409, 410

_TYPE_ERROR = "failed to create typed patch object"
"""How server-side apply says that a manifest does not fit its kind; it answers 500 for that."""


def error_of(code: int, body: bytes, retry_after: str | None = None) -> ApiError:
    """The error for an answer that is none of 2xx.

    Args:
        code: HTTP's.
        body: a Status object, or what a proxy on the way says.
        retry_after: the header of that name.
    """
    status = _status_object(body)
    reason = str(status.get("reason") or ("NotFound" if code == _NOT_FOUND else f"Http{code}"))
    message = str(status.get("message") or f"the API server answered with HTTP {code}")
    if _TYPE_ERROR in message:
        return RefusedError("Invalid", message)
    if reason == "AlreadyExists":
        return AlreadyExistsError(reason, message)
    if _is_terminating(status):
        return TerminatingError(reason, message)
    if code in _PERMANENT:
        return RefusedError(reason, message)
    kind = {_CONFLICT: ConflictError, _GONE: ExpiredError}.get(code, UnavailableError)
    return kind(reason, message, float(retry_after) if retry_after is not None and retry_after.isdigit() else None)


def _is_terminating(status: Object) -> bool:
    causes = (status.get("details") or {}).get("causes") or ()
    return any(cause.get("reason") == "NamespaceTerminating" for cause in causes)


def _status_object(body: bytes) -> Object:
    try:
        status = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return status if isinstance(status, dict) else {}
