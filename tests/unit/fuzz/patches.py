"""Pod template patches and sources of variables as people write them: what the schema leaves to other APIs."""

from typing import Any

from hypothesis import strategies as st

from tests.unit.fuzz.schema import Path, Values

NAMES: Values = st.from_regex(r"[a-z]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
"""DNS labels."""

LABEL_VALUES: Values = st.from_regex(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?", fullmatch=True)
_PLAIN_KEYS = st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", fullmatch=True)
_PREFIXES = st.sampled_from(["", "example.com/", "a.b-c.example/", "sidecar.istio.io/"])
QUALIFIED: Values = st.builds(str.__add__, _PREFIXES, _PLAIN_KEYS)
"""Keys of labels and annotations."""

KEYS: Values = st.from_regex(r"[-._a-zA-Z0-9]{1,40}", fullmatch=True)
"""Of ConfigMaps and Secrets."""

_OPTIONAL = {"optional": st.booleans()}


def value_sources(_path: Path) -> Values:
    """`valueFrom` of a variable."""
    reference = st.fixed_dictionaries({"name": NAMES, "key": KEYS.filter(_is_key)}, optional=_OPTIONAL)
    fields = st.sampled_from(["metadata.name", "metadata.namespace", "spec.nodeName", "status.podIP"])
    amounts = st.sampled_from(["limits.memory", "requests.cpu"])
    return (
        st.fixed_dictionaries({"configMapKeyRef": reference})
        | st.fixed_dictionaries({"secretKeyRef": reference})
        | st.fixed_dictionaries({"fieldRef": st.fixed_dictionaries({"fieldPath": fields})})
        | st.fixed_dictionaries({"resourceFieldRef": st.fixed_dictionaries({"resource": amounts})})
    )


def _is_key(text: str) -> bool:
    """A file is made of it where it is mounted, so it may not lead out of its folder."""
    return not text.startswith("..") and text != "."


_SECURITY: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}

_TOLERATIONS = st.lists(
    st.fixed_dictionaries({"key": QUALIFIED, "operator": st.just("Exists")}, optional={"effect": st.just("NoSchedule")})
    | st.fixed_dictionaries(
        {"key": QUALIFIED, "operator": st.just("Equal"), "value": LABEL_VALUES, "effect": st.just("NoExecute")},
        optional={"tolerationSeconds": st.integers(0, 3600)},
    ),
    max_size=2,
)

_VARIABLES = st.lists(
    st.fixed_dictionaries(
        {"name": st.from_regex(r"[A-Z_][A-Z0-9_]{0,20}", fullmatch=True), "value": st.text(max_size=20)}
    ),
    max_size=3,
    unique_by=lambda variable: variable["name"],
)

_AMOUNTS = st.fixed_dictionaries(
    {"cpu": st.sampled_from(["10m", "1", "0.5"]), "memory": st.sampled_from(["64Mi", "1G"])}
)

_SPREAD = st.just(
    [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app": "vote"}},
        }
    ]
)


def _container(name: str, **more: Any) -> Values:
    """A container of somebody else's, fit for Pod Security `restricted`."""
    fixed = {"name": name, "image": "example.com/proxy:1", "securityContext": _SECURITY, **more}
    optional = {
        "env": _VARIABLES,
        "args": st.lists(st.text(max_size=10), max_size=2),
        "resources": st.fixed_dictionaries({"requests": _AMOUNTS}),
    }
    return st.fixed_dictionaries({key: st.just(value) for key, value in fixed.items()}, optional=optional)


def pod_templates(path: Path) -> Values:
    """A patch for the pods of the component that the path leads through."""
    own = st.fixed_dictionaries(
        {"name": st.just(path[0])},
        optional={
            "env": _VARIABLES,
            "securityContext": st.fixed_dictionaries({"runAsUser": st.integers(1, 65535)}),
            "workingDir": st.just("/tmp"),  # noqa: S108 - in the container
            "terminationMessagePolicy": st.none(),
            "livenessProbe": st.none() | st.just({"timeoutSeconds": 5}),
        },
    )
    spec = st.fixed_dictionaries(
        {},
        optional={
            "nodeSelector": st.dictionaries(QUALIFIED, LABEL_VALUES, max_size=2),
            "tolerations": _TOLERATIONS,
            "containers": st.tuples(own).map(list) | st.tuples(own, _container("proxy")).map(list),
            "initContainers": st.lists(_container("init", restartPolicy="Always"), max_size=1),
            "priorityClassName": st.just("system-node-critical") | st.none(),
            "terminationGracePeriodSeconds": st.integers(0, 600),
            "topologySpreadConstraints": _SPREAD,
            "securityContext": st.fixed_dictionaries(
                {"supplementalGroups": st.lists(st.integers(1, 65535), max_size=2)}
            ),
            "volumes": st.just([{"name": "tmp", "emptyDir": {"medium": "Memory"}}]),
            "dnsConfig": st.just({"options": [{"name": "ndots", "value": "2"}]}),
            "enableServiceLinks": st.booleans(),
        },
    )
    metadata = st.fixed_dictionaries(
        {},
        optional={
            "labels": st.dictionaries(_PREFIXED, LABEL_VALUES, max_size=2),
            "annotations": st.dictionaries(QUALIFIED, st.text(max_size=40), max_size=2),
        },
    )
    return st.fixed_dictionaries({}, optional={"metadata": metadata, "spec": spec})


_PREFIXED = st.builds(str.__add__, st.just("example.com/"), _PLAIN_KEYS)
"""Labels of their own: one of the selector's, changed, is refused and told about (tests/cluster/test_refusals.py)."""
