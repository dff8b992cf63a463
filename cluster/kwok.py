"""Kwok: nodes and pods that exist in the API only, so that a fleet fits on one machine. It runs outside the cluster.

It looks after the nodes that carry its annotation and nothing else. Its stages, which say what becomes of a pod on
such a node (Ready at once, gone when deleted), come with its own source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster import versions
from cluster.binaries import Recipe, ensure, module_folder
from cluster.kind import kubectl
from cluster.process import run

if TYPE_CHECKING:
    from pathlib import Path

MODULE = "sigs.k8s.io/kwok"
KWOK = Recipe("kwok", f"{MODULE}/cmd/kwok", version=versions.KWOK)
FAKE = {"kwok.x-k8s.io/node": "fake"}
"""The annotation of the nodes that kwok looks after. They carry it as a label and as a taint too."""

HEARTBEAT_SECONDS = 40


def ensure_kwok() -> tuple[Path, Path]:
    """The program and its stages, made once."""
    program = ensure(KWOK)
    stages = program.with_name(f"{program.name}.stages.yaml")
    if not stages.exists():
        fast = module_folder(MODULE, versions.KWOK) / "kustomize" / "stage" / "fast"
        unfinished = stages.with_suffix(".unfinished")
        unfinished.write_text(run(kubectl("kustomize", str(fast)), doing="rendering kwok's stages"))
        unfinished.replace(stages)
    return program, stages


def command(program: Path, stages: Path, kubeconfig: Path) -> list[str]:
    """What runs kwok until it is told to stop."""
    [(name, value)] = FAKE.items()
    return [
        str(program),
        f"--kubeconfig={kubeconfig}",
        f"--config={stages}",
        f"--manage-nodes-with-annotation-selector={name}={value}",
        f"--node-lease-duration-seconds={HEARTBEAT_SECONDS}",
    ]
