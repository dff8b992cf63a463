"""What goes wrong on real machines, done on purpose."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from cluster import paths
from tests.support.kube import Kube, Object, wait_until


def running_pods(kube: Kube, component: str) -> list[Object]:
    """The pods of a component that are not on their way out."""
    pods = kube.list("Pod", f"app.kubernetes.io/component={component}")
    return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]


def only_pod(kube: Kube, component: str) -> Object:
    """The pod of a component that has one."""
    [pod] = running_pods(kube, component)
    return pod


def restarts(pod: Object) -> int:
    """How often the pod's container was started again."""
    return sum(status["restartCount"] for status in pod["status"].get("containerStatuses", ()))


def ready(pod: Object) -> bool:
    """Whether the pod answers its readiness probe."""
    return any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for condition in pod["status"].get("conditions", ())
    )


def send_sigkill(pod: Object) -> None:
    """Kill -9 the pod's process, through its node's containerd: neither the process nor its kubelet is asked."""
    [status] = pod["status"]["containerStatuses"]
    container = status["containerID"].removeprefix("containerd://")
    command = ["ctr", "--namespace", "k8s.io", "tasks", "kill", "--signal", "SIGKILL", container]
    subprocess.run(["docker", "exec", pod["spec"]["nodeName"], *command], check=True, capture_output=True)


def kill_and_see_it_back(kube: Kube, component: str) -> None:
    """Kill -9 the process of a component with one pod, and wait until its successor in the pod is ready."""
    pod = only_pod(kube, component)
    send_sigkill(pod)

    def back() -> bool:
        live = only_pod(kube, component)
        return restarts(live) > restarts(pod) and ready(live)

    wait_until(f"{component} to be back after kill -9", back)


def kill_and_lose(kube: Kube, component: str) -> None:
    """Kill -9 the process of a component with one pod and take the pod away too, so that only another can follow."""
    pod = only_pod(kube, component)
    send_sigkill(pod)
    kube.kubectl("delete", "pod", pod["metadata"]["name"], "--force", "--grace-period=0")
    _wait_for_successor(kube, component, pod)


def delete_and_see_another(kube: Kube, component: str) -> None:
    """Delete the pod of a component with one pod, and wait until another is ready in its place."""
    pod = only_pod(kube, component)
    kube.delete("Pod", pod["metadata"]["name"])
    _wait_for_successor(kube, component, pod)


def replace_all(kube: Kube, component: str) -> None:
    """Delete all pods of a component at once, and wait until as many others are ready in their place."""
    gone = {pod["metadata"]["uid"] for pod in running_pods(kube, component)}
    for pod in running_pods(kube, component):
        kube.delete("Pod", pod["metadata"]["name"])

    def replaced() -> bool:
        pods = running_pods(kube, component)
        return len(pods) == len(gone) and all(ready(pod) and pod["metadata"]["uid"] not in gone for pod in pods)

    wait_until(f"other pods of {component}", replaced)


def _wait_for_successor(kube: Kube, component: str, pod: Object) -> None:
    def followed() -> bool:
        pods = running_pods(kube, component)
        return any(live["metadata"]["uid"] != pod["metadata"]["uid"] and ready(live) for live in pods)

    wait_until(f"another {component} to follow", followed, detail=lambda: json.dumps(running_pods(kube, component)))


@contextmanager
def port_forward(kube: Kube, pod: Object, port: int) -> Iterator[str]:
    """The URL of a pod itself, ready or not, past its Service."""
    name = pod["metadata"]["name"]
    command = [str(paths.bin_dir() / "kubectl"), "--kubeconfig", str(paths.kubeconfig()), "-n", kube.namespace]
    process = subprocess.Popen(
        [*command, "port-forward", "--address=127.0.0.1", f"pod/{name}", f":{port}"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        first_line = process.stdout.readline()
        match = re.search(r"127\.0\.0\.1:(\d+) ->", first_line)
        assert match, f"kubectl port-forward to {name} did not say where it listens: {first_line!r}"
        yield f"http://127.0.0.1:{match[1]}"
    finally:
        process.terminate()
        process.communicate(timeout=10)
