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
    spec = service.get("spec", {})
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress", ())
    balancer = next((found for place in ingress if (found := place.get("hostname") or place.get("ip"))), None)
    if spec.get("type") == ServiceType.LOAD_BALANCER and balancer:
        return f"http://{_host(balancer)}:{port(app, component)}"
    node_port = next((place["nodePort"] for place in spec.get("ports", ()) if place.get("nodePort")), None)
    if spec.get("type") == ServiceType.NODE_PORT and node_port and node_address:
        return f"http://{_host(node_address)}:{node_port}"
    return inside


def _host(address: str) -> str:
    """An address as it stands in a URL: IPv6 in brackets."""
    return f"[{address}]" if ":" in address else address
