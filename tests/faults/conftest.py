"""Fault tests: what goes wrong between an operator and the API server, done on purpose.

Each test has a namespace, a proxy and an operator of its own, and so they run side by side; the operator in the cluster
must be away meanwhile (`make test-faults` sees to that), or else two would look after the same VotingApps.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.deploy import OPERATOR
from tests.faults.picture import wait_until_settled
from tests.support.kube import NO_PODS, Kube, namespace
from tests.support.operator import Operator
from tests.support.proxy import Proxy

_COORDINATION = "coordination.k8s.io"


def let_replicas_agree(kube: Kube) -> None:
    """What deploy/rbac.yaml allows in the operator's own namespace, in a test's: to write the Lease."""
    head = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": OPERATOR, "namespace": kube.namespace}}
    rules = [
        {"apiGroups": [_COORDINATION], "resources": ["leases"], "verbs": ["create"]},
        {
            "apiGroups": [_COORDINATION],
            "resources": ["leases"],
            "resourceNames": [OPERATOR],
            "verbs": ["get", "update"],
        },
    ]
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": OPERATOR}
    subject = {"kind": "ServiceAccount", "name": OPERATOR, "namespace": "votingapp-system"}
    for manifest in (
        {**head, "kind": "Role", "rules": rules},
        {**head, "kind": "RoleBinding", "roleRef": reference, "subjects": [subject]},
    ):
        kube.kubectl("create", "-f", "-", stdin=json.dumps(manifest))


@pytest.fixture
def kube() -> Iterator[Kube]:
    """A namespace of the test's own, in which an operator of its own may hold a Lease."""
    with namespace("faults") as fresh:
        let_replicas_agree(fresh)
        yield fresh


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Between the operator and the API server."""
    with Proxy() as between:
        yield between


@pytest.fixture
def operator(kube: Kube, proxy: Proxy, tmp_path: Path) -> Iterator[Operator]:
    """An operator that leads."""
    with Operator(proxy, tmp_path, kube.namespace) as fresh:
        fresh.start().wait_until_leading()
        yield fresh


@pytest.fixture
def settled(kube: Kube, operator: Operator) -> Kube:
    """The namespace with a VotingApp `demo`, to which everything was applied and nothing is left to tell."""
    kube.apply_app("demo", NO_PODS)
    wait_until_settled(kube, "demo", detail=operator.log)
    return kube
