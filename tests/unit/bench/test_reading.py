"""What is read from metrics, static pods and objects."""

import pytest

from tests.bench.fleet import apps, control_plane, lone, operator, writes
from tests.bench.fleet.apps import Place

METRICS = """\
# TYPE votingapp_operator_leader gauge
votingapp_operator_leader 1.0
# TYPE votingapp_operator_queue_depth gauge
votingapp_operator_queue_depth 2.0
# TYPE votingapp_operator_votingapps gauge
votingapp_operator_votingapps{state="settled"} 9.0
votingapp_operator_votingapps{state="unsettled"} 1.0
# TYPE votingapp_operator_reconciles_total counter
votingapp_operator_reconciles_total{result="success"} 20.0
votingapp_operator_reconciles_total{result="retry"} 3.0
# TYPE votingapp_operator_api_requests_total counter
votingapp_operator_api_requests_total{code="200",kind="Service",verb="apply"} 50.0
votingapp_operator_api_requests_total{code="409",kind="Service",verb="apply"} 1.0
votingapp_operator_api_requests_total{code="200",kind="Pod",verb="list"} 7.0
votingapp_operator_api_requests_total{code="200",kind="Lease",verb="update"} 99.0
"""

SCHEDULER = """\
spec:
  containers:
  - command:
    - kube-scheduler
    - --leader-elect=true
    image: registry.k8s.io/kube-scheduler:v1
"""

SERVER = b"""\
apiserver_request_total{code="200",resource="services",subresource="",verb="APPLY"} 5
apiserver_request_total{code="200",resource="deployments",subresource="status",verb="PUT"} 70
apiserver_request_total{code="200",resource="votingapps",subresource="status",verb="APPLY"} 2
apiserver_request_total{code="200",resource="leases",subresource="",verb="PUT"} 1000
apiserver_request_total{code="200",resource="services",subresource="",verb="LIST"} 30
apiserver_request_duration_seconds_count{resource="services",subresource="",verb="APPLY"} 5
"""


def test_the_operator_is_understood() -> None:
    told = operator.read(METRICS)
    assert (told.leading, told.settled, told.unsettled, told.queued, told.looks) == (True, 9, 1, 2, 23)
    assert told.requests == {"apply": 51, "list": 7}
    assert told.writes == 51
    assert not told.at_rest


def test_an_operator_that_stands_by_is_not_at_rest() -> None:
    idle = "votingapp_operator_leader 0.0\nvotingapp_operator_queue_depth 0.0\n"
    assert not operator.read(idle).at_rest
    assert operator.read(idle.replace("leader 0.0", "leader 1.0")).at_rest


def test_the_api_server_counts_writes_of_the_operators_kinds_only() -> None:
    assert writes.total(SERVER) == 7


def test_limits_are_raised_and_put_back_to_the_letter() -> None:
    raised = control_plane.with_limits(SCHEDULER, "kube-scheduler")
    assert raised.splitlines()[3:7] == [
        "    - kube-scheduler",
        *(f"    - {limit}" for limit in control_plane.LIMITS),
        "    - --leader-elect=true",
    ]
    assert control_plane.with_limits(raised, "kube-scheduler") == raised
    assert control_plane.without_limits(raised) == SCHEDULER


def test_apps_are_spread_over_namespaces() -> None:
    fleet = apps.places("fleet", 250)
    assert apps.namespaces(fleet) == {"fleet-0": 100, "fleet-1": 100, "fleet-2": 50}
    assert len(set(fleet)) == 250


def test_the_floor_writes_every_kind_of_child_and_no_owner() -> None:
    children = list(apps.children(Place("here", "app")))
    assert {child["kind"] for child in children} >= {"Secret", "ConfigMap", "Service", "Deployment"}
    assert list(apps.kinds())[-1] == "Deployment"
    assert not any("ownerReferences" in child["metadata"] for child in children)


@pytest.mark.parametrize("kind", lone.FIELDS)
def test_a_drift_touches_a_field_that_the_operator_asks_for(kind: str) -> None:
    field, other = lone.FIELDS[kind]
    for child in apps.children(Place("here", "app")):
        if child["kind"] == kind:
            assert lone.value(child, field) != other
            assert lone.value(lone.patch(field, other), field) == other


def test_an_old_status_is_not_taken_for_a_new_one() -> None:
    condition = {"type": "Ready", "status": "True", "observedGeneration": 1}
    app = {"metadata": {"generation": 1}, "status": {"conditions": [condition]}}
    assert apps.is_ready(app)
    assert not apps.is_ready({**app, "metadata": {"generation": 2}})
    assert not apps.is_ready({"metadata": {"generation": 1}})


def test_a_deployment_is_available_with_all_pods_of_its_newest_template() -> None:
    status = {"observedGeneration": 3, "updatedReplicas": 2, "availableReplicas": 2}
    live = {"metadata": {"generation": 3}, "spec": {"replicas": 2}, "status": status}
    assert apps.is_available(live)
    for wrong in ({"observedGeneration": 2}, {"updatedReplicas": 1}, {"availableReplicas": 1}):
        assert not apps.is_available({**live, "status": {**status, **wrong}})
