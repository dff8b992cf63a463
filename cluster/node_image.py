"""kind's node image: the published one where it can be pulled, else one made here from packages."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING

from cluster import binaries, versions
from cluster.base_image import ensure_base_image, recipe_hash
from cluster.engine import build_env
from cluster.paths import DATA, scratch_folder
from cluster.process import run, succeeds
from cluster.pull import present, pull
from cluster.report import note, step

if TYPE_CHECKING:
    from pathlib import Path

# The image that this version of kind is released with, and tested against.
STOCK = "kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5"
REPOSITORY = "localhost/votingapp/node"
FILES = DATA / "node-image"
TOOLS = ["kube-proxy", "local-path-provisioner", "node-network"]
# Which program stands behind which of the images that kubeadm asks for.
CONTROL_PLANE = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "coredns", "pause"]
NODE_PROGRAMS = ["containerd", "containerd-shim-runc-v2", "ctr", "kubeadm", "kubelet"]
# The names that node-image/manifests use.
OWN_TOOL_IMAGES = [
    f"localhost/votingapp/local-path-provisioner:{versions.LOCAL_PATH_PROVISIONER}",
    "localhost/votingapp/node-network:v1",
]
BUILDER = "votingapp-node-image-builder"
IMPORT = """
set -eu
containerd > /tmp/containerd.log 2>&1 &
daemon=$!
tries=0
until ctr version > /dev/null 2>&1; do
  tries=$((tries + 1))
  if [ $tries -gt 100 ]; then cat /tmp/containerd.log; exit 1; fi
  sleep 0.1
done
ctr --namespace=k8s.io images import --local --all-platforms --discard-unpacked-layers --snapshotter=overlayfs - \
  > /tmp/import.log 2>&1 || { cat /tmp/import.log; exit 1; }
ctr --namespace=k8s.io content prune references
kill $daemon
wait $daemon || true
rm -f /tmp/containerd.log /tmp/import.log
"""


def tag() -> str:
    """The image's full name, which changes with anything that it is made from."""
    made_from = hashlib.sha256(f"{IMPORT}{recipe_hash()}".encode())
    for recipe in [binaries.KIND, *binaries.NODE]:
        made_from.update(recipe.path().name.encode())
    for file in sorted([FILES / "Dockerfile", FILES / "Dockerfile.tools", *(FILES / "manifests").iterdir()]):
        made_from.update(file.name.encode() + b"\0" + file.read_bytes())
    return f"{REPOSITORY}:{versions.KUBERNETES}-{made_from.hexdigest()[:12]}"


def ensure_node_image() -> str:
    """Come back with a node image, and its name."""
    if present(tag()):
        return tag()
    if pull(STOCK):
        return STOCK
    note("no registry gives kind's node image: making one from packages (the first time, this takes a while)")
    build()
    drop_older()
    return tag()


def drop_older() -> None:
    """Remove node images of older making, save one that a cluster uses: each takes more than a gigabyte."""
    listed = run(
        ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={REPOSITORY}"],
        doing="listing the node images",
    )
    for name in set(listed.split()) - {tag()}:
        succeeds(["docker", "rmi", name])


def build() -> None:
    """Make the node image from its programs and Debian's packages."""
    ensure_base_image()
    built = {recipe.name: binaries.ensure(recipe) for recipe in binaries.NODE}
    kind_files = binaries.module_folder("sigs.k8s.io/kind", versions.KIND) / "images" / "base" / "files"
    with scratch_folder("node-image") as work:
        names = image_names(built["kubeadm"])
        with step("making the images that kubeadm asks for"):
            archive = build_control_plane(work, built, names)
        with step("making the node image"):
            build_bare(work, built, kind_files, names["pause"])
        with step("putting the images into the node image"):
            preload(archive)


def image_names(kubeadm: Path) -> dict[str, str]:
    """The full names under which this kubeadm looks for its images, by program."""
    listed = run(
        [str(kubeadm), "config", "images", "list", "--kubernetes-version", versions.KUBERNETES],
        doing="asking kubeadm for its images",
    )
    return {name.rsplit("/", 1)[1].split(":")[0]: name for name in listed.split()}


