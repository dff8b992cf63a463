"""The service's own figures, in Prometheus' conventions."""

import os
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

REJECTIONS = ("invalid_option", "cross_site", "too_large", "queue_unavailable")
# A client may send any word as its method; only these become label values.
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
# A vote takes milliseconds while all is well and up to a few seconds while Redis hangs.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Counters and histograms of one app, in a registry of their own so that tests do not share them."""

    def __init__(self, option_ids: Iterable[str]) -> None:
        self._registry = CollectorRegistry()
        self.accepted = Counter(
            "votingapp_votes_accepted", "Votes that Redis acknowledged.", ["option"], registry=self._registry
        )
        self.rejected = Counter(
            "votingapp_votes_rejected", "Votes that were not counted.", ["reason"], registry=self._registry
        )
        self._requests = Counter(
            "votingapp_http_requests",
            "Requests answered.",
            ["method", "path", "code"],
            registry=self._registry,
        )
        self._duration = Histogram(
            "votingapp_http_request_duration_seconds",
            "Time from a request's arrival in the app to its answer.",
            ["method", "path"],
            buckets=SECONDS,
            registry=self._registry,
        )
        # A series that only appears with its first event hides that event from rate() and increase().
        for option_id in option_ids:
            self.accepted.labels(option_id)
        for reason in REJECTIONS:
            self.rejected.labels(reason)

    def observe_request(self, method: str, path: str | None, code: int, seconds: float) -> None:
        """Count an answered request; path is the route's pattern, None where no route matched."""
        method = method if method in METHODS else "other"
        path = path or "unmatched"
        self._requests.labels(method, path, str(code)).inc()
        self._duration.labels(method, path).observe(seconds)

    def exposition(self) -> bytes:
        """Return the text for Prometheus, over all of gunicorn's processes where there are several."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        all_processes = CollectorRegistry()
        MultiProcessCollector(all_processes)  # type: ignore[no-untyped-call] # the library leaves it unannotated
        return generate_latest(all_processes)
