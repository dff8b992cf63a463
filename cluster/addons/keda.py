"""KEDA: scaling by the length of a queue, down to nothing. Its validating webhooks are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster import versions
from cluster.addons.addon import Addon, Upstream
from cluster.addons.images import ProgramImage, program
from cluster.addons.manifests import container

if TYPE_CHECKING:
    from cluster.addons.addon import Document

MODULE = "github.com/kedacore/keda/v2"
PARTS = ("crd", "general", "rbac", "manager", "metrics-server", "service_account")


def adapt(documents: list[Document]) -> None:
    """Without the webhooks, the operator must not look for their configuration."""
    container(documents, "keda-operator")["args"].append("--enable-webhook-patching=false")


ADDON = Addon(
    "keda",
    images=(
        ProgramImage(
            f"ghcr.io/kedacore/keda:{versions.KEDA.removeprefix('v')}",
            program("keda-operator", f"{MODULE}/cmd/operator", module="keda"),
            "/keda",
        ),
        ProgramImage(
            f"ghcr.io/kedacore/keda-metrics-apiserver:{versions.KEDA.removeprefix('v')}",
            program("keda-adapter", f"{MODULE}/cmd/adapter", module="keda"),
            "/keda-adapter",
        ),
    ),
    upstreams=(Upstream(MODULE, versions.KEDA, kustomizations=tuple(f"config/{part}" for part in PARTS)),),
    adapt=adapt,
)
