"""What an add-on is: released manifests, manifests of ours, and the images that both ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from cluster.addons.images import Image

Document = dict[str, Any]


@dataclass(frozen=True)
class Upstream:
    """Manifests in a Go module: files by pattern, and kustomizations by folder."""

    module: str
    version: str
    files: tuple[str, ...] = ()
    kustomizations: tuple[str, ...] = ()


@dataclass(frozen=True)
class ByItself:
    """A way of its own into the cluster: what installs it, and whether that takes seconds only."""

    install: Callable[[], None]
    is_built: Callable[[], bool]


@dataclass(frozen=True)
class Addon:
    """One add-on.

    `namespace` is made for it where its manifests bring none. `adapt` changes the manifests in place for this cluster.
    `prepare` makes in the cluster what manifests cannot say. One that comes `by_itself` has none of these.
    """

    name: str
    images: tuple[Image, ...] = ()
    upstreams: tuple[Upstream, ...] = ()
    own: tuple[str, ...] = ()
    namespace: str = ""
    adapt: Callable[[list[Document]], None] | None = None
    prepare: Callable[[], None] | None = None
    by_itself: ByItself | None = None
