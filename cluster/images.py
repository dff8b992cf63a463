"""The project's own images and the two databases': built or pulled, and on the nodes."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cluster import kind, versions
from cluster.base_image import ensure_base_image
from cluster.engine import build_env
from cluster.fingerprint import context, fingerprint, source_files
from cluster.paths import DATA, PROJECT, images_env, state_dir
from cluster.process import ClusterError, failure, run
from cluster.pull import present, pull
from cluster.report import step

REGISTRY = "localhost/votingapp"


@dataclass(frozen=True)
class Source:
    """What an image is built from: parts of a folder, which is the build's context."""

    name: str
    root: Path
    parts: tuple[str, ...] = (".",)
    dockerfile: str = "Dockerfile"

    def files(self) -> list[Path]:
        """Exactly what the build may see."""
        if not (self.root / self.dockerfile).is_file():
            raise ClusterError(
                f"the image {self.name} cannot be built: there is no {self.root / self.dockerfile}. "
                "Is this a whole checkout of the project?"
            )
        return source_files(self.root, self.parts)

    def image(self) -> str:
        """The full name, which changes with any file."""
        return f"{REGISTRY}/{self.name}:{versions.PROJECT}-{fingerprint(self.root, self.files(), self.dockerfile)}"


@dataclass(frozen=True)
class Database:
    """A published image, and what stands in for it where it cannot be pulled."""

    published: str
    stand_in: Source


SERVICES = {
    "RELATED_IMAGE_VOTE": Source("vote", PROJECT / "app" / "vote"),
    "RELATED_IMAGE_WORKER": Source("worker", PROJECT / "app" / "worker"),
    "RELATED_IMAGE_RESULT": Source("result", PROJECT / "app" / "result"),
    "OPERATOR_IMAGE": Source(
        "operator", PROJECT, ("operator", "pyproject.toml", "uv.lock", "README.md"), "operator/Dockerfile"
    ),
}
DATABASES = {
    "RELATED_IMAGE_REDIS": Database("redis:7.2-bookworm", Source("redis-debian", DATA / "stand-ins" / "redis")),
    "RELATED_IMAGE_POSTGRES": Database(
        "postgres:17-bookworm", Source("postgres-debian", DATA / "stand-ins" / "postgres")
    ),
}


def ensure_images() -> dict[str, str]:
    """Come back with all images on the worker nodes, and their full names by the operator's variables."""
    names = {variable: build(source) for variable, source in SERVICES.items()}
    names |= {variable: database_image(database) for variable, database in DATABASES.items()}
    load(sorted(set(names.values())))
    unfinished = images_env().with_suffix(".unfinished")
    unfinished.write_text("".join(f"{variable}={name}\n" for variable, name in sorted(names.items())))
    unfinished.replace(images_env())
    return names


def read_images_env(text: str) -> dict[str, str]:
    """What `ensure_images` wrote."""
    return dict(line.split("=", 1) for line in text.splitlines() if line)


def database_image(database: Database) -> str:
    """The published image where a registry gives it, else the stand-in."""
    if present(database.stand_in.image()):
        return database.stand_in.image()
    return database.published if pull(database.published) else build(database.stand_in)


def build(source: Source) -> str:
    """Build an image unless one of the same sources is there."""
    files = source.files()
    name = source.image()
    if present(name):
        return name
    ensure_base_image()
    with step(f"building {name}"):
        command = ["docker", "build", "--network", "host", "-t", name, "-f", source.dockerfile, "-"]
        done = subprocess.run(
            command,
            check=False,
            input=context(source.root, files),
            capture_output=True,
            env={**os.environ, **build_env()},
        )
        if done.returncode:
            raise failure(
                f"building the image {source.name}",
                command,
                f"exit status {done.returncode}",
                (done.stdout + done.stderr).decode(errors="replace"),
                f"its sources are {', '.join(source.parts)} in {source.root}.",
            )
    return name


def load(names: list[str]) -> None:
    """Put images on the worker nodes that lack them: packed once, taken in by all nodes at a time."""
    workers = [name for name in kind.containers() if "-worker" in name]
    if not workers:
        raise ClusterError("there is no cluster to load images into. Make one: `uv run python -m cluster up`.")
    with ThreadPoolExecutor(len(workers)) as pool:
        held = dict(zip(workers, pool.map(images_on, workers), strict=True))
    lacking = {node: [name for name in names if full_name(name) not in held[node]] for node in workers}
    wanted = sorted({name for missing in lacking.values() for name in missing})
    if not wanted:
        return
    with step(f"loading {len(wanted)} images"), TemporaryDirectory(dir=state_dir()) as folder:
        archive = Path(folder) / "images.tar"
        run(["docker", "save", "-o", str(archive), *wanted], doing="packing the images")
        with ThreadPoolExecutor(len(workers)) as pool:
            list(pool.map(lambda node: import_on(node, archive), [node for node in workers if lacking[node]]))


def full_name(name: str) -> str:
    """An image's name as containerd has it: with the registry that Docker leaves out."""
    first = name.split("/", maxsplit=1)[0]
    if "/" not in name:
        return f"docker.io/library/{name}"
    return name if first == "localhost" or "." in first or ":" in first else f"docker.io/{name}"


def images_on(node: str) -> set[str]:
    """The images that a node holds."""
    listed = run(
        ["docker", "exec", node, "ctr", "--namespace=k8s.io", "images", "list", "-q"],
        doing=f"listing the images on {node}",
        hint="`uv run python -m cluster up` repairs a node that does not answer.",
    )
    return set(listed.split())


def import_on(node: str, archive: Path) -> None:
    """Have a node's containerd take in an archive."""
    command = [
        *("docker", "exec", "-i", node, "ctr", "--namespace=k8s.io", "images", "import"),
        *("--all-platforms", "--digests", "--snapshotter=overlayfs", "-"),
    ]
    with archive.open("rb") as images:
        done = subprocess.run(command, check=False, stdin=images, capture_output=True, text=True)
    if done.returncode:
        raise failure(
            f"loading the images into {node}",
            command,
            f"exit status {done.returncode}",
            done.stdout + done.stderr,
            "see whether the disk is full (`df -h`).",
        )
