"""What is sent for server-side apply means the same to a reader of JSON and to a reader of YAML."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from votingapp_operator.desired.text import as_text

from tests.unit.fuzz.runs import often


@pytest.mark.parametrize(
    "text", ["\U0001f600", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\\ud83d\\ude00", "\x00", "a\nb"]
)
def test_no_character_is_lost(text: str) -> None:
    assert yaml.safe_load(as_text({"a": text})) == {"a": text} == json.loads(as_text({"a": text}))


@often(300)
@given(st.dictionaries(st.text(max_size=20), st.text(max_size=30) | st.booleans() | st.integers(-(2**31), 2**31)))
def test_any_text_reads_alike(manifest: Any) -> None:
    assert yaml.safe_load(as_text(manifest)) == manifest == json.loads(as_text(manifest))
