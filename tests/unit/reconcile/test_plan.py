"""Desired and observed in, writes out."""

from dataclasses import replace
from typing import Any

import pytest
from votingapp_operator.api import VotingAppSpec
from votingapp_operator.desired import App, build
from votingapp_operator.reconcile.plan import Action, Change, Ownership, changes, fingerprint, with_hash


def settled(app: App) -> dict[tuple[str, str], dict[str, Any]]:
    """The children of an app to which everything was applied."""
    children = {}
    for number, manifest in enumerate(build(app).all()):
        live = with_hash(manifest)
        live["metadata"]["uid"] = f"uid-{number}"
        children[manifest["kind"], manifest["metadata"]["name"]] = live
    return children


def plan(app: App, children: dict[tuple[str, str], dict[str, Any]], tolerated: Any = None) -> list[Change]:
    return changes(app, build(app).all(), children, tolerated or {})


def test_everything_is_created_at_first(app: App) -> None:
    assert {change.action for change in plan(app, {})} == {Action.CREATE}


def test_a_settled_app_needs_nothing(app: App) -> None:
    assert plan(app, settled(app)) == []


def test_a_changed_field_is_one_update(app: App) -> None:
    children = settled(app)
    children["Deployment", "demo-vote"]["spec"] = {**children["Deployment", "demo-vote"]["spec"], "replicas": 9}
    assert [(change.action, change.subject) for change in plan(app, children)] == [
        (Action.UPDATE, "Deployment demo-vote")
    ]


def test_a_wish_that_shrank_is_an_update(app: App) -> None:
    more = replace(app, spec=VotingAppSpec.model_validate({"worker": {"env": [{"name": "X", "value": "1"}]}}))
    assert [change.subject for change in plan(app, settled(more))] == ["Deployment demo-worker"]


def test_what_others_add_is_no_difference(app: App) -> None:
    children = settled(app)
    children["Service", "demo-vote"]["metadata"]["labels"] = {
        **children["Service", "demo-vote"]["metadata"]["labels"],
        "team": "a",
    }
    assert plan(app, children) == []


def test_a_child_that_is_not_wanted_is_deleted(app: App) -> None:
    children = settled(app)
    extra = {"metadata": {**children["ConfigMap", "demo-poll"]["metadata"], "name": "old", "uid": "old-uid"}}
    assert plan(app, {**children, ("ConfigMap", "old"): extra}) == [
        Change(Action.DELETE, "ConfigMap", "old", uid="old-uid")
    ]


def test_what_is_not_ours_is_never_deleted(app: App) -> None:
    labels = {"app.kubernetes.io/managed-by": "votingapp-operator", "app.kubernetes.io/instance": "demo"}
    others = {"metadata": {"name": "theirs", "uid": "x", "labels": labels}}
    assert plan(app, {**settled(app), ("ConfigMap", "theirs"): others}) == []


@pytest.mark.parametrize(
    ("owners", "expected"),
    [
        ([], Ownership.FOREIGN),
        ([{"apiVersion": "v1", "kind": "Pod", "name": "demo", "uid": "x", "controller": True}], Ownership.FOREIGN),
        (
            [{"apiVersion": "voting.schoolofdevops.com/v1alpha1", "name": "demo", "uid": "older", "controller": True}],
            Ownership.PREDECESSOR,
        ),
    ],
)
def test_ownership_of_what_is_in_the_way(app: App, owners: list[dict[str, Any]], expected: Ownership) -> None:
    children = settled(app)
    children["Service", "demo-vote"]["metadata"]["ownerReferences"] = owners
    assert [(change.subject, change.ownership) for change in plan(app, children)] == [("Service demo-vote", expected)]


def test_retained_data_is_taken_back(app: App) -> None:
    retaining = replace(app, uid="older", spec=VotingAppSpec.model_validate({"dataPolicy": "Retain"}))
    kept = {place: live for place, live in settled(retaining).items() if place[0] == "PersistentVolumeClaim"}
    found = {(change.subject, change.action, change.ownership) for change in plan(app, kept)}
    assert ("PersistentVolumeClaim demo-postgres", Action.UPDATE, Ownership.OURS) in found


def test_retaining_gives_up_the_ownership(app: App) -> None:
    retaining = replace(app, spec=VotingAppSpec.model_validate({"dataPolicy": "Retain"}))
    subjects = {change.subject for change in plan(retaining, settled(app))}
    assert subjects == {
        "Secret demo-postgres",
        "PersistentVolumeClaim demo-redis",
        "PersistentVolumeClaim demo-postgres",
    }


def test_a_difference_that_an_apply_did_not_mend_is_tolerated(app: App) -> None:
    children = settled(app)
    live = children["Service", "demo-vote"]
    live["spec"] = {**live["spec"], "type": "SpeltDifferently"}
    [change] = plan(app, children)
    assert change.manifest is not None
    assert plan(app, children, {("Service", "demo-vote"): fingerprint(change.manifest, live)}) == []
