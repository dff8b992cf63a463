"""The operator as it is deployed: what it may do, and what it may not."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from cluster import paths
from tests.support.kube import Kube

ACCOUNT = "system:serviceaccount:votingapp-system:votingapp-operator"


@pytest.fixture(scope="module")
def system() -> Kube:
    """The operator's own namespace."""
    return Kube("votingapp-system")


def documents() -> Iterator[dict[str, Any]]:
    for file in sorted((paths.PROJECT / "deploy").glob("*.yaml")):
        yield from yaml.safe_load_all(file.read_text())


def test_no_rule_has_a_wildcard() -> None:
    roles = [document for document in documents() if document["kind"] in ("ClusterRole", "Role")]
    rules = [rule for role in roles for rule in role["rules"]]
    assert rules
    for rule in rules:
        assert not any("*" in value for values in rule.values() for value in values), rule


@pytest.mark.parametrize(
    ("verb", "resource", "allowed"),
    [
        ("patch", "deployments", "yes"),
        ("get", "secrets", "yes"),
        ("list", "secrets", "no"),
        ("watch", "secrets", "no"),
        ("update", "votingapps.voting.schoolofdevops.com", "no"),
        ("patch", "votingapps.voting.schoolofdevops.com", "no"),
        ("delete", "votingapps.voting.schoolofdevops.com", "no"),
        ("create", "pods", "no"),
        ("create", "pods/exec", "no"),
        ("get", "pods/log", "no"),
        ("delete", "pods", "no"),
        ("create", "clusterrolebindings", "no"),
        ("create", "rolebindings", "no"),
        ("create", "namespaces", "no"),
        ("get", "nodes", "no"),
        ("impersonate", "users", "no"),
        ("create", "leases.coordination.k8s.io", "no"),
    ],
)
def test_rights(system: Kube, verb: str, resource: str, allowed: str) -> None:
    done = system.kubectl("auth", "can-i", verb, resource, "--as", ACCOUNT, "--all-namespaces", check=False)
    assert done.stdout.strip() == allowed


def test_its_lease_is_the_only_one_it_may_change(system: Kube) -> None:
    def may(verb: str, name: str) -> str:
        return system.kubectl("auth", "can-i", verb, f"leases/{name}", "--as", ACCOUNT, check=False).stdout.strip()

    assert may("update", "votingapp-operator") == "yes"
    assert may("update", "another") == "no"


def test_it_runs_without_privileges(system: Kube) -> None:
    pods = system.list("Pod", "app.kubernetes.io/name=votingapp-operator")
    assert len(pods) == 2
    for pod in pods:
        [container] = pod["spec"]["containers"]
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    namespace = system.get("Namespace", "votingapp-system") or {}
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_a_user_may_edit_and_view(system: Kube) -> None:
    for role, verb, allowed in [("edit", "create", "yes"), ("view", "get", "yes"), ("view", "create", "no")]:
        done = system.kubectl(
            *("auth", "can-i", verb, "votingapps.voting.schoolofdevops.com", "--as", "nobody"),
            *("--as-group", f"test:{role}"),
            check=False,
        )
        assert done.stdout.strip() == "no", "nobody may do anything without a binding"
        rules = yaml.safe_load(system.kubectl("get", "clusterrole", role, "-o", "yaml").stdout)["rules"]
        verbs = {v for rule in rules if "votingapps" in rule.get("resources", ()) for v in rule["verbs"]}
        assert (verb in verbs) == (allowed == "yes")
