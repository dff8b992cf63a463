"""The CRD, the types and the builders agree with the real API server, on specs that nobody thought of.

Everything is a dry run, so nothing is kept and nothing starts; many requests are under way at once.
"""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pydantic
import pykube
import pytest
from hypothesis import given
from votingapp_operator.api import API_VERSION, KIND, VotingAppSpec
from votingapp_operator.desired import App, Images, build
from votingapp_operator.desired.credentials import with_new_password
from votingapp_operator.desired.text import as_text

from cluster import paths
from tests.cluster.conftest import NO_PODS
from tests.support.kube import PLACES, Kube, namespace, wait_until
from tests.unit.fuzz.runs import often, tell
from tests.unit.fuzz.schema import Values
from tests.unit.fuzz.specs import valid_specs, wrong_specs

IN_FLIGHT = 12
IMAGES = Images(vote="vote:1", redis="redis:1", worker="worker:1", postgres="postgres:1", result="result:1")
NAMES = ("a", "demo", "x" * 40)
"""Of VotingApps: the shortest and the longest; few, so that equal manifests are sent once."""

UID = "00000000-0000-0000-0000-000000000001"
IN_USE = "provided port is already allocated"
"""What the API server says of a node port that another Service of the cluster has: no fault of the spec's."""


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

    async def apply(self, manifest: dict[str, Any]) -> Answer:
        """Server-side apply, as the operator does it."""
        path = f"{self._path(manifest['kind'])}/{manifest['metadata']['name']}"
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


def run(kube: Kube, work: Callable[[Server], Awaitable[None]]) -> None:
    """Do the work with a connection to the API server."""

    async def connected() -> None:
        config = pykube.KubeConfig.from_file(str(paths.kubeconfig()))
        trust = ssl.create_default_context(cafile=config.cluster["certificate-authority"].filename())
        trust.load_cert_chain(config.user["client-certificate"].filename(), config.user["client-key"].filename())
        connector = aiohttp.TCPConnector(ssl=trust, limit=IN_FLIGHT)
        async with aiohttp.ClientSession(config.cluster["server"], connector=connector) as session:
            await work(Server(session, kube.namespace))

    asyncio.run(connected())


def drawn(specs: Values, count: int) -> list[Any]:
    """So many values of a strategy, the same ones in every run."""
    found: list[Any] = []

    @often(count)
    @given(specs)
    def collect(spec: Any) -> None:
        found.append(spec)

    collect()
    return found


def named(specs: Iterable[Any]) -> list[tuple[str, Any]]:
    return [(NAMES[number % len(NAMES)], spec) for number, spec in enumerate(specs)]


def manifests_of(name: str, namespace: str, spec: VotingAppSpec) -> list[dict[str, Any]]:
    app = App(name=name, namespace=namespace, uid=UID, spec=spec, images=IMAGES, credentials_uid=UID)
    made = build(app)
    secret = [] if made.credentials is None else [with_new_password(made.credentials)]
    return [*secret, *made.supports, *made.workloads]


async def faults_of(server: Server, name: str, spec: Any, sent: set[str]) -> list[str]:
    """What the API server has against a spec, or against anything that is made of it and was not sent before."""
    answer = await server.create(spec, name)
    if not answer.accepted:
        return [f"VotingApp {spec}: {answer.message}"]
    found = []
    for manifest in manifests_of(name, server.namespace, VotingAppSpec.model_validate(answer.body["spec"])):
        text = as_text(manifest)
        if manifest["kind"] != "Secret" and text in sent:
            continue
        sent.add(text)
        said = await server.apply(manifest)
        if not said.accepted and IN_USE not in said.message:
            found.append(f"{manifest['kind']} of {spec}: {said.message}")
        found += [f"{manifest['kind']} of {spec}: {warning}" for warning in said.warnings if "PodSecurity" in warning]
    return found


@pytest.fixture(scope="module")
def somewhere() -> Iterator[Kube]:
    """One namespace for all: nothing is kept in it. It warns of pods that Pod Security `restricted` would refuse."""
    with namespace("fuzz") as kube:
        kube.patch(
            "Namespace", kube.namespace, {"metadata": {"labels": {"pod-security.kubernetes.io/warn": "restricted"}}}
        )
        yield kube


def test_what_the_schema_accepts_the_api_server_accepts_with_all_that_is_made_of_it(
    somewhere: Kube, capsys: pytest.CaptureFixture[str]
) -> None:
    specs = named(drawn(valid_specs(), 300))
    faults: list[str] = []
    sent: set[str] = set()

    async def look_at(server: Server, name: str, spec: Any) -> None:
        faults.extend(await faults_of(server, name, spec, sent))

    async def try_all(server: Server) -> None:
        await side_by_side(look_at(server, name, spec) for name, spec in specs)

    run(somewhere, try_all)
    tell(capsys, "on the API server", {"valid specs": len(specs), "manifests": len(sent), "faults": len(faults)})
    assert len(specs) >= 300
    assert not faults, "\n".join(faults)


