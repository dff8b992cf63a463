"""What there is for a VotingApp, so that two of them can be compared."""

import json
from collections.abc import Callable
from typing import Any

from tests.support.kube import Kube, Object, wait_until
from tests.support.operator import Operator
from tests.support.proxy import Record

_OF_THE_CLUSTER = frozenset({"uid", "resourceVersion", "creationTimestamp", "managedFields"})
_ALLOCATED = frozenset({"clusterIP", "clusterIPs"})
_HASH = "voting.schoolofdevops.com/desired-hash"
_REVISION = "deployment.kubernetes.io/revision"


def settled(kube: Kube, app: str) -> bool:
    """Whether everything was applied, and the status says of the newest spec that nothing is left to do."""
    live = kube.get("VotingApp", app) or {}
    ready = kube.condition(app, "Ready")
    return ready.get("status") == "True" and ready["observedGeneration"] == live["metadata"]["generation"]


def wait_until_settled(kube: Kube, app: str, *, detail: Callable[[], str] | None = None) -> None:
    """Wait for that."""
    wait_until(f"{app} to settle", lambda: settled(kube, app), detail=detail or (lambda: kube.explain(app)))


def status(kube: Kube, app: str) -> Any:
    """A VotingApp's status without the times in it, and with `APP` for its name and `NAMESPACE` for that."""
    live = kube.get("VotingApp", app) or {}
    found = live.get("status", {})
    conditions = [
        {key: value for key, value in condition.items() if key != "lastTransitionTime"}
        for condition in found.get("conditions", ())
    ]
    return _renamed(kube, live, {**found, "conditions": conditions})


def objects(kube: Kube, app: str) -> Any:
    """A VotingApp's children by kind and name, without what the cluster itself makes of each.

    Names, uids and the Secret's password, which differ from one VotingApp to another, are replaced.
    """
    live = kube.get("VotingApp", app) or {}
    children = kube.children(app)
    listed = [_content(child) for _, child in sorted(children.items())]
    return _renamed(kube, live, listed, *(child for (kind, _), child in children.items() if kind == "Secret"))


def _content(child: Object) -> Object:
    metadata = {key: value for key, value in child["metadata"].items() if key not in _OF_THE_CLUSTER}
    annotations = metadata.get("annotations", {})
    metadata["annotations"] = {key: value for key, value in annotations.items() if key not in (_HASH, _REVISION)}
    found = {key: value for key, value in child.items() if key not in ("status", "metadata")} | {"metadata": metadata}
    if "spec" in found:
        found["spec"] = {key: value for key, value in found["spec"].items() if key not in _ALLOCATED}
    return found


def _renamed(kube: Kube, app: Object, found: Any, *secrets: Object) -> Any:
    text = json.dumps(found)
    for secret in secrets:
        text = text.replace(secret["metadata"]["uid"], "SECRET-UID")
        for value in secret.get("data", {}).values():
            text = text.replace(value, "SECRET")
    for old, new in (
        (app["metadata"]["uid"], "APP-UID"),
        (app["metadata"]["name"], "APP"),
        (kube.namespace, "NAMESPACE"),
    ):
        text = text.replace(old, new)
    return json.loads(text)


def asks_for_secret(record: Record) -> bool:
    """Whether the operator asks for a Secret: of a look that compares anew, the first thing that it does."""
    return record.method == "GET" and record.plural == "secrets"


def wait_until_known(operator: Operator, apps: int) -> None:
    """Wait until the operator has looked at so many VotingApps, all there are, and found nothing to do."""

    def known() -> bool:
        return operator.leads() and operator.metric('votingapp_operator_votingapps{state="settled"}') == apps

    wait_until("all VotingApps to be settled", known, detail=operator.log)
    assert (operator.metric('votingapp_operator_reconciles_total{result="success"}') or 0) >= apps
