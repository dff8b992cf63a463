"""Pulling an image, where 'this machine reaches no registry' is an answer that comes in seconds."""

from __future__ import annotations

import selectors
import subprocess

from cluster.process import succeeds
from cluster.report import step

# Docker's first line comes when the registry has named the image; with no way there, it may take minutes to fail.
FIRST_LINE_SECONDS = 15


def present(name: str) -> bool:
    """Whether the engine holds the image already."""
    return succeeds(["docker", "image", "inspect", name])


def pull(name: str) -> bool:
    """Pull an image unless it is there. False when no registry gives it."""
    if present(name):
        return True
    with step(f"pulling {name}"):
        client = subprocess.Popen(
            ["docker", "pull", name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        with client, selectors.DefaultSelector() as selector:
            if client.stdout is None:
                raise AssertionError  # stdout=PIPE above
            selector.register(client.stdout, selectors.EVENT_READ)
            if not selector.select(FIRST_LINE_SECONDS):
                client.kill()
            client.stdout.read()
        return client.returncode == 0
