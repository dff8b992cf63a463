"""APIs that a cluster may or may not serve, since they come with an add-on.

What needs one is asked for by a field of its own. Where the API is missing, what the field asks for is left out, the
status says so, and all the rest is made.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class OptionalApi(NamedTuple):
    """One kind of an add-on.

    Attributes:
        api_version: group and version in which the operator writes it.
        plural: its place in the API's paths.
        add_on: who serves it, as a person knows it.
        field: the part of the spec that asks for it.
    """

    api_version: str
    plural: str
    add_on: str
    field: str


OPTIONAL: Mapping[str, OptionalApi] = MappingProxyType(
    {
        "ScaledObject": OptionalApi("keda.sh/v1alpha1", "scaledobjects", "KEDA", "worker.autoscaling"),
        "VerticalPodAutoscaler": OptionalApi(
            "autoscaling.k8s.io/v1", "verticalpodautoscalers", "the Vertical Pod Autoscaler", "vertical"
        ),
        "Gateway": OptionalApi("gateway.networking.k8s.io/v1", "gateways", "the Gateway API", "traffic"),
        "HTTPRoute": OptionalApi("gateway.networking.k8s.io/v1", "httproutes", "the Gateway API", "traffic"),
        "PeerAuthentication": OptionalApi("security.istio.io/v1", "peerauthentications", "Istio", "mesh"),
        "DestinationRule": OptionalApi("networking.istio.io/v1", "destinationrules", "Istio", "mesh"),
        "VirtualService": OptionalApi("networking.istio.io/v1", "virtualservices", "Istio", "mesh"),
        "Server": OptionalApi("policy.linkerd.io/v1beta3", "servers", "Linkerd", "mesh"),
        "AuthorizationPolicy": OptionalApi("policy.linkerd.io/v1alpha1", "authorizationpolicies", "Linkerd", "mesh"),
        "MeshTLSAuthentication": OptionalApi("policy.linkerd.io/v1alpha1", "meshtlsauthentications", "Linkerd", "mesh"),
    }
)
"""By kind. Installed later, an API is noticed within seconds, and what waited for it is made."""
