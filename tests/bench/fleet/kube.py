"""The API server by as little code as there can be: what measures must not cost, and the floor must be one."""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

Object = dict[str, Any]

IN_FLIGHT = 16
"""Requests at a time, as many as the operator sends."""

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"

TIMEOUT = 60.0
PATIENCE = 1800.0
BUSY_SHARE = 0.1
"""Of its time that waiting may spend on asking."""


class RequestFailedError(Exception):
    """The API server refused a request."""

    def __init__(self, method: str, path: str, status: int, text: str) -> None:
        super().__init__(f"{method} {path}: {status} {text}")
        self.status = status


class Kube:
    """Connections to the API server."""

    def __init__(self, server: str, tls: ssl.SSLContext, token: str | None = None) -> None:
        headers = {"Accept-Encoding": "identity", **({"Authorization": f"Bearer {token}"} if token else {})}
        self._session = aiohttp.ClientSession(
            server,
            connector=aiohttp.TCPConnector(limit=0, ssl=tls),
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def text(
        self, method: str, path: str, body: bytes | None = None, *, sent: str = "", wanted: str = ""
    ) -> bytes:
        """One request, and its answer as it comes."""
        headers = {"Accept": wanted or "application/json", "Content-Type": sent or "application/json"}
        async with self._session.request(method, path, data=body, headers=headers) as response:
            answer = await response.read()
        if response.status >= 300:
            raise RequestFailedError(method, path, response.status, answer.decode(errors="replace")[:500])
        return answer

    async def get(self, path: str, *, wanted: str = "") -> Object:
        """An object or a list."""
        return dict(orjson.loads(await self.text("GET", path, wanted=wanted)))

    async def apply(self, path: str, manifest: bytes) -> Object:
        """Server-side apply, in the operator's own way."""
        where = f"{path}?fieldManager=votingapp-operator&force=true"
        return dict(orjson.loads(await self.text("PATCH", where, manifest, sent=APPLY)))

    async def merge(self, path: str, patch: Object) -> Object:
        """A change by somebody else."""
        where = f"{path}?fieldManager=votingapp-bench"
        return dict(orjson.loads(await self.text("PATCH", where, orjson.dumps(patch), sent=MERGE)))

    async def create(self, path: str, manifest: Object) -> Object:
        """Create an object; one that is there already is as good."""
        try:
            return dict(orjson.loads(await self.text("POST", path, orjson.dumps(manifest))))
        except RequestFailedError as error:
            if error.status == 409:
                return {}
            raise

    async def delete(self, path: str) -> None:
        """Delete an object or all of a list; none is as good."""
        try:
            await self.text("DELETE", path)
        except RequestFailedError as error:
            if error.status != 404:
                raise

    async def count(self, path: str) -> int:
        """How many objects a list has, without listing them."""
        page = await self.get(f"{path}?limit=1", wanted=METADATA_ONLY)
        return len(page["items"] or ()) + int(page["metadata"].get("remainingItemCount", 0))

    async def watch(self, path: str, query: str, version: str = "") -> AsyncGenerator[Object]:
        """What happens to the objects of a list from now on, or from a version on."""
        where = f"{path}?watch=true&{query}&resourceVersion={version}"
        forever = aiohttp.ClientTimeout(total=None)
        async with self._session.get(where, timeout=forever, read_bufsize=2**22) as response:
            response.raise_for_status()
            async for line in response.content:
                yield orjson.loads(line)


async def all_of(jobs: Iterable[Callable[[], Awaitable[object]]]) -> None:
    """Do many things, so many at a time; the first failure ends it."""
    waiting = iter(jobs)

    async def work() -> None:
        for job in waiting:
            await job()

    async with asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT):
            group.create_task(work())


async def until(
    check: Callable[[], Awaitable[bool]], *, what: str, pause: float = 0.05, patience: float = 1800
) -> None:
    """Ask until it is so: often where asking is cheap, seldom where it is dear."""
    began = time.monotonic()
    while True:
        asked = time.monotonic()
        if await check():
            return
        now = time.monotonic()
        if now - began > patience:
            raise TimeoutError(f"waited {patience:.0f} s for {what}")
        await asyncio.sleep(max(pause, (now - asked) / BUSY_SHARE))
