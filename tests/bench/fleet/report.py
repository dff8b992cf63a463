"""The results, for a person and for a machine."""

import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.table import Table

from cluster import versions
from tests.bench.fleet import figures
from tests.bench.fleet.control_plane import LIMITS, RAISED
from tests.bench.fleet.figures import ROWS, Runs
from tests.bench.fleet.growth import Panel, picture
from tests.bench.fleet.kube import IN_FLIGHT


def table(runs: Runs) -> Table:
    """All figures, each beside its floor and its goal."""
    shown = Table(
        title=f"VotingApps on fake nodes, {os.cpu_count()} cores shared by all",
        caption=f"floor: the same objects written by a bare client, {IN_FLIGHT} requests at a time, no operator. "
        f"In both, {' and '.join(RAISED)} run with {' '.join(LIMITS)}.",
    )
    shown.add_column("measured")
    for apps in runs:
        shown.add_column(f"{apps:,} apps", justify="right")
    shown.add_column("must reach")
    shown.add_column("")
    when = ""
    for row in ROWS:
        if row.when != when:
            when = row.when
            shown.add_section()
            shown.add_row(f"[bold]{when}")
        cells = [figures.cell(row, run) for run in runs.values()]
        shown.add_row(row.name, *cells, figures.stated(row.goal), figures.verdict(row.goal, runs))
    return shown


def document(runs: Runs) -> str:
    """All that was measured, raw, with what it was measured on."""
    judged = {
        f"{row.when}: {row.name}, {figures.stated(row.goal)}": figures.verdict(row.goal, runs)
        for row in ROWS
        if row.goal is not None
    }
    said = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "memory_gib": memory_gib(), "kernel": platform.release()},
        "versions": {
            "operator": version("votingapp-operator"),
            "kubernetes": versions.KUBERNETES,
            "kwok": versions.KWOK,
            "kopf": version("kopf"),
            "python": platform.python_version(),
        },
        "in_flight": IN_FLIGHT,
        "controllers": {"programs": RAISED, "flags": LIMITS},
        "goals": judged,
        "runs": [asdict(run) for run in runs.values()],
    }
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def memory_gib() -> float:
    """This machine's memory."""
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)


def growth(runs: Runs) -> str:
    """The picture."""
    seconds = {
        "operator": {apps: run.operator.applied_seconds for apps, run in runs.items()},
        "floor": {apps: run.floor.applied_seconds for apps, run in runs.items()},
    }
    cpu = {
        "operator": {apps: 1000 * figures.cpu_an_app(run) for apps, run in runs.items()},
        "API server and etcd, floor": {apps: 1000 * figures.floor_servers_an_app(run) for apps, run in runs.items()},
        "API server and etcd": {apps: 1000 * figures.servers_an_app(run) for apps, run in runs.items()},
    }
    return picture([Panel("Until all children exist", "s", seconds), Panel("CPU an app, until Ready", "ms", cpu)])


FILES = {"benchmark.json": document, "benchmark.svg": growth}


def write(runs: Runs, folder: Path) -> None:
    """Write the figures and the picture."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in FILES.items():
        (folder / name).write_text(made(runs))
