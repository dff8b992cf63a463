"""What a person sees: one line a step, with its seconds."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator

# soft_wrap: a path or an error in a log must stay on one line, to be searched and copied.
console = Console(highlight=False, soft_wrap=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what begins, and when it ends, how long it took."""
    began = time.monotonic()
    console.print(f"{what} …", style="dim", markup=False)
    yield
    console.print(f"{what} … {time.monotonic() - began:.0f} s", markup=False)


def note(text: str) -> None:
    """Say something that took no time."""
    console.print(text, markup=False)
