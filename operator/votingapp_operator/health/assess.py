"""The complete status of a VotingApp."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from votingapp_operator.api import COMPONENTS, ComponentName, VotingAppStatus
from votingapp_operator.api.status import Urls
from votingapp_operator.desired.app import COMPONENT_LABEL, App
from votingapp_operator.health.components import component_status
from votingapp_operator.health.conditions import conditions
from votingapp_operator.health.outcome import Outcome
from votingapp_operator.health.pods import Pod
from votingapp_operator.health.urls import url


@dataclass(frozen=True)
class Observed:
    """What the cluster shows of one VotingApp.

    Attributes:
        children: by kind and name.
        pods: of all components.
        generation: of the VotingApp's spec.
        status: as it stands in the VotingApp.
        node_address: a host on which node ports answer, where one was configured.
    """

    children: Mapping[tuple[str, str], dict[str, Any]]
    generation: int
    pods: Iterable[Pod] = ()
    status: VotingAppStatus = field(default_factory=VotingAppStatus)
    node_address: str | None = None


def assess(app: App, observed: Observed, outcome: Outcome, now: str) -> VotingAppStatus:
    """What the status should say.

    Args:
        app: the VotingApp.
        observed: what the cluster shows of it.
        outcome: of the last comparison and its writes.
        now: RFC 3339, for the conditions that change.
    """
    pods = _by_component(observed.pods)
    components = {
        name: component_status(
            image=app.image(name),
            desired=app.spec.component(name).replicas,
            deployment=observed.children.get(("Deployment", app.child(name))),
            pods=pods[name],
        )
        for name in COMPONENTS
    }
    found = conditions(components, outcome, observed.generation, now, observed.status.conditions)
    node_address = observed.node_address or _a_node(pods)
    return VotingAppStatus(
        observed_generation=observed.generation,
        message=found[0].message,
        components={name.value: component for name, component in components.items()},
        urls=Urls(
            **{
                name.value: url(app, name, observed.children.get(("Service", app.child(name))), node_address)
                for name in (ComponentName.VOTE, ComponentName.RESULT)
            }
        ),
        conditions=found,
    )


def _by_component(pods: Iterable[Pod]) -> dict[ComponentName, list[Pod]]:
    sorted_pods: dict[ComponentName, list[Pod]] = {name: [] for name in COMPONENTS}
    for pod in pods:
        name = pod["metadata"].get("labels", {}).get(COMPONENT_LABEL)
        if name in sorted_pods:
            sorted_pods[ComponentName(name)].append(pod)
    return sorted_pods


def _a_node(pods: Mapping[ComponentName, list[Pod]]) -> str | None:
    """The lowest address of a node that runs a vote pod: a node port answers on every node, this one surely exists."""
    addresses = {pod.get("status", {}).get("hostIP") for pod in pods[ComponentName.VOTE]} - {None}
    return min(addresses) if addresses else None
