"""The proxy itself: an event loop in a thread of its own."""

import asyncio
import base64
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import aiohttp
import yaml
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from cluster import paths
from cluster.deploy import NAMESPACE, OPERATOR
from tests.support.proxy.faults import DroppedError, Fault
from tests.support.proxy.records import Record

_PASSED_ON = ("Accept", "Content-Type", "User-Agent")
_PASSED_BACK = ("Content-Type", "Retry-After")

_IMPERSONATION = [
    ("Impersonate-User", f"system:serviceaccount:{NAMESPACE}:{OPERATOR}"),
    ("Impersonate-Group", "system:serviceaccounts"),
    ("Impersonate-Group", f"system:serviceaccounts:{NAMESPACE}"),
    ("Impersonate-Group", "system:authenticated"),
]
"""The operator's own rights apply to what it asks for, whoever runs the test."""

_HALF_A_LINE = b'{"type":"MODIFIED","object":{"metadata":{"na'

_Lines = asyncio.Queue[tuple[float, bytes] | None]
"""Of a watch, with the time of each; an empty line is where it is to be cut, None is its end."""


class Proxy:
    """Stands between one operator and the API server while its `with` block runs.

    Attributes:
        records: all requests so far, in the order in which they came.
        port: where it listens, on 127.0.0.1.
    """

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.port = 0
        self._faults: tuple[Fault, ...] = ()
        self._watches: list[tuple[Record, _Lines]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")
        self._server, self._tls = _upstream()

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait_for(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        for fault in self._faults:
            self.lift(fault)
        self._wait_for(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def kubeconfig(self, folder: Path) -> Path:
        """A kubeconfig that leads here, written into a folder."""
        entries = {
            "clusters": [{"name": "proxy", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "nobody", "user": {}}],
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "nobody"}}],
        }
        path = folder / f"kubeconfig-{self.port}"
        head = {"apiVersion": "v1", "kind": "Config", "current-context": "proxy"}
        path.write_text(yaml.safe_dump({**head, **entries}))
        return path

    def put(self, fault: Fault) -> None:
        """Begin to do something wrong. Comes back when open watches that it cuts are cut."""
        fault.put_at = time.monotonic()
        self._faults = (*self._faults, fault)
        if fault.cuts:
            self._wait_for(self._cut(fault))

    def lift(self, fault: Fault) -> None:
        """Do it no more."""
        self._faults = tuple(other for other in self._faults if other is not fault)
        self._loop.call_soon_threadsafe(fault.lifted.set)

    @contextmanager
    def faulty(self, fault: Fault) -> Iterator[Fault]:
        """Do something wrong while the block runs."""
        self.put(fault)
        try:
            yield fault
        finally:
            self.lift(fault)

    def seen(self, *picks: Callable[[Record], bool], since: float = 0.0) -> list[Record]:
        """The requests that came since a moment, and that all predicates pick."""
        return [record for record in self.records[:] if record.started >= since and all(pick(record) for pick in picks)]

    def _wait_for(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=30)

    async def _start(self) -> None:
        connector = aiohttp.TCPConnector(ssl=self._tls, limit=0)
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        await self._runner.cleanup()
        others = asyncio.all_tasks() - {asyncio.current_task()}  # of watches whose operator was killed
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._session.close()

    async def _cut(self, fault: Fault) -> None:
        for record, lines in self._watches:
            if fault.hits(record):
                fault.struck.append(record)
                lines.put_nowait((time.monotonic(), b""))

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        record = Record(
            started=time.monotonic(),
            method=request.method,
            path=request.path,
            query=dict(request.query),
            agent=request.headers.get("User-Agent", ""),
            body=await request.read(),
        )
        self.records.append(record)
        try:
            response = await self._answer(request, record)
        except (DroppedError, aiohttp.ClientError, ConnectionError):
            if request.transport is not None:
                request.transport.abort()
            return web.Response()  # to nobody
        record.told = response.status
        return response

    async def _answer(self, request: web.Request, record: Record) -> web.StreamResponse:
        for fault in self._hitting(record):
            answer = await fault.before(record)
            if answer is not None:
                return answer
        headers = CIMultiDict((name, request.headers[name]) for name in _PASSED_ON if name in request.headers)
        headers.extend(_IMPERSONATION)
        url = URL(f"{self._server}{request.raw_path}", encoded=True)
        async with self._session.request(request.method, url, headers=headers, data=record.body or None) as upstream:
            record.answered, record.status = time.monotonic(), upstream.status
            back = {name: upstream.headers[name] for name in _PASSED_BACK if name in upstream.headers}
            if record.is_watch and record.succeeded:
                return await self._stream(request, record, upstream, back)
            body = await upstream.read()
        for fault in self._hitting(record):
            await fault.after(record)
        return web.Response(status=upstream.status, headers=back, body=body)

    async def _stream(
        self, request: web.Request, record: Record, upstream: aiohttp.ClientResponse, headers: dict[str, str]
    ) -> web.StreamResponse:
        """Pass a watch on line by line: one task reads, so that a line that is kept back does not stop the clock."""
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        record.told = response.status
        lines: _Lines = asyncio.Queue()
        watch = (record, lines)
        self._watches.append(watch)
        reader = asyncio.create_task(_read(upstream, lines))
        try:
            while (item := await lines.get()) is not None:
                arrived, line = item
                await self._pass_by(record, line, arrived)
                await response.write(line)
        except DroppedError as dropped:
            await response.write(dropped.last)
            raise
        finally:
            reader.cancel()
            self._watches.remove(watch)
        return response

    async def _pass_by(self, record: Record, line: bytes, arrived: float) -> None:
        if not line:
            raise DroppedError(_HALF_A_LINE)
        for fault in self._hitting(record):
            await fault.line(record, line, arrived)

    def _hitting(self, record: Record) -> list[Fault]:
        return [fault for fault in self._faults if fault.hits(record)]


async def _read(upstream: aiohttp.ClientResponse, lines: _Lines) -> None:
    with suppress(aiohttp.ClientError):
        while line := await upstream.content.readline():
            lines.put_nowait((time.monotonic(), line))
    lines.put_nowait(None)


def _upstream() -> tuple[str, ssl.SSLContext]:
    """The real API server's address, and what it takes to be let in."""
    config = yaml.safe_load(paths.kubeconfig().read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    with TemporaryDirectory() as folder:  # the standard library takes a client's certificate from files only
        pair = Path(folder) / "certificate", Path(folder) / "key"
        for path, name in zip(pair, ("certificate", "key"), strict=True):
            path.touch(mode=0o600)
            path.write_bytes(base64.b64decode(user[f"client-{name}-data"]))
        tls.load_cert_chain(*pair)
    return cluster["server"], tls
