"""What ails a pod, in words that a person can act on.

Everything is read from the pod's own status: waiting reasons, the last words of a crashed container (they are in the
status because the pods ask for FallbackToLogsOnError), the scheduler's verdict. No right to read logs is needed.
"""

from dataclasses import dataclass
from typing import Any

Pod = dict[str, Any]

_PULL_REASONS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"}
)
_CRASH_REASONS = frozenset({"CrashLoopBackOff", "RunContainerError", "StartError"})
_CONFIG_REASONS = frozenset({"CreateContainerConfigError", "CreateContainerError"})

LAST_WORDS = 300
"""Characters of a crash's last line that a status message holds."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a pod: one word and one sentence."""

    reason: str
    message: str


def trouble(pod: Pod) -> Trouble | None:
    """What keeps a pod from running, or None where nothing is known to."""
    status = pod.get("status", {})
    for container in [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]:
        found = _container_trouble(container)
        if found is not None:
            return found
    return _unschedulable(status) or _failed(pod)


def _container_trouble(container: dict[str, Any]) -> Trouble | None:
    waiting = container.get("state", {}).get("waiting", {})
    reason = waiting.get("reason", "")
    said = waiting.get("message", "")
    if reason in _PULL_REASONS:
        return Trouble(
            reason,
            f"image {container['image']} cannot be pulled: {_one_line(said) or 'the node gives no reason'}",
        )
    if reason in _CONFIG_REASONS:
        return Trouble(reason, f"container {container['name']} cannot be made: {_one_line(said)}")
    if reason in _CRASH_REASONS:
        return Trouble(reason, _crash(container, said))
    return None


def _crash(container: dict[str, Any], said: str) -> str:
    last = container.get("lastState", {}).get("terminated") or container.get("state", {}).get("terminated") or {}
    restarts = container.get("restartCount", 0)
    how = (
        "ran out of memory"
        if last.get("reason") == "OOMKilled"
        else f"exited with code {last.get('exitCode', 'unknown')}"
    )
    words = _last_line(last.get("message", "")) or _one_line(said)
    return f"container {container['name']} {how} ({restarts} restarts); its last words: {words or 'none'}"


def _unschedulable(status: dict[str, Any]) -> Trouble | None:
    for condition in status.get("conditions", ()):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            reason = condition.get("reason", "Unschedulable")
            return Trouble(reason, f"no node takes the pod: {_one_line(condition.get('message', ''))}")
    return None


def _failed(pod: Pod) -> Trouble | None:
    status = pod.get("status", {})
    if status.get("phase") != "Failed":
        return None
    reason = status.get("reason", "Failed")
    return Trouble(reason, f"pod {pod['metadata']['name']} failed: {_one_line(status.get('message', '')) or reason}")


def is_starting(pod: Pod) -> bool:
    """Whether the pod is on its way up for the first time. One whose containers were restarted is not."""
    status = pod.get("status", {})
    containers = status.get("containerStatuses") or ()
    fresh = all(container.get("restartCount", 0) == 0 for container in containers)
    begun = all(container.get("started", True) for container in containers)
    return fresh and (status.get("phase") == "Pending" or not begun)


def needs_credentials(pod: Pod) -> bool:
    """Whether the pod waits for a Secret or ConfigMap that is not there."""
    found = trouble(pod)
    return found is not None and found.reason in _CONFIG_REASONS


def _one_line(text: str) -> str:
    return " ".join(text.split())[: 2 * LAST_WORDS]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][-LAST_WORDS:] if lines else ""
