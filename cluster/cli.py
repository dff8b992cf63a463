"""The commands that a person types."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from typing import Annotated

import typer
from rich.console import Console

from cluster import demo as showing
from cluster import kind, laptop, versions
from cluster.addons.catalogue import chosen
from cluster.addons.install import install, missing
from cluster.base_image import LABEL
from cluster.base_image import NAME as BASE
from cluster.binaries import drop_caches
from cluster.deploy import deploy as deploy_operator
from cluster.engine import engine_answers, ensure_engine
from cluster.images import REGISTRY, ensure_images
from cluster.lock import only_run
from cluster.paths import bin_dir, images_env, kubeconfig, state_dir
from cluster.process import ClusterError, answer, run
from cluster.report import note, step

app = typer.Typer(
    help="The kind cluster that this project is developed, tested and shown on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def bring_up() -> None:
    """Engine, tools, cluster."""
    ensure_engine()
    kind.ensure_tools()
    kind.ensure_cluster()
    drop_caches()


@app.command()
def up() -> None:
    """Make the cluster, or take and repair the one that is there; then its images."""
    with only_run("up"):
        bring_up()
        ensure_images()
        note(f"the cluster {versions.CLUSTER} is up: `make status` shows it")


@app.command()
def images() -> None:
    """Build the project's images and load them into the cluster."""
    with only_run("images"):
        ensure_engine()
        ensure_images()
        note(images_env().read_text().strip())


@app.command()
def deploy() -> None:
    """Install the CRD and the operator in the cluster."""
    with only_run("deploy"):
        deploy_operator()


@app.command()
def addons(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all when none is named.")] = None,
    *,
    cached: bool = typer.Option(default=False, help="Only tell whether all is made already: status 1 when not."),
) -> None:
    """Install add-ons in the cluster: autoscalers, a Gateway, Prometheus and APIs to check manifests against."""
    wanted = chosen(names or [])
    if not cached:
        with only_run("addons"):
            ensure_engine()
            install(wanted)
    elif lacking := missing(wanted):
        note("still to be made, which takes minutes:\n" + "\n".join(lacking))
        sys.exit(1)


@app.command()
def demo() -> None:
    """Everything: cluster, images, operator, and a VotingApp to vote in."""
    with only_run("demo"):
        bring_up()
        ensure_images()
        deploy_operator()
        showing.show()


@app.command()
def down(*, purge: bool = typer.Option(default=False, help="Also remove the images and the cache.")) -> None:
    """Remove the cluster. The engine, the images and the cache stay."""
    with only_run("down"):
        if engine_answers():
            kind.ensure_tools()
            kind.remove()
            if purge:
                remove_images()
        if purge:
            with step(f"removing {state_dir()}"):
                shutil.rmtree(state_dir())


def remove_images() -> None:
    """Remove every image of ours from the engine."""
    listing = ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "--filter"]
    ours = run([*listing, f"reference={REGISTRY}/*"], doing="listing the images").split()
    ours += run([*listing, f"reference={BASE}", "--filter", f"label={LABEL}"], doing="listing the images").split()
    if ours:
        with step(f"removing {len(ours)} images"):
            run(["docker", "rmi", "-f", *ours], doing="removing the images")


@app.command()
def status() -> None:
    """What is there, on one screen."""
    if not engine_answers():
        note("engine: none answers (`make up` starts one)")
        return
    nodes = kind.containers()
    note(f"engine: {answer(['docker', 'version', '--format', 'Docker {{.Server.Version}}'])}")
    note(f"cluster: {versions.CLUSTER}{'' if nodes else ' does not exist (`make up` makes it)'}")
    for name, state in sorted(nodes.items()):
        note(f"  {name}: {state}")
    if nodes and kubeconfig().exists():
        for what in (("nodes",), ("pods", "-n", "votingapp-system"), ("votingapps", "-A")):
            told = answer(kind.kubectl("get", *what, "--request-timeout=5s"))
            note(told or f"({' '.join(what)}: nothing to show)")
    note(f"state and caches: {state_dir()}")


@app.command(name="run")
def run_operator() -> None:
    """Run the operator on this machine instead of in the cluster, until Ctrl-C."""
    laptop.run_here()


@app.command(context_settings={"ignore_unknown_options": True})
def without_operator(command: list[str]) -> None:
    """Run a command while the operator in the cluster is away, and start that again."""
    with laptop.without_the_clusters_own():
        ended = subprocess.run(command, check=False).returncode
    sys.exit(ended)


@app.command()
def env() -> None:
    """Shell lines that point a shell at the cluster: eval "$(make -s env)"."""
    print(f"export KUBECONFIG={shlex.quote(str(kubeconfig()))}")  # noqa: T201 - for a shell, not for rich
    print(f"export PATH={shlex.quote(str(bin_dir()))}:$PATH")  # noqa: T201 - as above


def main() -> None:
    """Run a command; a failure is told in words, without a traceback."""
    try:
        app()
    except ClusterError as reason:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"\n{reason}", style="red", markup=False)
        sys.exit(1)
