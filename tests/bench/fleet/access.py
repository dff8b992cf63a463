"""The ways to the API server: an administrator's for what measures, the operator's own for operator and floor."""

import base64
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cluster.deploy import NAMESPACE, OPERATOR
from cluster.kind import kubectl
from cluster.paths import kubeconfig
from cluster.process import run
from tests.bench.fleet.control_plane import NODE
from tests.bench.fleet.kube import Kube


@dataclass(frozen=True)
class Access:
    """Kubeconfigs and connections, straight to the node: Docker's own proxy on 127.0.0.1 would cost CPU of its own.

    Attributes:
        server: the API server's address.
        admin: a kubeconfig of the administrator.
        operator: a kubeconfig of the operator's service account, so that its rights and its share of the API server's
            priorities are what they are in the cluster.
        token: of that account.
        tls: the administrator's certificate.
    """

    server: str
    admin: Path
    operator: Path
    token: str
    tls: ssl.SSLContext

    def as_admin(self) -> Kube:
        """A connection that may do anything."""
        return Kube(self.server, self.tls)

    def as_operator(self) -> Kube:
        """A connection with the operator's rights."""
        return Kube(self.server, ssl.create_default_context(cadata=self._authority()), self.token)

    def _authority(self) -> str:
        cluster = yaml.safe_load(self.admin.read_text())["clusters"][0]["cluster"]
        return base64.b64decode(cluster["certificate-authority-data"]).decode()


def open_access(folder: Path) -> Access:
    """Write the kubeconfigs into a folder that nobody else may read."""
    config: dict[str, Any] = yaml.safe_load(kubeconfig().read_text())
    asked = ["docker", "inspect", "--format", '{{(index .NetworkSettings.Networks "kind").IPAddress}}', NODE]
    server = f"https://{run(asked, doing='asking for the address of the control plane').strip()}:6443"
    config["clusters"][0]["cluster"]["server"] = server
    admin, operator = folder / "admin.kubeconfig", folder / "operator.kubeconfig"
    write_private(admin, yaml.safe_dump(config))
    tls = client_certificate(config, folder)
    token = run(
        kubectl("create", "token", OPERATOR, "-n", NAMESPACE, "--duration=12h"),
        doing="making a token of the operator's service account",
        hint="is the operator deployed? `make up` does that.",
    ).strip()
    config["users"][0]["user"] = {"token": token}
    write_private(operator, yaml.safe_dump(config))
    return Access(server, admin, operator, token, tls)


def client_certificate(config: dict[str, Any], folder: Path) -> ssl.SSLContext:
    """TLS with the certificate of a kubeconfig's user."""
    authority = base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]).decode()
    user = config["users"][0]["user"]
    both = folder / "admin.pem"
    write_private(
        both, "".join(base64.b64decode(user[f"client-{part}-data"]).decode() for part in ("certificate", "key"))
    )
    tls = ssl.create_default_context(cadata=authority)
    tls.load_cert_chain(both)
    return tls


def write_private(file: Path, text: str) -> None:
    """Write a file that only this user may read."""
    file.touch(mode=0o600)
    file.write_text(text)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
