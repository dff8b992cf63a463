"""What is known of the cluster: VotingApps, their children and their pods, as the watches and our own writes told.

An object never goes back in time: what arrives with an older resource version than what is known is dropped, so that a
watch that lags behind our own write cannot bring back what was before it, and neither does one that was deleted.
Objects are kept as compressed JSON: as Python objects, those of a thousand VotingApps would take a quarter of a GiB.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import orjson

from votingapp_operator.api import KIND
from votingapp_operator.desired.app import INSTANCE_LABEL
from votingapp_operator.reconcile import trim
from votingapp_operator.reconcile.kinds import Object
from votingapp_operator.reconcile.parsing import written

_COMPRESSION = 1
"""The fastest: it finds nearly all that repeats in a manifest."""


class Key(NamedTuple):
    """A VotingApp's namespace and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


Place = tuple[str, str]
"""The kind and name of an object in a VotingApp's namespace."""


class News(Enum):
    """What an observation brought."""

    NOTHING = "nothing that anybody looks at has changed"
    STATUS = "the object is the same and is doing differently"
    CONTENT = "the object is another, or new, or gone"


@dataclass(slots=True)
class _Held:
    """One object, packed.

    Attributes:
        version: its resource version.
        uid: its uid.
        content: all of it but status and version, compressed.
        status: its status.
    """

    version: int
    uid: str
    content: bytes
    status: bytes

    def unpacked(self) -> Object:
        body: Object = orjson.loads(zlib.decompress(self.content))
        body["metadata"]["resourceVersion"] = str(self.version)
        if self.status != b"{}":
            body["status"] = orjson.loads(self.status)
        return body


@dataclass(slots=True)
class _Shelf:
    """All that is known of one VotingApp.

    Attributes:
        held: its objects; the VotingApp itself is at its own kind and name.
        deleted: uids of objects that we have deleted and whose watches do not tell it yet.
    """

    held: dict[Place, _Held] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)


class Children(Mapping[Place, Object]):
    """A VotingApp's children by kind and name, whoever owns them; each is unpacked when it is asked for."""

    def __init__(self, held: Mapping[Place, _Held]) -> None:
        self._held = {place: one for place, one in held.items() if place[0] not in (KIND, "Pod")}

    def __getitem__(self, place: Place) -> Object:
        return self._held[place].unpacked()

    def __iter__(self) -> Iterator[Place]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def contents(self) -> dict[Place, bytes]:
        """What tells whether any child has changed, other than how it is doing."""
        return {place: one.content for place, one in self._held.items()}


class Cache:
    """The newest known version of every object that concerns a VotingApp."""

    def __init__(self) -> None:
        self._shelves: dict[Key, _Shelf] = {}

    def app(self, key: Key) -> Object | None:
        """A VotingApp, or None where there is none."""
        held = self._held(key).get((KIND, key.name))
        return held.unpacked() if held is not None else None

    def apps(self) -> list[Key]:
        """All VotingApps."""
        return [key for key in self._shelves if self.has_app(key)]

    def has_app(self, key: Key) -> bool:
        """Whether there is such a VotingApp."""
        return (KIND, key.name) in self._held(key)

    def children(self, key: Key) -> Children:
        """A VotingApp's children."""
        return Children(self._held(key))

    def pods(self, key: Key) -> Iterator[Object]:
        """A VotingApp's pods, in no order."""
        return (held.unpacked() for (kind, _), held in self._held(key).items() if kind == "Pod")

    def observe(self, kind: str, body: Mapping[str, Any]) -> News:
        """Take note of an object, unless something newer is known."""
        key, metadata = key_of(kind, body), body["metadata"]
        shelf = self._shelves.setdefault(key, _Shelf())
        place, version, uid = (kind, metadata["name"]), int(metadata["resourceVersion"]), metadata["uid"]
        known = shelf.held.get(place)
        if uid in shelf.deleted or (known is not None and version < known.version):
            return News.NOTHING
        status = _fitted(written(trim.status(kind, body)))
        content = _fitted(zlib.compress(written(trim.content(kind, body)), _COMPRESSION))
        if known is None or known.uid != uid or known.content != content:
            shelf.held[place] = _Held(version, uid, content, status)
            return News.CONTENT
        changed = known.status != status
        known.version, known.status = version, status
        return News.STATUS if changed else News.NOTHING

    def forget(self, kind: str, body: Mapping[str, Any]) -> News:
        """Take note that an object is gone, or no longer labelled as ours; what came since is kept."""
        key, uid, version = key_of(kind, body), body["metadata"]["uid"], int(body["metadata"]["resourceVersion"])
        shelf = self._shelves.get(key)
        if shelf is None:
            return News.NOTHING
        shelf.deleted.discard(uid)
        place = (kind, body["metadata"]["name"])
        known = shelf.held.get(place)
        found = known is not None and known.uid == uid and known.version <= version
        if found:
            del shelf.held[place]
        if not shelf.held and not shelf.deleted:
            del self._shelves[key]
        return News.CONTENT if found else News.NOTHING

    def deleted(self, key: Key, place: Place, uid: str) -> None:
        """Take note that we have deleted an object: what the watch still tells of it is the past."""
        shelf = self._shelves.setdefault(key, _Shelf())
        known = shelf.held.get(place)
        if known is not None and known.uid == uid:
            del shelf.held[place]
            shelf.deleted.add(uid)

    def sweep(self, kind: str, present: set[str], version: int) -> list[Key]:
        """Forget the objects of a kind that a list at a version did not show.

        Args:
            kind: what was listed.
            present: the uids of all that the list showed.
            version: of the list; what is newer was made after it.

        Returns:
            The VotingApps whose objects are gone.
        """
        return [key for key in list(self._shelves) if self._sweep(key, kind, present, version)]

    def _sweep(self, key: Key, kind: str, present: set[str], version: int) -> bool:
        shelf = self._shelves[key]
        gone = [
            place
            for place, held in shelf.held.items()
            if place[0] == kind and held.uid not in present and held.version <= version
        ]
        for place in gone:
            del shelf.held[place]
        if not shelf.held and not shelf.deleted:
            del self._shelves[key]
        return bool(gone)

    def _held(self, key: Key) -> dict[Place, _Held]:
        shelf = self._shelves.get(key)
        return shelf.held if shelf is not None else {}


def _fitted(text: bytes) -> bytes:
    """The same in memory of its own size: what writes it leaves it in its buffer, several times as large."""
    return bytes(memoryview(text))


def key_of(kind: str, body: Mapping[str, Any]) -> Key:
    """The VotingApp that an object is about: itself, or that of its instance label."""
    metadata = body["metadata"]
    if kind == KIND:
        return Key(metadata["namespace"], metadata["name"])
    return Key(metadata["namespace"], (metadata.get("labels") or {}).get(INSTANCE_LABEL, ""))
