"""What the builders are given, and what they share: names, labels, the head of a manifest."""

from dataclasses import dataclass
from typing import Any

from votingapp_operator.api import API_VERSION, GROUP, KIND, ComponentName, DataPolicy, VotingAppSpec
from votingapp_operator.desired.apis import OPTIONAL

Manifest = dict[str, Any]

MANAGER = "votingapp-operator"
"""Field manager, and the value of the managed-by label by which the operator watches."""

INSTANCE_LABEL = "app.kubernetes.io/instance"
COMPONENT_LABEL = "app.kubernetes.io/component"
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"

CREDENTIALS_ANNOTATION = f"{GROUP}/credentials-uid"
"""On pods: the uid of the Secret they were started with, so that a new Secret rolls them."""

POLL_ANNOTATION = f"{GROUP}/poll-hash"
"""On pods: the poll they were started with, so that a change of it reaches both pages."""


@dataclass(frozen=True)
class Images:
    """The image of each component where the spec names none."""

    vote: str
    redis: str
    worker: str
    postgres: str
    result: str

    def of(self, component: ComponentName) -> str:
        """The operator's choice for a component."""
        image: str = getattr(self, component.value)
        return image


@dataclass(frozen=True)
class App:
    """One VotingApp as the builders see it.

    Attributes:
        name: of the VotingApp.
        namespace: where it and everything made for it lives.
        uid: its identity, for owner references.
        spec: what the user wants, defaults filled in.
        images: the operator's choices.
        credentials_uid: uid of the Secret with the database's password; None while there is none.
        apis: the optional kinds that the cluster serves.
    """

    name: str
    namespace: str
    uid: str
    spec: VotingAppSpec
    images: Images
    credentials_uid: str | None = None
    apis: frozenset[str] = frozenset(OPTIONAL)

    def child(self, suffix: str) -> str:
        """Name of an object made for this VotingApp."""
        return f"{self.name}-{suffix}"

    def image(self, component: ComponentName) -> str:
        """What a component runs: the spec's image, or the operator's."""
        return self.spec.component(component).image or self.images.of(component)

    @property
    def credentials_secret(self) -> str:
        """Name of the Secret with the database's user and password: the user's own, or the generated one."""
        return self.spec.postgres.credentials_secret or self.child(ComponentName.POSTGRES)

    @property
    def retains_data(self) -> bool:
        """Whether volumes and credentials outlive the VotingApp."""
        return self.spec.data_policy is DataPolicy.RETAIN


def selector(app: App, component: ComponentName) -> dict[str, str]:
    """The labels that find a component's pods. Never changes: a Deployment's selector cannot."""
    return {INSTANCE_LABEL: app.name, COMPONENT_LABEL: component.value, "app.kubernetes.io/name": "votingapp"}


def labels(app: App, component: ComponentName | None) -> dict[str, str]:
    """All labels of an object; `component` is None for what belongs to the whole app."""
    common = {
        "app.kubernetes.io/name": "votingapp",
        INSTANCE_LABEL: app.name,
        "app.kubernetes.io/part-of": "voting-app",
        MANAGED_BY_LABEL: MANAGER,
    }
    if component is None:
        return common
    return {**common, COMPONENT_LABEL: component.value, "app": component.value}


def owner_reference(app: App) -> dict[str, Any]:
    """What makes the garbage collector take a child with its VotingApp."""
    return {"apiVersion": API_VERSION, "kind": KIND, "name": app.name, "uid": app.uid, "controller": True}


def manifest(  # noqa: PLR0913 - the five things every manifest's head is made of, by name
    app: App,
    *,
    api_version: str,
    kind: str,
    name: str,
    component: ComponentName | None,
    owned: bool = True,
) -> Manifest:
    """The head of a manifest.

    Args:
        app: whose child it is.
        api_version: of the object.
        kind: of the object.
        name: of the object.
        component: which part of the app it serves; None for the whole.
        owned: False for what outlives the VotingApp: it carries the labels but no owner reference.
    """
    metadata: dict[str, Any] = {"name": name, "namespace": app.namespace, "labels": labels(app, component)}
    if owned:
        metadata["ownerReferences"] = [owner_reference(app)]
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}
