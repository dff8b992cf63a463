"""The operator on this machine, in place of the one in the cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cluster.deploy import NAMESPACE, OPERATOR, replicas, wait_for_rollout
from cluster.images import known_images
from cluster.kind import kubectl
from cluster.lock import in_turn
from cluster.paths import kubeconfig
from cluster.process import run
from cluster.report import note

if TYPE_CHECKING:
    from collections.abc import Iterator

KOPF_RUN = [sys.executable, "-m", "kopf", "run", "-m", "votingapp_operator.main", "--all-namespaces"]


def environment() -> dict[str, str]:
    """This machine's environment, pointed at the cluster and at the images that were built for it."""
    return {**os.environ, **known_images(), "NODE_ADDRESS": "127.0.0.1", "KUBECONFIG": str(kubeconfig())}


@contextmanager
def without_the_clusters_own() -> Iterator[None]:
    """Stop the operator in the cluster, and start it again at the end, whatever happens in between.

    Who comes second waits: the first one's end would start the operator beside it.
    """
    with in_turn("operator"):
        scale(0)
        try:
            yield
        finally:
            scale(replicas())
            wait_for_rollout()


def scale(wanted: int) -> None:
    """Set how many operators run in the cluster, and wait for those that go to be gone."""
    where = ("-n", NAMESPACE)
    run(
        kubectl(*where, "scale", f"deployment/{OPERATOR}", f"--replicas={wanted}"),
        doing="scaling the operator in the cluster",
        hint="is it deployed? `make up` does that.",
    )
    if wanted == 0:
        pods = ("pod", "-l", f"app.kubernetes.io/name={OPERATOR}")
        run(
            kubectl(*where, "wait", "--for=delete", *pods, "--timeout=60s"),
            doing="waiting for the operator in the cluster to stop",
        )


def run_here() -> None:
    """Run the operator in the foreground until Ctrl-C."""
    surroundings = environment()
    with without_the_clusters_own():
        note("the operator runs here until Ctrl-C; the one in the cluster is stopped as long")
        process = subprocess.Popen(KOPF_RUN, env=surroundings)
        try:
            process.wait()
        except KeyboardInterrupt:  # Kopf has had it too, and is finishing
            process.wait()
