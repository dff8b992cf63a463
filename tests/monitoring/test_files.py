"""Alerts and dashboard are whole, speak of each other's metrics, and are nothing that `make up` applies."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from cluster.deploy import manifests
from tests.monitoring.files import DASHBOARD, FOLDER, alerts, expressions, metrics_in, panels

DOCUMENT = FOLDER.parents[1] / "docs" / "monitoring.md"


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_what_is_wrong_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"]
    assert len(rule["annotations"]["description"]) > 100


def test_each_alert_is_tried() -> None:
    tried = (FOLDER / "alerts.test.yaml").read_text()
    assert {rule["alert"] for rule in alerts()} == set(re.findall(r"alertname(?:=\"|: )(\w+)", tried))


@pytest.mark.parametrize(
    ("expression", "metrics"),
    [
        ("absent(a_b)", {"a_b"}),
        ('sum by (x) (rate(a_total{c=~"d|e"}[5m])) / sum (b) > 0.5', {"a_total", "b"}),
        ("a and on (job, instance) b", {"a", "b"}),
    ],
)
def test_metrics_in(expression: str, metrics: set[str]) -> None:
    assert metrics_in(expression) == metrics


def test_no_panel_is_without_a_query_or_a_word_of_what_it_shows() -> None:
    found = panels()
    assert len(found) >= 10
    for panel in found:
        assert panel["description"], panel["title"]
        assert panel["targets"], panel["title"]
        assert all(target["expr"] for target in panel["targets"]), panel["title"]


def datasources(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        if "datasource" in node:
            yield node["datasource"]
        for inner in node.values():
            yield from datasources(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from datasources(inner)


def test_the_data_source_is_chosen_by_who_looks() -> None:
    found = list(datasources(json.loads(DASHBOARD.read_text())))
    assert found
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in found)


def test_panels_have_numbers_of_their_own_and_do_not_overlap() -> None:
    places = [(panel["id"], panel["gridPos"]) for panel in panels()]
    assert len({number for number, _ in places}) == len(places)
    cells = [
        (x, y)
        for _, place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_each_metric_and_each_alert_is_documented() -> None:
    text = DOCUMENT.read_text()
    named = {metric for expression in expressions() for metric in metrics_in(expression)}
    unsaid = {metric for metric in named if metric.removesuffix("_bucket") not in text}
    assert not unsaid
    assert not {rule["alert"] for rule in alerts() if f"### {rule['alert']}" not in text}


def test_make_up_applies_none_of_it() -> None:
    assert all(FOLDER not in path.parents for path in manifests("deploy"))
