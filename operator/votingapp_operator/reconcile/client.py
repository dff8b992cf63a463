"""The API server, as the operator uses it: a handful of calls, and errors that say what to do about them."""

from collections.abc import AsyncIterator, Callable
from math import inf
from types import TracebackType
from typing import Self

import aiohttp
import orjson

from votingapp_operator.desired.app import MANAGER, Manifest
from votingapp_operator.reconcile.errors import NotLeadingError, UnavailableError, error_of
from votingapp_operator.reconcile.kinds import RESOURCES, Object, Scope
from votingapp_operator.reconcile.parsing import parse
from votingapp_operator.reconcile.transport import Request, Transport, unreachable

REQUEST_TIMEOUT = 10.0
"""Seconds until a request is given up; a healthy API server answers in milliseconds."""

WATCH_TIMEOUT = 45
"""Seconds after which the API server ends a watch, so that one which has died unnoticed is not waited for long."""

PAGE = 100
"""Objects to a page of a list: a page is in memory whole, a list never is."""

NEW = "1"
"""A resource version that no object has. A server-side apply that names it creates an object or is a conflict, and so
cannot take over one that somebody else has made under that name, however late."""

_METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_NOT_FOUND = 404


class Client:
    """The calls that the operator makes. One for the whole process.

    Attributes:
        may_write: seconds for which writing is still allowed; writes are refused when there are none left, and are
            given up when they have passed. The Lease is exempt.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.may_write: Callable[[], float] = lambda: inf

    @classmethod
    async def connect(cls) -> Self:
        """A client for the cluster that this process runs in, or else that of the user's kubeconfig.

        Raises:
            kubernetes.aio.config.ConfigException: there is neither.
        """
        return cls(await Transport.connect())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def metadata(self, kind: str, namespace: str, name: str) -> Object | None:
        """An object's metadata without its content, or None where there is no such object."""
        path = RESOURCES[kind].path(namespace, name)
        return await self._answer(Request("get", kind, path, accept=_METADATA_ONLY, or_none=True))

    async def read(self, kind: str, namespace: str, name: str) -> Object | None:
        """A whole object, or None where there is no such object."""
        return await self._answer(Request("get", kind, RESOURCES[kind].path(namespace, name), or_none=True))

    async def pages(self, scope: Scope) -> AsyncIterator[Object]:
        """The lists, page by page, of all objects in a scope.

        Raises:
            ExpiredError: it took so long that the rest is no longer known.
        """
        token = ""
        while True:
            query = {"labelSelector": scope.selector, "limit": PAGE, "continue": token}
            page = await self._answer(Request("list", scope.kind, scope.path, query)) or {}
            yield page
            token = page["metadata"].get("continue", "")
            if not token:
                return

    async def list(self, scope: Scope) -> list[Object]:
        """The objects in a scope."""
        return [item async for page in self.pages(scope) for item in page.get("items") or ()]

    async def watch(self, scope: Scope, version: str) -> AsyncIterator[Object]:
        """What happens to the objects in a scope after a version, until the API server ends the watch.

        Raises:
            ExpiredError: the version is too old.
            UnavailableError: the connection broke, or nothing came for too long.
        """
        query = {
            "watch": "true",
            "labelSelector": scope.selector,
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": WATCH_TIMEOUT,
        }
        patience = aiohttp.ClientTimeout(total=None, sock_connect=REQUEST_TIMEOUT, sock_read=WATCH_TIMEOUT + 5)
        try:
            async with await self._transport.send(
                Request("watch", scope.kind, scope.path, query), patience
            ) as response:
                async for line in _lines(response.content):
                    yield _event(line)
        except orjson.JSONDecodeError as error:
            raise UnavailableError("BrokenWatch", f"the watch on {scope.kind} ended within an event") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise unreachable(error) from error

    async def apply(
        self, manifest: Manifest, *, subresource: str | None = None, dry_run: bool = False, manager: str = MANAGER
    ) -> Object:
        """Server-side apply, taking over the fields that the manifest names.

        Args:
            manifest: the fields. A `metadata.uid` or `metadata.resourceVersion` in it must be the object's; see `NEW`.
            subresource: `status`, or None for the object itself.
            dry_run: only answer what would come of it.
            manager: whose the fields are from then on.

        Raises:
            RefusedError: the manifest is not acceptable.
            ConflictError: the object is not the one that the manifest means.
            UnavailableError: try again later.
        """
        kind, metadata = manifest["kind"], manifest["metadata"]
        path = RESOURCES[kind].path(metadata["namespace"], metadata["name"], subresource)
        query = {"fieldManager": manager, "force": "true", **_dry(dry_run)}
        return await self._answer(Request("apply", kind, path, query, manifest)) or {}

    async def replace(self, manifest: Manifest, *, dry_run: bool = False) -> Object:
        """Write a whole object: create it, or put it in the place of the version that it names.

        Raises:
            AlreadyExistsError: the name is taken.
            ConflictError: it has been changed since.
            RefusedError: the manifest is not acceptable.
        """
        kind, metadata = manifest["kind"], manifest["metadata"]
        known = "resourceVersion" in metadata
        path = RESOURCES[kind].path(metadata["namespace"], metadata["name"] if known else None)
        query = {"fieldManager": MANAGER, **_dry(dry_run)}
        return await self._answer(Request("update" if known else "create", kind, path, query, manifest)) or {}

    async def merge(self, kind: str, namespace: str, name: str, patch: Object) -> None:
        """A JSON merge patch, for the one object that is not applied: the Secret, whose data is nobody's to know."""
        path = RESOURCES[kind].path(namespace, name)
        await self._answer(Request("patch", kind, path, {"fieldManager": MANAGER}, patch))

    async def delete(self, kind: str, namespace: str, name: str, uid: str) -> Object | None:
        """Delete exactly the object of that uid.

        Returns:
            The object, where a finalizer still keeps it; None where it is gone.

        Raises:
            ConflictError: another object has its name.
        """
        body = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        path = RESOURCES[kind].path(namespace, name)
        answer = await self._answer(Request("delete", kind, path, body=body, or_none=True))
        return answer if answer is not None and answer.get("metadata", {}).get("finalizers") else None

    async def _answer(self, request: Request) -> Object | None:
        """The whole answer to a request; None for "not found" where that is an answer."""
        seconds = REQUEST_TIMEOUT
        if request.writes and request.kind != "Lease":
            seconds = min(seconds, self.may_write())
            if seconds <= 0:
                raise NotLeadingError("NotLeading", "this replica does not lead, so it does not write")
        try:
            async with await self._transport.send(request, aiohttp.ClientTimeout(total=seconds)) as response:
                if response.status == _NOT_FOUND:
                    return None
                answer: Object = parse(await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError, orjson.JSONDecodeError) as error:
            raise unreachable(error) from error
        return answer


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """The lines of a stream, of whatever length: aiohttp's own are limited by its buffer, which should be small."""
    begun: list[bytes] = []
    async for chunk in content.iter_any():
        *whole, rest = chunk.split(b"\n")
        for end in whole:
            yield b"".join([*begun, end])
            begun = []
        if rest:
            begun.append(rest)
    if begun:
        yield b"".join(begun)


def _event(line: bytes) -> Object:
    event: Object = parse(line)
    if event["type"] == "ERROR":
        raise error_of(event["object"].get("code", 0), orjson.dumps(event["object"]))
    return event


def _dry(dry_run: bool) -> dict[str, str]:  # noqa: FBT001 - private, and named as the option is
    return {"dryRun": "All"} if dry_run else {}
