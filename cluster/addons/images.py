"""The add-ons' images: the released ones where they can be pulled, else made here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cluster import binaries, versions
from cluster.base_image import ensure_base_image
from cluster.images import REGISTRY, Source, build
from cluster.node_image import docker_build, place
from cluster.paths import DATA, scratch_folder
from cluster.pull import present, pull

if TYPE_CHECKING:
    from collections.abc import Iterable

ADDONS = DATA / "addons"
USER = "65532:65532"


class Image(Protocol):
    """An image that an add-on's manifests ask for."""

    @property
    def published(self) -> str:
        """The released image."""

    @property
    def asked_as(self) -> str:
        """The repository by which the manifests name it."""

    def own_name(self) -> str:
        """The full name of the image made here, which changes with anything that it is made from."""

    def build(self) -> None:
        """Make it."""

    def is_quick(self) -> bool:
        """Whether all that takes minutes is done."""


def program(name: str, package: str, *, module: str = "", version: str = "", tags: str = "") -> binaries.Recipe:
    """An add-on's program: a package at a version, or a package of a module in `go/` that pins it."""
    return binaries.Recipe(
        name,
        package,
        version=version,
        module=module,
        modules=ADDONS / "go",
        toolchain=versions.ADDONS_GO,
        tags=tags,
    )


@dataclass(frozen=True)
class ProgramImage:
    """One static program, where the released image has it: manifests may name its path."""

    published: str
    recipe: binaries.Recipe
    path: str
    repository: str = ""

    @property
    def asked_as(self) -> str:
        """The repository by which the manifests name it: as released, unless they say otherwise."""
        return self.repository or self.published.rpartition(":")[0]

    def dockerfile(self) -> str:
        """A program on its own needs no operating system."""
        return f'FROM scratch\nCOPY {self.recipe.name} {self.path}\nUSER {USER}\nENTRYPOINT ["{self.path}"]\n'

    def own_name(self) -> str:
        """The full name of the image made here."""
        made_from = hashlib.sha256(f"{self.recipe.path().name}\n{self.dockerfile()}".encode()).hexdigest()[:12]
        return f"{REGISTRY}/addon-{self.published.rpartition('/')[2].rpartition(':')[0]}:{made_from}"

    def build(self) -> None:
        """Build the program if it is not kept yet, and put it into an image."""
        built = binaries.ensure(self.recipe)
        with scratch_folder("addon-image") as context:
            place(built, context / self.recipe.name)
            (context / "Dockerfile").write_text(self.dockerfile())
            docker_build(context, self.own_name())

    def is_quick(self) -> bool:
        """Whether the program is kept, or the image is there."""
        return self.recipe.path().exists() or present(self.own_name()) or present(self.published)


@dataclass(frozen=True)
class PackagedImage:
    """An image whose Dockerfile installs a released program from a package, within a minute."""

    published: str
    source: Source

    @property
    def asked_as(self) -> str:
        """The repository by which the manifests name it."""
        return self.published.rpartition(":")[0]

    def own_name(self) -> str:
        """The full name of the image made here."""
        return self.source.image(ensure_base_image())

    def build(self) -> None:
        """Build it as one of the project's own."""
        build(self.source, ensure_base_image())

    def is_quick(self) -> bool:
        """It always is."""
        return True


def ensure(images: Iterable[Image]) -> dict[str, str]:
    """Come back with the images in the engine: their full names, by how manifests ask for them."""
    return {image.asked_as: ensure_one(image) for image in images}


def ensure_one(image: Image) -> str:
    """One made here before, or the released one, or one made now."""
    own = image.own_name()
    if present(own):
        return own
    if pull(image.published):
        return image.published
    image.build()
    return own
