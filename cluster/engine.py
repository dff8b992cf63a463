"""A Docker engine that answers: found, started or installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from cluster.packages import can_install, install
from cluster.paths import DATA, state_dir
from cluster.process import ClusterError, answer, failure, run, succeeds
from cluster.report import note, step

if TYPE_CHECKING:
    from collections.abc import Callable

SYS_RESOURCE_BIT = 24
DAEMON_CONFIG = Path("/etc/docker/daemon.json")
RUNTIME_NAME = "runc-bounded"
RUNTIME_PATH = Path("/usr/local/libexec/votingapp/runc-bounded")
DOCKERD_PID = Path("/var/run/docker.pid")
# What a killed dockerd leaves behind, and the program whose process each of them may name.
PID_FILES = {
    DOCKERD_PID: "dockerd",
    Path("/var/run/docker/containerd/containerd.pid"): "containerd",
}
# dockerd tears down what a killed one left running before it answers.
START_SECONDS = 120
# Four nodes, each with a kubelet, containerd and many file watches, exhaust the usual 128.
INOTIFY_INSTANCES = 512
INOTIFY_FILE = Path("/proc/sys/fs/inotify/max_user_instances")


class Action(Enum):
    """What has to be done for an engine to answer."""

    NOTHING = "nothing"
    INSTALL = "install it, then start it"
    START_SERVICE = "start its service"
    START_BY_HAND = "start dockerd by hand"
    EXPLAIN = "leave it to the person"


@dataclass(frozen=True)
class Machine:
    """What the decision rests on."""

    engine_answers: bool
    remote: bool  # DOCKER_HOST is set, or another context than the default one chosen
    linux: bool
    root: bool
    has_dockerd: bool
    has_systemd: bool
    has_apt: bool


def decide(machine: Machine) -> Action:
    """The least that makes an engine answer, without touching what is not ours to touch."""
    if machine.engine_answers:
        return Action.NOTHING
    if machine.remote or not machine.linux or not machine.root:
        return Action.EXPLAIN
    if not machine.has_dockerd:
        return Action.INSTALL if machine.has_apt else Action.EXPLAIN
    return Action.START_SERVICE if machine.has_systemd else Action.START_BY_HAND


def explanation(machine: Machine) -> str:
    """Why no engine answers, and how a person gets one."""
    if machine.remote:
        return (
            "the Docker engine that DOCKER_HOST or the Docker context names does not answer. "
            "Start it, or unset DOCKER_HOST (or `docker context use default`) to use this machine's own."
        )
    if not machine.linux:
        return "no Docker engine answers. Install and start Docker Desktop, then run this again."
    if machine.has_dockerd:
        return (
            "no Docker engine answers this user. Start it (`sudo systemctl start docker`) and see that you may "
            "use it (`sudo usermod -aG docker $USER`, then log in again), then run this again."
        )
    return (
        "no Docker engine is installed. Install one (on Debian or Ubuntu `sudo apt-get install docker.io`; elsewhere "
        "your distribution's Docker package), start it, then run this again. As root on Debian or Ubuntu this "
        "program installs it by itself."
    )


def engine_answers() -> bool:
    """Whether a Docker engine, not only its client, answers."""
    return shutil.which("docker") is not None and succeeds(
        ["docker", "version", "--format", "{{.Server.Version}}"], timeout=20
    )


def look() -> Machine:
    """This machine, as far as the decision needs it."""
    context = answer(["docker", "context", "show"]) or "default"
    return Machine(
        engine_answers=engine_answers(),
        remote="DOCKER_HOST" in os.environ or context != "default",
        linux=os.uname().sysname == "Linux",
        root=os.geteuid() == 0,
        has_dockerd=shutil.which("dockerd") is not None,
        has_systemd=Path("/run/systemd/system").is_dir(),
        has_apt=can_install(),
    )


def ensure_engine() -> None:
    """Come back with an engine that answers and can run kind's nodes, or say what is missing."""
    machine = look()
    action = decide(machine)
    if action is Action.EXPLAIN:
        raise ClusterError(explanation(machine))
    if machine.root and machine.linux and not machine.remote:
        raise_inotify_limit()
    if action is Action.INSTALL:
        install(["docker.io"], doing="installing the Docker engine")
        machine = look()
        action = decide(machine)
    if action is Action.NOTHING:
        check_privileged_works(machine)
        return
    configure_runtime()
    with step("starting the Docker engine"):
        if action is Action.START_SERVICE:
            run(
                ["systemctl", "start", "docker"],
                doing="starting the Docker service",
                hint="see `journalctl -u docker`.",
            )
        else:
            start_by_hand()


def lacks_sys_resource(status: str) -> bool:
    """Whether CAP_SYS_RESOURCE is outside the bounding set that /proc/<pid>/status tells of."""
    bounding = next(line.split()[1] for line in status.splitlines() if line.startswith("CapBnd:"))
    return not int(bounding, 16) >> SYS_RESOURCE_BIT & 1


