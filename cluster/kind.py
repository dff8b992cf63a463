"""The kind cluster itself: made, taken as it is, repaired or made anew."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from cluster import binaries, health, versions
from cluster.node_image import STOCK, ensure_node_image, tag
from cluster.paths import PROJECT, bin_dir, kubeconfig, state_dir
from cluster.process import ClusterError, answer, run, succeeds
from cluster.report import note, step

CONFIG = PROJECT / "kind-config.yaml"
LABEL = "io.x-k8s.kind.cluster"
CONTEXT = f"kind-{versions.CLUSTER}"
# How long a cluster that was whole once may take to be well again, and one that was never seen whole.
PATIENCE_SECONDS = {True: 180, False: 30}
# What the nodes made here need beyond the published ones: they run without CAP_SYS_RESOURCE and on cgroup v1,
# where the kernel's limits are not theirs to set.
PATCHES = [
    {
        "kind": "KubeletConfiguration",
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "failCgroupV1": False,
        "featureGates": {"KubeletInUserNamespace": True},
    },
    {
        "kind": "KubeProxyConfiguration",
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    },
]


def render_config(config_text: str, *, stock: bool) -> str:
    """The configuration as it is for the published node image, and with our patches for our own."""
    if stock:
        return config_text
    config: dict[str, Any] = yaml.safe_load(config_text)
    patches = [yaml.safe_dump(patch, sort_keys=False) for patch in PATCHES]
    config["kubeadmConfigPatches"] = [*config.get("kubeadmConfigPatches", []), *patches]
    config["networking"] = {**config.get("networking", {}), "kubeProxyMode": "nftables"}
    return yaml.safe_dump(config, sort_keys=False)


def node_names(config_text: str) -> list[str]:
    """The names that kind gives to the nodes of a configuration, control plane first."""
    config = yaml.safe_load(config_text)
    seen: dict[str, int] = {}
    names = []
    for node in config["nodes"]:
        role = node["role"]
        seen[role] = seen.get(role, 0) + 1
        names.append(f"{config['name']}-{role}{'' if seen[role] == 1 else seen[role]}")
    return sorted(names)


def ensure_tools() -> None:
    """The pinned kind and kubectl, under their plain names."""
    bin_dir().mkdir(exist_ok=True)
    for name, source in (("kind", binaries.ensure(binaries.KIND)), ("kubectl", binaries.wheel_program("kubectl"))):
        target = bin_dir() / name
        if not target.exists() or not same(target, Path(source)):
            unfinished = target.with_suffix(".unfinished")
            shutil.copy(source, unfinished)
            unfinished.replace(target)


def same(one: Path, other: Path) -> bool:
    """Whether one file is a copy of the other, judged as a build tool does: by size and time."""
    return one.stat().st_size == other.stat().st_size and one.stat().st_mtime >= other.stat().st_mtime


def kind() -> str:
    """The pinned kind."""
    return str(bin_dir() / "kind")


def kubectl(*args: str) -> list[str]:
    """A kubectl command on this cluster, whatever the user's own context is."""
    return [str(bin_dir() / "kubectl"), "--kubeconfig", str(kubeconfig()), *args]


def containers() -> dict[str, str]:
    """The cluster's node containers, with their state (running, exited, …)."""
    listed = run(
        ["docker", "ps", "-a", "--filter", f"label={LABEL}={versions.CLUSTER}", "--format", "{{json .}}"],
        doing="listing the cluster's nodes",
    )
    rows = [json.loads(line) for line in listed.splitlines()]
    return {row["Names"]: row["State"] for row in rows}


def definition(image: str) -> str:
    """What a cluster is made from, for its marker."""
    return hashlib.sha256(f"{image}\n{CONFIG.read_text()}".encode()).hexdigest()[:12]


def marker() -> Path:
    """Says of which control-plane container this program saw a whole cluster, and what it was made from."""
    return state_dir() / "cluster.json"


def container_id(name: str) -> str:
    """Which container it is: one made anew under the same name has another id."""
    return answer(["docker", "inspect", "--format", "{{.Id}}", name]) or ""


