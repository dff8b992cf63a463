"""What the proxy can do wrong. A fault acts on the requests that its predicate picks, for as long as it is put in."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web
from typing_extensions import override

from tests.support.proxy.records import Record, everything, watches

Predicate = Callable[[Record], bool]

_REASONS = {
    409: "Conflict",
    410: "Expired",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
}


class DroppedError(Exception):
    """The connection is to be broken, after these last bytes.

    Attributes:
        last: half of something, or nothing.
    """

    def __init__(self, last: bytes = b"") -> None:
        super().__init__("the connection is broken on purpose")
        self.last = last


class Fault:
    """Does nothing yet.

    Attributes:
        hits: picks the requests.
        cuts: whether watches that are open when it is put in are cut in the middle of a line.
        put_at: when it was put in, by the monotonic clock.
        lifted: set when it is taken out.
        struck: the requests on which it has acted, watches that it cut among them.
    """

    cuts = False

    def __init__(self, hits: Predicate = everything) -> None:
        self.hits = hits
        self.put_at = time.monotonic()
        self.lifted = asyncio.Event()
        self.struck: list[Record] = []

    async def before(self, record: Record) -> web.StreamResponse | None:  # noqa: ARG002 - for those that do something
        """Act before the API server is asked; an answer given here is the only one."""
        return None

    async def after(self, record: Record) -> None:
        """Act when the API server has answered and the operator has not heard it."""

    async def line(self, record: Record, line: bytes, arrived: float) -> None:
        """Act on a line of a watch before it is passed on."""


class Answer(Fault):
    """The request is answered with an error, and the API server never sees it."""

    def __init__(self, hits: Predicate, code: int, *, retry_after: int | None = None, cuts: bool = False) -> None:
        super().__init__(hits)
        self._code = code
        self._headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self.cuts = cuts

    @override
    async def before(self, record: Record) -> web.Response:
        self.struck.append(record)
        return web.json_response(_status(self._code), status=self._code, headers=self._headers)


class Hang(Fault):
    """There is no answer; the connection is broken when the fault is lifted.

    Args:
        hits: picks the requests.
        done: whether the API server is asked, and does what is wanted, before the answer gets lost.
    """

    def __init__(self, hits: Predicate, *, done: bool = False) -> None:
        super().__init__(hits)
        self._done = done

    @override
    async def before(self, record: Record) -> None:
        if not self._done:
            await self._hang(record)

    @override
    async def after(self, record: Record) -> None:
        if self._done:
            await self._hang(record)

    async def _hang(self, record: Record) -> None:
        self.struck.append(record)
        await self.lifted.wait()
        raise DroppedError


class Delay(Fault):
    """Each request takes so much longer."""

    def __init__(self, hits: Predicate, seconds: float) -> None:
        super().__init__(hits)
        self._seconds = seconds

    @override
    async def before(self, record: Record) -> None:
        self.struck.append(record)
        await asyncio.sleep(self._seconds)


class Lost(Fault):
    """The API server is out of reach: each connection is broken, the open ones too."""

    cuts = True

    @override
    async def before(self, record: Record) -> None:
        self.struck.append(record)
        raise DroppedError


class CutWatches(Fault):
    """Watches are cut in the middle of a line: the open ones at once, others at the first thing that they tell."""

    cuts = True

    def __init__(self, hits: Predicate = watches) -> None:
        super().__init__(hits)

    @override
    async def line(self, record: Record, line: bytes, arrived: float) -> None:
        self.struck.append(record)
        raise DroppedError(line[: len(line) // 2])


class SilentWatches(Fault):
    """Watches that were open when it was put in stay connected and tell nothing any more, not even bookmarks."""

    def __init__(self, hits: Predicate = watches) -> None:
        super().__init__(hits)

    @override
    async def line(self, record: Record, line: bytes, arrived: float) -> None:
        if record.started <= self.put_at:
            self.struck.append(record)
            await self.lifted.wait()
            raise DroppedError


class LagWatches(Fault):
    """What watches tell comes so much later, in the same order."""

    def __init__(self, hits: Predicate, seconds: float) -> None:
        super().__init__(hits)
        self._seconds = seconds

    @override
    async def line(self, record: Record, line: bytes, arrived: float) -> None:
        self.struck.append(record)
        await asyncio.sleep(max(arrived + self._seconds - time.monotonic(), 0))


class ExpiredWatches(Fault):
    """Each watch begins, as 410 often comes, with an event that says that its version is too old; open ones are cut."""

    cuts = True

    def __init__(self, hits: Predicate = watches) -> None:
        super().__init__(hits)

    @override
    async def before(self, record: Record) -> web.Response:
        self.struck.append(record)
        return web.json_response({"type": "ERROR", "object": _status(410)})


class KillAfter(Fault):
    """The operator is killed (-9) once its n-th write has been answered by the API server and before it hears so."""

    def __init__(self, hits: Predicate, count: int, process: subprocess.Popen[bytes]) -> None:
        super().__init__(hits)
        self._left = count
        self._process = process

    @override
    async def after(self, record: Record) -> None:
        self._left -= 1
        if self._left == 0:
            self.struck.append(record)
            os.kill(self._process.pid, signal.SIGKILL)
        if self._left <= 0:
            raise DroppedError


def _status(code: int) -> dict[str, object]:
    """A Status object, as the API server writes it."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"a fault made on purpose: {HTTPStatus(code).phrase.lower()}",
        "reason": _REASONS[code],
        "code": code,
    }
