"""What the alerts and the dashboard ask for is what the operator in the cluster tells."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.monitoring.files import expressions, metrics_in
from tests.support.kube import Kube, wait_until

OPERATOR = "app.kubernetes.io/name=votingapp-operator"
CONTRACT = {
    "votingapp_operator_api_requests_total": {"verb", "kind", "code"},
    "votingapp_operator_leader": set(),
    "votingapp_operator_queue_depth": set(),
    "votingapp_operator_queue_oldest_age_seconds": set(),
    "votingapp_operator_queue_wait_seconds_bucket": {"le"},
    "votingapp_operator_reconcile_duration_seconds_bucket": {"le"},
    "votingapp_operator_reconciles_total": {"result"},
    "votingapp_operator_votingapps": {"state"},
    "votingapp_operator_watch_silence_seconds": {"kind"},
}
"""Metrics by name, and the labels by which alerts and panels tell them apart."""

Samples = dict[str, list[tuple[dict[str, str], float]]]


def scrape(system: Kube, pod: str) -> Samples:
    """All samples of a replica, by name."""
    text = system.kubectl("get", "--raw", f"/api/v1/namespaces/{system.namespace}/pods/{pod}:9090/proxy/metrics").stdout
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


@pytest.fixture(scope="module")
def scrapes() -> list[Samples]:
    """What each replica tells."""
    system = Kube("votingapp-system")
    return [scrape(system, pod["metadata"]["name"]) for pod in system.list("Pod", OPERATOR)]


def test_every_metric_that_is_asked_for_is_there(scrapes: list[Samples]) -> None:
    wanted = {metric for expression in expressions() for metric in metrics_in(expression)}
    assert wanted >= CONTRACT.keys(), "a metric that nobody looks at"
    assert scrapes
    for samples in scrapes:
        assert not wanted - samples.keys()


def test_metrics_have_the_labels_that_are_asked_for(scrapes: list[Samples]) -> None:
    for samples in scrapes:
        for name, labels in CONTRACT.items():
            assert all(found.keys() == labels for found, _ in samples[name]), name


def test_values_that_alerts_look_for_exist_before_they_happen(scrapes: list[Samples]) -> None:
    for samples in scrapes:
        results = {labels["result"] for labels, _ in samples["votingapp_operator_reconciles_total"]}
        states = {labels["state"] for labels, _ in samples["votingapp_operator_votingapps"]}
        assert (results, states) == ({"success", "refused", "retry", "fault"}, {"settled", "unsettled"})


def test_one_replica_leads_and_every_watch_lives() -> None:
    system = Kube("votingapp-system")

    def leaders() -> float:
        pods = [pod["metadata"]["name"] for pod in system.list("Pod", OPERATOR)]
        return sum(scrape(system, pod)["votingapp_operator_leader"][0][1] for pod in pods)

    wait_until("exactly one replica leads", lambda: leaders() == 1)
    for pod in system.list("Pod", OPERATOR):
        silences = scrape(system, pod["metadata"]["name"])["votingapp_operator_watch_silence_seconds"]
        assert all(seconds < 90 for _, seconds in silences)
