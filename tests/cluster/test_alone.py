"""Promises that only the whole cluster can show: no writes at rest, and an operator on a laptop."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cluster import laptop
from cluster.deploy import NAMESPACE, OPERATOR
from tests.cluster.conftest import NO_PODS
from tests.support.kube import Kube, wait_until

pytestmark = pytest.mark.alone

WRITES = re.compile(
    r'^apiserver_request_total\{.*group="(?P<group>[^"]*)".*resource="(?P<resource>[^"]*)".*'
    r'subresource="(?P<subresource>[^"]*)".*verb="(?:POST|PUT|PATCH|APPLY|DELETE)".*\} (?P<count>\S+)$'
)
WRITTEN = {
    "votingapps",
    "votingapps/status",
    "deployments",
    "services",
    "configmaps",
    "serviceaccounts",
    "persistentvolumeclaims",
    "secrets",
}
"""What the operator may write. The status of a Deployment is its controller's."""

REST_SECONDS = 80
"""The time for which nothing may be written: a minute is promised, and this has a resync in it as well."""


def writes(kube: Kube) -> dict[str, float]:
    """Writes since the API server's start to the kinds that the operator writes, and to events, by resource."""
    counted: dict[str, float] = {}
    for line in kube.kubectl("get", "--raw", "/metrics").stdout.splitlines():
        match = WRITES.match(line)
        if match is None:
            continue
        name = f"{match['resource']}/{match['subresource']}".rstrip("/")
        if name in WRITTEN or match["group"] == "events.k8s.io":
            counted[name] = counted.get(name, 0) + float(match["count"])
    return counted


def new_writes(kube: Kube, before: dict[str, float]) -> dict[str, float]:
    return {name: count - before.get(name, 0) for name, count in writes(kube).items() if count != before.get(name, 0)}


def others_on_their_way_out(kube: Kube) -> list[str]:
    found = [namespace["metadata"] for namespace in kube.list("Namespace", "votingapp-test=true")]
    return [metadata["name"] for metadata in found if "deletionTimestamp" in metadata]


@pytest.fixture
def settled(kube: Kube) -> Kube:
    """A whole app that is ready, with nothing left to do for anybody."""
    wait_until("what other tests left to be collected", lambda: not others_on_their_way_out(kube))
    kube.apply_app("demo", {"vote": {"replicas": 1}, "result": {"replicas": 1}})
    kube.kubectl("wait", "--for=condition=Ready", "votingapp/demo", "--timeout=180s")
    return kube


def test_the_counter_sees_a_write(settled: Kube) -> None:
    """The instrument before the measurement."""
    before = writes(settled)
    settled.patch("ConfigMap", "demo-poll", {"metadata": {"annotations": {"x": "y"}}})
    wait_until("the write to be counted", lambda: new_writes(settled, before).get("configmaps") == 1)


def test_a_settled_app_is_not_written_to(settled: Kube) -> None:
    before = writes(settled)
    settled.kubectl("wait", "--for=jsonpath={.never}=x", "votingapp/demo", f"--timeout={REST_SECONDS}s", check=False)
    assert new_writes(settled, before) == {}


def test_a_restarted_operator_writes_nothing_to_a_settled_app(settled: Kube) -> None:
    system = Kube(NAMESPACE)
    app, children, before = settled.get("VotingApp", "demo"), settled.contents("demo"), writes(settled)
    [pod] = system.list("Pod", f"app.kubernetes.io/name={OPERATOR}")
    system.delete("Pod", pod["metadata"]["name"])
    system.kubectl("rollout", "status", f"deployment/{OPERATOR}", "--timeout=120s")
    # It is back and looks after everything: what is broken now is mended.
    settled.apply_app("probe", NO_PODS)
    wait_until("another app to be made", lambda: settled.applied("probe"))
    after = new_writes(settled, before)
    probe = len(settled.children("probe"))
    made = sum(count for name, count in after.items() if not name.startswith(("votingapps", "events")))
    # The Deployment controller adds a revision to each new Deployment: an update of the object, five times.
    assert made - probe <= 5, f"more writes than the {probe} objects of the other app: {after}"
    assert settled.get("VotingApp", "demo") == app
    assert settled.contents("demo") == children


@contextmanager
def operator_on_this_machine() -> Iterator[None]:
    """`kopf run`, as docs/laptop.md tells it, in place of the one in the cluster."""
    with laptop.without_the_clusters_own():
        process = subprocess.Popen(laptop.KOPF_RUN, env=laptop.environment())
        try:
            yield
            assert process.poll() is None, "kopf run has ended by itself"
        finally:
            process.terminate()
            process.wait(timeout=30)


def test_the_operator_runs_on_a_laptop(kube: Kube) -> None:
    with operator_on_this_machine():
        kube.apply_app("demo", NO_PODS)
        wait_until("all objects", lambda: kube.applied("demo"))
        kube.delete("Service", "demo-vote")
        wait_until("drift to be repaired", lambda: kube.get("Service", "demo-vote"))


def title(kube: Kube) -> str | None:
    config_map = kube.get("ConfigMap", "demo-poll") or {}
    found: str | None = config_map.get("data", {}).get("POLL_TITLE")
    return found


def test_what_happened_while_the_operator_was_away_is_made_up_for(kube: Kube) -> None:
    kube.apply_app("demo", NO_PODS)
    wait_until("all objects", lambda: kube.applied("demo"))
    with laptop.without_the_clusters_own():
        kube.delete("ConfigMap", "demo-poll")
        kube.delete("Secret", "demo-postgres")
        kube.patch("VotingApp", "demo", {"spec": {"poll": {"title": "Meanwhile"}}})
    wait_until("the poll", lambda: title(kube) == "Meanwhile")
    wait_until("the Secret", lambda: kube.get("Secret", "demo-postgres"))
    wait_until("all objects", lambda: kube.applied("demo"))
