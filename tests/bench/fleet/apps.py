"""The VotingApps of the fleet, and the very same children as manifests for the floor."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson
from votingapp_operator.api import API_VERSION, KIND, VotingAppSpec
from votingapp_operator.desired import App, Images
from votingapp_operator.desired.build import build
from votingapp_operator.desired.credentials import with_new_password
from votingapp_operator.reconcile.kinds import RESOURCES

from cluster.kwok import FAKE
from tests.bench.fleet.kube import Object

APPS_A_NAMESPACE = 100
MORE = 20
STORAGE_CLASS = "votingapp-bench"
LABEL = "votingapp-bench"
COMPONENTS = ("vote", "redis", "worker", "postgres", "result")
STATEFUL = ("redis", "postgres")
UID = "00000000-0000-0000-0000-000000000001"
EXPECTED_BESIDES = {"ConfigMap": 1, "ServiceAccount": 1}
"""What each namespace holds by itself: the cluster's CA certificate, and the account named default."""


def path(kind: str, namespace: str, name: str = "") -> str:
    """Where the API server keeps an object, or a namespace's objects of a kind."""
    return RESOURCES[kind].path(namespace, name or None)


@dataclass(frozen=True)
class Place:
    """One VotingApp's name and namespace."""

    namespace: str
    name: str


def places(prefix: str, apps: int) -> list[Place]:
    """Where a fleet's apps are: a hundred to a namespace."""
    return [Place(f"{prefix}-{number // APPS_A_NAMESPACE}", f"app-{number:04d}") for number in range(apps)]


def more(fleet: list[Place]) -> list[Place]:
    """Where the apps are that are added to a settled fleet one by one."""
    return [Place(fleet[0].namespace, f"more-{number:02d}") for number in range(MORE)]


def namespaces(fleet: list[Place]) -> dict[str, int]:
    """The fleet's namespaces, and how many apps each holds."""
    return dict(Counter(place.namespace for place in fleet))


def spec(replicas: Mapping[str, int] | None = None) -> Object:
    """All defaults, but for what puts pods on fake nodes and gives them volumes that exist as little."""
    [(name, value)] = FAKE.items()
    template = {
        "spec": {
            "nodeSelector": {name: value},
            "tolerations": [{"key": name, "operator": "Equal", "value": value, "effect": "NoSchedule"}],
        }
    }
    components: dict[str, Object] = {component: {"podTemplate": template} for component in COMPONENTS}
    for component in STATEFUL:
        components[component]["storage"] = {"storageClassName": STORAGE_CLASS}
    for component, wanted in (replicas or {}).items():
        components[component]["replicas"] = wanted
    return components


def voting_app(place: Place, labels: Mapping[str, str] | None = None) -> bytes:
    """A VotingApp, as it is applied."""
    metadata = {"name": place.name, "namespace": place.namespace, "labels": dict(labels or {})}
    return orjson.dumps({"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec()})


def children(place: Place, replicas: Mapping[str, int] | None = None) -> Iterator[Object]:
    """What the operator makes for a VotingApp, without an owner: the floor has no VotingApp."""
    images = Images(**{name: f"localhost/votingapp/{name}:bench" for name in COMPONENTS})
    read = VotingAppSpec.model_validate(spec(replicas))
    desired = build(App(place.name, place.namespace, UID, read, images, credentials_uid=UID))
    for manifest in desired.all():
        manifest["metadata"].pop("ownerReferences", None)
        yield with_new_password(manifest) if manifest["kind"] == "Secret" else manifest


def kinds() -> dict[str, int]:
    """How many children of each kind an app has. Deployments are last, as they are in writing."""
    return dict(Counter(child["kind"] for child in children(Place("any", "any"))))


def is_ready(app: Object) -> bool:
    """Whether a VotingApp's status says so of its newest spec."""
    conditions = {condition["type"]: condition for condition in app.get("status", {}).get("conditions", ())}
    ready = conditions.get("Ready", {})
    newest: bool = ready.get("observedGeneration") == app["metadata"]["generation"]
    return newest and ready.get("status") == "True"


def is_available(deployment: Object) -> bool:
    """Whether all pods of a Deployment's newest template are."""
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    seen: bool = status.get("observedGeneration") == deployment["metadata"]["generation"]
    running: bool = status.get("updatedReplicas", 0) == status.get("availableReplicas", 0) == wanted
    return running and seen
