"""The kinds that the operator deals with, and where the API server keeps them.

A fixed table in place of discovery: the operator's own kinds are known, and a start that asks nothing cannot fail.
"""

from typing import Any, NamedTuple

from votingapp_operator.api import API_VERSION, KIND, PLURAL
from votingapp_operator.desired.apis import OPTIONAL
from votingapp_operator.desired.app import MANAGED_BY_LABEL, MANAGER

Object = dict[str, Any]
"""An object as the API server gives it."""


class Resource(NamedTuple):
    """A kind's place in the API."""

    api_version: str
    plural: str

    def path(self, namespace: str | None, name: str | None = None, subresource: str | None = None) -> str:
        """The URL path of an object, of the whole kind in a namespace, or of the whole kind."""
        root = "api" if "/" not in self.api_version else "apis"
        place = ["namespaces", namespace] if namespace is not None else []
        parts = [root, self.api_version, *place, self.plural, name, subresource]
        return "/" + "/".join(part for part in parts if part is not None)


RESOURCES = {
    "ConfigMap": Resource("v1", "configmaps"),
    "Pod": Resource("v1", "pods"),
    "PersistentVolumeClaim": Resource("v1", "persistentvolumeclaims"),
    "Secret": Resource("v1", "secrets"),
    "Service": Resource("v1", "services"),
    "ServiceAccount": Resource("v1", "serviceaccounts"),
    "Deployment": Resource("apps/v1", "deployments"),
    "HorizontalPodAutoscaler": Resource("autoscaling/v2", "horizontalpodautoscalers"),
    "NetworkPolicy": Resource("networking.k8s.io/v1", "networkpolicies"),
    "PodDisruptionBudget": Resource("policy/v1", "poddisruptionbudgets"),
    KIND: Resource(API_VERSION, PLURAL),
    "Event": Resource("events.k8s.io/v1", "events"),
    "Lease": Resource("coordination.k8s.io/v1", "leases"),
    **{kind: Resource(api.api_version, api.plural) for kind, api in OPTIONAL.items()},
}


class Scope(NamedTuple):
    """The objects of a kind, in one namespace or in all, that a label selector finds."""

    kind: str
    namespace: str | None
    selector: str

    @property
    def path(self) -> str:
        """The URL path."""
        return RESOURCES[self.kind].path(self.namespace)


WATCHED_CHILDREN = (
    *("ConfigMap", "PersistentVolumeClaim", "Service", "ServiceAccount", "Deployment"),
    *("HorizontalPodAutoscaler", "NetworkPolicy", "PodDisruptionBudget"),
    *OPTIONAL,
)
"""Kinds of children that the operator watches. Secrets are not among them: it may read one by name, and no list."""

WATCHED = {KIND: "", **dict.fromkeys((*WATCHED_CHILDREN, "Pod"), f"{MANAGED_BY_LABEL}={MANAGER}")}
"""All kinds that the operator watches, with the label selector of what concerns it."""
