"""The Services and service accounts of the components."""

from typing import Any

from votingapp_operator.api import COMPONENTS, DEFAULT_PORTS, ComponentName, ServiceType
from votingapp_operator.desired.app import App, Manifest, manifest, selector

PORT_NAMES = {
    ComponentName.VOTE: "http",
    ComponentName.REDIS: "redis",
    ComponentName.WORKER: "http-metrics",
    ComponentName.POSTGRES: "postgresql",
    ComponentName.RESULT: "http",
}
"""Of the container's port and the Service's; a mesh reads the protocol from it."""


def port(app: App, component: ComponentName) -> int:
    """The port on which a component's Service is reached."""
    return app.spec.component(component).service.port or DEFAULT_PORTS[component]


def services(app: App) -> list[Manifest]:
    """One Service a component."""
    return [_service(app, component) for component in COMPONENTS]


def service_accounts(app: App) -> list[Manifest]:
    """One account a component, so that rights can be told apart, and none with a token: no component calls the API."""
    return [
        {
            **manifest(app, api_version="v1", kind="ServiceAccount", name=app.child(component), component=component),
            "automountServiceAccountToken": False,
        }
        for component in COMPONENTS
    ]


def _service(app: App, component: ComponentName) -> Manifest:
    wanted = app.spec.component(component).service
    head = manifest(app, api_version="v1", kind="Service", name=app.child(component), component=component)
    if wanted.annotations:
        head["metadata"]["annotations"] = dict(wanted.annotations)
    service_port: dict[str, Any] = {
        "name": PORT_NAMES[component],
        "port": port(app, component),
        "protocol": "TCP",
        "targetPort": PORT_NAMES[component],
    }
    if wanted.node_port is not None and wanted.type is not ServiceType.CLUSTER_IP:
        service_port["nodePort"] = wanted.node_port
    return {
        **head,
        "spec": {"type": wanted.type.value, "selector": selector(app, component), "ports": [service_port]},
    }
