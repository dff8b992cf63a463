"""The operator's manifests with the images of a run in them, and a VotingApp's progress in words."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from cluster.demo import explain, is_ready, progress
from cluster.deploy import render
from cluster.process import ClusterError

MANIFEST = """
kind: Namespace
metadata: {name: votingapp-system}
---
kind: Deployment
metadata: {name: votingapp-operator}
spec:
  template:
    spec:
      containers:
        - name: operator
          image: operator:0.1.0
          env:
            - {name: POD_NAME, value: x}
            - {name: RELATED_IMAGE_VOTE, value: old}
"""
IMAGES = {"OPERATOR_IMAGE": "localhost/operator:1", "RELATED_IMAGE_VOTE": "vote:1", "RELATED_IMAGE_REDIS": "redis:2"}


def test_fills_in_the_images_and_keeps_the_rest() -> None:
    namespace, deployment = yaml.safe_load_all(render([MANIFEST], IMAGES))
    assert namespace["metadata"]["name"] == "votingapp-system"
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "localhost/operator:1"
    assert container["env"] == [
        {"name": "POD_NAME", "value": "x"},
        {"name": "RELATED_IMAGE_REDIS", "value": "redis:2"},
        {"name": "RELATED_IMAGE_VOTE", "value": "vote:1"},
    ]


def test_refuses_manifests_without_the_operator() -> None:
    with pytest.raises(ClusterError, match="0 Deployments named votingapp-operator"):
        render(["kind: Namespace\nmetadata: {name: x}"], IMAGES)


def app(status: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"generation": 2}, "status": status}


def test_progress_counts_the_pods_of_each_component() -> None:
    assert progress(app({"components": {"vote": {"ready": 1, "desired": 2}}})) == (
        "vote 1/2  redis 0/?  worker 0/?  postgres 0/?  result 0/?"
    )


@pytest.mark.parametrize(
    ("observed", "ready", "expected"), [(2, "True", True), (1, "True", False), (2, "False", False)]
)
def test_ready_counts_only_for_the_present_spec(observed: int, ready: str, *, expected: bool) -> None:
    status = {"observedGeneration": observed, "conditions": [{"type": "Ready", "status": ready}]}
    assert is_ready(app(status)) is expected


def test_explains_with_conditions_and_components() -> None:
    told = explain(
        app(
            {
                "conditions": [{"type": "Ready", "status": "False", "reason": "Waiting", "message": "for vote"}],
                "components": {"vote": {"reason": "ImagePullBackOff", "message": "no such image"}, "redis": {}},
            }
        )
    )
    assert told == "  Ready=False Waiting: for vote\n  vote: ImagePullBackOff: no such image"
    assert "operator" in explain({"metadata": {"generation": 1}})
