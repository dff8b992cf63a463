"""What the runs amount to: the figures of the table, and whether they reach what they must."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tests.bench.fleet.fleet import Fleet
from tests.bench.fleet.floor import Floor
from tests.bench.fleet.meter import Usage

BASE, FULL = 100, 1000
"""The fleet whose cost per app is the measure for the full one's."""


@dataclass
class Run:
    """Everything measured with one number of apps.

    Attributes:
        apps: how many.
        idle: what the cluster spends with none.
        floor: of the bare client.
        operator: of the operator.
    """

    apps: int
    idle: Usage
    floor: Floor
    operator: Fleet


Runs = Mapping[int, Run]


@dataclass(frozen=True)
class Goal:
    """What must be reached.

    Attributes:
        text: in words.
        at: with how many apps.
        met: whether it is, in a run.
    """

    text: str
    at: tuple[int, ...]
    met: Callable[[Run, Runs], bool]


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        when: it is measured.
        name: what it is.
        value: of the operator.
        shown: how a person reads it.
        floor: the same of the bare client, where it has it.
        goal: what must be reached, where anything must.
    """

    when: str
    name: str
    value: Callable[[Run], float]
    shown: Callable[[float], str]
    floor: Callable[[Run], float] | None = None
    goal: Goal | None = None


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest of the values that no less than this share of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def seconds(value: float) -> str:
    """A time for a person."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def share(value: float) -> str:
    """A part of something."""
    return f"{value:.0%}"


def number(value: float) -> str:
    """A count."""
    return f"{value:,.1f}".removesuffix(".0")


def mebibytes(value: float) -> str:
    """A size."""
    return f"{value:.0f} MiB"


def cpu_an_app(run: Run) -> float:
    """The operator's CPU seconds an app, from apply to Ready."""
    return run.operator.fill.of_operator() / run.apps


def requests_an_app(run: Run) -> float:
    """The operator's requests an app, from apply to Ready."""
    return run.operator.fill.all_requests() / run.apps


def servers_an_app(run: Run) -> float:
    """API server's and etcd's CPU an app with the operator, from apply to Ready, without what they spend anyway."""
    return run.operator.fill.without(run.idle).of_servers() / run.apps


def floor_servers_an_app(run: Run) -> float:
    """The same with the bare client."""
    return run.floor.fill.without(run.idle).of_servers() / run.apps


def cpu_share(run: Run) -> float:
    """The operator's CPU as a part of API server's and etcd's on the same work."""
    return cpu_an_app(run) / servers_an_app(run)


def at_most(limit: float, value: Callable[[Run], float], text: str) -> Goal:
    """A goal for the full fleet."""
    return Goal(text, (FULL,), lambda run, _: value(run) <= limit)


def no_dearer(value: Callable[[Run], float]) -> Goal:
    """An app must not cost more only because it has many neighbours."""

    def met(run: Run, runs: Runs) -> bool:
        return BASE in runs and value(run) <= 1.2 * value(runs[BASE])

    return Goal(f"≤ 1.2 times that at {BASE}", (FULL,), met)


def of_added(what: str, part: float) -> Callable[[Run], float]:
    """A percentile over the new apps."""
    return lambda run: percentile((getattr(added, what) for added in run.operator.added), part)


def of_written(part: float) -> Callable[[Run], float]:
    """A percentile over the apps that the bare client added."""
    return lambda run: percentile(run.floor.added, part)


def of_drifts(part: float) -> Callable[[Run], float]:
    """A percentile over the drifts."""
    return lambda run: percentile((drift.repaired for drift in run.operator.drifts), part)


def applied(run: Run) -> float:
    """Seconds until all children existed."""
    return run.operator.applied_seconds


def written_an_app(run: Run) -> float:
    """The bare client's requests an app."""
    return run.floor.written / run.apps


def changed(run: Run) -> float:
    """Seconds until a replica count was changed in all Deployments."""
    return run.operator.change.applied_seconds


def server_writes(run: Run) -> float:
    """Writes after a restart, as the API server counts them."""
    return run.operator.restart.server_writes


def peak(run: Run) -> float:
    """The operator's memory at its largest."""
    return run.operator.peak_mib


