"""One run at a time: two would make the same cluster."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cluster.paths import state_dir
from cluster.process import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def only_run(command: str) -> Iterator[None]:
    """Hold the lock, or say who does. The kernel gives it back however this process ends."""
    with (state_dir() / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise ClusterError(
                f"another run works on the cluster: {lock.read().strip() or 'it has not said which'}. "
                "Wait for it to end, or stop it, then run this again."
            ) from None
        lock.truncate(0)
        lock.write(f"`{command}`, process {os.getpid()}")
        lock.flush()
        yield


@contextmanager
def in_turn(what: str) -> Iterator[None]:
    """Wait until nobody else holds a thing of the cluster, and hold it."""
    with (state_dir() / f"{what}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
