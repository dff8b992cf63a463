"""How fast votes are taken and stored on the kind cluster, beside what redis and Postgres can do in the same run.

Run it with `uv run python -m tests.bench.app`. It judges nothing by itself: the figures depend on the machine, so each
is shown beside the rate of the engine that bounds it.
"""

import json
import os
import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cluster.paths import PROJECT
from tests.bench import measures
from tests.bench.measures import Measured
from tests.support.apps import App, running_app

VOTE_PORT, RESULT_PORT = 30006, 30007
GOAL_VOTES_A_SECOND = 5000
REPORT = PROJECT / "build" / "bench-app.json"

SPEC = {"vote": {"replicas": 1}, "result": {"replicas": 1}}


def measure(app: App, console: Console) -> dict[str, Measured]:
    """All figures, in the order of the table. The floors come while the app itself is at rest."""
    found: dict[str, Measured] = {}
    for name, take in measures.ALL.items():
        found[name] = take(app)
        console.print(f"{name}: {found[name].rate:,.0f} {found[name].unit}")
    return found


def table(found: dict[str, Measured]) -> Table:
    """The figures for a person."""
    shown = Table(title=f"The voting app on a four-node kind cluster, {os.cpu_count()} cores shared by all")
    shown.add_column("measured")
    for heading in ("rate", "p50", "p99", "failed"):
        shown.add_column(heading, justify="right")
    shown.add_column("how")
    for name, measured in found.items():
        shown.add_row(
            name,
            f"{measured.rate:,.0f} {measured.unit}",
            milliseconds(measured.p50_ms),
            milliseconds(measured.p99_ms),
            "" if measured.failed is None else str(measured.failed),
            measured.how,
        )
    return shown


def milliseconds(value: float | None) -> str:
    """A latency for a person."""
    return "" if value is None else f"{value:.1f} ms"


def write_report(found: dict[str, Measured], report: Path) -> None:
    """The figures for a machine."""
    report.parent.mkdir(exist_ok=True)
    figures = {name: measured.as_dict() for name, measured in found.items()}
    report.write_text(json.dumps({"cores": os.cpu_count(), "measured": figures}, indent=2) + "\n")


def main() -> None:
    """Measure, print and write down."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing. Install it with: apt-get install wrk")
    console = Console(width=150)
    console.print("starting the app")
    with running_app("bench", SPEC, vote_port=VOTE_PORT, result_port=RESULT_PORT) as app:
        found = measure(app, console)
    console.print(table(found))
    reached = found[measures.WORKER].rate >= GOAL_VOTES_A_SECOND
    console.print(f"the worker reached ≥ {GOAL_VOTES_A_SECOND:,} votes/s: {'yes' if reached else 'no'}")
    write_report(found, REPORT)
    console.print(f"written to {REPORT.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
