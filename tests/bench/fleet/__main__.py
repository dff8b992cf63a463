"""Run it with `make bench`, or `uv run python -m tests.bench.fleet --help`.

It needs the kind cluster with the operator (`make up`) on this machine, and takes it for itself while it runs. All that
it makes is removed at the end, also after Ctrl-C, and what it changes is put back.
"""

import asyncio
import shutil
import signal
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cluster.laptop import without_the_clusters_own
from cluster.lock import only_run
from cluster.paths import PROJECT
from cluster.process import ClusterError
from cluster.report import note, step
from tests.bench.fleet import fakes, fleet, floor, report
from tests.bench.fleet.access import open_access
from tests.bench.fleet.control_plane import without_client_limits
from tests.bench.fleet.figures import Run
from tests.bench.fleet.meter import Meter
from tests.bench.fleet.operator import Operator

IDLE_SECONDS = 10.0

QUIET = 0.4
"""Of a core, that API server and etcd may spend before anything is measured: four nodes at rest need half of it."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


async def measure(counts: list[int], out: Path, folder: Path, *, profile: bool) -> dict[int, Run]:
    """All runs, on one cluster prepared once."""
    access = open_access(folder)
    async with AsyncExitStack() as stack:
        stack.enter_context(without_the_clusters_own())
        await stack.enter_async_context(without_client_limits())
        kube = await stack.enter_async_context(access.as_admin())
        writer = await stack.enter_async_context(access.as_operator())
        kwok = await stack.enter_async_context(fakes.fake_nodes(kube, access.admin, folder))
        meter = Meter(kwok)
        async with meter.measured() as idle:
            await asyncio.sleep(IDLE_SECONDS)
        if idle.of_servers() > QUIET * idle.seconds:
            note("the cluster is not at rest: something else uses it, and all times and CPU will be too high")
        runs = {}
        for apps in counts:
            with step(f"{apps:,} apps, floor"):
                bare = await floor.measure(kube, writer, meter, apps)
            with step(f"{apps:,} apps, operator"):
                async with Operator(access, folder) as operator:
                    pictures = out / f"benchmark-profile-{apps}" if profile else None
                    own = await fleet.measure(kube, meter, operator, apps, pictures)
            runs[apps] = Run(apps, idle, bare, own)
            report.write(runs, out)  # at once: to remove a fleet takes as long as to make it, and so does the next
            note(f"{apps:,} apps: children applied in {own.applied_seconds:.1f} s, floor {bare.applied_seconds:.1f} s")
            with step(f"{apps:,} apps, removing them"):
                await fakes.remove_fleet(kube)
        return runs


async def interruptible(counts: list[int], out: Path, folder: Path, *, profile: bool) -> dict[int, Run]:
    """The same, ended by SIGTERM as by Ctrl-C: what was made is removed first."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await measure(counts, out, folder, profile=profile)


@app.command()
def bench(
    apps: Annotated[str, typer.Option(help="How many VotingApps, in one run each.")] = "10,100,1000",
    out: Annotated[Path, typer.Option(help="Where benchmark.json and benchmark.svg go.")] = PROJECT / "docs",
    *,
    profile: Annotated[bool, typer.Option(help="Also draw flame graphs of the operator, by py-spy.")] = False,
) -> None:
    """Measure what a fleet of VotingApps costs, beside a bare client that writes the same objects."""
    counts = [int(count) for count in apps.split(",")]
    if profile and shutil.which("py-spy") is None:
        raise ClusterError("--profile needs py-spy: install it with `uv tool install py-spy`, and have it on the PATH.")
    with only_run("bench"):
        runs = measured(counts, out, profile=profile)
    Console(width=170).print(report.table(runs))
    note(f"written: {' and '.join(str(out / name) for name in report.FILES)}")


def measured(counts: list[int], out: Path, *, profile: bool) -> dict[int, Run]:
    """All runs. Where one fails, the logs are kept, and nothing that gives access to the cluster."""
    folder = Path(tempfile.mkdtemp(prefix="votingapp-bench-"))
    try:
        runs = asyncio.run(interruptible(counts, out, folder, profile=profile))
    except BaseException:
        for secret in (*folder.glob("*.kubeconfig"), *folder.glob("*.pem")):
            secret.unlink()
        note(f"the logs of operator and kwok are in {folder}")
        raise
    shutil.rmtree(folder)
    return runs


def main() -> None:
    """Run it; a failure is told in words where it is one that a person can do something about."""
    try:
        app()
    except (ClusterError, LookupError, TimeoutError) as reason:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"\n{reason}", style="red", markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
