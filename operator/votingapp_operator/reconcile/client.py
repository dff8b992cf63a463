"""The API server, as the operator uses it: a handful of calls, and errors that say what to do about them."""

import json
from types import TracebackType
from typing import Self

import aiohttp
from kubernetes.aio import config
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.dynamic import DynamicClient
from kubernetes.aio.dynamic.exceptions import DynamicApiError

from votingapp_operator.desired.app import MANAGER, Manifest
from votingapp_operator.reconcile.kinds import RESOURCES, Object

REQUEST_TIMEOUT = 10.0
"""Seconds until a request is given up; a healthy API server answers in milliseconds."""

CONNECTIONS = 32
"""To the API server at once; enough for every reconcile that may run at once."""

_METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


class ApiError(Exception):
    """The API server did not do what it was asked.

    Attributes:
        reason: the Status object's one word, such as `Invalid` or `Forbidden`.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class RefusedError(ApiError):
    """It will say the same again until somebody changes something."""


class UnavailableError(ApiError):
    """It may well work later: overload, a conflict, a connection that broke."""


class AlreadyExistsError(ApiError):
    """There is an object of that name."""


_PERMANENT = frozenset({400, 401, 403, 405, 413, 415, 422})

_TYPE_ERROR = "failed to create typed patch object"
"""How server-side apply says that a manifest does not fit its kind; it answers 500 for that."""


class Client:
    """The calls that the operator makes. One for the whole process."""

    def __init__(self, dynamic: DynamicClient) -> None:
        self._dynamic = dynamic

    @classmethod
    async def connect(cls) -> Self:
        """A client for the cluster that this process runs in, or else that of the user's kubeconfig.

        Raises:
            kubernetes.aio.config.ConfigException: there is neither.
        """
        configuration = Configuration()
        configuration.connection_pool_maxsize = CONNECTIONS
        try:
            config.load_incluster_config(client_configuration=configuration)
        except config.ConfigException:
            await config.load_kube_config(client_configuration=configuration)
        return cls(DynamicClient(ApiClient(configuration)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._dynamic.client.close()

    async def metadata(self, kind: str, namespace: str, name: str) -> Object | None:
        """An object's metadata without its content, or None where there is no such object."""
        path = RESOURCES[kind].path(namespace, name)
        return await self._call("get", path, header_params={"Accept": _METADATA_ONLY}, missing_ok=True)

    async def read(self, kind: str, namespace: str, name: str) -> Object | None:
        """A whole object, or None where there is no such object."""
        return await self._call("get", RESOURCES[kind].path(namespace, name), missing_ok=True)

    async def list(self, kind: str, namespace: str, selector: str) -> list[Object]:
        """The objects of a kind that a label selector finds."""
        found = await self._call("get", RESOURCES[kind].path(namespace), label_selector=selector)
        return list((found or {}).get("items", ()))

    async def apply(self, manifest: Manifest, *, subresource: str | None = None, dry_run: bool = False) -> Object:
        """Server-side apply, taking over the fields that the manifest names.

        Args:
            manifest: the fields.
            subresource: `status`, or None for the object itself.
            dry_run: only answer what would come of it.

        Raises:
            RefusedError: the manifest is not acceptable.
            UnavailableError: try again later.
        """
        metadata = manifest["metadata"]
        path = RESOURCES[manifest["kind"]].path(metadata["namespace"], metadata["name"], subresource)
        result = await self._call(
            "patch",
            path,
            body=manifest,
            content_type="application/apply-patch+yaml",
            field_manager=MANAGER,
            force_conflicts="true",
            dry_run="All" if dry_run else None,
        )
        return result or {}

    async def replaced(self, manifest: Manifest) -> Object:
        """What the API server would make of an object that is written whole: checked, and with its defaults; a dry run.

        Raises:
            RefusedError: it would not accept it.
        """
        resource, metadata = RESOURCES[manifest["kind"]], manifest["metadata"]
        known = "resourceVersion" in metadata
        path = resource.path(metadata["namespace"], metadata["name"] if known else None)
        return await self._call("put" if known else "post", path, body=manifest, dry_run="All") or {}

    async def create(self, manifest: Manifest) -> Object:
        """Create an object.

        Raises:
            AlreadyExistsError: the name is taken.
        """
        path = RESOURCES[manifest["kind"]].path(manifest["metadata"]["namespace"])
        result = await self._call("post", path, body=manifest, field_manager=MANAGER)
        return result or {}

    async def merge(self, kind: str, namespace: str, name: str, patch: Object) -> None:
        """A JSON merge patch, for the one object that is not applied: the Secret, whose data is nobody's to know."""
        path = RESOURCES[kind].path(namespace, name)
        await self._call("patch", path, body=patch, content_type="application/merge-patch+json", field_manager=MANAGER)

    async def delete(self, kind: str, namespace: str, name: str, uid: str) -> None:
        """Delete exactly the object of that uid; one that is gone, or another of its name, is left alone."""
        path = RESOURCES[kind].path(namespace, name)
        body = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        await self._call("delete", path, body=body, missing_ok=True)

    async def _call(self, method: str, path: str, *, missing_ok: bool = False, **parameters: object) -> Object | None:
        try:
            response = await self._dynamic.request(
                method, path, serialize=False, _request_timeout=REQUEST_TIMEOUT, **{"query_params": [], **parameters}
            )
            answer: Object = await response.json()
        except (ApiException, DynamicApiError) as error:
            if error.status == 404 and missing_ok:  # noqa: PLR2004 - HTTP's own number
                return None
            raise _translated(error) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UnavailableError(
                "Unreachable", f"the API server does not answer: {error or type(error).__name__}"
            ) from error
        return answer


def _translated(error: ApiException | DynamicApiError) -> ApiError:
    """The project's own error for an answer that is none of 2xx."""
    status = _status_object(error.body)
    reason = status.get("reason") or f"Http{error.status}"
    message = status.get("message") or str(error.reason)
    if _TYPE_ERROR in message:
        return RefusedError("Invalid", message)
    if reason == "AlreadyExists":
        return AlreadyExistsError(reason, message)
    if error.status in _PERMANENT:
        return RefusedError(reason, message)
    return UnavailableError(reason, message)


def _status_object(body: object) -> Object:
    try:
        status = json.loads(body) if isinstance(body, str | bytes) else body
    except ValueError:
        return {}
    return status if isinstance(status, dict) else {}
