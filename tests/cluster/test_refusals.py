"""Bad specs are refused at apply, by a message that says what to write instead."""

import json
from typing import Any

import pytest

from tests.support.kube import GROUP, Kube, namespace

A, B = ({"id": letter, "label": letter, "color": "#000000"} for letter in "ab")


def option(**change: Any) -> dict[str, Any]:
    return {"poll": {"options": [A, {**B, **change}]}}


def options(*items: Any) -> dict[str, Any]:
    return {"poll": {"options": list(items)}}


ELEVEN = [{"id": letter, "label": letter, "color": "#000000"} for letter in "abcdefghijk"]

BAD = [
    # the poll
    (options(), "should have at least 2 items"),
    (options(A), "should have at least 2 items"),
    (options(*ELEVEN), "must have at most 10 items"),
    (options(A, A), "Duplicate value"),
    (option(id="B"), "should match '^[a-z]$'"),
    (option(id="bb"), "should match '^[a-z]$'"),
    (option(id="1"), "should match '^[a-z]$'"),
    (option(id=1), "must be of type string"),
    (option(label=""), "should be at least 1 chars long"),
    (option(label="x" * 51), "may not be more than 50"),
    (option(color="red"), "should match '^#[0-9A-Fa-f]{6}$'"),
    (option(color="#12345"), "should match '^#[0-9A-Fa-f]{6}$'"),
    (option(color="#1234567"), "should match '^#[0-9A-Fa-f]{6}$'"),
    (options(A, {"id": "b", "label": "b"}), "color: Required value"),
    (options(A, {"id": "b", "color": "#000000"}), "label: Required value"),
    (options(A, {"label": "b", "color": "#000000"}), "id: Required value"),
    ({"poll": {"title": ""}}, "should be at least 1 chars long"),
    ({"poll": {"title": "x" * 101}}, "may not be more than 100"),
    ({"poll": {"resultsTitle": 5}}, "must be of type string"),
    ({"poll": []}, "must be of type object"),
    # replicas
    ({"redis": {"replicas": 2}}, "a second one would split the queue: set replicas to 1"),
    ({"postgres": {"replicas": 3}}, "a second one would split the votes: set replicas to 1"),
    ({"vote": {"replicas": -1}}, "should be greater than or equal to 0"),
    ({"vote": {"replicas": 101}}, "should be less than or equal to 100"),
    ({"worker": {"replicas": "two"}}, "must be of type integer"),
    ({"result": {"replicas": 1.5}}, "must be of type integer"),
    ({"redis": {"replicas": -1}}, "should be greater than or equal to 0"),
    # images
    ({"vote": {"image": ""}}, "should be at least 1 chars long"),
    ({"vote": {"image": ["x"]}}, "must be of type string"),
    ({"vote": {"imagePullPolicy": "Sometimes"}}, 'supported values: "Always", "IfNotPresent", "Never"'),
    # services
    ({"vote": {"service": {"type": "Ingress"}}}, 'supported values: "ClusterIP", "NodePort", "LoadBalancer"'),
    ({"vote": {"service": {"nodePort": 30000}}}, "set type to NodePort or LoadBalancer, or leave nodePort out"),
    ({"vote": {"service": {"type": "NodePort", "nodePort": 80}}}, "should be greater than or equal to 30000"),
    ({"vote": {"service": {"type": "NodePort", "nodePort": 40000}}}, "should be less than or equal to 32767"),
    ({"vote": {"service": {"port": 0}}}, "should be greater than or equal to 1"),
    ({"vote": {"service": {"port": 65536}}}, "should be less than or equal to 65535"),
    ({"vote": {"service": {"port": "http"}}}, "must be of type integer"),
    ({"vote": {"service": {"annotations": {"a": 1}}}}, "must be of type string"),
    # environment and resources
    ({"vote": {"env": [{"value": "x"}]}}, "name: Required value"),
    ({"vote": {"env": [{"name": "1X", "value": "x"}]}}, "should match"),
    ({"vote": {"env": [{"name": "X", "value": 1}]}}, "must be of type string"),
    ({"vote": {"env": [{"name": "X"}, {"name": "X"}]}}, "Duplicate value"),
    ({"vote": {"env": "X=1"}}, "must be of type array"),
    ({"vote": {"resources": {"requests": {"cpu": "lots"}}}}, "should match"),
    ({"vote": {"resources": {"limits": {"memory": "-1Gi"}}}}, "should match"),
    ({"vote": {"resources": "small"}}, "must be of type object"),
    # storage and credentials
    ({"redis": {"storage": {"size": "big"}}}, "should match"),
    ({"postgres": {"storage": {"storageClassName": ""}}}, "should be at least 1 chars long"),
    ({"postgres": {"credentialsSecret": "Not_A_Name"}}, "should match"),
    # the whole
    ({"dataPolicy": "Archive"}, 'supported values: "Delete", "Retain"'),
    ({"paused": "yes"}, "must be of type boolean"),
    ({"vote": {"podTemplate": []}}, "must be of type object"),
    ({"vote": None, "poll": "cats"}, "must be of type object"),
]


@pytest.fixture(scope="module")
def somewhere() -> Any:
    """One namespace for all: nothing is kept in it."""
    with namespace() as kube:
        yield kube


def try_to_apply(kube: Kube, spec: Any, name: str = "bad") -> str:
    """What `kubectl apply` says."""
    manifest = {"apiVersion": f"{GROUP}/v1alpha1", "kind": "VotingApp", "metadata": {"name": name}, "spec": spec}
    done = kube.kubectl("apply", "-f", "-", check=False, stdin=json.dumps(manifest))
    return "" if done.returncode == 0 else done.stderr


def test_there_are_fifty() -> None:
    assert len(BAD) >= 50


@pytest.mark.parametrize(("spec", "message"), BAD, ids=[json.dumps(spec)[:60] for spec, _ in BAD])
def test_a_bad_spec_is_refused(somewhere: Kube, spec: Any, message: str) -> None:
    said = try_to_apply(somewhere, spec)
    assert said, "it was accepted"
    assert message in said


@pytest.mark.parametrize("name", ["1st", "x" * 41, "a.b"])
def test_a_name_that_makes_no_services_is_refused(somewhere: Kube, name: str) -> None:
    assert "use at most 40 characters, small letters, digits and dashes" in try_to_apply(somewhere, {}, name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": "1Gi"}, "a volume cannot shrink: keep the size or write a larger one"),
        ({"storageClassName": "other"}, "a volume cannot move to another class"),
    ],
)
def test_a_volume_cannot_shrink_or_move(somewhere: Kube, change: Any, message: str) -> None:
    name = f"volume-{'-'.join(change).lower()}"
    somewhere.apply_app(name, {"paused": True, "redis": {"storage": {"size": "2Gi"}}})
    patch = json.dumps({"spec": {"redis": {"storage": change}}})
    done = somewhere.kubectl("patch", "votingapp", name, "--type=merge", "-p", patch, check=False)
    assert done.returncode != 0
    assert message in done.stderr


def test_an_unknown_field_is_told_to_its_writer(somewhere: Kube) -> None:
    assert 'unknown field "spec.vote.replica"' in try_to_apply(somewhere, {"vote": {"replica": 2}})
