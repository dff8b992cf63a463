"""Where the pages are found, whatever the cluster has filled in so far."""

from dataclasses import replace
from typing import Any

import pytest
from votingapp_operator.api import ComponentName, VotingAppSpec
from votingapp_operator.desired import App
from votingapp_operator.health.urls import url

INSIDE = "http://demo-vote.default.svc:8080"


def balanced(*ingress: Any) -> Any:
    return {"spec": {"type": "LoadBalancer", "ports": [{}]}, "status": {"loadBalancer": {"ingress": list(ingress)}}}


@pytest.mark.parametrize(
    ("service", "node", "expected"),
    [
        pytest.param(None, None, INSIDE, id="no service yet"),
        pytest.param({"spec": {"type": "ClusterIP"}}, "10.0.0.1", INSIDE, id="inside only"),
        pytest.param({"spec": {"type": "NodePort", "ports": []}}, "10.0.0.1", INSIDE, id="no port yet"),
        pytest.param({"spec": {"type": "NodePort", "ports": [{"nodePort": 30000}]}}, None, INSIDE, id="no node known"),
        pytest.param(
            {"spec": {"type": "NodePort", "ports": [{"port": 1}, {"nodePort": 30000}]}},
            "10.0.0.1",
            "http://10.0.0.1:30000",
            id="a port that somebody added before ours",
        ),
        pytest.param(
            {"spec": {"type": "NodePort", "ports": [{"nodePort": 30000}]}},
            "fd00::1",
            "http://[fd00::1]:30000",
            id="IPv6",
        ),
        pytest.param(balanced(), None, INSIDE, id="no load balancer yet"),
        pytest.param(balanced({}), None, INSIDE, id="a load balancer without an address"),
        pytest.param(balanced({}, {"ip": "fd00::2"}), None, "http://[fd00::2]:8080", id="a load balancer's IPv6"),
        pytest.param(balanced({"hostname": "lb.example"}), None, "http://lb.example:8080", id="a load balancer's name"),
    ],
)
def test_url(app: App, service: Any, node: str | None, expected: str) -> None:
    assert url(app, ComponentName.VOTE, service, node) == expected


def test_the_port_is_the_services(app: App) -> None:
    app = replace(app, spec=VotingAppSpec.model_validate({"vote": {"service": {"port": 80}}}))
    assert url(app, ComponentName.VOTE, balanced({"ip": "192.0.2.1"}), None) == "http://192.0.2.1:80"
