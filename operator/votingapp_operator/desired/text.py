"""A manifest as text for server-side apply, whose body the API server reads as YAML.

JSON is almost YAML. What is not: YAML knows no surrogate pairs, which is how ASCII-only JSON spells an emoji, and it
refuses or folds a few characters that JSON may hold as they are. A poll must not fail over either.
"""

import re

import orjson

from votingapp_operator.desired.app import Manifest

_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Controls, line breaks that YAML would fold, and what it takes for no character at all."""


def as_text(manifest: Manifest) -> str:
    """The manifest as JSON that a YAML parser reads in the same way."""
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", orjson.dumps(manifest).decode())
