"""The time, as the API server writes it."""

import datetime as dt
from typing import Literal


def utc_now(precision: Literal["seconds", "microseconds"] = "seconds") -> str:
    """Now, in RFC 3339: conditions count in seconds, Events in microseconds."""
    return dt.datetime.now(dt.UTC).isoformat(timespec=precision).replace("+00:00", "Z")
