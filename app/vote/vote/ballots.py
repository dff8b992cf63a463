"""The way of a vote into Redis. The worker takes it from there."""

import json
from datetime import UTC, datetime

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

QUEUE = "votes"


class QueueUnavailableError(Exception):
    """Redis did not acknowledge the vote; the message is Redis' or the socket's own reason."""


class BallotBox:
    """The redis list that votes wait in."""

    def __init__(self, host: str, port: int) -> None:
        self._votes = _client(host, port, connect_seconds=1.0, answer_seconds=2.0)
        # A probe is answered within its own short time, whatever the votes are waiting for.
        self._probe = _client(host, port, connect_seconds=0.5, answer_seconds=0.5)

    def put(self, voter_id: str, option_id: str) -> None:
        """Append a vote; returns only once Redis has acknowledged it."""
        cast_at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        vote = json.dumps({"voter_id": voter_id, "vote": option_id, "cast_at": cast_at})
        try:
            self._votes.rpush(QUEUE, vote)
        except RedisError as error:
            # All of them: out of memory, read-only or loading is "not counted", just as a refused connection.
            raise QueueUnavailableError(str(error)) from error

    def check(self) -> None:
        """Raise QueueUnavailableError unless Redis answers."""
        try:
            self._probe.ping()
        except RedisError as error:
            raise QueueUnavailableError(str(error)) from error


def _client(host: str, port: int, *, connect_seconds: float, answer_seconds: float) -> Redis:
    """Make a client whose one retry is for a pooled connection that died, as after a restart of Redis.

    Trying again cannot count anybody twice, since a voter has one vote. A timeout is not tried again:
    the voter would wait for twice as long.
    """
    return Redis(
        host=host,
        port=port,
        protocol=2,  # spares each new connection the handshake of RESP3, of which nothing is used here
        socket_connect_timeout=connect_seconds,
        socket_timeout=answer_seconds,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    )
