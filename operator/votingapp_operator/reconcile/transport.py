"""One request to the API server, on the official client's connections.

`kubernetes.aio` knows kubeconfigs, tokens and certificates, and its transport is used; its generated methods and their
serialisers are not: manifests here are plain JSON from end to end, and a fleet's worth of them has to be cheap.
"""

from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import getproxies

import aiohttp
from kubernetes.aio import config
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration

from votingapp_operator.desired.app import MANAGER
from votingapp_operator.desired.text import as_text
from votingapp_operator.reconcile.errors import UnavailableError, error_of
from votingapp_operator.reconcile.kinds import Object
from votingapp_operator.reconcile.metrics import API_REQUESTS

CONNECTIONS = 32
"""To the API server at once: the watches, the Lease, and the writes of every look that may run at once."""

BUFFER = 2**16
"""Bytes of an answer that are read before they are wanted."""

_METHODS = {"apply": "PATCH", "patch": "PATCH", "create": "POST", "update": "PUT", "delete": "DELETE"}
_CONTENT_TYPES = {"apply": "application/apply-patch+yaml; charset=utf-8", "patch": "application/merge-patch+json"}
"""With a charset, the official client leaves the text of an apply as it is; without one it would quote it again."""

_NOT_FOUND, _FIRST_ERROR = 404, 300


@dataclass(frozen=True)
class Request:
    """What is asked of the API server.

    Attributes:
        verb: get, list, watch, apply, create, update, patch or delete.
        kind: of object.
        path: of the URL.
        query: its parameters.
        body: the object or patch that is sent; None for none.
        accept: the form of the answer.
        or_none: whether "not found" is an answer and not an error.
    """

    verb: str
    kind: str
    path: str
    query: dict[str, Any] = field(default_factory=dict)
    body: Object | None = None
    accept: str = "application/json"
    or_none: bool = False

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.verb in _METHODS and "dryRun" not in self.query


class Transport:
    """Sends requests, counts them, and turns an answer that is none of 2xx into an error."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    @classmethod
    async def connect(cls) -> Self:
        """To the cluster that this process runs in, or else that of the user's kubeconfig.

        Raises:
            kubernetes.aio.config.ConfigException: there is neither.
        """
        configuration = Configuration()
        configuration.connection_pool_maxsize = CONNECTIONS
        configuration.retries = None  # who retries what, and when, is decided here
        # Looking for a proxy in the environment costs two threads' work a request: only where there is one.
        # The client's own buffers hold megabytes of every watch while a fleet is busy.
        configuration.client_session_kwargs = {"trust_env": bool(getproxies()), "read_bufsize": BUFFER}
        try:
            config.load_incluster_config(client_configuration=configuration)
        except config.ConfigException:
            await config.load_kube_config(client_configuration=configuration)
        return cls(ApiClient(configuration))

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()

    async def send(self, request: Request, patience: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        """The answer, to be read and closed by the caller.

        Raises:
            ApiError: the answer is an error.
            aiohttp.ClientError, TimeoutError, OSError: there is none.
        """
        headers = {
            "Accept": request.accept,
            "Accept-Encoding": "identity",  # compressing would cost both sides more than a cluster's network does
            "Content-Type": _CONTENT_TYPES.get(request.verb, "application/json"),
            "User-Agent": MANAGER,
        }
        await self._api.update_params_for_auth(headers, [], ["BearerToken"], request.path, request.verb, request.body)
        url = f"{self._api.configuration.host}{request.path}?{urlencode(request.query)}"
        method, code = _METHODS.get(request.verb, "GET"), "error"
        body = as_text(request.body) if request.verb == "apply" and request.body is not None else request.body
        try:
            answer = await self._api.rest_client.request(method, url, headers, body, _request_timeout=patience)
            code = str(answer.status)
        finally:
            API_REQUESTS.labels(request.verb, request.kind, code).inc()
        response: aiohttp.ClientResponse = answer.response
        if response.status < _FIRST_ERROR or (request.or_none and response.status == _NOT_FOUND):
            return response
        async with response:
            raise error_of(response.status, await response.read(), response.headers.get("Retry-After"))


def unreachable(error: Exception) -> UnavailableError:
    """The error for a request to which there was no answer, or half of one."""
    return UnavailableError("Unreachable", f"the API server does not answer: {error or type(error).__name__}")
