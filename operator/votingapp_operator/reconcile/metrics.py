"""What the operator counts of itself, in Prometheus' terms; docs/monitoring.md tells what each is good for."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics, start_http_server

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series beside each other one, of no use here

_PREFIX = "votingapp_operator"

RECONCILES = Counter(
    f"{_PREFIX}_reconciles", "Looks at a VotingApp, by what came of them: success, refused, retry or fault.", ["result"]
)
for _result in ("success", "refused", "retry", "fault"):
    RECONCILES.labels(_result)

RECONCILE_SECONDS = Histogram(f"{_PREFIX}_reconcile_duration_seconds", "How long a look at a VotingApp took.")

QUEUE_WAIT_SECONDS = Histogram(
    f"{_PREFIX}_queue_wait_seconds", "How long a VotingApp to which something had happened waited for its look."
)
_QUEUE_DEPTH = Gauge(f"{_PREFIX}_queue_depth", "VotingApps that wait for a look.")
_QUEUE_AGE = Gauge(f"{_PREFIX}_queue_oldest_age_seconds", "How long the one that has waited longest has waited.")

API_REQUESTS = Counter(
    f"{_PREFIX}_api_requests",
    "Requests to the API server, by what was asked and the HTTP code of the answer; `error` where there was none.",
    ["verb", "kind", "code"],
)

_LEADER = Gauge(f"{_PREFIX}_leader", "1 in the replica that writes, 0 in one that stands by.")
_VOTINGAPPS = Gauge(
    f"{_PREFIX}_votingapps",
    "VotingApps by whether the last look left nothing to do, as the leader sees them.",
    ["state"],
)
_WATCH_SILENCE = Gauge(
    f"{_PREFIX}_watch_silence_seconds", "Since when a kind's list and watch have had no sign of life.", ["kind"]
)


class Observable(Protocol):
    """What the gauges are read from, at each scrape."""

    def queue_depth(self) -> int:
        """VotingApps that wait for a look."""

    def queue_age(self) -> float:
        """Seconds that the first of them has waited."""

    def is_leading(self) -> bool:
        """Whether this replica may write."""

    def settled(self) -> tuple[int, int]:
        """How many VotingApps are settled, and how many are not."""

    def silences(self) -> dict[str, float]:
        """Seconds since each watch had a sign of life, by kind."""


def observe(source: Observable) -> None:
    """Read the gauges from the engine from now on."""
    _QUEUE_DEPTH.set_function(source.queue_depth)
    _QUEUE_AGE.set_function(source.queue_age)
    _LEADER.set_function(lambda: float(source.is_leading()))
    _VOTINGAPPS.labels("settled").set_function(lambda: source.settled()[0])
    _VOTINGAPPS.labels("unsettled").set_function(lambda: source.settled()[1])
    for kind in source.silences():
        _WATCH_SILENCE.labels(kind).set_function(partial(_silence, source, kind))


def _silence(source: Observable, kind: str) -> float:
    return source.silences()[kind]


def serve(port: int) -> Callable[[], None]:
    """Answer scrapes at /metrics, from a thread.

    Returns:
        What ends it.

    Raises:
        OSError: the port is taken.
    """
    server, thread = start_http_server(port)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
