"""Specs in, manifests out: both as YAML files in data/, one folder a case."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from votingapp_operator.api import VotingAppSpec
from votingapp_operator.desired import App, build

DATA = Path(__file__).parent / "data"
CASES = sorted(path.stem.removesuffix(".input") for path in DATA.glob("*.input.yaml"))


@pytest.mark.parametrize("case", CASES)
def test_manifests(case: str, app: App, request: pytest.FixtureRequest) -> None:
    spec = yaml.safe_load((DATA / f"{case}.input.yaml").read_text())
    made = build(replace(app, spec=VotingAppSpec.model_validate(spec))).all()
    expected = DATA / f"{case}.output.yaml"
    if request.config.getoption("--write-expected"):
        expected.write_text(yaml.dump_all(made, sort_keys=False, width=120, Dumper=yaml.SafeDumper))
    assert made == list(yaml.safe_load_all(expected.read_text()))


def test_there_are_cases() -> None:
    assert len(CASES) >= 4


def test_services_come_before_deployments(app: App) -> None:
    kinds = [manifest["kind"] for manifest in build(app).all()]
    assert kinds.index("Deployment") > max(place for place, kind in enumerate(kinds) if kind == "Service")


def test_no_manifest_holds_a_password(app: App) -> None:
    assert all(
        not {"data", "stringData"} & manifest.keys() for manifest in build(app).all() if manifest["kind"] == "Secret"
    )


def test_every_child_is_owned_and_labelled(app: App) -> None:
    for manifest in build(app).all():
        assert [owner["uid"] for owner in manifest["metadata"]["ownerReferences"]] == [app.uid]
        assert manifest["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "votingapp-operator"
        assert manifest["metadata"]["labels"]["app.kubernetes.io/instance"] == app.name


def test_retained_data_has_no_owner_and_everything_else_has(app: App) -> None:
    spec = VotingAppSpec.model_validate({"dataPolicy": "Retain"})
    unowned = {
        (manifest["kind"], manifest["metadata"]["name"])
        for manifest in build(replace(app, spec=spec)).all()
        if "ownerReferences" not in manifest["metadata"]
    }
    assert unowned == {
        ("Secret", "demo-postgres"),
        ("PersistentVolumeClaim", "demo-redis"),
        ("PersistentVolumeClaim", "demo-postgres"),
    }


@pytest.mark.parametrize(("grace", "paused"), [(None, True), (4, True), (3, False), (0, False), ("odd", True)])
@pytest.mark.parametrize("component", ["vote", "result"])
def test_the_pause_before_sigterm_fits_into_the_grace_period(
    app: App, component: str, grace: object, *, paused: bool
) -> None:
    patch = {} if grace is None else {"spec": {"terminationGracePeriodSeconds": grace}}
    spec = VotingAppSpec.model_validate({component: {"podTemplate": patch}})
    made = {manifest["metadata"]["name"]: manifest for manifest in build(replace(app, spec=spec)).workloads}
    container = made[f"demo-{component}"]["spec"]["template"]["spec"]["containers"][0]
    assert ("lifecycle" in container) == paused
