"""Prometheus itself takes the rules and the dashboard's expressions, and each alert fires when it should."""

import subprocess
from pathlib import Path

import yaml

from tests.monitoring.files import FOLDER, RULES, panels


def promtool(*arguments: str) -> str:
    """What promtool says; it comes with Debian's package prometheus."""
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def test_rules_are_rules() -> None:
    assert "9 rules found" in promtool("check", "rules", str(RULES))


def test_each_alert_fires_when_it_should() -> None:
    promtool("test", "rules", str(FOLDER / "alerts.test.yaml"))


def test_what_panels_ask_is_promql(tmp_path: Path) -> None:
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    plain = [expression.replace("$job", ".*").replace("$__rate_interval", "5m") for expression in asked]
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(plain)]
    file = tmp_path / "panels.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(asked)} rules found" in promtool("check", "rules", str(file))
