"""What is kept of an object: what somebody looks at. The rest would be most of the memory of a fleet.

What is not kept does not wake anybody either: an object that differs only there counts as unchanged.
"""

from collections.abc import Mapping
from typing import Any

from votingapp_operator.api import KIND
from votingapp_operator.reconcile.kinds import Object

_POD_METADATA = ("name", "namespace", "uid", "labels", "creationTimestamp", "deletionTimestamp")
_NOT_KEPT = ("managedFields", "resourceVersion", "annotations")
_POD_STATUS = ("phase", "reason", "message", "hostIP")
_OF_CONTROLLERS = ("deployment.kubernetes.io/", "pv.kubernetes.io/", "volume.kubernetes.io/")
"""Annotations in which the cluster's own controllers keep their notes on a child."""

_SPEAKING = frozenset(
    {KIND, "Service", "HorizontalPodAutoscaler", "ScaledObject", "VerticalPodAutoscaler", "Gateway", "HTTPRoute"}
)
"""Kinds whose status the VotingApp's own is made from."""

_CONTAINER_TROUBLE = ("name", "image", "restartCount", "started", "state", "lastState")


def content(kind: str, body: Mapping[str, Any]) -> Object:
    """What an object is: its metadata without version and managers, and what it asks for."""
    metadata = body["metadata"]
    if kind == "Pod":
        return {"metadata": {key: metadata[key] for key in _POD_METADATA if key in metadata}}
    annotations = metadata.get("annotations") or {}
    ours = {key: value for key, value in annotations.items() if not key.startswith(_OF_CONTROLLERS)}
    kept = {key: value for key, value in metadata.items() if key not in _NOT_KEPT} | {"annotations": ours}
    rest = {key: value for key, value in body.items() if key not in ("metadata", "status", "apiVersion", "kind")}
    if kind == "PersistentVolumeClaim":
        rest["spec"] = {key: value for key, value in rest["spec"].items() if key != "volumeName"}
    return {"metadata": kept, **rest}


def status(kind: str, body: Mapping[str, Any]) -> Object:
    """How an object is."""
    found: Object = body.get("status") or {}
    if kind == "Pod":
        return _pod_status(found)
    if kind == "Deployment":
        return {**found, "conditions": [_without_times(condition) for condition in found.get("conditions", ())]}
    return found if kind in _SPEAKING else {}


def _pod_status(found: Object) -> Object:
    """What may be wrong with a pod. Of containers that run and answer there is nothing to tell."""
    kept = {key: found[key] for key in _POD_STATUS if key in found}
    scheduled = [
        _without_times(condition) for condition in found.get("conditions") or () if condition["type"] == "PodScheduled"
    ]
    if any(condition.get("status") == "False" for condition in scheduled):
        kept["conditions"] = scheduled
    for field in ("initContainerStatuses", "containerStatuses"):
        troubled = [
            {key: container[key] for key in _CONTAINER_TROUBLE if key in container}
            for container in found.get(field) or ()
            if "running" not in container.get("state", {}) or not container.get("ready")
        ]
        if troubled:
            kept[field] = troubled
    return kept


def _without_times(condition: Object) -> Object:
    return {key: value for key, value in condition.items() if not key.endswith("Time")}
