"""metrics-server: `kubectl top`, and what a HorizontalPodAutoscaler goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster import versions
from cluster.addons.addon import Addon, Upstream
from cluster.addons.images import ProgramImage, program
from cluster.addons.manifests import container, move_out_of_kube_system

if TYPE_CHECKING:
    from cluster.addons.addon import Document

MODULE = "sigs.k8s.io/metrics-server"
NAMESPACE = "metrics-server"


def adapt(documents: list[Document]) -> None:
    """The kubelets of kind sign their serving certificates themselves, so that no authority vouches for them."""
    move_out_of_kube_system(documents, NAMESPACE)
    container(documents, "metrics-server")["args"].append("--kubelet-insecure-tls")


ADDON = Addon(
    "metrics-server",
    images=(
        ProgramImage(
            f"registry.k8s.io/metrics-server/metrics-server:{versions.METRICS_SERVER}",
            program("metrics-server", f"{MODULE}/cmd/metrics-server", version=versions.METRICS_SERVER),
            "/metrics-server",
            # As it stands in the manifests, which a release only then renders.
            repository="gcr.io/k8s-staging-metrics-server/metrics-server",
        ),
    ),
    upstreams=(Upstream(MODULE, versions.METRICS_SERVER, kustomizations=("manifests/base",)),),
    namespace=NAMESPACE,
    adapt=adapt,
)
