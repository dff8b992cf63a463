"""What is done about the Docker engine, decided from what the machine is like."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cluster.engine import Action, Machine, configured, decide, explanation, lacks_sys_resource, runs

if TYPE_CHECKING:
    from pathlib import Path

BARE = Machine(
    engine_answers=False,
    remote=False,
    linux=True,
    root=True,
    has_dockerd=False,
    has_systemd=False,
    has_apt=True,
)


@pytest.mark.parametrize(
    ("machine", "action"),
    [
        (replace(BARE, engine_answers=True), Action.NOTHING),
        (replace(BARE, engine_answers=True, root=False, linux=False), Action.NOTHING),
        (BARE, Action.INSTALL),
        (replace(BARE, has_apt=False), Action.EXPLAIN),
        (replace(BARE, root=False), Action.EXPLAIN),
        (replace(BARE, has_dockerd=True), Action.START_BY_HAND),
        (replace(BARE, has_dockerd=True, has_systemd=True), Action.START_SERVICE),
        (replace(BARE, has_dockerd=True, root=False), Action.EXPLAIN),
        (replace(BARE, remote=True), Action.EXPLAIN),
        (replace(BARE, linux=False), Action.EXPLAIN),
    ],
)
def test_decides_the_least_that_gives_an_engine(machine: Machine, action: Action) -> None:
    assert decide(machine) is action


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        (replace(BARE, remote=True), "DOCKER_HOST"),
        (replace(BARE, linux=False), "Docker Desktop"),
        (replace(BARE, has_dockerd=True, root=False), "systemctl start docker"),
        (replace(BARE, has_apt=False), "apt-get install docker.io"),
    ],
)
def test_says_how_to_get_an_engine(machine: Machine, said: str) -> None:
    assert said in explanation(machine)


@pytest.mark.parametrize(("mask", "lacks"), [("000001ffffffffff", False), ("000001fffeffffff", True)])
def test_reads_the_bounding_set(mask: str, *, lacks: bool) -> None:
    assert lacks_sys_resource(f"Name:\tx\nCapBnd:\t{mask}\nCapAmb:\t0\n") is lacks


def test_keeps_what_else_the_engine_is_configured_for() -> None:
    config = json.loads(configured('{"mtu": 1400, "runtimes": {"other": {"path": "/x"}}}'))
    assert config["mtu"] == 1400
    assert set(config["runtimes"]) == {"other", "runc-bounded"}
    assert config["default-runtime"] == "runc-bounded"
    assert configured(configured("")) == configured("")


@pytest.mark.parametrize(
    ("content", "name", "state", "live"),
    [
        ("41\n", "dockerd", "S (sleeping)", True),
        ("41", "dockerd", "Z (zombie)", False),
        ("41", "bash", "S (sleeping)", False),
        ("42", "dockerd", "S (sleeping)", False),
        ("", "dockerd", "S (sleeping)", False),
        (None, "dockerd", "S (sleeping)", False),
    ],
)
def test_a_pid_file_counts_while_it_names_a_live_process_of_that_program(
    tmp_path: Path, content: str | None, name: str, state: str, *, live: bool
) -> None:
    (tmp_path / "41").mkdir()
    (tmp_path / "41" / "status").write_text(f"Name:\t{name}\nState:\t{state}\nGroups:\t\n")
    pid_file = tmp_path / "docker.pid"
    if content is not None:
        pid_file.write_text(content)
    assert runs(pid_file, "dockerd", tmp_path) is live
