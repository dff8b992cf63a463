"""What the operator reads from its environment, as a twelve-factor process does."""

import os
from collections.abc import Mapping

from votingapp_operator import VERSION
from votingapp_operator.api import COMPONENTS
from votingapp_operator.desired import Images
from votingapp_operator.reconcile.reconciler import Options

DEFAULT_IMAGES = {
    "vote": f"localhost/votingapp/vote:{VERSION}",
    "redis": "redis:7.2-bookworm",
    "worker": f"localhost/votingapp/worker:{VERSION}",
    "postgres": "postgres:17-bookworm",
    "result": f"localhost/votingapp/result:{VERSION}",
}
"""The app's own images are built from app/ and published nowhere, so no registry is asked for their names."""


def from_environment(environment: Mapping[str, str] = os.environ) -> Options:
    """The options.

    `RELATED_IMAGE_VOTE`, `_REDIS`, `_WORKER`, `_POSTGRES` and `_RESULT` name the images of components whose spec names
    none; `NODE_ADDRESS` is a host on which node ports answer, for the URLs in the status.
    """
    images = {
        name.value: environment.get(f"RELATED_IMAGE_{name.upper()}") or DEFAULT_IMAGES[name] for name in COMPONENTS
    }
    return Options(images=Images(**images), node_address=environment.get("NODE_ADDRESS") or None)
