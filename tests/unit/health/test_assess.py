"""From Deployments, pods and outcomes to a status."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from votingapp_operator.api import COMPONENTS, ComponentName, VotingAppSpec, VotingAppStatus
from votingapp_operator.desired import App
from votingapp_operator.health import Observed, Outcome, Problem, assess

NOW = "2026-01-01T00:00:00Z"
LATER = "2026-01-01T00:01:00Z"
FINE = Outcome(objects=19)


def deployment(desired: int, ready: int | None = None, **more: Any) -> dict[str, Any]:
    count = desired if ready is None else ready
    status = {
        "observedGeneration": 1,
        "replicas": desired,
        "updatedReplicas": desired,
        "readyReplicas": count,
        "availableReplicas": count,
        **more,
    }
    return {"metadata": {"generation": 1}, "status": status}


def all_ready(app: App) -> dict[tuple[str, str], dict[str, Any]]:
    return {("Deployment", app.child(name)): deployment(app.spec.component(name).replicas) for name in COMPONENTS}


def condition(status: VotingAppStatus, kind: str) -> Any:
    return next((found for found in status.conditions if found.type == kind), None)


Assess = Callable[..., VotingAppStatus]


@pytest.fixture
def assessed(app: App) -> Assess:
    def run(
        *,
        outcome: Outcome = FINE,
        before: VotingAppStatus | None = None,
        now: str = NOW,
        pods: Any = (),
        **changed: Any,
    ) -> VotingAppStatus:
        children = all_ready(app)
        for name, value in changed.items():
            if value is None:
                del children["Deployment", app.child(name)]
            else:
                children["Deployment", app.child(name)] = value
        observed = Observed(children=children, generation=7, pods=pods, status=before or VotingAppStatus())
        return assess(app, observed, outcome, now)

    return run


def test_all_ready(assessed: Assess) -> None:
    status = assessed()
    assert {found.type: found.status for found in status.conditions} == {
        "Ready": "True",
        "Available": "True",
        "Applied": "True",
    }
    assert status.observed_generation == 7
    assert {found.observed_generation for found in status.conditions} == {7}
    assert status.components["vote"].summary == "2/2"
    assert status.message == "all components are ready"


def test_nothing_there_yet(assessed: Assess) -> None:
    status = assessed(**dict.fromkeys((name.value for name in COMPONENTS), None))
    assert condition(status, "Ready").status == "False"
    assert condition(status, "Available").status == "False"
    assert condition(status, "Reconciling").status == "True"
    assert condition(status, "Stalled") is None
    assert status.components["redis"].state == "Progressing"


def test_a_status_of_an_older_generation_is_not_ready(assessed: Assess) -> None:
    late = deployment(2)
    late["metadata"]["generation"] = 2
    assert assessed(vote=late).components["vote"].state == "Progressing"


def test_old_pods_that_still_run_are_not_ready(assessed: Assess) -> None:
    status = assessed(vote=deployment(2, replicas=3, updatedReplicas=1))
    assert status.components["vote"].state == "Progressing"
    assert "2 old ones leaving" in str(status.components["vote"].message)


@pytest.mark.parametrize(("ready", "state"), [(1, "Degraded"), (0, "Failing")])
def test_pods_lost_after_the_rollout(assessed: Assess, ready: int, state: str) -> None:
    complete = [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]
    status = assessed(vote=deployment(2, ready, conditions=complete))
    assert status.components["vote"].state == state
    assert status.components["vote"].reason == "PodsNotReady"
    assert condition(status, "Available").status == ("True" if ready else "False")
    assert condition(status, "Ready").reason == f"Component{state}"


def of_vote(**container: Any) -> dict[str, Any]:
    """A pod of vote with one container."""
    status = {"phase": "Running", "containerStatuses": [{"name": "vote", "image": "vote:1", **container}]}
    labels = {"app.kubernetes.io/component": "vote"}
    return {"metadata": {"name": "demo-vote-x", "labels": labels}, "status": status}


@pytest.mark.parametrize(
    ("replicas", "container", "state"),
    [
        pytest.param(1, {"started": True, "restartCount": 0}, "Progressing", id="a pod is yet to be made"),
        pytest.param(2, {"started": False, "restartCount": 0}, "Progressing", id="a new pod starts"),
        pytest.param(2, {"started": True, "restartCount": 0}, "Degraded", id="a pod that has started does not answer"),
        pytest.param(2, {"started": False, "restartCount": 3}, "Degraded", id="a pod starts again and again"),
    ],
)
def test_more_replicas_are_no_trouble(assessed: Assess, replicas: int, container: dict[str, Any], state: str) -> None:
    complete = [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]
    live = deployment(2, 1, replicas=replicas, conditions=complete)
    assert assessed(vote=live, pods=[of_vote(**container)]).components["vote"].state == state


def test_refused_pods_are_explained(assessed: Assess) -> None:
    failure = [
        {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: tiny"}
    ]
    status = assessed(worker=deployment(1, 0, replicas=0, updatedReplicas=0, conditions=failure))
    assert status.components["worker"].reason == "FailedCreate"
    assert "exceeded quota: tiny" in str(status.components["worker"].message)


def crashing(name: str, component: str, created: str, **metadata: Any) -> dict[str, Any]:
    labels = {"app.kubernetes.io/component": component}
    state = {"waiting": {"reason": "CrashLoopBackOff"}}
    return {
        "metadata": {"name": name, "labels": labels, "creationTimestamp": created, **metadata},
        "status": {"containerStatuses": [{"name": component, "image": "x", "state": state, "restartCount": 1}]},
    }


def test_the_pods_trouble_is_the_components(assessed: Assess) -> None:
    status = assessed(vote=deployment(2, 1), pods=[crashing("a", "vote", NOW)])
    assert (status.components["vote"].state, status.components["vote"].reason) == ("Degraded", "CrashLoopBackOff")
    assert "vote: container vote exited" in str(status.message)


def test_a_pod_on_its_way_out_is_nobodys_trouble(assessed: Assess) -> None:
    status = assessed(vote=deployment(2, 1), pods=[crashing("a", "vote", NOW, deletionTimestamp=NOW)])
    assert status.components["vote"].reason == "RollingOut"


def test_stopped_on_purpose_is_ready_but_not_available(app: App) -> None:
    spec = VotingAppSpec.model_validate({"worker": {"replicas": 0}})
    app = replace(app, spec=spec)
    status = assess(app, Observed(children=all_ready(app), generation=1), FINE, NOW)
    assert status.components["worker"].state == "Stopped"
    assert condition(status, "Ready").status == "True"
    assert condition(status, "Available").message == "no pod of worker answers, so a vote is not counted"


def test_a_permanent_problem_stalls(assessed: Assess) -> None:
    problem = Problem("Service demo-vote", "NotOurs", "is another's", permanent=True)
    status = assessed(outcome=Outcome(objects=19, problems=(problem,)), worker=None)
    assert condition(status, "Stalled").message == "Service demo-vote: is another's"
    assert condition(status, "Applied").reason == "NotOurs"
    assert condition(status, "Ready").status == "False"
    assert condition(status, "Reconciling") is None


def test_a_passing_problem_is_being_retried(assessed: Assess) -> None:
    problem = Problem("Service demo-vote", "InternalError", "try later", permanent=False)
    status = assessed(outcome=Outcome(objects=19, problems=(problem,)))
    assert condition(status, "Reconciling").reason == "Retrying"
    assert condition(status, "Stalled") is None


def test_paused_says_what_waits(assessed: Assess) -> None:
    waiting = tuple(f"Service demo-{number}" for number in range(7))
    status = assessed(outcome=Outcome(objects=19, pending=waiting, paused=True))
    applied = condition(status, "Applied")
    assert (applied.status, applied.reason) == ("False", "Paused")
    assert applied.message.startswith("paused: 7 objects differ: Service demo-0")
    assert applied.message.endswith("and 2 more")


def test_transition_times_move_only_with_the_status(assessed: Assess) -> None:
    first = assessed()
    assert assessed(before=first, now=LATER) == first
    broken = assessed(before=first, now=LATER, worker=None)
    assert condition(broken, "Ready").last_transition_time == LATER
    assert condition(broken, "Applied").last_transition_time == NOW


def test_urls(app: App) -> None:
    children = all_ready(app)
    children["Service", "demo-vote"] = {"spec": {"type": "NodePort", "ports": [{"nodePort": 30000}]}}
    children["Service", "demo-result"] = {
        "spec": {"type": "LoadBalancer", "ports": [{}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}},
    }
    pods = [
        {
            "metadata": {"name": "v", "labels": {"app.kubernetes.io/component": ComponentName.VOTE}},
            "status": {"hostIP": "10.0.0.2"},
        }
    ]
    status = assess(app, Observed(children=children, generation=1, pods=pods), FINE, NOW)
    assert status.urls is not None
    assert (status.urls.vote, status.urls.result) == ("http://10.0.0.2:30000", "http://203.0.113.9:8081")
    bare = assess(app, Observed(children={}, generation=1), FINE, NOW)
    assert bare.urls is not None
    assert bare.urls.vote == "http://demo-vote.default.svc:8080"
