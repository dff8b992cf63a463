"""The cluster's own controllers, freed from their client limits for the length of a run.

By default the controller manager sends 20 requests a second and the scheduler 50: a thousand apps would measure that
and nothing else, with the operator and without. Their static pods get other limits here, and what they had afterwards.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from cluster import versions
from cluster.kind import container_id, kubectl
from cluster.process import answer, run
from cluster.report import note, step
from tests.bench.fleet import processes

CONTROL_PLANE = ("kube-apiserver", "etcd", "kube-controller-manager", "kube-scheduler")
NODE = f"{versions.CLUSTER}-control-plane"
FOLDER = "/etc/kubernetes"
LIMITS = ("--kube-api-qps=1000", "--kube-api-burst=2000")
RAISED = ("kube-controller-manager", "kube-scheduler")
PATIENCE = 180.0


@asynccontextmanager
async def without_client_limits() -> AsyncIterator[None]:
    """Raise the limits, and put them back at the end. A run that was killed before it did is made good as well."""
    note(f"for this run {' and '.join(RAISED)} get {' '.join(LIMITS)}")
    try:
        with step("restarting the cluster's controllers with higher client limits"):
            await change(raised=True)
        yield
    finally:
        with step("restarting the cluster's controllers with their own client limits"):
            await change(raised=False)


async def change(*, raised: bool) -> None:
    """Write the static pods as they shall be, and wait until they run so."""
    for name in RAISED:
        where = f"{FOLDER}/manifests/{name}.yaml"
        present = on_node("cat", where)
        wanted = with_limits(present, name) if raised else without_limits(present)
        if wanted != present:  # moved into place whole, for the kubelet reads it whenever it likes
            on_node("sh", "-c", f"umask 077; cat > {FOLDER}/{name}.new && mv {FOLDER}/{name}.new {where}", stdin=wanted)
    began = time.monotonic()
    while not await asyncio.to_thread(settled, raised=raised):
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError(f"{' and '.join(RAISED)} do not run with their new limits after {PATIENCE:.0f} s")
        await asyncio.sleep(1)


def without_limits(manifest: str) -> str:
    """A static pod's manifest as the cluster was made with."""
    return "".join(line for line in manifest.splitlines(keepends=True) if line.strip().removeprefix("- ") not in LIMITS)


def with_limits(manifest: str, name: str) -> str:
    """The manifest with our limits right after the program's name."""
    lines = without_limits(manifest).splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.strip() == f"- {name}")
    indent = lines[at][: lines[at].index("-")]
    return "".join([*lines[: at + 1], *(f"{indent}- {limit}\n" for limit in LIMITS), *lines[at + 1 :]])


def settled(*, raised: bool) -> bool:
    """Whether both run with the limits that they shall have, and lead: a new one waits for the old one's lease."""
    try:
        running = programs()
    except LookupError:
        return False
    return all(
        (LIMITS[0] in processes.command_line(running[name])) == raised and leads(name, running[name]) for name in RAISED
    )


def programs() -> dict[str, int]:
    """The process ids of the control plane, as this machine has them."""
    return processes.of_container(container_id(NODE), CONTROL_PLANE)


def leads(name: str, pid: int) -> bool:
    """Whether the process holds its lease: it was acquired after the process began."""
    asked = ("get", "lease", "-n", "kube-system", name, "-o", "jsonpath={.spec.acquireTime}")
    acquired = answer(kubectl(*asked))
    if not acquired:
        return False
    return datetime.fromisoformat(acquired).timestamp() > processes.started_at(pid)


def on_node(*command: str, stdin: str = "") -> str:
    """Run something on the control plane's node."""
    return run(["docker", "exec", "-i", NODE, *command], doing=f"running {command[0]} on {NODE}", stdin=stdin)
