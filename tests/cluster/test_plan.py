"""`python -m votingapp_operator render` and `plan`: what an apply would do, before it is done."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cluster import laptop
from tests.support.kube import GROUP, NO_PODS, Kube, Object, wait_until


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "votingapp_operator", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=laptop.environment())


@pytest.fixture
def written(kube: Kube, tmp_path: Path) -> Path:
    """A file with a VotingApp that the cluster has, as applied."""
    kube.apply_app("demo", NO_PODS)
    wait_until("all objects", lambda: kube.applied("demo"))
    return write(tmp_path, kube, NO_PODS)


def write(folder: Path, kube: Kube, spec: Object) -> Path:
    file = folder / "votingapp.yaml"
    metadata = {"name": "demo", "namespace": kube.namespace}
    app = {"apiVersion": f"{GROUP}/v1alpha1", "kind": "VotingApp", "metadata": metadata, "spec": spec}
    file.write_text(yaml.safe_dump(app))
    return file


def test_nothing_to_do(written: Path) -> None:
    done = run("plan", str(written))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_change_is_shown_exactly_and_not_made(kube: Kube, written: Path) -> None:
    before = kube.contents("demo")
    write(written.parent, kube, {**NO_PODS, "poll": {"title": "Tea?"}, "worker": {"replicas": 3}})
    done = run("plan", str(written))
    assert done.returncode == 1, done.stderr
    assert "-  POLL_TITLE: Vote Now!\n+  POLL_TITLE: Tea?\n" in done.stdout
    assert "-  replicas: 0\n+  replicas: 3\n" in done.stdout
    subjects = [line.removesuffix(":") for line in done.stdout.splitlines() if line.endswith(":") and line[0].isupper()]
    assert subjects == [
        "VotingApp demo",
        "ConfigMap demo-poll",
        "Deployment demo-vote",
        "Deployment demo-worker",
        "Deployment demo-result",
    ]
    assert kube.contents("demo") == before


def test_a_new_app_and_no_password(kube: Kube, tmp_path: Path) -> None:
    done = run("plan", str(write(tmp_path, kube, {})))
    assert done.returncode == 1, done.stderr
    assert "Secret demo-postgres: would be created with a random password" in done.stdout
    assert "password:" not in done.stdout
    assert kube.children("demo") == {}


def test_a_password_of_the_users_own_makes_the_generated_one_superfluous(kube: Kube, written: Path) -> None:
    write(written.parent, kube, {**NO_PODS, "postgres": {"replicas": 0, "credentialsSecret": "mine"}})
    done = run("plan", str(written))
    assert "Secret mine: is missing: worker, postgres and result wait until you create it" in done.stdout
    assert "Secret demo-postgres: would be deleted" in done.stdout


@pytest.mark.usefixtures("written")
def test_what_a_paused_app_waits_for(kube: Kube) -> None:
    live = ("plan", "--live", "demo", "--namespace", kube.namespace)
    assert run(*live).returncode == 0
    kube.patch("VotingApp", "demo", {"spec": {"paused": True}})
    wait_until("the pause", lambda: kube.condition("demo", "Applied").get("reason") == "Paused")
    kube.patch("ConfigMap", "demo-poll", {"data": {"POLL_TITLE": "Mine"}})
    done = run(*live)
    assert done.returncode == 1
    assert done.stdout.startswith("ConfigMap demo-poll:")
    assert "-  POLL_TITLE: Mine\n+  POLL_TITLE: Vote Now!\n" in done.stdout


def test_a_live_app_that_is_not_there(kube: Kube) -> None:
    done = run("plan", "--live", "nobody", "--namespace", kube.namespace)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"there is no VotingApp nobody in namespace {kube.namespace}\n"


def test_a_bad_spec_is_refused_as_at_apply(kube: Kube, tmp_path: Path) -> None:
    done = run("plan", str(write(tmp_path, kube, {"redis": {"replicas": 2}})))
    assert done.returncode == 2
    assert "set replicas to 1" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_would_be_refused_is_told(kube: Kube, tmp_path: Path) -> None:
    done = run("plan", str(write(tmp_path, kube, {"vote": {"podTemplate": {"spec": {"noSuchField": 1}}}})))
    assert done.returncode == 1
    assert "Deployment demo-vote: would be refused: " in done.stdout


def test_render_needs_no_cluster_and_is_what_is_applied(kube: Kube, written: Path) -> None:
    done = run("render", str(written))
    assert done.returncode == 0, done.stderr
    made = {(item["kind"], item["metadata"]["name"]) for item in yaml.safe_load_all(done.stdout)}
    assert made == set(kube.children("demo"))


@pytest.mark.parametrize("text", ["", "a: [", "kind: Deployment", "kind: VotingApp"])
def test_a_file_that_is_no_votingapp(tmp_path: Path, text: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    done = run("render", str(file))
    assert done.returncode == 2
    assert str(file) in done.stderr
    assert "Traceback" not in done.stderr
