"""Promises that only the whole cluster can show: no writes at rest, and an operator on a laptop."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cluster import laptop
from cluster.deploy import NAMESPACE, OPERATOR
from tests.support.kube import NO_PODS, Kube, wait_until

pytestmark = pytest.mark.alone

WRITE = re.compile(
    r'^votingapp_operator_api_requests_total\{code="[^"]*",kind="(?P<kind>[^"]*)",verb="(?:create|apply|update|patch|delete)"\}'
    r" (?P<count>\S+)$",
    re.MULTILINE,
)

REST_SECONDS = 80
"""The time for which nothing may be written: a minute is promised, and this has a resync in it as well."""

SYSTEM = Kube(NAMESPACE)

Writes = dict[tuple[str, str], float]
"""How often each operator pod has written to each kind."""


def metrics(pod: str) -> str:
    """What an operator pod tells of itself; tests/faults holds its count of requests against a proxy's."""
    return SYSTEM.kubectl("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}:9090/proxy/metrics").stdout


def operators() -> list[str]:
    found = SYSTEM.list("Pod", f"app.kubernetes.io/name={OPERATOR}")
    return [pod["metadata"]["name"] for pod in found if "deletionTimestamp" not in pod["metadata"]]


def leader() -> str | None:
    """The operator pod that says it leads, if one does."""
    leading = [pod for pod in operators() if re.search(r"^votingapp_operator_leader 1\.0$", metrics(pod), re.MULTILINE)]
    assert len(leading) <= 1
    return leading[0] if leading else None


def writes() -> Writes:
    """All writes so far but those to the Lease."""
    counted: Writes = {}
    for pod in operators():
        for match in WRITE.finditer(metrics(pod)):
            if match["kind"] != "Lease":
                counted[pod, match["kind"]] = counted.get((pod, match["kind"]), 0) + float(match["count"])
    return counted


def new_writes(before: Writes) -> dict[str, float]:
    """Writes since then, by kind."""
    found: dict[str, float] = {}
    for (pod, kind), count in writes().items():
        if count != before.get((pod, kind), 0):
            found[kind] = found.get(kind, 0) + count - before.get((pod, kind), 0)
    return found


def others_on_their_way_out(kube: Kube) -> list[str]:
    found = [namespace["metadata"] for namespace in kube.list("Namespace", "votingapp-test=true")]
    return [metadata["name"] for metadata in found if "deletionTimestamp" in metadata]


@pytest.fixture
def settled(kube: Kube) -> Kube:
    """A whole app that is ready, with nothing left to do for anybody: a namespace that goes costs a refused write."""
    wait_until("what other tests left to be collected", lambda: not others_on_their_way_out(kube))
    kube.apply_app("demo", {"vote": {"replicas": 1}, "result": {"replicas": 1}})
    kube.kubectl("wait", "--for=condition=Ready", "votingapp/demo", "--timeout=180s")
    return kube


def test_the_counter_sees_a_write(settled: Kube) -> None:
    """The instrument before the measurement."""
    before = writes()
    settled.patch("ConfigMap", "demo-poll", {"data": {"POLL_TITLE": "something else"}})
    wait_until("the repair to be counted", lambda: new_writes(before) == {"ConfigMap": 1})


def test_a_settled_app_is_not_written_to(settled: Kube) -> None:
    before = writes()
    settled.kubectl("wait", "--for=jsonpath={.never}=x", "votingapp/demo", f"--timeout={REST_SECONDS}s", check=False)
    assert new_writes(before) == {}


def test_a_new_leader_writes_nothing_to_a_settled_app(settled: Kube) -> None:
    old, before = leader(), writes()
    app, children = settled.get("VotingApp", "demo"), settled.contents("demo")
    assert old is not None
    SYSTEM.delete("Pod", old)
    new = wait_until("another leader", lambda: (found := leader()) != old and found)
    wait_until("its look at the app", lambda: 'votingapps{state="unsettled"} 0.0' in metrics(new))
    assert new_writes(before) == {}
    assert settled.get("VotingApp", "demo") == app
    assert settled.contents("demo") == children
    # It does look after everything: what is broken now is mended.
    settled.delete("Service", "demo-vote")
    wait_until("the Service", lambda: settled.get("Service", "demo-vote"))


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
