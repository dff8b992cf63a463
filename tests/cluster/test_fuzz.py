"""The CRD, the types and the builders agree with the real API server, on specs that nobody thought of.

Everything is a dry run, so nothing is kept and nothing starts; many requests are under way at once.
"""

import json
from collections.abc import Iterator
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from votingapp_operator.api import API_VERSION, KIND, VotingAppSpec
from votingapp_operator.desired import App, Images, build
from votingapp_operator.desired.credentials import with_new_password
from votingapp_operator.desired.text import as_text
from votingapp_operator.health import Observed, assess

from tests.cluster.dry_run import Server, ask
from tests.support.kube import NO_PODS, Kube, namespace, wait_until
from tests.unit.fuzz.observations import OUTCOMES, PODS, children
from tests.unit.fuzz.runs import often, tell
from tests.unit.fuzz.schema import Values
from tests.unit.fuzz.specs import valid_specs, wrong_specs

IMAGES = Images(vote="vote:1", redis="redis:1", worker="worker:1", postgres="postgres:1", result="result:1")
NAMES = ("a", "demo", "x" * 40)
"""Of VotingApps: the shortest and the longest; few, so that equal manifests are sent once."""

UID = "00000000-0000-0000-0000-000000000001"
IN_USE = "provided port is already allocated"
"""What the API server says of a node port that another Service of the cluster has: no fault of the spec's."""


def drawn(specs: Values, count: int) -> list[Any]:
    """So many values of a strategy, the same ones in every run."""
    found: list[Any] = []

    @often(count)
    @given(specs)
    def collect(spec: Any) -> None:
        found.append(spec)

    collect()
    return found


def manifests_of(name: str, namespace: str, spec: VotingAppSpec) -> list[dict[str, Any]]:
    app = App(name=name, namespace=namespace, uid=UID, spec=spec, images=IMAGES, credentials_uid=UID)
    made = build(app)
    secret = [] if made.credentials is None else [with_new_password(made.credentials)]
    return [*secret, *made.supports, *made.workloads]


async def faults_of(server: Server, spec: Any, name: str, sent: set[str]) -> list[str]:
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
    specs = drawn(valid_specs(), 300)
    sent: set[str] = set()

    async def question(server: Server, numbered: tuple[int, Any]) -> list[str]:
        number, spec = numbered
        return await faults_of(server, spec, NAMES[number % len(NAMES)], sent)

    faults = ask(somewhere, question, enumerate(specs))
    tell(capsys, "on the API server", {"valid specs": len(specs), "manifests": len(sent), "faults": len(faults)})
    assert len(specs) >= 300
    assert not faults, "\n".join(faults)


def test_what_the_api_server_accepts_the_types_can_read(somewhere: Kube, capsys: pytest.CaptureFixture[str]) -> None:
    specs = drawn(wrong_specs(), 300)
    refused: list[str] = []

    async def question(server: Server, spec: Any) -> list[str]:
        answer = await server.create(spec, "demo")
        if not answer.accepted:
            refused.append(answer.message)
            return []
        try:
            VotingAppSpec.model_validate(answer.body["spec"])
        except pydantic.ValidationError as error:
            return [f"{spec}: {error}"]
        return []

    faults = ask(somewhere, question, specs)
    tell(capsys, "on the API server", {"wrong specs": len(specs), "refused": len(refused), "faults": len(faults)})
    assert len(refused) >= 100, "hardly anything wrong was made"
    assert not faults, "\n".join(faults)


def test_any_status_can_be_written(somewhere: Kube, capsys: pytest.CaptureFixture[str]) -> None:
    somewhere.apply_app("shown", {**NO_PODS, "paused": True})
    app = App(name="shown", namespace=somewhere.namespace, uid=UID, spec=VotingAppSpec(), images=IMAGES)
    found = drawn(st.tuples(children("shown"), st.lists(PODS, max_size=4), OUTCOMES), 100)

    async def question(server: Server, seen: Any) -> list[str]:
        objects, pods, outcome = seen
        status = assess(app, Observed(children=objects, generation=1, pods=pods), outcome, "2026-01-01T00:00:00Z")
        body = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "shown"}}
        written = status.model_dump(by_alias=True, mode="json", exclude_none=True)
        answer = await server.apply({**body, "status": written}, subresource="/status")
        return [] if answer.accepted else [f"{written}: {answer.message}"]

    faults = ask(somewhere, question, found)
    tell(capsys, "on the API server", {"statuses": len(found), "faults": len(faults)})
    assert len(found) >= 100
    assert not faults, "\n".join(faults)


A = {"id": "a", "label": "A", "color": "#000000"}
FOUND = [
    ({"poll": {"title": " \u2003"}}, "write at least one character that is seen"),
    ({"poll": {"resultsTitle": "two\nlines"}}, "leave out line breaks and control characters"),
    ({"poll": {"options": [A, {**A, "id": "b", "label": "\ufeff"}]}}, "write at least one character that is seen"),
    ({"poll": {"options": [A, {**A, "id": "b", "label": "b\x00"}]}}, "leave out line breaks and control characters"),
    ({"vote": {"env": [{"name": "X", "value": "a\x00"}]}}, "should match"),
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
    async def question(server: Server, spec: Any) -> list[str]:
        return [(await server.create(spec, "demo")).message]

    [said] = ask(somewhere, question, [spec])
    assert message in said


ODD_BUT_SOUND = [
    {"poll": {"title": "\U0001f600\x85\u2028\ufeff\uffff"}, "vote": {"env": [{"name": "X", "value": "\x7f\n"}]}},
    {"vote": {"podTemplate": {"spec": {"terminationGracePeriodSeconds": 0}}}},
    {"vote": {"service": {"annotations": {"Example.com/Some_name": "x"}}}},
    {"vote": {"env": None, "replicas": 2.0}, "poll": None},
    {"redis": {"resources": {"limits": {"memory": "9" * 31 + "E"}}}},
]
"""What stopped a component once, and is nothing to refuse."""


@pytest.mark.parametrize("spec", ODD_BUT_SOUND, ids=[json.dumps(spec)[:60] for spec in ODD_BUT_SOUND])
def test_what_was_found_works_now(somewhere: Kube, spec: Any) -> None:
    async def question(server: Server, spec: Any) -> list[str]:
        return await faults_of(server, spec, "demo", set())

    assert not ask(somewhere, question, [spec])


@pytest.mark.parametrize("levels", [100, 300, 3000])
def test_what_is_nested_too_deep_stops_only_its_own_app(kube: Kube, levels: int) -> None:
    """Parsers and writers of JSON have limits of their own: 254 and 1,024 levels, where the API server takes 10,000."""
    deep = '{"a":' * levels + "1" + "}" * levels
    bad = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "deep"}, "spec": {"vote": {"podTemplate": 0}}}
    text = json.dumps(bad).replace('"podTemplate": 0', f'"podTemplate": {deep}')
    kube.kubectl("create", "-f", "-", stdin=text)
    kube.apply_app("fine", NO_PODS)
    wait_until("the other app is as it should be", lambda: kube.applied("fine"))
    said = ("get", "votingapp", "deep", "-o", "jsonpath={.status.message}")  # Python's own parser gives up at 1,000
    wait_until("its own is told what is wrong", lambda: "nest deeper" in kube.kubectl(*said).stdout)
    kube.kubectl("delete", "votingapp", "deep")
