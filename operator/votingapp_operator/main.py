"""The Kopf side, and nothing but registrations: log in, start, stop, and tell whether all is well.

`kopf run -m votingapp_operator.main` runs it, in the cluster and on a laptop alike. Watching is the engine's: of Kopf's
own watches an operator is told neither what was deleted while they were broken nor when a kind has been listed, and
they keep every object several times over in memory. docs/operator.md has the figures.
"""

import gc
import logging
from typing import Any

import kopf
from kubernetes.aio.config import ConfigException

from votingapp_operator import settings as own_settings
from votingapp_operator.reconcile import Engine, logs, metrics
from votingapp_operator.reconcile.client import Client

_ALLOCATIONS = 20_000
"""New containers that set off a collection of the newest; a page of a list is about as many."""


@kopf.on.login()
def login(**arguments: Any) -> kopf.ConnectionInfo | None:  # noqa: ANN401 - passed on as Kopf gives them
    """The cluster that this process runs in, or else the user's kubeconfig, without importing a client for it."""
    return kopf.login_with_service_account(**arguments) or kopf.login_with_kubeconfig(**arguments)


@kopf.on.startup()
async def start(settings: kopf.OperatorSettings, memo: kopf.Memo, **_: Any) -> None:  # noqa: ANN401 - Kopf's other arguments
    """Set Kopf up to watch and post nothing, and start."""
    for chatty in ("aiohttp.access", "kopf.activities"):  # lines for each probe, nothing worth reading
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logs.name_the_votingapp()
    _collect_less_garbage()
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.scanning.disabled = True
    try:
        port = own_settings.metrics_port()
        memo.stop_metrics = metrics.serve(port) if port is not None else lambda: None
        memo.engine = Engine(await Client.connect(), own_settings.from_environment())
    except (OSError, ValueError, ConfigException) as error:
        raise kopf.PermanentError(f"the operator cannot start: {error}") from error
    metrics.observe(memo.engine)
    await memo.engine.start()


def _collect_less_garbage() -> None:
    """Leave what was imported out of garbage collections, and collect less often.

    An answer of the API server is a tree of thousands of dicts without a cycle, freed by itself; by default each one
    sets off collections of everything that is there. While a fleet is listed they are most of what a start costs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 10, 10)


@kopf.on.probe()
async def watches(memo: kopf.Memo, **_: Any) -> str:  # noqa: ANN401 - Kopf's other arguments
    """Answers liveness: an operator that hears nothing any more is started again."""
    ailment: str | None = memo.engine.ailment()
    if ailment is not None:
        raise kopf.PermanentError(ailment)
    return "alive"


@kopf.on.cleanup()
async def stop(memo: kopf.Memo, **_: Any) -> None:  # noqa: ANN401 - Kopf's other arguments
    """Finish what is being written, let another replica lead, and close the connections."""
    await memo.engine.stop()
    memo.stop_metrics()
