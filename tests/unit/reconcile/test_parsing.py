"""JSON of whatever depth."""

import orjson
import pytest
from votingapp_operator.reconcile.parsing import DEPTH, parse, written


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def depth_of(value: object) -> int:
    levels = 0
    while isinstance(value, dict):
        value, levels = value["a"], levels + 1
    return levels


def test_what_is_usual_is_read_whole() -> None:
    assert depth_of(parse(nested(DEPTH))) == DEPTH


@pytest.mark.parametrize("levels", [1025, 9000])
def test_what_is_too_deep_is_cut_off(levels: int) -> None:
    assert depth_of(parse(nested(levels))) == DEPTH


@pytest.mark.parametrize("levels", [255, 1000])
def test_what_can_be_read_can_be_written(levels: int) -> None:
    assert depth_of(parse(nested(levels))) == levels
    assert depth_of(parse(written(parse(nested(levels))))) == DEPTH


def test_what_stands_beside_it_is_kept() -> None:
    text = b'{"items":[{"spec":' + nested(3000) + b',"name":"}]\\"{["},' + nested(2000) + b',{"name":"fine"}]}'
    found = parse(text)
    assert [item.get("name") for item in found["items"]] == ['}]"{[', None, "fine"]
    assert orjson.dumps(found)


def test_no_json_is_no_json() -> None:
    with pytest.raises(orjson.JSONDecodeError):
        parse(b'{"a": ')