def docker_build(context: Path, name: str, *options: str) -> None:
    """Build one image from a folder."""
    run(
        ["docker", "build", "--network", "host", "-t", name, *options, str(context)],
        doing=f"building the image {name}",
        hint="see whether this machine reaches its Debian mirror, and whether the disk is full (`df -h`).",
        env=build_env(),
    )


def place(program: Path, target: Path) -> None:
    """A program in a build context: a hard link where the disk allows it, as they are large."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(program, target)
    except OSError:
        shutil.copy(program, target)


def build_control_plane(work: Path, built: dict[str, Path], names: dict[str, str]) -> Path:
    """All images that the nodes hold from the start, in one archive. Each has a single layer.

    containerd cannot unpack several layers on the overlay file system that the build container's root is.
    """
    for program in CONTROL_PLANE:
        context = work / program
        place(built[program], context / program)
        (context / "Dockerfile").write_text(
            f"FROM scratch\nCOPY {program} /usr/local/bin/{program}\n"
            f'ENV PATH=/usr/local/bin\nENTRYPOINT ["/usr/local/bin/{program}"]\n'
        )
        docker_build(context, names[program])
    tools = work / "tools"
    for program in TOOLS:
        place(built[program], tools / program)
    shutil.copy(FILES / "Dockerfile.tools", tools / "Dockerfile")
    docker_build(tools, "localhost/votingapp/node-tools:layered")
    tool_names = [names["kube-proxy"], *OWN_TOOL_IMAGES]
    flatten(work, "localhost/votingapp/node-tools:layered", tool_names)
    archive = work / "images.tar"
    everything = [*(names[program] for program in CONTROL_PLANE), *tool_names]
    run(["docker", "save", "-o", str(archive), *everything], doing="saving the nodes' images")
    run(["docker", "rmi", "localhost/votingapp/node-tools:layered", *everything], doing="clearing up")
    return archive


def flatten(work: Path, layered: str, names: list[str]) -> None:
    """Give the names to an image that has all of another's layers in one."""
    container = run(["docker", "create", layered, "none"], doing=f"unpacking {layered}").strip()
    flat = work / "flat.tar"
    try:
        run(["docker", "export", "-o", str(flat), container], doing=f"unpacking {layered}")
    finally:
        run(["docker", "rm", container], doing=f"removing the container of {layered}")
    run(["docker", "import", str(flat), names[0]], doing=f"making {names[0]}")
    for name in names[1:]:
        run(["docker", "tag", names[0], name], doing=f"naming {name}")


def build_bare(work: Path, built: dict[str, Path], kind_files: Path, pause_image: str) -> None:
    """The node image without the images in it."""
    context = work / "node"
    shutil.copytree(kind_files, context / "kind")
    shutil.copytree(FILES / "manifests", context / "manifests")
    shutil.copy(FILES / "Dockerfile", context / "Dockerfile")
    for program in NODE_PROGRAMS:
        place(built[program], context / "programs" / program)
    shutil.copy(binaries.wheel_program("kubectl"), context / "programs" / "kubectl")
    arguments = {"KUBERNETES": versions.KUBERNETES, "PAUSE_IMAGE": pause_image}
    options = [option for name, value in arguments.items() for option in ("--build-arg", f"{name}={value}")]
    docker_build(context, bare_tag(), *options)


def bare_tag() -> str:
    """The name of the node image before it is whole."""
    return f"{tag()}-bare"


def preload(archive: Path) -> None:
    """Run containerd once in the bare image, have it take the archive in, and keep the outcome under the real name."""
    # One that a killed run left behind, if there is one:
    succeeds(["docker", "rm", "-f", BUILDER])
    idle = ["--entrypoint", "sleep", bare_tag(), "infinity"]
    run(
        ["docker", "run", "-d", "--privileged", "--name", BUILDER, *idle],
        doing="starting the node image",
        hint="the engine must run privileged containers.",
    )
    try:
        run(
            ["docker", "exec", "-i", BUILDER, "sh", "-c", IMPORT],
            doing="putting the images into the node image",
            stdin=archive,
        )
        entrypoint = 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]'
        run(
            ["docker", "commit", "--change", entrypoint, "--change", "CMD []", BUILDER, tag()],
            doing="keeping the node image",
        )
    finally:
        run(["docker", "rm", "-f", BUILDER], doing="removing the container that made the node image")
    run(["docker", "rmi", bare_tag()], doing="clearing up")
