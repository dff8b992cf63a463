"""The Vertical Pod Autoscaler: how much a pod should ask for, told, or also applied."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING

from cluster import versions
from cluster.addons.addon import Addon, Upstream
from cluster.addons.images import ProgramImage, program
from cluster.addons.manifests import container, move_out_of_kube_system
from cluster.deploy import apply
from cluster.kind import kubectl
from cluster.paths import scratch_folder
from cluster.process import run, succeeds

if TYPE_CHECKING:
    from pathlib import Path

    from cluster.addons.addon import Document

MODULE = "k8s.io/autoscaler/vertical-pod-autoscaler"
NAMESPACE = "vpa"
SECRET = "vpa-tls-certs"  # noqa: S105 - the name by which the released Deployment asks for it
HOST = f"vpa-webhook.{NAMESPACE}.svc"
PROGRAMS = ("recommender", "updater", "admission-controller")
# A first recommendation within half a minute, where a minute is usual: this cluster is for showing and testing.
RECOMMENDER_INTERVAL = "15s"


def adapt(documents: list[Document]) -> None:
    """A namespace of its own, and a recommender in a hurry."""
    move_out_of_kube_system(documents, NAMESPACE)
    arguments = container(documents, "vpa-recommender").setdefault("args", [])
    arguments.append(f"--recommender-interval={RECOMMENDER_INTERVAL}")


def prepare() -> None:
    """A certificate for the webhook, made once: the API server calls it by TLS only."""
    if succeeds(kubectl("-n", NAMESPACE, "get", "secret", SECRET)):
        return
    with scratch_folder("vpa-certificates") as work:
        files = make_certificates(work)
        data = {name: b64encode(path.read_bytes()).decode() for name, path in files.items()}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": NAMESPACE},
        "data": data,
    }
    apply(json.dumps(secret), f"storing the certificate of {HOST}")


def make_certificates(work: Path) -> dict[str, Path]:
    """An authority and a certificate by it, under the names that the admission controller reads.

    The authority's own key is forgotten: nothing else is to be signed by it.
    """
    authority, authority_key = work / "ca.crt", work / "ca.key"
    certificate, key = work / "server.crt", work / "server.key"
    new = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    years = ("-days", "3650")
    openssl(*new, *years, "-keyout", str(authority_key), "-out", str(authority), "-subj", "/CN=vpa-webhook-ca")
    openssl(
        *(*new, *years, "-keyout", str(key), "-out", str(certificate), "-subj", f"/CN={HOST}"),
        *("-CA", str(authority), "-CAkey", str(authority_key), "-addext", f"subjectAltName=DNS:{HOST}"),
        *("-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth"),
    )
    return {"caCert.pem": authority, "serverCert.pem": certificate, "serverKey.pem": key}


def openssl(*command: str) -> None:
    """Make a key and its certificate."""
    run(command, doing=f"making a certificate for {HOST}", hint="this machine needs the program openssl, 3.0 or later.")


ADDON = Addon(
    "vpa",
    images=tuple(
        ProgramImage(
            f"registry.k8s.io/autoscaling/vpa-{name}:{versions.VPA.removeprefix('v')}",
            program(f"vpa-{name}", f"{MODULE}/pkg/{name}", module="vpa"),
            f"/{name}",
        )
        for name in PROGRAMS
    ),
    upstreams=(Upstream(MODULE, versions.VPA, kustomizations=("deploy",)),),
    namespace=NAMESPACE,
    adapt=adapt,
    prepare=prepare,
)
