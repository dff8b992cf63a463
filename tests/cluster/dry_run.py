"""Questions to the API server that change nothing: what would become of this? Many are under way at once."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
import pykube
from votingapp_operator.api import API_VERSION, KIND
from votingapp_operator.desired.text import as_text

from cluster import paths
from tests.support.kube import PLACES, Kube

IN_FLIGHT = 12
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What the API server said to one request."""

    status: int
    body: dict[str, Any]
    warnings: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """Whether it would have been done, were it not for the dry run."""
        return self.status in (200, 201)

    @property
    def message(self) -> str:
        """Why not."""
        return str(self.body.get("message", ""))


@dataclass(frozen=True)
class Server:
    """The API server, asked in dry runs only."""

    session: aiohttp.ClientSession
    namespace: str

    async def create(self, spec: Any, name: str) -> Answer:
        """Create a VotingApp."""
        body = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": spec}
        return await self._ask("POST", self._path(KIND), json.dumps(body), "application/json", {})

    async def apply(self, manifest: dict[str, Any], *, subresource: str = "") -> Answer:
        """Server-side apply, as the operator does it."""
        path = f"{self._path(manifest['kind'])}/{manifest['metadata']['name']}{subresource}"
        parameters = {"fieldManager": "votingapp-operator", "force": "true"}
        return await self._ask("PATCH", path, as_text(manifest), "application/apply-patch+yaml", parameters)

    def _path(self, kind: str) -> str:
        version, plural = PLACES[kind]
        return f"/{'apis' if '/' in version else 'api'}/{version}/namespaces/{self.namespace}/{plural}"

    async def _ask(self, method: str, path: str, body: str, content: str, parameters: dict[str, str]) -> Answer:
        headers = {"Content-Type": content, "Accept": "application/json"}
        query = {**parameters, "dryRun": "All"}
        async with self.session.request(method, path, data=body, headers=headers, params=query) as response:
            return Answer(response.status, await response.json(), tuple(response.headers.getall("Warning", ())))


def ask(kube: Kube, question: Callable[[Server, T], Awaitable[list[str]]], subjects: Iterable[T]) -> list[str]:
    """Ask something about each subject, so many at a time, and put all that was found into one list."""

    async def asked() -> list[str]:
        gate = asyncio.Semaphore(IN_FLIGHT)

        async def about(server: Server, subject: T) -> list[str]:
            async with gate:
                return await question(server, subject)

        async with _session() as session:
            server = Server(session, kube.namespace)
            found = await asyncio.gather(*(about(server, subject) for subject in subjects))
        return [finding for findings in found for finding in findings]

    return asyncio.run(asked())


def _session() -> aiohttp.ClientSession:
    config = pykube.KubeConfig.from_file(str(paths.kubeconfig()))
    trust = ssl.create_default_context(cafile=config.cluster["certificate-authority"].filename())
    trust.load_cert_chain(config.user["client-certificate"].filename(), config.user["client-key"].filename())
    return aiohttp.ClientSession(config.cluster["server"], connector=aiohttp.TCPConnector(ssl=trust, limit=IN_FLIGHT))