def ensure_cluster() -> None:
    """Come back with a cluster whose nodes, DNS and storage work, whatever was there."""
    wanted = node_names(CONFIG.read_text())
    present = containers()
    if present and usable(wanted, present):
        return
    if present:
        remove()
    image = ensure_node_image()
    config = render_config(CONFIG.read_text(), stock=image == STOCK)
    create(image, config)
    write_marker(wanted[0])


def usable(wanted: list[str], present: dict[str, str]) -> bool:
    """Whether the cluster that is there works, after repairing what can be repaired."""
    missing = sorted(set(wanted) - set(present))
    if missing:
        note(f"the cluster lacks {', '.join(missing)}: making it anew")
        return False
    mark = json.loads(marker().read_text()) if marker().exists() else {}
    whole_once = mark.get("control_plane") == container_id(wanted[0])
    try:
        start_stopped(wanted, present)
        write_kubeconfig()
        with step("waiting for the cluster to be well"):
            health.wait_until_well(kubectl(), wanted, PATIENCE_SECONDS[whole_once])
    except ClusterError as reason:
        note(f"{reason}\nthe cluster cannot be repaired: making it anew")
        return False
    if not whole_once:
        write_marker(wanted[0])
    elif mark.get("made_from") not in (definition(tag()), definition(STOCK)):
        note(
            "the cluster was made from an older node image or kind-config.yaml, and is kept as it is. "
            "To renew it: `make down`, then `make up`. Its data go with it."
        )
    return True


def start_stopped(wanted: list[str], present: dict[str, str]) -> None:
    """Start the nodes that stand still, as after a killed dockerd: the control plane first."""
    for name in wanted:
        if present[name] == "paused":
            run(["docker", "unpause", name], doing=f"unpausing the node {name}")
        elif present[name] != "running":
            with step(f"starting the node {name} ({present[name]})"):
                run(["docker", "start", name], doing=f"starting the node {name}")


def create(image: str, config: str) -> None:
    """Make the cluster with kind, and wait until all of it works."""
    hint = (
        "the nodes' own logs: run it by hand with `--retain`, then `kind export logs`. "
        "Ports 30000-30009 of 127.0.0.1 must be free."
    )
    with step(f"making the kind cluster {versions.CLUSTER}"):
        run(
            [kind(), "create", "cluster", "--config", "-", "--image", image, "--wait", "0s"],
            doing="making the kind cluster",
            hint=hint,
            stdin=config,
        )
        write_kubeconfig()
    with step("waiting for nodes, DNS and storage"):
        health.wait_until_well(kubectl(), node_names(config), PATIENCE_SECONDS[True])


def write_marker(control_plane: str) -> None:
    """Remember that this cluster was seen whole."""
    image = run(["docker", "inspect", "--format", "{{.Config.Image}}", control_plane], doing="asking for its image")
    mark = {"control_plane": container_id(control_plane), "made_from": definition(image.strip())}
    marker().write_text(json.dumps(mark))


def write_kubeconfig() -> None:
    """The cluster's kubeconfig in a file of its own, and in the user's where it is not yet."""
    content = run([kind(), "get", "kubeconfig", "--name", versions.CLUSTER], doing="reading the kubeconfig")
    unfinished = kubeconfig().with_suffix(".unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(content)
    unfinished.replace(kubeconfig())
    if not succeeds([str(bin_dir() / "kubectl"), "config", "get-contexts", CONTEXT]):
        run(
            [kind(), "export", "kubeconfig", "--name", versions.CLUSTER],
            doing="adding the cluster to your kubeconfig",
        )


def remove() -> None:
    """Remove the cluster, also one that is only half there."""
    with step(f"removing the kind cluster {versions.CLUSTER}"):
        run([kind(), "delete", "cluster", "--name", versions.CLUSTER], doing="removing the kind cluster")
        marker().unlink(missing_ok=True)
        kubeconfig().unlink(missing_ok=True)
