"""Where a person finds the two pages."""

from typing import Any

from votingapp_operator.api import ComponentName, ServiceType
from votingapp_operator.desired.app import App
from votingapp_operator.desired.services import port


def url(app: App, component: ComponentName, service: dict[str, Any] | None, node_address: str | None) -> str:
    """The address of a page: the load balancer's or a node's where there is one, else the name inside the cluster.

    Args:
        app: the VotingApp.
        component: vote or result.
        service: as observed, for what the cluster has filled in; None while there is none.
        node_address: a host on which node ports answer; None where none is known.
    """
    inside = f"http://{app.child(component)}.{app.namespace}.svc:{port(app, component)}"
    if service is None:
        return inside
    kind = service.get("spec", {}).get("type")
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
    if kind == ServiceType.LOAD_BALANCER and ingress:
        return f"http://{ingress[0].get('hostname') or ingress[0].get('ip')}:{port(app, component)}"
    node_port = service.get("spec", {}).get("ports", [{}])[0].get("nodePort")
    if kind == ServiceType.NODE_PORT and node_port and node_address:
        return f"http://{node_address}:{node_port}"
    return inside
