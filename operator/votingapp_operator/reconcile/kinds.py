"""The kinds of children, and where the API server keeps them.

A fixed table in place of discovery: the operator's own kinds are known, and a start that asks nothing cannot fail.
"""

from typing import Any, NamedTuple

from votingapp_operator.api import API_VERSION, KIND, PLURAL

Object = dict[str, Any]
"""An object as the API server gives it."""


class Resource(NamedTuple):
    """A kind's place in the API."""

    api_version: str
    plural: str

    def path(self, namespace: str, name: str | None = None, subresource: str | None = None) -> str:
        """The URL path of an object, or of the whole kind in a namespace."""
        root = "api" if "/" not in self.api_version else "apis"
        parts = [root, self.api_version, "namespaces", namespace, self.plural, name, subresource]
        return "/" + "/".join(part for part in parts if part is not None)


RESOURCES = {
    "ConfigMap": Resource("v1", "configmaps"),
    "Pod": Resource("v1", "pods"),
    "PersistentVolumeClaim": Resource("v1", "persistentvolumeclaims"),
    "Secret": Resource("v1", "secrets"),
    "Service": Resource("v1", "services"),
    "ServiceAccount": Resource("v1", "serviceaccounts"),
    "Deployment": Resource("apps/v1", "deployments"),
    KIND: Resource(API_VERSION, PLURAL),
    "Event": Resource("events.k8s.io/v1", "events"),
}

WATCHED_CHILDREN = ("ConfigMap", "PersistentVolumeClaim", "Service", "ServiceAccount", "Deployment")
"""Kinds that the operator watches. Secrets are not among them: it may read one by name, and never a list of them."""
