"""A reverse proxy between one operator and the real API server: it writes down every request, and can misbehave."""

from tests.support.proxy.faults import (
    Answer,
    CutWatches,
    Delay,
    ExpiredWatches,
    Fault,
    Hang,
    KillAfter,
    LagWatches,
    Lost,
    SilentWatches,
)
from tests.support.proxy.records import Record, everything, watches, writes
from tests.support.proxy.server import Proxy

__all__ = [
    "Answer",
    "CutWatches",
    "Delay",
    "ExpiredWatches",
    "Fault",
    "Hang",
    "KillAfter",
    "LagWatches",
    "Lost",
    "Proxy",
    "Record",
    "SilentWatches",
    "everything",
    "watches",
    "writes",
]
