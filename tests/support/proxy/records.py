"""What the proxy writes down of a request."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

_PATH = re.compile(
    r"^/(?:api|apis/[^/]+)/[^/]+(?:/namespaces/(?P<namespace>[^/]+))?"
    r"(?:/(?P<plural>[^/]+)(?:/(?P<name>[^/]+)(?:/(?P<subresource>.+))?)?)?$"
)
_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass
class Record:
    """One request of the operator.

    Attributes:
        started: when it came, by the monotonic clock.
        method: of HTTP.
        path: of the URL.
        query: its parameters.
        agent: the User-Agent.
        body: what was sent.
        answered: when the API server answered; None while it has not, or was not asked.
        status: what the API server answered.
        told: what the operator was answered; None where it had no answer.
    """

    started: float
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    agent: str = ""
    body: bytes = b""
    answered: float | None = None
    status: int | None = None
    told: int | None = None

    @property
    def plural(self) -> str:
        """The kind, as the path has it."""
        return self._place.get("plural", "")

    @property
    def namespace(self) -> str:
        """Of the object, or empty."""
        return self._place.get("namespace", "")

    @property
    def subresource(self) -> str:
        """Of the object, such as `status`, or empty."""
        return self._place.get("subresource", "")

    @cached_property
    def name(self) -> str:
        """Of the object; of one that is created, as the body has it; or empty."""
        if "name" in self._place:
            return self._place["name"]
        return str(self.json()["metadata"].get("name", "")) if self.method == "POST" else ""

    @property
    def target(self) -> str:
        """The object, or the part of it, that the request is about."""
        return "/".join(part for part in (self.plural, self.name, self.subresource) if part)

    @property
    def is_watch(self) -> bool:
        """Whether it is answered by a stream of events."""
        return self.query.get("watch") in ("true", "1")

    @property
    def is_lease(self) -> bool:
        """Whether it is about the Lease, by which replicas agree on one that writes."""
        return self.plural == "leases"

    @property
    def is_event(self) -> bool:
        """Whether it is about an Event."""
        return self.plural == "events"

    @property
    def is_status(self) -> bool:
        """Whether it is about a VotingApp's status."""
        return (self.plural, self.subresource) == ("votingapps", "status")

    @property
    def is_write(self) -> bool:
        """Whether it changes something other than the Lease."""
        return self._changes and not self.is_lease

    @property
    def is_lease_write(self) -> bool:
        """Whether it takes, renews or gives back the Lease."""
        return self._changes and self.is_lease

    @property
    def succeeded(self) -> bool:
        """Whether the API server did it, whatever the operator was told."""
        return self.status is not None and self.status < 300

    def json(self) -> Any:
        """What was sent."""
        return json.loads(self.body)

    @property
    def _changes(self) -> bool:
        return self.method in _WRITING and "dryRun" not in self.query

    @cached_property
    def _place(self) -> dict[str, str]:
        match = _PATH.match(self.path)
        return {key: value for key, value in match.groupdict().items() if value} if match else {}


def everything(_: Record) -> bool:
    """Any request."""
    return True


def watches(record: Record) -> bool:
    """A request for a stream of events."""
    return record.is_watch


def writes(record: Record) -> bool:
    """A request that changes something other than the Lease."""
    return record.is_write
