"""The Deployments: one a component, each pod fit for Pod Security `restricted`."""

from typing import Any

from votingapp_operator.api import COMPONENTS, DEFAULT_PORTS, Component, ComponentName
from votingapp_operator.desired import poll
from votingapp_operator.desired.app import (
    CREDENTIALS_ANNOTATION,
    POLL_ANNOTATION,
    App,
    Manifest,
    labels,
    manifest,
    selector,
)
from votingapp_operator.desired.containers import Container, container
from votingapp_operator.desired.merge import merged
from votingapp_operator.desired.services import PORT_NAMES

_STATEFUL = frozenset({ComponentName.REDIS, ComponentName.POSTGRES})
_SHOWS_POLL = frozenset({ComponentName.VOTE, ComponentName.RESULT})
USES_CREDENTIALS = frozenset({ComponentName.WORKER, ComponentName.POSTGRES, ComponentName.RESULT})
"""Components that cannot start without the Secret."""


def deployments(app: App) -> list[Manifest]:
    """One Deployment a component."""
    return [_deployment(app, component) for component in COMPONENTS]


def _deployment(app: App, component: ComponentName) -> Manifest:
    wanted = app.spec.component(component)
    template = _template(app, component, wanted)
    if wanted.pod_template:
        template = merged(template, wanted.pod_template)
    return {
        **manifest(app, api_version="apps/v1", kind="Deployment", name=app.child(component), component=component),
        "spec": {
            "replicas": wanted.replicas,
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": selector(app, component)},
            "strategy": _strategy(component),
            "template": template,
        },
    }


def _strategy(component: ComponentName) -> Manifest:
    """Two pods must never share a data volume; the others are replaced without a gap."""
    if component in _STATEFUL:
        return {"type": "Recreate"}
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def _template(app: App, component: ComponentName, wanted: Component) -> Manifest:
    inside = container(app, component)
    metadata: dict[str, Any] = {"labels": labels(app, component)}
    annotations = _annotations(app, component)
    if annotations:
        metadata["annotations"] = annotations
    return {
        "metadata": metadata,
        "spec": {
            "serviceAccountName": app.child(component),
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": inside.grace_seconds,
            "securityContext": _pod_security(inside.user),
            "containers": [_container(app, component, wanted, inside)],
            "volumes": [{"name": "tmp", "emptyDir": {}}, *inside.volumes],
        },
    }


def _annotations(app: App, component: ComponentName) -> dict[str, str]:
    """What replaces the pods when something they read at start has changed."""
    annotations = {}
    if component in _SHOWS_POLL:
        annotations[POLL_ANNOTATION] = poll.poll_hash(app)
    if component in USES_CREDENTIALS and app.credentials_uid is not None:
        annotations[CREDENTIALS_ANNOTATION] = app.credentials_uid
    return annotations


def _container(app: App, component: ComponentName, wanted: Component, inside: Container) -> Manifest:
    result: Manifest = {
        "name": component.value,
        "image": app.image(component),
        "imagePullPolicy": wanted.image_pull_policy.value,
        "ports": [{"name": PORT_NAMES[component], "containerPort": DEFAULT_PORTS[component], "protocol": "TCP"}],
        "env": _environment(inside, wanted),
        "resources": _resources(wanted),
        "securityContext": _CONTAINER_SECURITY,
        # A crash's last words end up in the pod's status, where the operator may read them without a right to logs.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, *inside.mounts],  # noqa: S108 - a mount of the pod's own
        **inside.probes,
    }
    if inside.args:
        result["args"] = inside.args
    if inside.lifecycle is not None:
        result["lifecycle"] = inside.lifecycle
    return result


def _environment(inside: Container, wanted: Component) -> list[Manifest]:
    """The operator's variables and the user's; where names meet, the user's wins."""
    variables = {variable["name"]: variable for variable in inside.environment}
    for variable in wanted.env:
        variables[variable.name] = variable.model_dump(by_alias=True, exclude_none=True)
    return list(variables.values())


def _resources(wanted: Component) -> Manifest:
    asked = wanted.resources.model_dump(by_alias=True, exclude_none=True)
    return {kind: {name: str(quantity) for name, quantity in amounts.items()} for kind, amounts in asked.items()}


def _pod_security(user: int) -> Manifest:
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


_CONTAINER_SECURITY: Manifest = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
