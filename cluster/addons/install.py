"""Putting add-ons into the cluster, and waiting until they work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cluster import kind
from cluster.addons import images
from cluster.addons.catalogue import ADDONS
from cluster.addons.manifests import is_crd, kept_at, manifests
from cluster.binaries import drop_caches
from cluster.deploy import apply
from cluster.images import load
from cluster.kind import kubectl
from cluster.paths import kubeconfig
from cluster.process import ClusterError, answer, run
from cluster.report import note, step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cluster.addons.addon import Addon, Document

# Long, because an image may be on its way and the nodes may be busy; free when all is well.
PATIENCE_SECONDS = 300
# What other objects of the same add-on need before they can be applied.
FIRST = {"Namespace", "CustomResourceDefinition"}
# How one sees that an object works.
CONDITIONS = {"APIService": "Available", "Gateway": "Programmed"}


def missing(names: Sequence[str]) -> list[str]:
    """What would take minutes to make: empty when all of it is kept."""
    lacking = []
    for name in names:
        addon = ADDONS[name]
        if addon.by_itself is not None and not addon.by_itself.is_built():
            lacking.append(name)
        lacking += [f"{name}: {image.published}" for image in addon.images if not image.is_quick()]
        lacking += [f"{name}: {upstream.module}" for upstream in addon.upstreams if not kept_at(upstream).exists()]
    return lacking


def install(names: Sequence[str]) -> None:
    """Install one add-on after the other, so that each is of use while the next is still being built."""
    if not kubeconfig().exists() or not kind.containers():
        raise ClusterError("there is no cluster to install add-ons in: `make up` makes one.")
    for name in names:
        by_itself = ADDONS[name].by_itself
        if by_itself is None:
            install_one(ADDONS[name])
        else:
            by_itself.install()
    drop_caches()
    note(f"add-ons: {', '.join(names)}")


def install_one(addon: Addon) -> None:
    """Make or pull an add-on's images, apply its manifests, and wait until all of it works."""
    full_names = images.ensure(addon.images)
    if full_names:
        load(sorted(full_names.values()))
    documents = manifests(addon, full_names)
    with step(f"installing {addon.name}"):
        put([document for document in documents if document["kind"] in FIRST], addon.name)
        wait_for([document for document in documents if is_crd(document)], "Established")
        if addon.prepare is not None:
            addon.prepare()
        put([document for document in documents if document["kind"] not in FIRST], addon.name)
    with step(f"waiting for {addon.name}"):
        try:
            wait_until_it_works(documents)
        except ClusterError as reason:
            raise ClusterError(f"{reason}\nits pods:\n{pods(documents)}") from None


def put(documents: Sequence[Document], name: str) -> None:
    """Apply documents, if there are any."""
    if documents:
        everything = {"apiVersion": "v1", "kind": "List", "items": list(documents)}
        apply(json.dumps(everything), f"applying {name}")


def wait_until_it_works(documents: Sequence[Document]) -> None:
    """Wait for new pods first: an older one may still answer for an API."""
    for deployment in of_kind(documents, "Deployment"):
        metadata = deployment["metadata"]
        rollout = ("rollout", "status", f"deployment/{metadata['name']}", f"--timeout={PATIENCE_SECONDS}s")
        run(kubectl("-n", metadata["namespace"], *rollout), doing=f"waiting for {metadata['name']} to run")
    for wanted, condition in CONDITIONS.items():
        wait_for(of_kind(documents, wanted), condition)


def of_kind(documents: Sequence[Document], wanted: str) -> list[Document]:
    """The documents of a kind."""
    return [document for document in documents if document["kind"] == wanted]


def wait_for(documents: Sequence[Document], condition: str) -> None:
    """Wait until all of these objects have a condition."""
    for namespace in sorted({document["metadata"].get("namespace", "") for document in documents}):
        what = [name_of(item) for item in documents if item["metadata"].get("namespace", "") == namespace]
        where = ("-n", namespace) if namespace else ()
        run(
            kubectl(*where, "wait", f"--for=condition={condition}", f"--timeout={PATIENCE_SECONDS}s", *what),
            doing=f"waiting until {', '.join(what)} is {condition}",
        )


def name_of(document: Document) -> str:
    """An object as kubectl takes it, with its group: other groups have Gateways, too."""
    group = document["apiVersion"].rpartition("/")[0]
    return f"{document['kind']}.{group}/{document['metadata']['name']}"


def pods(documents: Sequence[Document]) -> str:
    """The pods in the namespaces of an add-on, for a message."""
    namespaces = sorted({document["metadata"].get("namespace", "") for document in documents} - {""})
    return "\n".join(answer(kubectl("-n", name, "get", "pods", "-o", "wide")) or "" for name in namespaces)
