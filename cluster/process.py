"""Running other programs, so that a failure tells a person what happened, to what, and what to do next."""

from __future__ import annotations

import os
import shlex
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Enough to hold the cause of a failed build, short enough to be read.
LAST_LINES = 25


class ClusterError(Exception):
    """What a person has to know: which step failed, on what, and what to do next."""


def last_lines(text: str, count: int = LAST_LINES) -> str:
    """The end of a program's output, where it says why it failed."""
    return "\n".join(text.strip().splitlines()[-count:])


def failure(doing: str, args: Sequence[str], outcome: str, output: str, hint: str) -> ClusterError:
    """Tell the step, the command, its last lines and the way on."""
    parts = [f"{doing}: {outcome}.", f"  command: {shlex.join(args)}"]
    if output.strip():
        parts += ["  its last lines:", *(f"    {line}" for line in last_lines(output).splitlines())]
    if hint:
        parts.append(f"  what to do: {hint}")
    return ClusterError("\n".join(parts))


def run(  # noqa: PLR0913 - each is one thing that callers do need to say
    args: Sequence[str],
    *,
    doing: str,
    hint: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | bytes | Path = b"",
) -> str:
    """Run a program, hide what it prints unless it fails, and return its standard output.

    Its standard input is a text, bytes, or the content of a file.
    """
    done: subprocess.CompletedProcess[bytes]
    with ExitStack() as stack:
        given: dict[str, Any] = {"input": stdin.encode() if isinstance(stdin, str) else stdin}
        if isinstance(stdin, Path):
            given = {"stdin": stack.enter_context(stdin.open("rb"))}
        try:
            done = subprocess.run(
                list(args), check=False, capture_output=True, env={**os.environ, **(env or {})}, cwd=cwd, **given
            )
        except FileNotFoundError:
            raise failure(doing, args, f"there is no program {args[0]!r} on the PATH", "", hint) from None
    if done.returncode:
        told = (done.stdout + done.stderr).decode(errors="replace")
        raise failure(doing, args, f"exit status {done.returncode}", told, hint)
    return done.stdout.decode(errors="replace")


def succeeds(args: Sequence[str], *, timeout: float = 30) -> bool:
    """Whether a program exists, ends in time and exits with 0: for questions, where 'no' is an answer."""
    return answer(args, timeout=timeout) is not None


def answer(args: Sequence[str], *, timeout: float = 30) -> str | None:
    """What a program prints when it succeeds, and None where it does not."""
    try:
        done = subprocess.run(list(args), check=False, capture_output=True, text=True, timeout=timeout)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
