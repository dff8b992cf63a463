"""APIs without their controllers, for which this cluster has no images: the API server still checks what is written.

What the Go module proxy refuses cannot be had this way: CloudNativePG and Linkerd.
"""

from __future__ import annotations

from cluster import versions
from cluster.addons.addon import Addon, Upstream

ISTIO = Addon(
    "istio-crds",
    upstreams=(Upstream("istio.io/api", versions.ISTIO_API, files=("kubernetes/customresourcedefinitions.gen.yaml",)),),
)
CERT_MANAGER = Addon(
    "cert-manager-crds",
    upstreams=(Upstream("github.com/cert-manager/cert-manager", versions.CERT_MANAGER, files=("deploy/crds/*.yaml",)),),
)