NEAR_FLOOR = Goal(
    "≤ 1.25 times the floor",
    (BASE, FULL),
    lambda run, _: run.operator.applied_seconds <= 1.25 * run.floor.applied_seconds,
)
QUICK_CHILDREN = at_most(0.5, of_added("applied", 0.95), "≤ 500 ms")
QUICK_RESTART = at_most(10, lambda run: run.operator.restart.settled_seconds, "≤ 10 s")
NO_WRITES = at_most(0, lambda run: max(run.operator.restart.writes, run.operator.restart.server_writes), "0")

FILL, MORE, DRIFT = "all applied at once", "one more app", "a field changed by somebody else"
RESTART, CHANGE, WHOLE = "operator killed and started", "one replica count changed on all", "all of it"

ROWS = (
    Row(FILL, "all children exist", applied, seconds, lambda run: run.floor.applied_seconds, NEAR_FLOOR),
    Row(FILL, "all Ready", lambda run: run.operator.ready_seconds, seconds, lambda run: run.floor.ready_seconds),
    Row(FILL, "CPU, of API server's and etcd's", cpu_share, share, goal=at_most(0.25, cpu_share, "≤ 25 %")),
    Row(FILL, "CPU an app", cpu_an_app, seconds, goal=no_dearer(cpu_an_app)),
    Row(FILL, "API server's and etcd's CPU an app", servers_an_app, seconds, floor_servers_an_app),
    Row(FILL, "requests an app", requests_an_app, number, written_an_app, no_dearer(requests_an_app)),
    Row(MORE, "children exist, p50", of_added("applied", 0.5), seconds, of_written(0.5)),
    Row(MORE, "children exist, p95", of_added("applied", 0.95), seconds, of_written(0.95), QUICK_CHILDREN),
    Row(MORE, "children exist, p99", of_added("applied", 0.99), seconds, of_written(0.99)),
    Row(MORE, "Ready, p50", of_added("ready", 0.5), seconds),
    Row(MORE, "Ready, p95", of_added("ready", 0.95), seconds),
    Row(MORE, "Ready, p99", of_added("ready", 0.99), seconds),
    Row(DRIFT, "back, p50", of_drifts(0.5), seconds),
    Row(DRIFT, "back, p95", of_drifts(0.95), seconds, goal=at_most(1, of_drifts(0.95), "≤ 1 s")),
    Row(RESTART, "settled", lambda run: run.operator.restart.settled_seconds, seconds, goal=QUICK_RESTART),
    Row(RESTART, "writes", lambda run: run.operator.restart.writes, number, goal=NO_WRITES),
    Row(RESTART, "writes, as the API server counts", server_writes, number, goal=NO_WRITES),
    Row(RESTART, "CPU", lambda run: run.operator.restart.cpu_seconds, seconds),
    Row(CHANGE, "all children say so", changed, seconds, lambda run: run.floor.changed_seconds),
    Row(CHANGE, "all Ready", lambda run: run.operator.change.ready_seconds, seconds),
    Row(CHANGE, "CPU an app", lambda run: run.operator.change.usage.of_operator() / run.apps, seconds),
    Row(CHANGE, "requests an app", lambda run: run.operator.change.usage.all_requests() / run.apps, number),
    Row(WHOLE, "peak memory", peak, mebibytes, goal=at_most(150, peak, "≤ 150 MiB")),
)


def cell(row: Row, run: Run) -> str:
    """A figure, and its floor."""
    beside = f" (floor {row.shown(row.floor(run))})" if row.floor is not None else ""
    return row.shown(row.value(run)) + beside


def verdict(goal: Goal | None, runs: Runs) -> str:
    """Whether a goal was met wherever it must be."""
    if goal is None:
        return ""
    if any(apps not in runs for apps in goal.at):
        return "not measured"
    return "met" if all(goal.met(runs[apps], runs) for apps in goal.at) else "not met"


def stated(goal: Goal | None) -> str:
    """A goal in words."""
    return "" if goal is None else f"{goal.text} at {' and '.join(f'{apps:,}' for apps in goal.at)}"
