"""JSON from and for the API server, of whatever depth.

The API server stores objects that are nested thousands of levels deep where a schema leaves them free, and a CRD cannot
forbid it. No parser here takes that, and one such object would hide all others in a list. So what is nested beyond all
reason is cut off, and the object that had it is refused like any other that cannot be read.
"""

import re
from typing import Any

import orjson

DEPTH = 200
"""Levels that are kept; no manifest that means something has twenty. orjson reads 1,024 and writes 254."""

_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]')


def parse(text: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """The value of a JSON text, without what is nested too deep.

    Raises:
        orjson.JSONDecodeError: it is no JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return orjson.loads(_shallow(text))


def written(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """The JSON text of a value, without what is nested too deep."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return orjson.dumps(_cut(value, DEPTH))


def _cut(value: Any, levels: int) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key: _cut(inner, levels - 1) for key, inner in value.items()} if levels else None
    if isinstance(value, list):
        return [_cut(inner, levels - 1) for inner in value] if levels else None
    return value


def _shallow(text: bytes) -> bytes:
    """The text with `null` for each value that begins below `DEPTH`."""
    kept: list[bytes] = []
    depth, begin = 0, 0
    for token in _TOKENS.finditer(text):
        sign = token[0]
        if sign in b"[{":
            depth += 1
            if depth == DEPTH + 1:
                kept += [text[begin : token.start()], b"null"]
        elif sign in b"]}":
            if depth == DEPTH + 1:
                begin = token.end()
            depth -= 1
    return b"".join([*kept, text[begin:]])
