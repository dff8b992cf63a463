"""Which VotingApp is looked at next: each at most once in the queue, and never by two at a time.

What client-go calls a rate-limiting work queue. What comes while a VotingApp is looked at is one more look, however
much it is; and a VotingApp that has failed rests, while all others go on. What only tells how pods are doing waits
until nothing has to be written: while a fleet is being made, its objects come before its statuses.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Hashable
from functools import partial
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


OTHERS_TURN = 10
"""Each tenth look goes to what is not urgent, however much is."""


class WorkQueue(Generic[K]):
    """Keys in the order in which they were added, those that are urgent first."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._urgent: deque[K] = deque()
        self._others: deque[K] = deque()
        self._is_urgent: set[K] = set()
        self._turn = 0
        self._since: dict[K, float] = {}
        self._taken: set[K] = set()
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._some = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        return len(self._since)

    def age(self) -> float:
        """Seconds that the first has waited."""
        return self._now() - next(iter(self._since.values())) if self._since else 0.0

    def add(self, key: K, *, urgent: bool = True) -> None:
        """Have a key looked at as soon as may be."""
        self._cancel(key)
        known = key in self._since
        if known and (key in self._is_urgent or not urgent):
            return
        self._since.setdefault(key, self._now())
        if urgent:
            self._is_urgent.add(key)
        if key not in self._taken:
            self._append(key)

    def add_within(self, key: K, seconds: float) -> None:
        """Have a key looked at after a while, unless that is due sooner anyway."""
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if key in self._since or (timer is not None and timer.when() <= loop.time() + seconds):
            return
        self._cancel(key)
        self._timers[key] = loop.call_later(seconds, partial(self.add, key, urgent=False))

    async def take(self) -> tuple[K, float]:
        """The next key, and the seconds that it has waited; it must be given back with `done`."""
        while (key := self._next()) is None:
            self._some.clear()
            await self._some.wait()
        self._taken.add(key)
        self._is_urgent.discard(key)
        self._idle.clear()
        return key, self._now() - self._since.pop(key)

    def _next(self) -> K | None:
        """The next key that still waits: one that became urgent is in both lines."""
        self._turn += 1
        lines = (self._urgent, self._others)
        for line in lines if self._turn % OTHERS_TURN else reversed(lines):
            while line:
                key = line.popleft()
                if key in self._since and key not in self._taken:
                    return key
        return None

    def done(self, key: K) -> None:
        """Give a key back; one that was added meanwhile is next."""
        self._taken.discard(key)
        if key in self._since:
            self._append(key)
        if not self._taken:
            self._idle.set()

    async def idle(self, seconds: float) -> None:
        """Wait until no key is taken, but no longer than so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)

    def clear(self) -> None:
        """Drop all that waits."""
        for key in list(self._timers):
            self._cancel(key)
        self._urgent.clear()
        self._others.clear()
        self._is_urgent.clear()
        self._since.clear()

    def _append(self, key: K) -> None:
        (self._urgent if key in self._is_urgent else self._others).append(key)
        self._some.set()

    def _cancel(self, key: K) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