def test_what_the_api_server_accepts_the_types_can_read(somewhere: Kube, capsys: pytest.CaptureFixture[str]) -> None:
    specs = drawn(wrong_specs(), 300)
    refused: list[str] = []
    faults: list[str] = []

    async def try_one(server: Server, spec: Any) -> None:
        answer = await server.create(spec, "demo")
        if not answer.accepted:
            refused.append(answer.message)
            return
        try:
            VotingAppSpec.model_validate(answer.body["spec"])
        except pydantic.ValidationError as error:
            faults.append(f"{spec}: {error}")

    async def try_all(server: Server) -> None:
        await side_by_side(try_one(server, spec) for spec in specs)

    run(somewhere, try_all)
    tell(capsys, "on the API server", {"wrong specs": len(specs), "refused": len(refused), "faults": len(faults)})
    assert len(refused) >= 100, "hardly anything wrong was made"
    assert not faults, "\n".join(faults)


FOUND = [
    ({"vote": {"image": "vote:1 "}}, "should match"),
    ({"vote": {"image": "\U0001f600"}}, "should match"),
    ({"vote": {"env": [{"name": "X", "value": "x", "valueFrom": {}}]}}, "write value or valueFrom, not both"),
    ({"vote": {"resources": {"limits": {"example.com/gpu": 1}}}}, "write other resources into podTemplate"),
    (
        {"vote": {"resources": {"requests": {"cpu": 2}, "limits": {"cpu": "1999m"}}}},
        "lower the request or raise the limit",
    ),
    ({"vote": {"resources": {"limits": {"cpu": -1}}}}, "should be greater than or equal to 0"),
    ({"vote": {"service": {"annotations": {"not a key": "x"}}}}, "the key of an annotation is a name of at most 63"),
    ({"vote": {"service": {"annotations": {"a": "x" * 40000, "b": "x" * 40000}}}}, "may hold 65000 characters in all"),
    ({"redis": {"storage": {"size": 0}}}, "a volume needs a size: write one such as 1Gi"),
    ({"redis": {"storage": {"size": "0.0Gi"}}}, "a volume needs a size: write one such as 1Gi"),
    ({"redis": {"storage": {"storageClassName": "Fast"}}}, "should match"),
    ({"postgres": {"credentialsSecret": "a..b"}}, "should match"),
]
"""What was accepted once, and then stopped a component: each is refused now, by a message that helps."""


@pytest.mark.parametrize(("spec", "message"), FOUND, ids=[json.dumps(spec)[:60] for spec, _ in FOUND])
def test_what_was_found_is_refused_at_apply(somewhere: Kube, spec: Any, message: str) -> None:
    answers: list[Answer] = []

    async def try_it(server: Server) -> None:
        answers.append(await server.create(spec, "demo"))

    run(somewhere, try_it)
    assert not answers[0].accepted
    assert message in answers[0].message


ODD_BUT_SOUND = [
    {"poll": {"title": "\U0001f600\x7f\x85\u2028\ufeff\uffff"}},
    {"vote": {"podTemplate": {"spec": {"terminationGracePeriodSeconds": 0}}}},
    {"vote": {"service": {"annotations": {"Example.com/Some_name": "x"}}}},
    {"vote": {"env": None, "replicas": 2.0}, "poll": None},
    {"redis": {"resources": {"limits": {"memory": "9" * 31 + "E"}}}},
]
"""What stopped a component once, and is nothing to refuse."""


@pytest.mark.parametrize("spec", ODD_BUT_SOUND, ids=[json.dumps(spec)[:60] for spec in ODD_BUT_SOUND])
def test_what_was_found_works_now(somewhere: Kube, spec: Any) -> None:
    faults: list[str] = []

    async def try_it(server: Server) -> None:
        faults.extend(await faults_of(server, "demo", spec, set()))

    run(somewhere, try_it)
    assert not faults


async def side_by_side(work: Iterable[Awaitable[None]]) -> None:
    """All of it, so much at a time."""
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(task: Awaitable[None]) -> None:
        async with gate:
            await task

    await asyncio.gather(*(one(task) for task in work))


@pytest.mark.parametrize("levels", [100, 300, 3000])
def test_what_is_nested_too_deep_stops_only_its_own_app(kube: Kube, levels: int) -> None:
    """Parsers and writers of JSON have limits of their own: 254 and 1,024 levels, where the API server takes 10,000."""
    deep = '{"a":' * levels + "1" + "}" * levels
    bad = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "deep"}, "spec": {"vote": {"podTemplate": 0}}}
    text = json.dumps(bad).replace('"podTemplate": 0', f'"podTemplate": {deep}')
    kube.kubectl("create", "-f", "-", stdin=text)
    kube.apply_app("fine", NO_PODS)
    wait_until("the other app is as it should be", lambda: kube.applied("fine"))
    wait_until("its own is told what is wrong", lambda: "nest deeper" in str(kube.condition("deep", "Ready")))
    kube.kubectl("delete", "votingapp", "deep")
