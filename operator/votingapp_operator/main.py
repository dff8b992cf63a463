"""The Kopf side, and nothing but registrations: start, stop, what is watched and what wakes a reconcile.

`kopf run -m votingapp_operator.main` runs it, in the cluster and on a laptop alike. Kopf lists and watches; its
indexing phase, which holds every event back until all kinds have been listed, fills our cache, so that no VotingApp is
looked at before everything about it is known. No create or update handlers: they would write to every VotingApp.
"""

import logging
from typing import Any

import kopf

from votingapp_operator import settings as own_settings
from votingapp_operator.api import KIND
from votingapp_operator.desired.app import MANAGED_BY_LABEL, MANAGER
from votingapp_operator.reconcile import Engine
from votingapp_operator.reconcile.client import Client
from votingapp_operator.reconcile.kinds import RESOURCES, WATCHED_CHILDREN

SERVER_TIMEOUT = 300
"""Seconds after which the API server ends a watch, so that none lives for ever."""

INACTIVITY_TIMEOUT = 90.0
"""Seconds without an event or bookmark after which a watch is thought dead; the API server sends one every minute."""


@kopf.on.login()
def login(**arguments: Any) -> kopf.ConnectionInfo | None:  # noqa: ANN401 - passed on as Kopf gives them
    """The cluster that this process runs in, or else the user's kubeconfig, without importing a client for it."""
    return kopf.login_with_service_account(**arguments) or kopf.login_with_kubeconfig(**arguments)


@kopf.on.startup()
async def start(settings: kopf.OperatorSettings, memo: kopf.Memo, **_: Any) -> None:  # noqa: ANN401 - Kopf's other arguments
    """Set Kopf up to watch and nothing more, and connect."""
    for chatty in ("kopf.objects", "aiohttp.access"):  # a line an event and a line a probe, nothing worth reading
        logging.getLogger(chatty).setLevel(logging.WARNING)
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.watching.server_timeout = SERVER_TIMEOUT
    settings.watching.inactivity_timeout = INACTIVITY_TIMEOUT
    for kind in (*WATCHED_CHILDREN, "Pod"):
        settings.watching.label_selectors[kind] = f"{MANAGED_BY_LABEL}={MANAGER}"
    memo.engine = Engine(await Client.connect(), own_settings.from_environment())


@kopf.on.cleanup()
async def stop(memo: kopf.Memo, **_: Any) -> None:  # noqa: ANN401 - Kopf's other arguments
    """Stop looking, so that the connections can be closed."""
    await memo.engine.stop()


def _register(kind: str) -> None:
    """Watch a kind: note each version of an object, and then wake its VotingApp."""
    api_version, plural = RESOURCES[kind]
    group, _, version = api_version.rpartition("/")
    resource = (group, version, plural)

    @kopf.index(*resource, id=f"list-{kind}")
    async def listed(body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:  # noqa: ANN401 - Kopf's other arguments
        memo.engine.observe(kind, body)

    @kopf.on.event(*resource, id=f"watch-{kind}")
    async def watched(event: kopf.RawEvent, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:  # noqa: ANN401 - as above
        memo.engine.changed(kind, body, deleted=event["type"] == "DELETED")


for _kind in (KIND, "Pod", *WATCHED_CHILDREN):
    _register(_kind)
