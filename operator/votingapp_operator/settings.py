"""What the operator reads from its environment, as a twelve-factor process does."""

import os
import secrets
import socket
from collections.abc import Mapping

from votingapp_operator import VERSION
from votingapp_operator.api import COMPONENTS
from votingapp_operator.desired import Images
from votingapp_operator.reconcile.engine import Options

DEFAULT_IMAGES = {
    "vote": f"localhost/votingapp/vote:{VERSION}",
    "redis": "redis:7.2-bookworm",
    "worker": f"localhost/votingapp/worker:{VERSION}",
    "postgres": "postgres:17-bookworm",
    "result": f"localhost/votingapp/result:{VERSION}",
}
"""The app's own images are built from app/ and published nowhere, so no registry is asked for their names."""


def from_environment(environment: Mapping[str, str] = os.environ) -> Options:
    """The options; docs/operator.md lists the variables."""
    return Options(
        images=images(environment),
        node_address=environment.get("NODE_ADDRESS") or None,
        watch_namespace=environment.get("WATCH_NAMESPACE") or None,
        lease_namespace=environment.get("LEASE_NAMESPACE") or "votingapp-system",
        identity=environment.get("POD_NAME") or f"{socket.gethostname()}_{secrets.token_hex(4)}",
    )


def images(environment: Mapping[str, str] = os.environ) -> Images:
    """The images of components whose spec names none: `RELATED_IMAGE_VOTE`, `_REDIS`, `_WORKER` and so on."""
    return Images(
        **{name.value: environment.get(f"RELATED_IMAGE_{name.upper()}") or DEFAULT_IMAGES[name] for name in COMPONENTS}
    )


def metrics_port(environment: Mapping[str, str] = os.environ) -> int | None:
    """The port of `METRICS_PORT`, on which metrics are served; None where it is not set.

    Raises:
        ValueError: it is no number.
    """
    text = environment.get("METRICS_PORT", "")
    if not text:
        return None
    if not text.isdigit():
        raise ValueError(f"METRICS_PORT must be a port's number, not {text!r}")
    return int(text)
