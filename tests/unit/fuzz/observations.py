"""What the cluster may show: Deployments, Services and pods in their API's shape, with any content."""

from typing import Any

from hypothesis import strategies as st
from votingapp_operator.api import COMPONENTS
from votingapp_operator.desired.app import COMPONENT_LABEL
from votingapp_operator.health import Outcome, Problem

from tests.unit.fuzz.schema import TEXT, Values

_WORDS = st.sampled_from(["", "True", "False", "Unknown"]) | TEXT
_TIMES = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"])
_COUNTS = st.integers(0, 4) | st.integers(0, 2**31 - 1)

_WAITING = st.sampled_from(
    [
        "ImagePullBackOff",
        "ErrImagePull",
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "ContainerCreating",
        "StartError",
    ]
)
_LONG = TEXT | TEXT.map(lambda text: f"{text}\n" * 200)


def _some(**fields: Values) -> Values:
    return st.fixed_dictionaries({}, optional=fields)


def _conditions(*kinds: str) -> Values:
    of_kind = st.sampled_from(kinds) | TEXT
    head = {"type": of_kind, "status": _WORDS}
    reasons = st.sampled_from(["NewReplicaSetAvailable", "FailedCreate", "Unschedulable"]) | TEXT
    return st.lists(st.fixed_dictionaries(head, optional={"reason": reasons, "message": _LONG}), max_size=3)


def _metadata(names: Values, **more: Values) -> Values:
    optional = {"generation": _COUNTS, "labels": st.dictionaries(TEXT, TEXT, max_size=2), **more}
    return st.fixed_dictionaries({"name": names}, optional={"creationTimestamp": _TIMES, **optional})


DEPLOYMENTS: Values = st.fixed_dictionaries(
    {"metadata": _metadata(TEXT)},
    optional={
        "spec": _some(replicas=_COUNTS),
        "status": _some(
            observedGeneration=_COUNTS,
            replicas=_COUNTS,
            updatedReplicas=_COUNTS,
            readyReplicas=_COUNTS,
            availableReplicas=_COUNTS,
            unavailableReplicas=_COUNTS,
            conditions=_conditions("Progressing", "Available", "ReplicaFailure"),
        ),
    },
)

_INGRESS = st.fixed_dictionaries({}, optional={"ip": st.just("203.0.113.9"), "hostname": TEXT})

SERVICES: Values = st.fixed_dictionaries(
    {"metadata": _metadata(TEXT)},
    optional={
        "spec": _some(
            type=st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]),
            ports=st.lists(_some(port=_COUNTS, nodePort=_COUNTS, name=TEXT), max_size=2),
        ),
        "status": _some(loadBalancer=_some(ingress=st.lists(_INGRESS, max_size=2))),
    },
)

_TERMINATED = st.fixed_dictionaries({"exitCode": st.integers(-1, 255)}, optional={"reason": _WORDS, "message": _LONG})
_STATE = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"waiting": _some(reason=_WAITING | TEXT, message=_LONG)}),
    st.fixed_dictionaries({"running": _some(startedAt=_TIMES)}),
    st.fixed_dictionaries({"terminated": _TERMINATED}),
)
_CONTAINER = st.fixed_dictionaries(
    {"name": TEXT, "image": TEXT, "imageID": TEXT, "ready": st.booleans(), "restartCount": _COUNTS},
    optional={"state": _STATE, "lastState": _STATE},
)

PODS: Values = st.fixed_dictionaries(
    {
        "metadata": _metadata(
            TEXT,
            labels=st.just({})
            | st.fixed_dictionaries({COMPONENT_LABEL: st.sampled_from([name.value for name in COMPONENTS]) | TEXT}),
            deletionTimestamp=_TIMES,
        )
    },
    optional={
        "status": _some(
            phase=st.sampled_from(["Pending", "Running", "Succeeded", "Failed", "Unknown"]),
            reason=TEXT,
            message=_LONG,
            hostIP=st.sampled_from(["10.0.0.2", "fd00::2"]),
            conditions=_conditions("PodScheduled", "Ready"),
            initContainerStatuses=st.lists(_CONTAINER, max_size=1),
            containerStatuses=st.lists(_CONTAINER, max_size=2),
        )
    },
)

_PROBLEMS = st.builds(Problem, subject=TEXT, reason=TEXT, message=_LONG, permanent=st.booleans())

OUTCOMES: st.SearchStrategy[Outcome] = st.builds(
    Outcome,
    objects=_COUNTS,
    pending=st.lists(TEXT, max_size=7).map(tuple),
    problems=st.lists(_PROBLEMS, max_size=3).map(tuple),
    paused=st.booleans(),
)


def children(name: str) -> Values:
    """Any of a VotingApp's Deployments and Services, by kind and name."""
    wanted: dict[Any, Values] = {}
    for component in COMPONENTS:
        wanted["Deployment", f"{name}-{component}"] = DEPLOYMENTS
        wanted["Service", f"{name}-{component}"] = SERVICES
    return st.fixed_dictionaries({}, optional=wanted)
