"""The operator in the cluster: its CRD and manifests, with the images of this run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from cluster.images import known_images
from cluster.kind import kubectl
from cluster.paths import PROJECT
from cluster.process import ClusterError, answer, run
from cluster.report import step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

NAMESPACE = "votingapp-system"
OPERATOR = "votingapp-operator"
ROLLOUT_SECONDS = 180


def render(texts: Iterable[str], images: Mapping[str, str]) -> str:
    """The manifests with the operator's image and the images that it deploys filled in."""
    documents = [document for text in texts for document in yaml.safe_load_all(text) if document]
    for container in the_operator(documents)["spec"]["template"]["spec"]["containers"]:
        container["image"] = images["OPERATOR_IMAGE"]
        container["env"] = with_images(container.get("env", []), images)
    return yaml.safe_dump_all(documents, sort_keys=False)


def the_operator(documents: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The operator's Deployment among manifests."""
    found = [item for item in documents if item["kind"] == "Deployment" and item["metadata"]["name"] == OPERATOR]
    if len(found) != 1:
        raise ClusterError(f"deploy/ holds {len(found)} Deployments named {OPERATOR}, where exactly one is needed.")
    return found[0]


def replicas() -> int:
    """How many operators deploy/ asks for."""
    documents = [document for path in manifests("deploy") for document in yaml.safe_load_all(path.read_text())]
    return int(the_operator(documents)["spec"]["replicas"])


def with_images(env: Iterable[Mapping[str, Any]], images: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """A container's environment with RELATED_IMAGE_* as they are in this run."""
    related = {name: image for name, image in sorted(images.items()) if name.startswith("RELATED_IMAGE_")}
    kept = [variable for variable in env if variable["name"] not in related]
    return [*kept, *({"name": name, "value": image} for name, image in related.items())]


def manifests(folder: str) -> list[Path]:
    """The YAML files of a folder, in order of their names."""
    found = sorted((PROJECT / folder).glob("*.yaml"))
    if not found:
        raise ClusterError(f"{PROJECT / folder} holds no YAML files. Is this a whole checkout of the project?")
    return found


def apply(text: str, doing: str) -> None:
    """Apply manifests, server-side: a CRD is too large for the annotation of the other way."""
    run(
        kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=votingapp-cluster", "-f", "-"),
        doing=doing,
        stdin=text,
    )


def deploy() -> None:
    """Install or renew the CRD and the operator, and wait until it runs."""
    images = known_images()
    crds = [path.read_text() for path in manifests("crds")]
    operator = render([path.read_text() for path in manifests("deploy")], images)
    with step("applying the CRD and the operator"):
        apply("\n---\n".join(crds), "applying crds/")
        run(
            kubectl(
                "wait", "--for=condition=Established", "--timeout=30s", *(f"crd/{name}" for name in names_in(crds))
            ),
            doing="waiting for the CRD to be served",
        )
        apply(operator, "applying deploy/")
    with step("waiting for the operator to run"):
        wait_for_rollout()


def names_in(texts: Iterable[str]) -> list[str]:
    """The names of all objects in YAML texts."""
    return [item["metadata"]["name"] for text in texts for item in yaml.safe_load_all(text) if item]


def wait_for_rollout() -> None:
    """Wait for the operator, and tell what its pods say when it does not come up."""
    try:
        run(
            kubectl(*("-n", NAMESPACE, "rollout", "status", f"deployment/{OPERATOR}", f"--timeout={ROLLOUT_SECONDS}s")),
            doing="waiting for the operator to run",
        )
    except ClusterError as reason:
        pods = answer(kubectl("-n", NAMESPACE, "get", "pods", "-o", "wide")) or ""
        log = answer(kubectl("-n", NAMESPACE, "logs", f"deployment/{OPERATOR}", "--tail=20")) or ""
        raise ClusterError(f"{reason}\nits pods:\n{pods}\nits last log lines:\n{log}") from None
