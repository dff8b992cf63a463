"""Whether an object in the cluster is still what we asked for.

Only what we ask for is looked at: fields that others added (a default, a sidecar, a person's annotation) are theirs.
That is the same rule by which server-side apply would act, so a difference found here is one that an apply mends.
"""

from collections.abc import Iterator
from typing import Any

from votingapp_operator.desired.quantity import parse

_MERGE_KEYS = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "ports": ("containerPort", "port"),
    "ownerReferences": ("uid",),
}
"""Lists that server-side apply merges by a key, so that others may add to them; every other list is compared whole."""

_ATOMIC_MAPS = frozenset({"selector", "nodeSelector"})
"""Maps that server-side apply writes whole: a key that somebody added to one takes pods away from us."""


def differences(desired: Any, live: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """The paths at which `live` is not what `desired` asks for."""
    if desired == live:  # of most of a manifest, and found out at C's speed
        return
    if isinstance(desired, dict):
        yield from _map_differences(desired, live if isinstance(live, dict) else {}, path)
    elif isinstance(desired, list):
        yield from _list_differences(desired, live if isinstance(live, list) else [], path)
    elif not _same_quantity(desired, live):
        yield path


def _map_differences(desired: dict[str, Any], live: dict[str, Any], path: str) -> Iterator[str]:
    for key, value in desired.items():
        where = f"{path}.{key}"
        if key not in live:
            if not _is_empty(value):
                yield where
        elif key in _ATOMIC_MAPS and isinstance(value, dict):
            if value != live[key]:
                yield where
        else:
            yield from differences(value, live[key], where)


def _list_differences(desired: list[Any], live: list[Any], path: str) -> Iterator[str]:
    merge_key = _merge_key(path.rsplit(".", 1)[-1], desired)
    if merge_key is None:
        if len(desired) != len(live):
            yield path
            return
        for index, (wanted, found) in enumerate(zip(desired, live, strict=True)):
            yield from differences(wanted, found, f"{path}[{index}]")
        return
    by_key = {item[merge_key]: item for item in live if _has_key(item, merge_key)}
    for item in desired:
        where = f"{path}[{item[merge_key]}]"
        if item[merge_key] in by_key:
            yield from differences(item, by_key[item[merge_key]], where)
        else:
            yield where


def _merge_key(field: str, items: list[Any]) -> str | None:
    for key in _MERGE_KEYS.get(field, ()):
        if items and all(_has_key(item, key) for item in items):
            return key
    return None


def _has_key(item: object, key: str) -> bool:
    return isinstance(item, dict) and isinstance(item.get(key), str | int)


def _is_empty(value: object) -> bool:
    """The API server leaves out what is empty."""
    return value is None or value in ({}, [], "", 0, False)


def _same_quantity(desired: object, live: object) -> bool:
    """Two spellings of one quantity."""
    if isinstance(desired, str | int) and isinstance(live, str | int) and not isinstance(desired, bool):
        number = parse(desired)
        return number is not None and number == parse(live)
    return False
