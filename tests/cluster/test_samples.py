"""Every sample is one that the cluster takes and the operator makes."""

from pathlib import Path

import pytest
import yaml

from cluster.paths import PROJECT
from tests.support.kube import NO_PODS, Kube, Object, wait_until

SAMPLES = sorted((PROJECT / "samples").glob("*.yaml"))


def without_pods(sample: Object) -> Object:
    """The sample with nothing to run and no port that the demo may hold: what is tested is its objects."""
    spec = dict(sample["spec"])
    for name, nothing in NO_PODS.items():
        spec[name] = {**spec.get(name, {}), **nothing}
        spec[name].get("service", {}).pop("nodePort", None)
    return {**sample, "metadata": {"name": sample["metadata"]["name"]}, "spec": spec}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample(kube: Kube, path: Path) -> None:
    text = path.read_text()
    sample = yaml.safe_load(text)
    # As it stands in the file, to the letter: the API server would refuse what it does not know.
    checked = text.replace("namespace: default", f"namespace: {kube.namespace}")
    kube.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=checked)
    kube.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(without_pods(sample)))
    name = sample["metadata"]["name"]
    wait_until("all objects", lambda: kube.applied(name), detail=lambda: kube.explain(name))
