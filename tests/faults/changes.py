"""One change of a VotingApp after which objects have to be added, changed and removed."""

from tests.faults import picture
from tests.support.kube import NO_PODS, Kube, Object, wait_until

TITLE = "Another"

SPEC: Object = {
    "paused": False,
    "poll": {"title": TITLE},
    "vote": {"replicas": 0, "service": {"port": 80, "annotations": {"example.com/a": "b"}}},
    "postgres": {"replicas": 0, "credentialsSecret": "mine"},
}
"""Changes objects of most kinds, and removes the generated Secret."""


def bring_a_secret(kube: Kube) -> None:
    """The Secret that the changed spec names."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mine", "namespace": kube.namespace}}
    kube.create({**secret, "stringData": {"username": "postgres", "password": "p"}})


def prepare(kube: Kube, name: str) -> None:
    """While the app is paused, a Service goes and a stray ConfigMap comes; the change then has to mend both."""
    kube.apply_app(name, NO_PODS)
    picture.wait_until_settled(kube, name)
    kube.patch("VotingApp", name, {"spec": {"paused": True}})
    # An operator that has not heard of the pause yet would still mend.
    wait_until("the pause", lambda: kube.condition(name, "Applied").get("reason") == "Paused")
    kube.delete("Service", f"{name}-worker")
    poll = kube.get("ConfigMap", f"{name}-poll") or {}
    metadata = {key: poll["metadata"][key] for key in ("namespace", "labels", "ownerReferences")}
    kube.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**metadata, "name": f"{name}-stray"}})

    def waiting() -> bool:
        message: str = kube.condition(name, "Applied").get("message", "")
        return f"Service {name}-worker" in message and f"ConfigMap {name}-stray" in message

    wait_until("the changes that wait", waiting, detail=lambda: kube.explain(name))


def make(kube: Kube, name: str) -> None:
    """One write, from which everything else follows."""
    kube.patch("VotingApp", name, {"spec": SPEC})


def assert_arrived(kube: Kube, name: str) -> None:
    """All of it is there."""
    assert (kube.get("ConfigMap", f"{name}-poll") or {})["data"]["POLL_TITLE"] == TITLE
    assert (kube.get("Service", f"{name}-vote") or {})["spec"]["ports"][0]["port"] == 80
    assert kube.get("Service", f"{name}-worker") is not None
    assert kube.get("ConfigMap", f"{name}-stray") is None
    assert kube.get("Secret", f"{name}-postgres") is None
