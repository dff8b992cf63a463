"""The whole machine: watches fill the cache and the queue, workers look at VotingApps, and one replica leads.

A look takes what is known of one VotingApp and writes what differs. A VotingApp is looked at when something happens to
it, its children or its pods, at each resync, and after a failure, when it has rested; so a broken one neither spins nor
delays another.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from votingapp_operator.api import KIND
from votingapp_operator.desired import Images
from votingapp_operator.desired.apis import OPTIONAL
from votingapp_operator.reconcile import metrics
from votingapp_operator.reconcile.backoff import delay, spread
from votingapp_operator.reconcile.cache import Cache, Key, News
from votingapp_operator.reconcile.client import WATCH_TIMEOUT, Client
from votingapp_operator.reconcile.errors import ApiError, NotLeadingError
from votingapp_operator.reconcile.informer import Informer
from votingapp_operator.reconcile.kinds import WATCHED, Scope
from votingapp_operator.reconcile.lease import Lease
from votingapp_operator.reconcile.logs import votingapp
from votingapp_operator.reconcile.reconciler import Look, Reconciler, Surroundings
from votingapp_operator.reconcile.workqueue import WorkQueue

logger = logging.getLogger(__name__)

RESYNC = 60.0
"""Seconds between two looks at a VotingApp to which nothing happens: for the Secret, which is not watched, and for
refused writes, whose cause (a quota, a foreign object) may have gone."""

LAST_RETRY = 30.0
"""Seconds up to which the waits between failures grow."""

SETTLE = 0.2
"""Seconds for which a change in how pods and Deployments are doing is left to be followed by more of the kind."""

LOOKS_AT_ONCE = 10
"""So many VotingApps would have to hang before another one waits for a look."""

LAST_WRITES = 3.0
"""Seconds that a stop gives to what is being written."""

DEAD_AFTER = 2.0 * WATCH_TIMEOUT + 30
"""Seconds of silence after which a watch is dead: each is renewed every `WATCH_TIMEOUT`, and that is heard."""


@dataclass(frozen=True)
class Options:
    """What the operator's own surroundings decide.

    Attributes:
        images: of components whose spec names none.
        node_address: a host on which node ports answer, for the URLs in the status; None to take a node's.
        watch_namespace: the one namespace that is looked after; None for all.
        lease_namespace: where the Lease is by which replicas agree on one that writes.
        identity: of this replica; a process that starts under the identity of a dead one leads at once.
    """

    images: Images
    node_address: str | None = None
    watch_namespace: str | None = None
    lease_namespace: str = "votingapp-system"
    identity: str = "votingapp-operator"


class Engine:
    """Everything that runs, from `start` to `stop`.

    Attributes:
        informers: one for each kind that is watched.
    """

    def __init__(self, client: Client, options: Options) -> None:
        self._client = client
        self._cache = Cache()
        surroundings = Surroundings(options.images, options.node_address, options.identity, self._served)
        self._reconciler = Reconciler(client, self._cache, surroundings)
        self._queue: WorkQueue[Key] = WorkQueue()
        self._failures: dict[Key, int] = {}
        self._settled: dict[Key, bool] = {}
        self.informers = [
            Informer(
                client, self._cache, Scope(kind, options.watch_namespace, selector), self._changed, self._look_at_all
            )
            for kind, selector in WATCHED.items()
        ]
        self._lease = Lease(client, options.lease_namespace, options.identity, self._lead)
        self._workers: list[asyncio.Task[None]] = []
        self._others: list[asyncio.Task[None]] = []
        client.may_write = self._lease.may_write

    async def start(self) -> None:
        """Begin to watch; to look and to write once all has been listed and this replica leads."""
        self._others = [_task(informer.run(), f"watch {informer.kind}") for informer in self.informers]
        self._others.append(_task(self._campaign(), "lease"))
        self._workers = [_task(self._work(), f"worker {number}") for number in range(LOOKS_AT_ONCE)]

    async def stop(self) -> None:
        """Finish what is being written, let another replica lead, and close the connections."""
        self._lease.stand_down()
        for task in self._others:
            task.cancel()
        await self._queue.idle(LAST_WRITES)
        for task in self._workers:
            task.cancel()
        await asyncio.gather(*self._workers, *self._others, return_exceptions=True)
        await self._lease.release()
        await self._client.close()

    def ailment(self) -> str | None:
        """What makes it useless to go on, in a sentence; None while all is well."""
        ended = [task.get_name() for task in (*self._workers, *self._others) if task.done()]
        silent = [kind for kind, seconds in self.silences().items() if seconds > DEAD_AFTER]
        if ended:
            return f"ended by itself: {', '.join(ended)}"
        return f"no sign of life for {DEAD_AFTER:.0f} s of the watches on {', '.join(silent)}" if silent else None

    def queue_depth(self) -> int:
        """VotingApps that wait for a look."""
        return len(self._queue)

    def queue_age(self) -> float:
        """Seconds that the first of them has waited."""
        return self._queue.age()

    def is_leading(self) -> bool:
        """Whether this replica may write."""
        return self._lease.may_write() > 0

    def settled(self) -> tuple[int, int]:
        """How many VotingApps are settled, and how many are not."""
        settled = sum(self._settled.values())
        return settled, len(self._settled) - settled

    def silences(self) -> dict[str, float]:
        """Seconds since each watch had a sign of life, by kind."""
        now = time.monotonic()
        return {informer.kind: now - informer.heard_at for informer in self.informers}

    async def _campaign(self) -> None:
        """A replica that does not know the cluster must not lead."""
        for informer in self.informers:
            await informer.synced.wait()
        await self._lease.run()

    def _lead(self, leading: bool) -> None:  # noqa: FBT001 - a callback with one argument
        """Start with nothing remembered: another replica may have written since."""
        self._queue.clear()
        self._failures.clear()
        self._settled.clear()
        self._reconciler.forget_all()
        if leading:
            for key in self._cache.apps():
                self._settled[key] = False
            self._look_at_all()

    def _look_at_all(self) -> None:
        """Something that concerns every VotingApp has changed."""
        if self.is_leading():
            for key in self._cache.apps():
                self._queue.add(key)

    def _served(self) -> frozenset[str]:
        """The optional kinds that the cluster serves."""
        return frozenset(informer.kind for informer in self.informers if informer.present and informer.kind in OPTIONAL)

    def _changed(self, key: Key, kind: str, news: News) -> None:
        """What a watch brought. How pods are doing does not wake a VotingApp that rests after a failure."""
        if not self.is_leading() or not (kind == KIND or self._cache.has_app(key)):
            return
        if news is News.CONTENT:
            self._queue.add(key)
        elif key not in self._failures:
            self._queue.add_within(key, SETTLE)

    async def _work(self) -> None:
        while True:
            key, waited = await self._queue.take()
            metrics.QUEUE_WAIT_SECONDS.observe(waited)
            votingapp.set(str(key))
            try:
                with metrics.RECONCILE_SECONDS.time():
                    look = await self._look(key)
                if self.is_leading():
                    self._plan_next(key, look)
            finally:
                self._queue.done(key)

    async def _look(self, key: Key) -> Look:
        """One look. No exception leaves it: what goes wrong with one VotingApp must not end the worker."""
        try:
            return await self._reconciler.reconcile(key)
        except NotLeadingError:
            return Look(retry=True)
        except ApiError as error:
            logger.warning("the status could not be written: %s", error)
            return Look(retry=True, retry_after=error.retry_after)
        except Exception:
            logger.exception("a fault of the operator's own; please report it")
            return Look(retry=True, fault=True)

    def _plan_next(self, key: Key, look: Look) -> None:
        metrics.RECONCILES.labels(look.result).inc()
        if look.gone:
            self._failures.pop(key, None)
            self._settled.pop(key, None)
            return
        self._settled[key] = look.settled
        if look.retry:
            failures = self._failures[key] = self._failures.get(key, 0) + 1
            self._queue.add_within(key, max(delay(failures, LAST_RETRY), look.retry_after or 0))
        else:
            self._failures.pop(key, None)
            self._queue.add_within(key, spread(RESYNC))


def _task(what: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """A task that is meant to run for ever; its end is in the log, and an ailment."""
    return asyncio.create_task(_endless(what, name), name=name)


async def _endless(what: Coroutine[Any, Any, None], name: str) -> None:
    try:
        await what
    except Exception:
        logger.exception("%s has ended by a fault of the operator's own; please report it", name)
        raise
