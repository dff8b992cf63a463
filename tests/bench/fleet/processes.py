"""What processes cost, from /proc: the nodes' are visible here, since their containers are on this machine."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
SECONDS_TO_STOP = 15


def cpu_seconds(pid: int) -> float:
    """User and system time of a process since its start, in all its threads."""
    after_name = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICKS


def started_at(pid: int) -> float:
    """When a process was started, in seconds since 1970."""
    [boot] = [line for line in (PROC / "stat").read_text().splitlines() if line.startswith("btime")]
    after_name = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return int(boot.split()[1]) + int(after_name[19]) / TICKS


def peak_mib(pid: int) -> float:
    """The most memory that a process ever had resident."""
    status = (PROC / str(pid) / "status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


def command_line(pid: int) -> list[str]:
    """How a process was started; nothing where it is gone."""
    try:
        return (PROC / str(pid) / "cmdline").read_text().split("\0")
    except OSError:
        return []


def of_container(container: str, names: Sequence[str]) -> dict[str, int]:
    """The process ids of programs that run in a container, or in one that it contains.

    Raises:
        LookupError: there is not exactly one of each.
    """
    found: dict[str, list[int]] = {name: [] for name in names}
    for pid in (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()):
        name = Path(command_line(pid)[0]).name if command_line(pid) else ""
        if name in found and container in groups(pid):
            found[name].append(pid)
    wrong = {name: pids for name, pids in found.items() if len(pids) != 1}
    if wrong:
        raise LookupError(f"expected one process of each of these in the container {container[:12]}, found {wrong}")
    return {name: pids[0] for name, pids in found.items()}


def groups(pid: int) -> str:
    """The control groups of a process, which name its containers; nothing where it is gone."""
    try:
        return (PROC / str(pid) / "cgroup").read_text()
    except OSError:
        return ""


@contextlib.asynccontextmanager
async def running(
    command: list[str], environment: Mapping[str, str], log: Path, stop: signal.Signals = signal.SIGTERM
) -> AsyncIterator[subprocess.Popen[bytes]]:
    """A child process that writes to a log. Ctrl-C in a terminal does not reach it: it has its own time to stop."""
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: ASYNC220 - starting takes a millisecond, and stopping is waited for below
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            await asyncio.to_thread(process.wait, SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
