"""How images are named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from cluster import binaries
from cluster.images import DATABASES, Source, full_name, read_images_env
from cluster.node_image import tag
from cluster.process import ClusterError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_tag_holds_the_version_and_a_hash_of_the_sources() -> None:
    image = DATABASES["RELATED_IMAGE_REDIS"].stand_in.image("published")
    assert re.fullmatch(r"localhost/votingapp/redis-debian:0\.1\.0-[0-9a-f]{12}", image)


def test_a_tag_changes_with_the_base_image() -> None:
    stand_in = DATABASES["RELATED_IMAGE_REDIS"].stand_in
    assert stand_in.image("published") != stand_in.image("123")


def test_a_service_without_a_dockerfile_is_told(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"the image vote cannot be built: there is no .*Dockerfile"):
        Source("vote", tmp_path).image("published")


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("redis:7.2-bookworm", "docker.io/library/redis:7.2-bookworm"),
        ("kindest/node:v1", "docker.io/kindest/node:v1"),
        ("localhost/votingapp/vote:1", "localhost/votingapp/vote:1"),
        ("registry.k8s.io/pause:3", "registry.k8s.io/pause:3"),
    ],
)
def test_names_an_image_as_the_node_does(name: str, full: str) -> None:
    assert full_name(name) == full


def test_reads_images_env() -> None:
    assert read_images_env("A=localhost/x:1\nB=y:2\n") == {"A": "localhost/x:1", "B": "y:2"}


def test_programs_and_node_image_are_named_by_what_they_are_made_from() -> None:
    fingerprints = [recipe.fingerprint() for recipe in [binaries.KIND, *binaries.NODE]]
    assert len(set(fingerprints)) == len(fingerprints)
    assert re.fullmatch(r"localhost/votingapp/node:v1\.37\.2-[0-9a-f]{12}", tag())


def test_kubernetes_programs_carry_their_version() -> None:
    flags = binaries.kubernetes_ldflags()
    assert "gitVersion=v1.37.2" in flags
    assert "gitMajor=1" in flags
    assert "gitMinor=37" in flags
