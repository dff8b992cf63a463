"""What an apply would do, without doing it: the manifests, and the exact difference to what the cluster holds.

The difference is the API server's own: each manifest is applied as a dry run, and its answer is compared with the live
object. So defaults, admission and refusals show as they would happen.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from votingapp_operator.api import API_VERSION, KIND, VotingAppSpec
from votingapp_operator.desired import App, Images, Manifest, build
from votingapp_operator.desired.apis import OPTIONAL
from votingapp_operator.desired.app import INSTANCE_LABEL, MANAGED_BY_LABEL, MANAGER
from votingapp_operator.reconcile.client import Client
from votingapp_operator.reconcile.credentials import is_generated
from votingapp_operator.reconcile.errors import ApiError, UnavailableError
from votingapp_operator.reconcile.execute import problem_of_ownership
from votingapp_operator.reconcile.kinds import WATCHED_CHILDREN, Object, Scope
from votingapp_operator.reconcile.plan import Change, Children, Ownership, changes, ownership

ATTEMPTS = 5
"""At a VotingApp whose status is being written while it is looked at."""

_UID_UNKNOWN = "00000000-0000-0000-0000-000000000000"
"""Stands for the uid of a VotingApp or Secret that is not there yet."""

_SERVERS_OWN = ("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation")
"""Metadata that changes with every write, and says nothing about it."""


@dataclass(frozen=True)
class Difference:
    """What would happen to one object.

    Attributes:
        subject: kind and name.
        text: a unified diff in YAML, or one line where there is nothing to compare.
    """

    subject: str
    text: str


def manifests(votingapp: Mapping[str, Any], images: Images) -> list[Manifest]:
    """All objects that a VotingApp asks for, made without a cluster.

    Raises:
        pydantic.ValidationError: the spec is not one.
    """
    return build(_app(votingapp, images)).all()


async def differences(client: Client, votingapp: Mapping[str, Any], images: Images) -> list[Difference]:
    """What applying a VotingApp would change in the cluster, object by object.

    Raises:
        RefusedError: the API server does not accept the VotingApp itself.
        UnavailableError: it cannot be asked.
    """
    live, accepted = await _accepted(client, votingapp)
    app = _app(
        {"metadata": {"uid": _UID_UNKNOWN, **votingapp["metadata"], **_identity(live)}, "spec": accepted["spec"]},
        images,
    )
    found = _compare_specs(app.name, live, accepted)
    secret = await client.metadata("Secret", app.namespace, app.credentials_secret)
    children, served = await _children(client, app)
    uid = secret["metadata"]["uid"] if secret is not None else _UID_UNKNOWN
    app = replace(app, credentials_uid=uid, apis=served)
    desired = build(app)
    if secret is None:
        found.append(_missing_secret(app))
    found += await _superfluous_secret(client, app)
    for change in changes(app, [*desired.supports, *desired.workloads], children, {}):
        found += await _of_change(client, app, change)
    return found


async def _accepted(client: Client, votingapp: Mapping[str, Any]) -> tuple[Object | None, Object]:
    """The VotingApp as it stands, and as the API server would take it, with its defaults.

    What is replaced must be named by its version, and a status may be written at any moment: then it is read again.
    """
    metadata = {"namespace": "default", **votingapp["metadata"]}
    attempts = 0
    while True:
        live = await client.read(KIND, metadata["namespace"], metadata["name"])
        asked = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {**metadata, **_identity(live)}}
        attempts += 1
        try:
            return live, await client.replace({**asked, "spec": votingapp.get("spec")}, dry_run=True)
        except UnavailableError as error:
            if error.reason != "Conflict" or attempts == ATTEMPTS:
                raise


def _identity(live: Object | None) -> Object:
    return {} if live is None else {key: live["metadata"][key] for key in ("uid", "resourceVersion")}


def _app(votingapp: Mapping[str, Any], images: Images) -> App:
    metadata = votingapp["metadata"]
    return App(
        name=metadata["name"],
        namespace=metadata.get("namespace", "default"),
        uid=metadata.get("uid", _UID_UNKNOWN),
        spec=VotingAppSpec.model_validate(votingapp.get("spec", {})),
        images=images,
    )


def _missing_secret(app: App) -> Difference:
    subject = f"Secret {app.credentials_secret}"
    if app.spec.postgres.credentials_secret is not None:
        return Difference(subject, "is missing: worker, postgres and result wait until you create it")
    return Difference(subject, "would be created with a random password")


async def _superfluous_secret(client: Client, app: App) -> list[Difference]:
    """The generated Secret of a VotingApp that now names one of the user's."""
    generated = await client.metadata("Secret", app.namespace, app.child("postgres"))
    if generated is None or not is_generated(app, generated):
        return []
    return [Difference(f"Secret {app.child('postgres')}", "would be deleted")]


async def _children(client: Client, app: App) -> tuple[Children, frozenset[str]]:
    """What the watches would show of the VotingApp, and the optional kinds that the cluster serves."""
    selector = f"{MANAGED_BY_LABEL}={MANAGER},{INSTANCE_LABEL}={app.name}"
    children: dict[tuple[str, str], Object] = {}
    served: set[str] = set()
    for kind in WATCHED_CHILDREN:
        try:
            found = await client.list(Scope(kind, app.namespace, selector))
        except ApiError as error:
            if kind in OPTIONAL and error.reason == "NotFound":
                continue
            raise
        served.add(kind)
        children |= {(kind, live["metadata"]["name"]): live for live in found}
    return children, frozenset(served & OPTIONAL.keys())


async def _of_change(client: Client, app: App, change: Change) -> list[Difference]:
    if change.manifest is None:
        return [Difference(change.subject, "would be deleted")]
    live = await client.read(change.kind, app.namespace, change.name)
    owner = Ownership.OURS if live is None else ownership(app, change.kind, live)
    if owner is not Ownership.OURS:
        return [Difference(change.subject, problem_of_ownership(change.subject, owner).message)]
    try:
        applied = await client.apply(change.manifest, dry_run=True)
    except ApiError as error:
        return [Difference(change.subject, f"would be refused: {error}")]
    return _compare(change.subject, live, applied)


def _compare(subject: str, live: Object | None, applied: Object) -> list[Difference]:
    before = [] if live is None else _lines(live)
    after = _lines(applied)
    text = "\n".join(difflib.unified_diff(before, after, "live", "applied", lineterm="", n=3))
    return [Difference(subject, text)] if text else []


def _compare_specs(name: str, live: Object | None, accepted: Object) -> list[Difference]:
    """Of the VotingApp only the spec: its labels and annotations make nothing."""
    if live is None:
        return [Difference(f"{KIND} {name}", "would be created")]
    before, after = ({"metadata": {}, "spec": side["spec"]} for side in (live, accepted))
    return _compare(f"{KIND} {name}", before, after)


def _lines(manifest: Object) -> list[str]:
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in _SERVERS_OWN}
    shown = {**_without_status(manifest), "metadata": metadata}
    return yaml.safe_dump(shown, sort_keys=True, width=120, allow_unicode=True).splitlines()


def _without_status(manifest: Mapping[str, Any]) -> Object:
    return {key: value for key, value in manifest.items() if key != "status"}


def shown(found: list[Difference]) -> Iterator[str]:
    """The differences for a person, a blank line between objects."""
    for difference in found:
        yield (
            f"{difference.subject}: {difference.text}"
            if "\n" not in difference.text
            else (f"{difference.subject}:\n{difference.text}\n")
        )
