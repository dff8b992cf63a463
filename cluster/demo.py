"""A VotingApp, applied and followed until it works."""

from __future__ import annotations

import json
import urllib.request
from http import HTTPStatus
from typing import Any

import yaml
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from cluster.deploy import apply
from cluster.kind import kubectl
from cluster.paths import PROJECT
from cluster.process import ClusterError, answer, run
from cluster.report import note, step

SAMPLE = PROJECT / "samples" / "votingapp.yaml"
COMPONENTS = ["vote", "redis", "worker", "postgres", "result"]
READY_SECONDS = 300
VOTE_URL = "http://127.0.0.1:30000"
RESULT_URL = "http://127.0.0.1:30001"


def show() -> None:
    """Apply the sample, wait until it is Ready, and tell where it is."""
    text = SAMPLE.read_text()
    metadata = yaml.safe_load(text)["metadata"]
    where = ("-n", metadata.get("namespace", "default"), "get", "votingapp", metadata["name"], "-o", "json")
    with step(f"applying {SAMPLE.relative_to(PROJECT)} and waiting for it"):
        apply(text, f"applying {SAMPLE}")
        follow(where)
    with step("asking both pages whether they reach their engines"):
        wait_for_pages()
    note(run(kubectl("get", "votingapps", "-A"), doing="listing the VotingApps"))
    note(f"vote:   {VOTE_URL}\nresult: {RESULT_URL}")
    note('kubectl: `eval "$(make -s env)"` points this shell at the cluster')


def wait_for_pages() -> None:
    """Wait until both pages say so themselves: after a crash of the machine, the status is as old as the crash."""
    wait = Retrying(stop=stop_after_delay(READY_SECONDS), wait=wait_fixed(1), retry=retry_if_result(bool))
    try:
        wait(lambda: [url for url in (VOTE_URL, RESULT_URL) if not answers(f"{url}/ready")])
    except RetryError as gave_up:
        unready = ", ".join(gave_up.last_attempt.result())
        raise ClusterError(
            f"after {READY_SECONDS} s there is no good answer from {unready}: `kubectl describe votingapps` tells more."
        ) from None


def answers(url: str) -> bool:
    """Whether a URL is answered with success."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - a constant http URL of this module
            return bool(response.status == HTTPStatus.OK)
    except OSError:
        return False


def follow(where: tuple[str, ...]) -> None:
    """Print the components' progress, each new state once, until the app is Ready."""
    seen: list[str] = []
    last: dict[str, Any] = {}

    def look() -> bool:
        told = answer(kubectl(*where), timeout=20)
        if told is None:
            return False
        last.update(json.loads(told))
        line = progress(last)
        if line != (seen[-1] if seen else None):
            seen.append(line)
            note(f"  {line}")
        return is_ready(last)

    wait = Retrying(
        stop=stop_after_delay(READY_SECONDS), wait=wait_fixed(1), retry=retry_if_result(lambda ready: not ready)
    )
    try:
        wait(look)
    except RetryError:
        raise ClusterError(f"after {READY_SECONDS} s the app is not Ready:\n{explain(last)}") from None


def progress(app: dict[str, Any]) -> str:
    """One line: how many of each component's pods are ready."""
    components = app.get("status", {}).get("components", {})
    return "  ".join(
        f"{name} {components.get(name, {}).get('ready', 0)}/{components.get(name, {}).get('desired', '?')}"
        for name in COMPONENTS
    )


def is_ready(app: dict[str, Any]) -> bool:
    """Whether the Ready condition is true, and of the spec as it is now."""
    status = app.get("status", {})
    if status.get("observedGeneration") != app["metadata"]["generation"]:
        return False
    return any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", []))


def explain(app: dict[str, Any]) -> str:
    """What the status says: the conditions, and what the components report."""
    status = app.get("status", {})
    lines = [
        f"  {condition['type']}={condition['status']} {condition.get('reason', '')}: {condition.get('message', '')}"
        for condition in status.get("conditions", [])
    ]
    lines += [
        f"  {name}: {state.get('reason', state.get('state', ''))}: {state['message']}"
        for name, state in status.get("components", {}).items()
        if state.get("message")
    ]
    return "\n".join(lines or ["  it has no status: is the operator running? (kubectl -n votingapp-system get pods)"])
