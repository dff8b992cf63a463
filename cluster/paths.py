"""Where things are kept between runs."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parent.parent
DATA = Path(__file__).resolve().parent


def state_dir() -> Path:
    """The one folder that holds all state and caches, made if need be."""
    chosen = os.environ.get("VOTINGAPP_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(chosen) if chosen else Path(base) / "votingapp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def bin_dir() -> Path:
    """The pinned kind and kubectl, for tests and people."""
    return state_dir() / "bin"


def kubeconfig() -> Path:
    """The cluster's own kubeconfig, with nothing else in it."""
    return state_dir() / "kubeconfig"


def images_env() -> Path:
    """The full names of the images that `images` made or pulled."""
    return state_dir() / "images.env"


@contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    """An empty folder for the length of a step. One that a killed run left behind is emptied."""
    folder = state_dir() / "unfinished" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
