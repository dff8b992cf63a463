"""The cluster as the tests see it.

pykube on purpose: a client that the operator does not use, so that both do not share a mistake. Where a test is about
what a person types, it types it: `Kube.kubectl`.
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import pykube
import tenacity
import yaml

from cluster import paths

Object = dict[str, Any]

GROUP = "voting.schoolofdevops.com"

PLACES = {
    "VotingApp": (f"{GROUP}/v1alpha1", "votingapps"),
    "ConfigMap": ("v1", "configmaps"),
    "Event": ("v1", "events"),
    "Namespace": ("v1", "namespaces"),
    "PersistentVolumeClaim": ("v1", "persistentvolumeclaims"),
    "Pod": ("v1", "pods"),
    "ResourceQuota": ("v1", "resourcequotas"),
    "Secret": ("v1", "secrets"),
    "Service": ("v1", "services"),
    "ServiceAccount": ("v1", "serviceaccounts"),
    "Deployment": ("apps/v1", "deployments"),
}

CHILD_KINDS = ("ConfigMap", "PersistentVolumeClaim", "Secret", "Service", "ServiceAccount", "Deployment")

NO_PODS: Object = {name: {"replicas": 0} for name in ("vote", "redis", "worker", "postgres", "result")}
"""A spec whose objects are all there and which runs nothing: for tests about objects."""

PATIENCE = 120.0
"""Seconds until a test gives up waiting: long, since two cores may be busy, and free when all is well."""


class Kube:
    """A namespace of the real cluster."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        config = pykube.KubeConfig.from_file(str(paths.kubeconfig()))
        self._api = pykube.HTTPClient(config, timeout=30)

    def get(self, kind: str, name: str) -> Object | None:
        """An object, or None where there is none."""
        response = self._api.get(**self._place(kind, name))
        return None if response.status_code == 404 else self._answer(response)

    def list(self, kind: str, selector: str = "") -> list[Object]:
        """All objects of a kind in the namespace."""
        found = self._answer(self._api.get(**self._place(kind), params={"labelSelector": selector}))
        return [dict(item) for item in found["items"]]

    def create(self, manifest: Object) -> Object:
        """Create an object."""
        return self._answer(self._api.post(**self._place(manifest["kind"]), data=json.dumps(manifest)))

    def patch(self, kind: str, name: str, patch: Object) -> Object:
        """A JSON merge patch, as a person's `kubectl edit` would send."""
        headers = {"Content-Type": "application/merge-patch+json"}
        return self._answer(self._api.patch(**self._place(kind, name), data=json.dumps(patch), headers=headers))

    def delete(self, kind: str, name: str) -> None:
        """Delete an object, if it is there."""
        response = self._api.delete(**self._place(kind, name))
        if response.status_code != 404:
            self._answer(response)

    def apply_app(self, name: str, spec: Object) -> Object:
        """Create a VotingApp."""
        metadata = {"name": name, "namespace": self.namespace}
        return self.create({"apiVersion": f"{GROUP}/v1alpha1", "kind": "VotingApp", "metadata": metadata, "spec": spec})

    def children(self, app: str) -> dict[tuple[str, str], Object]:
        """What the operator made for a VotingApp, by kind and name."""
        selector = f"app.kubernetes.io/instance={app},app.kubernetes.io/managed-by=votingapp-operator"
        return {(kind, item["metadata"]["name"]): item for kind in CHILD_KINDS for item in self.list(kind, selector)}

    def contents(self, app: str) -> dict[tuple[str, str], Object]:
        """What was asked of a VotingApp's children, without what the cluster's own controllers write beside it."""
        return {
            place: {key: value for key, value in live.items() if key not in ("status", "metadata")}
            | {"generation": live["metadata"].get("generation"), "labels": live["metadata"]["labels"]}
            for place, live in self.children(app).items()
        }

    def condition(self, app: str, kind: str) -> Object:
        """A condition of a VotingApp; an empty one where there is none."""
        found = self.get("VotingApp", app) or {}
        conditions = found.get("status", {}).get("conditions", [])
        return next((dict(condition) for condition in conditions if condition["type"] == kind), {})

    def applied(self, app: str) -> bool:
        """Whether all objects of the newest spec are there."""
        live = self.get("VotingApp", app) or {}
        condition = self.condition(app, "Applied")
        return condition.get("status") == "True" and condition["observedGeneration"] == live["metadata"]["generation"]

    def kubectl(
        self, *arguments: str, check: bool = True, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """What a person types, in this namespace, with the pinned kubectl."""
        command = [str(paths.bin_dir() / "kubectl"), "--namespace", self.namespace, *arguments]
        environment = {"KUBECONFIG": str(paths.kubeconfig()), "HOME": str(Path.home()), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, input=stdin)
        if check and done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done

    def explain(self, app: str) -> str:
        """All that helps to understand a failed test."""
        live = self.get("VotingApp", app)
        status = yaml.safe_dump((live or {}).get("status", "no such VotingApp"))
        return f"{status}\n{self.kubectl('get', 'pods,deployments,pvc,events', check=False).stdout}"

    def _place(self, kind: str, name: str | None = None) -> dict[str, str]:
        version, plural = PLACES[kind]
        place = {"version": version, "url": plural if name is None else f"{plural}/{name}"}
        if kind != "Namespace":
            place["namespace"] = self.namespace
        return place

    def _answer(self, response: Any) -> Object:
        self._api.raise_for_status(response)
        return dict(response.json())


def wait_until(what: str, check: Callable[[], Any], *, detail: Callable[[], str] | None = None) -> Any:
    """Ask until the answer is true, and return it.

    Args:
        what: for the message when it never is.
        check: what to ask; an AssertionError counts as no.
        detail: more to say when it never is.
    """

    def give_up(state: tenacity.RetryCallState) -> NoReturn:
        last = state.outcome.exception() if state.outcome is not None else None
        more = f"\n{detail()}" if detail is not None else ""
        raise AssertionError(f"not within {PATIENCE:.0f} s: {what}{f' ({last})' if last else ''}{more}")

    return tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda answer: not answer) | tenacity.retry_if_exception_type(AssertionError),
        stop=tenacity.stop_after_delay(PATIENCE),
        wait=tenacity.wait_fixed(0.2),
        retry_error_callback=give_up,
    )(check)


@contextmanager
def namespace(prefix: str = "test") -> Iterator[Kube]:
    """A namespace of the test's own in which Pod Security admits only restricted pods; it goes away by itself."""
    kube = Kube(f"{prefix}-{uuid4().hex[:8]}")
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "votingapp-test": "true"}
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": kube.namespace, "labels": labels}})
    try:
        yield kube
    finally:
        kube.delete("Namespace", kube.namespace)
