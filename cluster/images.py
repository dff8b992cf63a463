"""The project's own images and the two databases': built or pulled, and on the nodes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cluster import kind, versions
from cluster.base_image import ensure_base_image
from cluster.engine import build_env
from cluster.fingerprint import context, fingerprint, source_files
from cluster.paths import DATA, PROJECT, images_env, scratch_folder
from cluster.process import ClusterError, run
from cluster.pull import present, pull
from cluster.report import step

if TYPE_CHECKING:
    from pathlib import Path

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

    def image(self, base: str) -> str:
        """The full name, which changes with any file, and with the base image's own making."""
        made_from = fingerprint(self.root, self.files(), f"{base} {self.dockerfile}")
        return f"{REGISTRY}/{self.name}:{versions.PROJECT}-{made_from}"


@dataclass(frozen=True)
class Database:
    """A published image, and what stands in for it where it cannot be pulled."""

    published: str
    stand_in: Source


SERVICES = {
    "RELATED_IMAGE_VOTE": Source("vote", PROJECT / "app" / "vote"),
    "RELATED_IMAGE_WORKER": Source("worker", PROJECT / "app" / "worker"),
    "RELATED_IMAGE_RESULT": Source("result", PROJECT / "app" / "result"),
    "OPERATOR_IMAGE": Source("operator", PROJECT, ("operator", "pyproject.toml", "uv.lock"), "operator/Dockerfile"),
}
DATABASES = {
    "RELATED_IMAGE_REDIS": Database("redis:7.2-bookworm", Source("redis-debian", DATA / "stand-ins" / "redis")),
    "RELATED_IMAGE_POSTGRES": Database(
        "postgres:17-bookworm", Source("postgres-debian", DATA / "stand-ins" / "postgres")
    ),
}


def ensure_images() -> dict[str, str]:
    """Come back with all images on the worker nodes, and their full names by the operator's variables."""
    base = ensure_base_image()
    names = {variable: build(source, base) for variable, source in SERVICES.items()}
    names |= {variable: database_image(database, base) for variable, database in DATABASES.items()}
    load(sorted(set(names.values())))
    unfinished = images_env().with_suffix(".unfinished")
    unfinished.write_text("".join(f"{variable}={name}\n" for variable, name in sorted(names.items())))
    unfinished.replace(images_env())
    return names


def known_images() -> dict[str, str]:
    """What the last `ensure_images` made or pulled, by the operator's variables."""
    if not images_env().exists():
        raise ClusterError("the images are not built yet: `make up` builds and loads them.")
    return read_images_env(images_env().read_text())


def read_images_env(text: str) -> dict[str, str]:
    """What `ensure_images` wrote."""
    return dict(line.split("=", 1) for line in text.splitlines() if line)


def database_image(database: Database, base: str) -> str:
    """The published image where a registry gives it, else the stand-in."""
    if present(database.stand_in.image(base)):
        return database.stand_in.image(base)
    return database.published if pull(database.published) else build(database.stand_in, base)


def build(source: Source, base: str) -> str:
    """Build an image unless one of the same sources is there."""
    files = source.files()
    name = source.image(base)
    if present(name):
        return name
    with step(f"building {name}"):
        run(
            ["docker", "build", "--network", "host", "-t", name, "-f", source.dockerfile, "-"],
            doing=f"building the image {source.name}",
            hint=f"its sources are {', '.join(source.parts)} in {source.root}.",
            stdin=context(source.root, files),
            env=build_env(),
        )
    return name


def load(names: list[str]) -> None:
    """Put images on the worker nodes that lack them: packed once, taken in by all nodes at a time."""
    workers = [name for name in kind.containers() if "-worker" in name]
    if not workers:
        raise ClusterError("there is no cluster to load images into. Make one: `make up`.")
    with ThreadPoolExecutor(len(workers)) as pool:
        held = dict(zip(workers, pool.map(images_on, workers), strict=True))
    lacking = {node: [name for name in names if full_name(name) not in held[node]] for node in workers}
    wanted = sorted({name for missing in lacking.values() for name in missing})
    if not wanted:
        return
    with step(f"loading {len(wanted)} images"), scratch_folder("images") as work:
        archive = work / "images.tar"
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
        hint="`make up` repairs a node that does not answer.",
    )
    return set(listed.split())


def import_on(node: str, archive: Path) -> None:
    """Have a node's containerd take in an archive."""
    command = [
        *("docker", "exec", "-i", node, "ctr", "--namespace=k8s.io", "images", "import"),
        *("--local", "--all-platforms", "--discard-unpacked-layers", "--snapshotter=overlayfs", "-"),
    ]
    run(command, doing=f"loading the images into {node}", hint="see whether the disk is full (`df -h`).", stdin=archive)
