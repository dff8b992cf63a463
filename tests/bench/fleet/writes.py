"""Writes as the API server counts them: a witness that is not the operator's own."""

import re

from votingapp_operator.api import KIND
from votingapp_operator.reconcile.kinds import RESOURCES, WATCHED_CHILDREN

from tests.bench.fleet.kube import Kube

WRITES = frozenset({"POST", "PUT", "PATCH", "APPLY", "DELETE"})
_SAMPLE = re.compile(rb"^apiserver_request_total\{([^}]*)\} (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


async def count(kube: Kube) -> int:
    """Writes to objects of the operator's kinds, and to the status of VotingApps, since the API server's start."""
    return total(await kube.text("GET", "/metrics", wanted="text/plain"))


def total(metrics: bytes) -> int:
    """The sum over the API server's metrics. The cluster's own controllers write the status of the others."""
    kinds = {RESOURCES[kind].plural: "status" if kind == KIND else "" for kind in (KIND, "Secret", *WATCHED_CHILDREN)}
    samples = ((dict(_LABEL.findall(labels.decode())), float(value)) for labels, value in _SAMPLE.findall(metrics))
    return int(
        sum(
            value
            for labels, value in samples
            if labels["verb"] in WRITES and labels["resource"] in kinds
            if labels["subresource"] in ("", kinds[labels["resource"]])
        )
    )
