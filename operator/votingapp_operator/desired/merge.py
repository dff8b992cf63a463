"""The patch that a user may lay over a pod template: the way out for what has no field of its own.

The rules are those people know from strategic merge patches, kept to what can be said in one sentence: maps are merged,
lists of named items are merged by name, other lists are replaced, null removes.
"""

from typing import Any


def merged(base: Any, patch: Any) -> Any:  # noqa: ANN401 - any JSON value
    """`base` with `patch` laid over it; neither is changed."""
    if isinstance(base, dict) and isinstance(patch, dict):
        return _merged_maps(base, patch)
    if _is_named(base) and _is_named(patch):
        return _merged_lists(base, patch)
    return _without_nulls(patch)


def _merged_maps(base: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(base.get(key), value)
    return result


def _merged_lists(base: list[dict[str, Any]], patch: list[dict[str, Any]]) -> list[dict[str, Any]]:
    patches = {item["name"]: item for item in patch}
    kept = [merged(item, patches.pop(item["name"], {})) for item in base]
    return kept + [_without_nulls(item) for item in patches.values()]


def _is_named(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in value)
    )


def _without_nulls(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """What a null would remove is not there, so only the null goes."""
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value]
    return value
