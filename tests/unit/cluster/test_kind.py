"""What kind is asked for."""

from __future__ import annotations

import yaml

from cluster.kind import CONFIG, definition, node_names, render_config


def test_the_published_image_gets_the_configuration_as_it_is() -> None:
    assert render_config(CONFIG.read_text(), stock=True) == CONFIG.read_text()


def test_our_own_image_gets_the_patches_and_keeps_the_rest() -> None:
    before = yaml.safe_load(CONFIG.read_text())
    after = yaml.safe_load(render_config(CONFIG.read_text(), stock=False))
    kinds = [yaml.safe_load(patch)["kind"] for patch in after.pop("kubeadmConfigPatches")]
    assert kinds == ["KubeletConfiguration", "KubeProxyConfiguration"]
    assert after.pop("networking") == {"kubeProxyMode": "nftables"}
    assert after == before


def test_the_ports_are_this_machines_own() -> None:
    mappings = yaml.safe_load(CONFIG.read_text())["nodes"][0]["extraPortMappings"]
    assert [m["hostPort"] for m in mappings] == list(range(30000, 30010))
    assert all(m["hostPort"] == m["containerPort"] for m in mappings)
    assert {m["listenAddress"] for m in mappings} == {"127.0.0.1"}


def test_nodes_are_named_as_kind_names_them_control_plane_first() -> None:
    assert node_names(CONFIG.read_text()) == [
        "voting-app-control-plane",
        "voting-app-worker",
        "voting-app-worker2",
        "voting-app-worker3",
    ]


def test_a_definition_changes_with_the_image() -> None:
    assert definition("a") == definition("a")
    assert definition("a") != definition("b")
