"""When to look at a VotingApp: one task for each, woken by whatever happens to it, its children or its pods.

A task looks, and then waits for the next wake, for the next resync, or, after a failure, for its own backoff; so one
broken VotingApp neither spins nor delays another. Wakes that come while it looks are one more look, however many.
"""

import asyncio
import logging
import random
from collections.abc import Mapping
from typing import Any

from votingapp_operator.api import KIND
from votingapp_operator.health import Outcome
from votingapp_operator.reconcile.cache import Cache, Key, key_of
from votingapp_operator.reconcile.client import ApiError, Client
from votingapp_operator.reconcile.reconciler import Options, Reconciler

logger = logging.getLogger(__name__)

RESYNC = 60.0
"""Seconds between two looks at a VotingApp to which nothing happens: for the Secret, which is not watched, and for
refused writes, whose cause (a quota, a foreign object) may have gone."""

FIRST_RETRY = 0.5
LAST_RETRY = 30.0
"""Seconds: the backoff doubles from the one to the other, and is spread so that apps do not retry in step."""

CONCURRENT_WRITES = 16
"""Over all VotingApps: keeps a fleet's start within what API priority and fairness gives to one user."""


class Engine:
    """What the Kopf handlers call."""

    def __init__(self, client: Client, options: Options) -> None:
        self._client = client
        self._cache = Cache()
        self._reconciler = Reconciler(client, self._cache, options, CONCURRENT_WRITES)
        self._wakes: dict[Key, asyncio.Event] = {}
        self._tasks: dict[Key, asyncio.Task[None]] = {}

    def observe(self, kind: str, body: Mapping[str, Any]) -> None:
        """Take note of an object as it is now, without looking at its VotingApp yet: others may still be missing."""
        self._cache.observe(kind, body)

    def changed(self, kind: str, body: Mapping[str, Any], *, deleted: bool) -> None:
        """Something happened to an object, which was observed unless it is gone: look at its VotingApp soon."""
        if deleted:
            self._cache.forget(kind, body)
        key = key_of(kind, body)
        if kind == KIND or self._cache.app(key) is not None:
            self._wake(key)

    async def stop(self) -> None:
        """Finish no more looks, and close the connections."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    def _wake(self, key: Key) -> None:
        self._wakes.setdefault(key, asyncio.Event()).set()
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._watch_over(key), name=f"votingapp {key}")

    async def _watch_over(self, key: Key) -> None:
        wake = self._wakes[key]
        failures = 0
        try:
            while True:
                wake.clear()
                outcome = await self._look(key)
                if outcome is None and self._cache.app(key) is None and not wake.is_set():
                    return
                failures = failures + 1 if outcome is not None and _wants_retry(outcome) else 0
                await _set_within(wake, _pause(failures))
        finally:
            del self._tasks[key], self._wakes[key]

    async def _look(self, key: Key) -> Outcome | None:
        """One look. No exception leaves it: a VotingApp's task must outlive whatever goes wrong with it."""
        try:
            return await self._reconciler.reconcile(key)
        except ApiError as error:
            if error.reason == "NotFound":  # it was deleted meanwhile; its watch event is on the way
                return None
            logger.warning("the status could not be written: %s", error, extra={"votingapp": str(key)})
        except Exception:
            logger.exception("a fault of the operator's own; please report it", extra={"votingapp": str(key)})
        return _TRY_AGAIN


_TRY_AGAIN = Outcome(objects=0, pending=("status",))


def _wants_retry(outcome: Outcome) -> bool:
    return outcome is _TRY_AGAIN or any(not problem.permanent for problem in outcome.problems)


def _pause(failures: int) -> float:
    """Seconds until the next look if nothing wakes it."""
    base = min(FIRST_RETRY * 2 ** (failures - 1), LAST_RETRY) if failures else RESYNC
    return base * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait until the event is set, but no longer than so many seconds."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
