"""How one component is doing: its Deployment and its pods, as one word, one reason and one sentence."""

from typing import Any

from votingapp_operator.api import ComponentState, ComponentStatus
from votingapp_operator.health.pods import Pod, Trouble, is_starting, trouble

Deployment = dict[str, Any]


def component_status(image: str, desired: int, deployment: Deployment | None, pods: list[Pod]) -> ComponentStatus:
    """The status of a component.

    Args:
        image: what it is meant to run.
        desired: pods wanted.
        deployment: as observed; None where there is none yet.
        pods: of this component, as observed, in any order.
    """
    if deployment is None:
        return _status(
            image,
            0,
            desired,
            ComponentState.PROGRESSING,
            Trouble("NotCreated", "its Deployment is not there yet"),
        )
    ready = deployment.get("status", {}).get("readyReplicas", 0)
    if _rolled_out(deployment, desired):
        return _status(image, ready, desired, ComponentState.READY if desired else ComponentState.STOPPED, None)
    found = _pod_trouble(pods) or _refused_pods(deployment)
    if found is None and _was_complete(deployment) and not _is_growing(deployment, desired, pods):
        found = Trouble(
            "PodsNotReady", f"{desired - ready} of {desired} pods run but do not answer their readiness probe"
        )
    if found is not None:
        return _status(image, ready, desired, ComponentState.DEGRADED if ready else ComponentState.FAILING, found)
    return _status(
        image,
        ready,
        desired,
        ComponentState.PROGRESSING,
        Trouble("RollingOut", _progress(deployment, desired)),
    )


def _status(image: str, ready: int, desired: int, state: ComponentState, why: Trouble | None) -> ComponentStatus:
    return ComponentStatus(
        summary=f"{ready}/{desired}",
        ready=ready,
        desired=desired,
        state=state,
        reason=why.reason if why else None,
        message=why.message if why else None,
        image=image,
    )


def _seen(deployment: Deployment) -> bool:
    """Whether the Deployment's status speaks of its current spec."""
    return bool(
        deployment.get("status", {}).get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    )


def _rolled_out(deployment: Deployment, desired: int) -> bool:
    """Whether exactly the wanted pods are there, all of the newest template and all available."""
    status = deployment.get("status", {})
    counts = [status.get(key, 0) for key in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")]
    return _seen(deployment) and all(count == desired for count in counts)


def _was_complete(deployment: Deployment) -> bool:
    """Whether the newest template had been rolled out once, so that what is missing now has been lost since."""
    progressing = _condition(deployment, "Progressing")
    return _seen(deployment) and progressing.get("reason") == "NewReplicaSetAvailable"


def _is_growing(deployment: Deployment, desired: int, pods: list[Pod]) -> bool:
    """Whether pods are still being made or are starting for the first time, as after a change of replicas."""
    return bool(deployment.get("status", {}).get("replicas", 0) < desired) or any(is_starting(pod) for pod in pods)


def _refused_pods(deployment: Deployment) -> Trouble | None:
    """A quota or an admission rule that lets no pod in; the Deployment hears of it from its ReplicaSet."""
    failure = _condition(deployment, "ReplicaFailure")
    if failure.get("status") != "True":
        return None
    return Trouble(failure.get("reason", "FailedCreate"), f"its pods are refused: {failure.get('message', '')}")


def _condition(deployment: Deployment, kind: str) -> dict[str, Any]:
    for condition in deployment.get("status", {}).get("conditions", ()):
        if condition.get("type") == kind:
            return dict(condition)
    return {}


def _pod_trouble(pods: list[Pod]) -> Trouble | None:
    """The newest pod's trouble: an older one may be on its way out."""
    for pod in sorted(
        pods,
        key=lambda pod: (pod["metadata"].get("creationTimestamp", ""), pod["metadata"]["name"]),
        reverse=True,
    ):
        if "deletionTimestamp" in pod["metadata"]:
            continue
        found = trouble(pod)
        if found is not None:
            return found
    return None


def _progress(deployment: Deployment, desired: int) -> str:
    status = deployment.get("status", {})
    updated = status.get("updatedReplicas", 0) if _seen(deployment) else 0
    leaving = max(status.get("replicas", 0) - updated, 0) if _seen(deployment) else 0
    text = f"{updated} of {desired} pods are of the newest version, {status.get('availableReplicas', 0)} available"
    return f"{text}, {leaving} old ones leaving" if leaving else text
