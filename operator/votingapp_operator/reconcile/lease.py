"""Which replica writes: the one that holds the Lease, and only for as long as no other can have taken it.

A holder renews the Lease, and counts the time in which it may write from before it asked. The others count from when
they saw the Lease change, so from later, and for longer: by then the holder has stopped, whatever keeps its requests.
No clock is compared with another machine's.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from votingapp_operator.reconcile.client import Client
from votingapp_operator.reconcile.clock import utc_now
from votingapp_operator.reconcile.errors import AlreadyExistsError, ApiError, ConflictError
from votingapp_operator.reconcile.kinds import Object

logger = logging.getLogger(__name__)

NAME = "votingapp-operator"

DURATION = 10.0
"""Seconds for which others leave a Lease alone that does not change."""

WRITE_FOR = 8.0
"""Seconds for which a holder writes after it has asked for its last renewal."""

RENEW_EVERY = 2.0
"""Seconds between renewals, so that three may fail."""

LOOK_EVERY = 1.0
"""Seconds between two looks of a replica that stands by, and between two attempts of a holder that cannot renew."""


class Lease:
    """This replica's part in the election."""

    def __init__(self, client: Client, namespace: str, identity: str, tell: Callable[[bool], None]) -> None:
        self._client = client
        self._namespace = namespace
        self._identity = identity
        self._tell = tell
        self._leading = False
        self._until = 0.0
        self._live: Object | None = None  # as last written: a renewal need not read it
        self._seen: tuple[str, float] = ("", 0.0)
        self._troubled = False

    def may_write(self) -> float:
        """Seconds for which this replica may still write; 0 or less where it may not."""
        return self._until - time.monotonic()

    async def run(self) -> None:
        """Stand by, lead, and stand by again, until cancelled."""
        while True:
            began = time.monotonic()
            await self._attempt()
            pause = RENEW_EVERY if self._live is not None else LOOK_EVERY
            # From one renewal's beginning to the next one's: a slow API server must not leave writes too little time.
            await asyncio.sleep(max(began + pause - time.monotonic(), 0))

    def stand_down(self) -> None:
        """Begin no more writes."""
        self._set(leading=False)

    async def release(self) -> None:
        """Give the Lease back, so that the next one leads at once. Nothing may be on its way any more."""
        try:
            live = await self._client.read("Lease", self._namespace, NAME)
            if live is not None and live["spec"].get("holderIdentity") == self._identity:
                await self._client.replace(self._lease(live, holder=""))
        except ApiError as error:
            logger.warning("the Lease could not be given back, so the next leader waits until it runs out: %s", error)

    async def _attempt(self) -> None:
        try:
            async with asyncio.timeout(self.may_write() if self._leading else None):
                self._set(leading=await self._take())
            self._troubled = False
        except (ApiError, TimeoutError) as error:
            self._live = None
            self._fail(error)
        if self._leading and self.may_write() <= 0:
            self._set(leading=False)

    async def _take(self) -> bool:
        """Take or renew the Lease if that is right; whether it is ours now."""
        if self._live is None:
            self._live = await self._client.read("Lease", self._namespace, NAME)
        if self._live is not None and not self._is_free(self._live):
            self._live = None
            return False
        asked = time.monotonic()
        try:
            self._live = await self._client.replace(self._lease(self._live, holder=self._identity))
        except (ConflictError, AlreadyExistsError):
            self._live = None
            return self.may_write() > 0  # somebody touched it; the next look, which is soon, shows who
        self._until = asked + WRITE_FOR
        return True

    def _is_free(self, live: Object) -> bool:
        """Whether the Lease is ours already, was given back, or has not changed for as long as it is good."""
        holder = live["spec"].get("holderIdentity")
        version = live["metadata"]["resourceVersion"]
        if holder in (self._identity, "", None):
            return True
        if self._seen[0] != version:
            self._seen = (version, time.monotonic())
        return time.monotonic() - self._seen[1] > float(live["spec"].get("leaseDurationSeconds", DURATION))

    def _lease(self, live: Object | None, *, holder: str) -> Object:
        spec = dict(live["spec"]) if live is not None else {}
        now = utc_now("microseconds")
        if holder and spec.get("holderIdentity") != holder:
            spec |= {"acquireTime": now, "leaseTransitions": spec.get("leaseTransitions", 0) + 1}
        spec |= {"holderIdentity": holder, "renewTime": now, "leaseDurationSeconds": int(DURATION)}
        metadata = live["metadata"] if live is not None else {"name": NAME, "namespace": self._namespace}
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}

    def _fail(self, error: Exception) -> None:
        """Tell of it once an outage."""
        if not self._troubled:
            logger.warning(
                "the Lease %s in namespace %s can be neither read nor renewed, trying again: %s",
                NAME,
                self._namespace,
                error or "no answer in time",
            )
        self._troubled = True

    def _set(self, *, leading: bool) -> None:
        if not leading:
            self._until = 0.0
        if leading != self._leading:
            self._leading = leading
            logger.info("%s %s", self._identity, "leads" if leading else "stands by")
            self._tell(leading)
