"""Keeps the cache true for one kind: lists it, then watches it, for ever, whatever the API server does meanwhile."""

import asyncio
import logging
import time
from collections.abc import Callable

from votingapp_operator.desired.apis import OPTIONAL
from votingapp_operator.reconcile.backoff import delay
from votingapp_operator.reconcile.cache import Cache, Key, News, key_of
from votingapp_operator.reconcile.client import Client
from votingapp_operator.reconcile.errors import ApiError, ExpiredError
from votingapp_operator.reconcile.kinds import Object, Scope

logger = logging.getLogger(__name__)

LAST_RETRY = 10.0
"""Seconds between two attempts at an API server that stays away."""

_NEWEST = 2**63


class Informer:
    """One kind's list and watch.

    Attributes:
        kind: what is watched.
        synced: set once the kind has been listed whole.
        present: whether the API server serves the kind.
        heard_at: when the API server last gave a sign of life about this kind, by the monotonic clock.
    """

    def __init__(
        self,
        client: Client,
        cache: Cache,
        scope: Scope,
        tell: Callable[[Key, str, News], None],
        tell_presence: Callable[[], None],
    ) -> None:
        self.kind = scope.kind
        self.synced = asyncio.Event()
        self.present = False
        self.heard_at = time.monotonic()
        self._client = client
        self._cache = cache
        self._scope = scope
        self._tell = tell
        self._tell_presence = tell_presence
        self._version: str | None = None

    async def run(self) -> None:
        """List and watch until cancelled."""
        failures = 0
        while True:
            try:
                if self._version is None:
                    self._version = await self._list()
                await self._watch(self._version)
                failures = 0
            except ApiError as error:
                failures += 1
                if isinstance(error, ExpiredError):
                    self._version = None  # too much was missed: a new list tells what is there and what is gone
                    if failures == 1:
                        continue
                self._failed(error, failures)
                await asyncio.sleep(max(delay(failures, LAST_RETRY), error.retry_after or 0))

    def _failed(self, error: ApiError, failures: int) -> None:
        """Tell of it once. A watch that broke is taken up where it was; a kind that is not there has no objects."""
        if error.reason != "NotFound":
            logger.warning("%s: list or watch failed, trying again: %s", self.kind, error)
            return
        if failures == 1:
            level = logging.INFO if self.kind in OPTIONAL else logging.WARNING
            logger.log(level, "%s: the cluster has no such kind; waiting for its CustomResourceDefinition", self.kind)
        self._version = None
        self._heard()
        self._sweep(set(), _NEWEST)
        self._is_present(present=False)

    async def _list(self) -> str:
        """Take note of all that is there, and of what no longer is; returns the version to watch from."""
        version, present = "0", set()
        async for page in self._client.pages(self._scope):
            self._heard()
            version = page["metadata"]["resourceVersion"]
            for item in page.get("items") or ():
                present.add(item["metadata"]["uid"])
                self._observe(item)
        self._sweep(present, int(version))
        self._is_present(present=True)
        return version

    async def _watch(self, version: str) -> None:
        async for event in self._client.watch(self._scope, version):
            self._heard()
            self._version = event["object"]["metadata"]["resourceVersion"]
            if event["type"] == "DELETED":
                self._report(event["object"], self._cache.forget(self.kind, event["object"]))
            elif event["type"] != "BOOKMARK":
                self._observe(event["object"])
        self._heard()

    def _is_present(self, *, present: bool) -> None:
        if present != self.present:
            self.present = present
            self._tell_presence()

    def _heard(self) -> None:
        self.heard_at = time.monotonic()

    def _sweep(self, present: set[str], version: int) -> None:
        for key in self._cache.sweep(self.kind, present, version):
            self._tell(key, self.kind, News.CONTENT)
        self.synced.set()

    def _observe(self, item: Object) -> None:
        self._report(item, self._cache.observe(self.kind, item))

    def _report(self, item: Object, news: News) -> None:
        if news is not News.NOTHING:
            self._tell(key_of(self.kind, item), self.kind, news)
