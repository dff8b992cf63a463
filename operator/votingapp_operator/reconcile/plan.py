"""The difference between desired and observed, as a list of writes. No I/O: the same plan can be made for show."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import orjson

from votingapp_operator.api import GROUP
from votingapp_operator.desired.app import INSTANCE_LABEL, MANAGED_BY_LABEL, MANAGER, App, Manifest
from votingapp_operator.reconcile.drift import differences
from votingapp_operator.reconcile.kinds import Object

HASH_ANNOTATION = f"{GROUP}/desired-hash"
"""On every child: the hash of what was last applied. It differs as soon as the wish does, also where that shrank."""

RETAINABLE = frozenset({"PersistentVolumeClaim", "Secret"})
"""Kinds that may outlive their VotingApp, and are taken back by the next one of its name."""

Children = Mapping[tuple[str, str], Object]


class Ownership(StrEnum):
    """To whom an object of a wanted name belongs."""

    OURS = "ours"
    PREDECESSOR = "of a deleted VotingApp of the same name"
    FOREIGN = "foreign"


class Action(StrEnum):
    """What a change does."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True)
class Change:
    """One write.

    Attributes:
        action: what is done.
        kind: of the object.
        name: of the object.
        manifest: what is applied; None for a deletion.
        uid: of the object as it stands; None where there is none.
        ownership: whose the object is as it stands.
    """

    action: Action
    kind: str
    name: str
    manifest: Manifest | None = None
    uid: str | None = None
    ownership: Ownership = Ownership.OURS

    @property
    def subject(self) -> str:
        """Kind and name, for messages."""
        return f"{self.kind} {self.name}"


def changes(
    app: App, desired: Iterable[Manifest], children: Children, tolerated: Mapping[tuple[str, str], object]
) -> list[Change]:
    """What must be written so that the children are as desired.

    Args:
        app: whose children they are.
        desired: all manifests that should exist.
        children: as observed.
        tolerated: by kind and name, the fingerprint of differences that an apply was seen not to mend (a spelling that
            the API server changes); the same differences again are no reason to write.
    """
    wanted = {(manifest["kind"], manifest["metadata"]["name"]): with_hash(manifest) for manifest in desired}
    writes = [
        change for place, manifest in wanted.items() if (change := _change(app, place, manifest, children, tolerated))
    ]
    prunes = [
        Change(Action.DELETE, kind, name, uid=live["metadata"]["uid"])
        for (kind, name), live in children.items()
        if (kind, name) not in wanted and _is_ours_to_prune(app, live)
    ]
    return [*writes, *prunes]


def _change(
    app: App,
    place: tuple[str, str],
    manifest: Manifest,
    children: Children,
    tolerated: Mapping[tuple[str, str], object],
) -> Change | None:
    kind, name = place
    live = children.get(place)
    if live is None:
        return Change(Action.CREATE, kind, name, manifest)
    owner = ownership(app, kind, live)
    found = unmet(manifest, live)
    if owner is Ownership.OURS and (not found or tolerated.get(place) == fingerprint(manifest, live)):
        return None
    return Change(Action.UPDATE, kind, name, manifest, live["metadata"]["uid"], owner)


def ownership(app: App, kind: str, live: Object) -> Ownership:
    """Whose an object is: by its controller; or, where it has none and may have been retained, by its labels."""
    metadata = live["metadata"]
    owners = [reference for reference in metadata.get("ownerReferences", ()) if reference.get("controller")]
    if any(owner["uid"] == app.uid for owner in owners):
        return Ownership.OURS
    if not owners and kind in RETAINABLE and _is_labelled(app, metadata):
        return Ownership.OURS
    if any(owner["name"] == app.name for owner in _votingapp_owners(live)):
        return Ownership.PREDECESSOR
    return Ownership.FOREIGN


def _is_labelled(app: App, metadata: Object) -> bool:
    labels: dict[str, str] = metadata.get("labels", {})
    return labels.get(MANAGED_BY_LABEL) == MANAGER and labels.get(INSTANCE_LABEL) == app.name


def _is_ours_to_prune(app: App, live: Object) -> bool:
    """Only what we own by reference: what was retained has no owner, and so is never pruned."""
    metadata = live["metadata"]
    owners = {str(reference["uid"]) for reference in metadata.get("ownerReferences", ())}
    return app.uid in owners and "deletionTimestamp" not in metadata


def with_hash(manifest: Manifest) -> Manifest:
    """The manifest with the annotation that tells what was applied."""
    text = orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), HASH_ANNOTATION: hashlib.sha256(text).hexdigest()[:16]}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def unmet(manifest: Manifest, live: Object) -> list[str]:
    """The paths at which an object is not as its manifest asks.

    A VotingApp that owns it unasked counts as well: it would take along what is meant to be retained.
    """
    content = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind", "type")}
    found = list(differences(content, live))
    asked = {reference["uid"] for reference in manifest["metadata"].get("ownerReferences", ())}
    if any(reference["uid"] not in asked for reference in _votingapp_owners(live)):
        found.append(".metadata.ownerReferences")
    return found


def is_votingapp(owner: Object) -> bool:
    """Whether an owner reference names a VotingApp, of whatever version."""
    return str(owner["apiVersion"]).startswith(f"{GROUP}/")


def _votingapp_owners(live: Object) -> list[Object]:
    return [owner for owner in live["metadata"].get("ownerReferences", ()) if is_votingapp(owner)]


def fingerprint(manifest: Manifest, live: Object) -> tuple[str, tuple[str, ...]]:
    """What was asked for, and where it is not met."""
    return manifest["metadata"]["annotations"][HASH_ANNOTATION], tuple(unmet(manifest, live))
