"""The CustomResourceDefinition goes and comes back, and with it all VotingApps of the cluster; so this runs alone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cluster.deploy import manifests
from tests.faults.picture import wait_until_settled
from tests.support.kube import NO_PODS, Kube, Object, wait_until
from tests.support.operator import Operator
from tests.support.proxy import Proxy, Record

pytestmark = pytest.mark.alone

CRD = "customresourcedefinition/votingapps.voting.schoolofdevops.com"


def install(kube: Kube) -> None:
    files = [f"--filename={path}" for path in manifests("crds")]
    kube.kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=votingapp-cluster", *files)
    wait = ("wait", "--for=condition=Established", CRD, "--timeout=5s")
    # kubectl gives up at once where there are no conditions yet.
    wait_until("the CustomResourceDefinition", lambda: kube.kubectl(*wait, check=False).returncode == 0)


@contextmanager
def crd_put_back(kube: Kube) -> Iterator[None]:
    """With the CRD go all VotingApps: not where somebody may want one. It comes back in any case."""
    others = [app["metadata"] for app in listed(kube) if app["metadata"]["namespace"] != kube.namespace]
    if others:
        names = ", ".join(f"{metadata['namespace']}/{metadata['name']}" for metadata in others)
        pytest.skip(f"deleting the CRD would delete {names} with all votes")
    try:
        yield
    finally:
        install(kube)


def listed(kube: Kube) -> list[Object]:
    found = json.loads(kube.kubectl("get", "votingapps", "--all-namespaces", "--output=json").stdout)
    return [dict(app) for app in found["items"]]


def asks_for_votingapps(record: Record) -> bool:
    return record.plural == "votingapps" and record.method == "GET" and record.status == 404


def test_a_crd_that_comes_back_is_picked_up_without_a_restart(kube: Kube, proxy: Proxy, operator: Operator) -> None:
    with crd_put_back(kube):
        kube.apply_app("demo", NO_PODS)
        wait_until_settled(kube, "demo", detail=operator.log)
        kube.kubectl("delete", CRD, "--timeout=60s")
        wait_until("the operator to notice", lambda: len(proxy.seen(asks_for_votingapps)) >= 3, detail=operator.log)
        wait_until("the objects to go", lambda: kube.children("demo") == {})
        install(kube)
        kube.apply_app("demo", NO_PODS)
        wait_until_settled(kube, "demo", detail=operator.log)
    assert operator.process.poll() is None
    assert len(kube.children("demo")) > 10
    told = [line["message"] for line in operator.troubles()]
    assert [line for line in told if "CustomResourceDefinition" in line], told
    assert len(told) <= 3, told
