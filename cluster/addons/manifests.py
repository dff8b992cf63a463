"""Manifests: taken from a module's own files, adapted to this cluster, with the images of this run."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from cluster import versions
from cluster.addons.images import ADDONS
from cluster.binaries import module_folder
from cluster.kind import kubectl
from cluster.paths import state_dir
from cluster.process import ClusterError, run
from cluster.report import step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cluster.addons.addon import Addon, Document, Upstream

SYSTEM = "kube-system"
# Every extension API server reads there how to know the API server: the one binding that must stay in kube-system.
AUTHENTICATION_READER = "extension-apiserver-authentication-reader"


def kept_at(upstream: Upstream) -> Path:
    """Where a module's manifests are kept, so that the module itself need not be."""
    parts = [upstream.module, upstream.version, *upstream.files, "", *upstream.kustomizations]
    made_from = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
    return state_dir() / "manifests" / f"{upstream.module.replace('/', '-')}-{made_from}.json"


def released(upstream: Upstream) -> list[Document]:
    """A module's manifests. They are kept as JSON: YAML of this size takes seconds to read."""
    kept = kept_at(upstream)
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        with step(f"taking the manifests out of {upstream.module}"):
            found = [document for text in texts(upstream) for document in yaml.safe_load_all(text) if document]
        if not found:
            raise ClusterError(f"{upstream.module} {upstream.version} holds no manifests where they are looked for.")
        unfinished = kept.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(found, default=str))
        unfinished.replace(kept)
    documents: list[Document] = json.loads(kept.read_text())
    return documents


def texts(upstream: Upstream) -> list[str]:
    """The files and rendered kustomizations of a module."""
    folder = module_folder(upstream.module, upstream.version, versions.ADDONS_GO)
    files = [path.read_text() for pattern in upstream.files for path in sorted(folder.glob(pattern))]
    rendered = [
        run(kubectl("kustomize", str(folder / name)), doing=f"rendering {name} of {upstream.module}")
        for name in upstream.kustomizations
    ]
    return [*files, *rendered]


def manifests(addon: Addon, names: Mapping[str, str]) -> list[Document]:
    """All manifests of an add-on as they are applied."""
    documents = [namespace(addon.namespace)] if addon.namespace else []
    documents += [document for upstream in addon.upstreams for document in released(upstream)]
    for name in addon.own:
        documents += [
            document for document in yaml.safe_load_all((ADDONS / "manifests" / name).read_text()) if document
        ]
    if addon.adapt is not None:
        addon.adapt(documents)
    return [document if is_crd(document) else with_images(document, names) for document in documents]


def namespace(name: str) -> Document:
    """A namespace in which nothing may take over a node."""
    labels = {"pod-security.kubernetes.io/enforce": "baseline"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def is_crd(document: Document) -> bool:
    """Whether this defines an API."""
    return bool(document["kind"] == "CustomResourceDefinition")


def with_images(document: Document, names: Mapping[str, str]) -> Document:
    """The images of this run in place of the released ones, which no node may have to pull."""
    replaced: Document = walk(document, names)
    unknown = sorted(set(asked_for(replaced)) - set(names.values()))
    if unknown:
        raise ClusterError(
            f"{document['kind']} {document['metadata']['name']} asks for the image {unknown[0]}, which is no image of "
            "its add-on: name it there (cluster/addons)."
        )
    return replaced


def walk(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - any part of a manifest
    """A copy with images replaced wherever they are named: some stand in a configuration file inside a ConfigMap."""
    if isinstance(value, dict):
        copied = {key: walk(item, names) for key, item in value.items()}
        return {**copied, "imagePullPolicy": "IfNotPresent"} if "imagePullPolicy" in copied else copied
    if isinstance(value, list):
        return [walk(item, names) for item in value]
    if isinstance(value, str):
        for repository, name in names.items():
            value = re.sub(rf"(?<![\w./-]){re.escape(repository)}(:[\w.-]+)?(?![\w./-])", name, value)
    return value


def asked_for(value: Any) -> list[str]:  # noqa: ANN401 - any part of a manifest
    """The images that a manifest's containers name."""
    if isinstance(value, dict):
        here = [value["image"]] if isinstance(value.get("image"), str) else []
        return here + [image for item in value.values() for image in asked_for(item)]
    if isinstance(value, list):
        return [image for item in value for image in asked_for(item)]
    return []


def container(documents: Sequence[Document], deployment: str) -> Document:
    """The container of a Deployment, to be changed."""
    found: list[Document] = [
        item for item in documents if item["kind"] == "Deployment" and item["metadata"]["name"] == deployment
    ]
    if len(found) != 1:
        raise ClusterError(f"the manifests hold {len(found)} Deployments named {deployment}, where one is expected.")
    [only] = found[0]["spec"]["template"]["spec"]["containers"]
    changed: Document = only
    return changed


def move_out_of_kube_system(documents: Sequence[Document], to: str) -> None:
    """Give an add-on a namespace of its own: a sick pod in kube-system would make the cluster itself look sick."""
    for document in documents:
        metadata = document["metadata"]
        stays = document["kind"] == "RoleBinding" and document["roleRef"]["name"] == AUTHENTICATION_READER
        if metadata.get("namespace") == SYSTEM and not stays:
            metadata["namespace"] = to
        for subject in document.get("subjects", []):
            if subject.get("namespace") == SYSTEM:
                subject["namespace"] = to
        if document["kind"] == "APIService":
            document["spec"]["service"]["namespace"] = to
