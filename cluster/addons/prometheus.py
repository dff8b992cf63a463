"""Prometheus: scrapes the operator, the VotingApps' pods, and what says by annotation that it wants to be scraped."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from cluster import versions
from cluster.addons.addon import Addon
from cluster.addons.images import ProgramImage, program
from cluster.paths import PROJECT
from cluster.process import ClusterError

if TYPE_CHECKING:
    from cluster.addons.addon import Document

MODULE = "github.com/prometheus/prometheus"
RULES = PROJECT / "deploy" / "monitoring" / "alerts.yaml"
# Of the many ways to discover targets, the one that is used here: the others triple the program.
TAGS = "remove_all_sd,enable_kubernetes_sd"


def release() -> str:
    """The release of a module version: the module v0.316.0 is Prometheus 3.16.0."""
    major, minor, patch = versions.PROMETHEUS.removeprefix("v").split(".")
    if major != "0":
        raise ClusterError(f"cluster/versions.py names the Prometheus module {versions.PROMETHEUS}, which is no v0.")
    return f"v{int(minor) // 100}.{int(minor) % 100}.{patch}"


def adapt(documents: list[Document]) -> None:
    """The operator's alert rules beside the configuration, and a new pod when either changes."""
    configuration, deployment = (
        next(item for item in documents if item["kind"] == kind) for kind in ("ConfigMap", "Deployment")
    )
    configuration["data"]["alerts.yaml"] = RULES.read_text()
    content = json.dumps(configuration["data"], sort_keys=True).encode()
    annotations = deployment["spec"]["template"]["metadata"].setdefault("annotations", {})
    annotations["votingapp/configuration"] = hashlib.sha256(content).hexdigest()[:12]


ADDON = Addon(
    "prometheus",
    images=(
        ProgramImage(
            f"docker.io/prom/prometheus:{release()}",
            program("prometheus", f"{MODULE}/cmd/prometheus", version=versions.PROMETHEUS, tags=TAGS),
            "/bin/prometheus",
        ),
    ),
    own=("prometheus.yaml",),
    adapt=adapt,
)