def machine_lacks_sys_resource() -> bool:
    """Whether Docker's privileged containers need the runtime of `configure_runtime` on this machine."""
    status = Path("/proc/self/status")
    return status.exists() and os.geteuid() == 0 and lacks_sys_resource(status.read_text())


def configured(existing: str) -> str:
    """daemon.json with our runtime as the default, and everything else in it as it was."""
    config = json.loads(existing) if existing.strip() else {}
    config.setdefault("runtimes", {})[RUNTIME_NAME] = {"path": str(RUNTIME_PATH)}
    config["default-runtime"] = RUNTIME_NAME
    return json.dumps(config, indent=2) + "\n"


def configure_runtime() -> None:
    """Let the engine ask runc only for capabilities that this machine has, where one is missing."""
    if not machine_lacks_sys_resource():
        return
    RUNTIME_PATH.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(DATA / "engine-files" / "runc-bounded", RUNTIME_PATH)
    RUNTIME_PATH.chmod(0o755)
    DAEMON_CONFIG.parent.mkdir(parents=True, exist_ok=True)
    before = DAEMON_CONFIG.read_text() if DAEMON_CONFIG.exists() else ""
    after = configured(before)
    if after != before:
        unfinished = DAEMON_CONFIG.with_suffix(".new")
        unfinished.write_text(after)
        unfinished.replace(DAEMON_CONFIG)
        note(f"{DAEMON_CONFIG}: {RUNTIME_NAME} is the default runtime, as this machine lacks CAP_SYS_RESOURCE")


def check_privileged_works(machine: Machine) -> None:
    """Say it now, not after the node image is built, when the running engine cannot run kind's nodes."""
    if machine.remote or not machine_lacks_sys_resource():
        return
    runtime = answer(["docker", "info", "--format", "{{.DefaultRuntime}}"])
    if runtime != RUNTIME_NAME:
        configure_runtime()
        raise ClusterError(
            f"the running Docker engine uses the runtime {runtime!r}, which refuses privileged containers on this "
            f"machine, as it lacks CAP_SYS_RESOURCE. {DAEMON_CONFIG} is now right: stop the engine (its process is "
            "dockerd), then run this again."
        )


def runs(pid_file: Path, program: str, proc: Path = Path("/proc")) -> bool:
    """Whether a pid file names a live process of that program. A dead one that nobody has reaped is not live."""
    try:
        pid = int(pid_file.read_text().strip())
        status = (proc / str(pid) / "status").read_text()
    except (OSError, ValueError):
        return False
    said = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return said["Name"] == program and said["State"][0] not in "ZX"


def start_by_hand() -> None:
    """Start dockerd where no service manager does, in a session of its own, so that it outlives this run."""
    log = state_dir() / "dockerd.log"
    if runs(DOCKERD_PID, "dockerd") and wait_for_engine(lambda: runs(DOCKERD_PID, "dockerd")):
        return
    if runs(DOCKERD_PID, "dockerd"):
        raise ClusterError(
            f"dockerd runs (pid {DOCKERD_PID.read_text().strip()}) but has not answered for {START_SECONDS} s. "
            f"See what it says ({log}, if this program started it), stop it, then run this again."
        )
    for pid_file, program in PID_FILES.items():
        if not runs(pid_file, program):
            pid_file.unlink(missing_ok=True)
    with log.open("w") as output:
        daemon = subprocess.Popen(
            ["dockerd"], stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", start_new_session=True
        )
    if not wait_for_engine(lambda: daemon.poll() is None):
        outcome = "it ended" if daemon.poll() is not None else f"no answer after {START_SECONDS} s"
        raise failure(
            "starting the Docker engine", ["dockerd"], outcome, log.read_text(), f"the whole log is in {log}."
        )


def wait_for_engine(alive: Callable[[], bool]) -> bool:
    """Whether the engine answers before its process ends or the time is up."""
    wait = Retrying(
        stop=stop_after_delay(START_SECONDS),
        wait=wait_fixed(0.5),
        retry=retry_if_result(lambda done: not done),
        retry_error_callback=lambda _: False,
    )
    wait(lambda: engine_answers() or not alive())
    return engine_answers()


def raise_inotify_limit() -> None:
    """Allow enough file watches for four nodes and their pods, where this user may say so."""
    if INOTIFY_FILE.exists() and int(INOTIFY_FILE.read_text()) < INOTIFY_INSTANCES:
        try:
            INOTIFY_FILE.write_text(str(INOTIFY_INSTANCES))
        except OSError as reason:
            note(f"{INOTIFY_FILE} stays below {INOTIFY_INSTANCES} ({reason.strerror}); pods may lack file watches")


def build_env() -> dict[str, str]:
    """The environment for `docker build`: the classic builder where this Docker has no other."""
    return {} if succeeds(["docker", "buildx", "version"]) else {"DOCKER_BUILDKIT": "0"}
