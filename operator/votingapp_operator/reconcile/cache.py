"""What is known of the cluster: VotingApps, their children and their pods, as the watches and our own writes told.

An object never goes back in time: what arrives with an older resource version than what is known is dropped, so that a
watch that lags behind our own write cannot bring back what was before it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from votingapp_operator.api import KIND
from votingapp_operator.desired.app import INSTANCE_LABEL
from votingapp_operator.reconcile.kinds import Object


class Key(NamedTuple):
    """A VotingApp's namespace and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Cache:
    """The newest known version of every object that concerns a VotingApp."""

    def __init__(self) -> None:
        self._apps: dict[Key, Object] = {}
        self._children: dict[Key, dict[tuple[str, str], Object]] = defaultdict(dict)
        self._pods: dict[Key, dict[str, Object]] = defaultdict(dict)

    def app(self, key: Key) -> Object | None:
        """A VotingApp, or None where there is none."""
        return self._apps.get(key)

    def children(self, key: Key) -> Mapping[tuple[str, str], Object]:
        """A VotingApp's children by kind and name, whoever owns them."""
        return self._children.get(key, {})

    def pods(self, key: Key) -> Iterator[Object]:
        """A VotingApp's pods, in no order."""
        return iter(self._pods.get(key, {}).values())

    def observe(self, kind: str, body: Mapping[str, Any]) -> None:
        """Take note of an object, unless something newer is known."""
        shelf, place = self._place(kind, body)
        known = shelf.get(place)
        if known is None or _version(body) >= _version(known):
            shelf[place] = _trimmed(kind, body)

    def forget(self, kind: str, body: Mapping[str, Any]) -> None:
        """Take note that an object is gone; another of its name that came since is kept."""
        shelf, place = self._place(kind, body)
        known = shelf.get(place)
        if known is not None and known["metadata"].get("uid") == body["metadata"].get("uid"):
            del shelf[place]
        self._drop_empty(key_of(kind, body))

    def _place(self, kind: str, body: Mapping[str, Any]) -> tuple[dict[Any, Object], Any]:
        key = key_of(kind, body)
        name = body["metadata"]["name"]
        if kind == KIND:
            return self._apps, key
        if kind == "Pod":
            return self._pods[key], name
        return self._children[key], (kind, name)

    def _drop_empty(self, key: Key) -> None:
        for shelf in (self._children, self._pods):
            if key in shelf and not shelf[key]:
                del shelf[key]


def key_of(kind: str, body: Mapping[str, Any]) -> Key:
    """The VotingApp that an object is about: itself, or that of its instance label."""
    metadata = body["metadata"]
    if kind == KIND:
        return Key(metadata["namespace"], metadata["name"])
    return Key(metadata["namespace"], metadata.get("labels", {}).get(INSTANCE_LABEL, ""))


def _version(body: Mapping[str, Any]) -> int:
    """Resource versions grow with time, and may be compared as numbers within one kind."""
    return int(body["metadata"].get("resourceVersion", 0))


def _trimmed(kind: str, body: Mapping[str, Any]) -> Object:
    """An object without what nobody looks at; of a pod only what tells how it is."""
    metadata = {key: value for key, value in body["metadata"].items() if key != "managedFields"}
    rest = ("status",) if kind == "Pod" else tuple(key for key in body if key != "metadata")
    return {"metadata": metadata, **{key: body[key] for key in rest if key in body}}
