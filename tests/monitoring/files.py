"""deploy/monitoring, taken apart: which expressions are asked, and of which metrics."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from cluster import paths

FOLDER = paths.PROJECT / "deploy" / "monitoring"
RULES = FOLDER / "alerts.yaml"
DASHBOARD = FOLDER / "dashboard.json"

_NOT_NAMES = re.compile(r"\"[^\"]*\"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|on)\s*\([^)]*\)")
"""Strings, selectors, ranges, and the lists of labels by which is grouped or joined."""

_WORDS = frozenset({"and", "or", "unless"})


def alerts() -> list[dict[str, Any]]:
    """All alerting rules."""
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """All panels of the dashboard."""
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return found


def expressions() -> Iterator[str]:
    """Every PromQL expression of the alerts and the panels."""
    yield from (rule["expr"] for rule in alerts())
    yield from (target["expr"] for panel in panels() for target in panel["targets"])


def metrics_in(expression: str) -> set[str]:
    """The metrics that an expression asks for: the names in it that are no function's."""
    bare = _NOT_NAMES.sub(" ", expression)
    return set(re.findall(r"\b[a-zA-Z_]\w*\b(?!\s*\()", bare)) - _WORDS
