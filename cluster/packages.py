"""Debian packages, where this machine has them and this user may install them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from cluster.process import run
from cluster.report import step

if TYPE_CHECKING:
    from collections.abc import Sequence


def can_install() -> bool:
    """Whether this is Debian or one of its kin, and this user is root."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None and Path("/etc/debian_version").exists()


def install(names: Sequence[str], *, doing: str) -> None:
    """Install packages by apt, without asking anything."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    hint = "see whether this machine reaches its Debian mirror (`apt-get update`)."
    with step(doing):
        run(["apt-get", "update", "-q"], doing="reading the package lists", hint=hint, env=quiet)
        run(
            ["apt-get", "install", "-q", "-y", "--no-install-recommends", *names],
            doing=doing,
            hint=hint,
            env=quiet,
        )
