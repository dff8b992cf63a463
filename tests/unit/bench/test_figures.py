"""What the table says must follow from what was measured."""

from dataclasses import replace
from math import nan

import pytest

from tests.bench.fleet import figures
from tests.bench.fleet.figures import FILL, MORE, ROWS, WHOLE, Run
from tests.bench.fleet.fleet import Change, Fleet, Restart
from tests.bench.fleet.floor import Floor
from tests.bench.fleet.lone import Added, Drift
from tests.bench.fleet.meter import Usage

ROW = {(row.when, row.name): row for row in ROWS}
GOALS = {place: row.goal for place, row in ROW.items() if row.goal is not None}
WITHIN = (FILL, "all children exist")


def usage(apps: int, operator: float = 0.01) -> Usage:
    """A cluster that spends 100 ms of CPU an app, and 200 ms a second on itself."""
    cpu = {"kube-apiserver": 0.08 * apps + 1, "etcd": 0.02 * apps + 1, "operator": operator * apps}
    return Usage(seconds=10, cpu=cpu, requests={"apply": 20 * apps, "get": apps})


def a_run(apps: int, *, applied: float = 1.2, operator: float = 0.01) -> Run:
    """A run in which every goal is met."""
    fleet = Fleet(
        applied_seconds=applied,
        ready_seconds=3,
        fill=usage(apps, operator),
        added=[Added(applied=0.1, ready=1)] * 20,
        drifts=[Drift("Service", 0.05)] * 40,
        restart=Restart(settled_seconds=4),
        change=Change(usage=usage(apps)),
        peak_mib=120,
    )
    bare = Floor(applied_seconds=1, written=19 * apps, fill=usage(apps), added=[0.08] * 20)
    idle = Usage(seconds=10, cpu={"kube-apiserver": 1.0, "etcd": 1.0})
    return Run(apps, idle, bare, fleet)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.0, 1)],
)
def test_a_percentile_is_the_value_that_so_many_do_not_exceed(share: float, expected: int) -> None:
    assert figures.percentile(range(100, 0, -1), share) == expected


def test_every_figure_has_a_name_of_its_own() -> None:
    assert len(ROW) == len(ROWS)


def test_a_percentile_of_few_values_is_one_of_them() -> None:
    assert figures.percentile([3.0], 0.99) == 3.0
    assert figures.percentile([1.0, 2.0], 0.5) == 1.0
    assert figures.percentile([1.0, 2.0], 0.51) == 2.0


def test_all_goals_are_met_by_a_run_that_meets_them() -> None:
    runs = {apps: a_run(apps) for apps in (10, 100, 1000)}
    assert {name: figures.verdict(goal, runs) for name, goal in GOALS.items()} == dict.fromkeys(GOALS, "met")


def test_what_was_not_measured_is_not_met() -> None:
    runs = {100: a_run(100)}
    assert {figures.verdict(goal, runs) for goal in GOALS.values()} == {"not measured"}


def test_a_goal_must_be_met_wherever_it_stands() -> None:
    for slow in (100, 1000):
        runs = {apps: a_run(apps, applied=1.3 if apps == slow else 1.2) for apps in (100, 1000)}
        assert figures.verdict(GOALS[WITHIN], runs) == "not met"


def test_what_an_app_costs_may_hardly_grow_with_the_fleet() -> None:
    goal = GOALS[FILL, "CPU an app"]
    assert figures.verdict(goal, {100: a_run(100), 1000: a_run(1000, operator=0.0119)}) == "met"
    assert figures.verdict(goal, {100: a_run(100), 1000: a_run(1000, operator=0.0121)}) == "not met"
    assert figures.verdict(goal, {1000: a_run(1000)}) == "not met"


def test_what_the_cluster_spends_on_itself_does_not_flatter_the_operator() -> None:
    run = a_run(10, operator=0.025)
    assert figures.cpu_share(run) == pytest.approx(0.25)
    assert figures.cpu_share(replace(run, idle=Usage(seconds=10))) < 0.1


@pytest.mark.parametrize("broken", [Restart(settled_seconds=1, writes=1), Restart(settled_seconds=1, server_writes=1)])
def test_a_write_after_a_restart_shows_whoever_counted_it(broken: Restart) -> None:
    run = a_run(1000)
    run.operator.restart = broken
    judged = {figures.verdict(goal, {1000: run}) for (_, name), goal in GOALS.items() if "writes" in name}
    assert judged == {"not met"}


def test_a_figure_stands_beside_its_floor() -> None:
    assert figures.cell(ROW[WITHIN], a_run(10)) == "1.2 s (floor 1.0 s)"
    assert figures.cell(ROW[MORE, "children exist, p95"], a_run(10)) == "100 ms (floor 80 ms)"
    assert figures.cell(ROW[FILL, "requests an app"], a_run(10)) == "21 (floor 19)"
    assert figures.cell(ROW[FILL, "CPU, of API server's and etcd's"], a_run(10)) == "10%"


def test_times_are_read_at_a_glance() -> None:
    assert [figures.seconds(value) for value in (0.0123, 0.9994, 1.04, 123.45)] == [
        "12 ms",
        "999 ms",
        "1.0 s",
        "123.5 s",
    ]


def test_nothing_is_met_by_a_figure_that_is_none() -> None:
    run = a_run(1000)
    run.operator.peak_mib = nan
    assert figures.verdict(GOALS[WHOLE, "peak memory"], {1000: run}) == "not met"
