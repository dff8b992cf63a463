"""A Gateway implementation: Envoy Gateway, the Envoy that it runs, and the Gateway API's own definitions."""

from __future__ import annotations

from cluster import versions
from cluster.addons.addon import Addon, Upstream
from cluster.addons.images import ADDONS, PackagedImage, ProgramImage, program
from cluster.images import Source

MODULE = "github.com/envoyproxy/gateway"

ADDON = Addon(
    "envoy-gateway",
    images=(
        ProgramImage(
            f"docker.io/envoyproxy/gateway:{versions.ENVOY_GATEWAY}",
            program("envoy-gateway", f"{MODULE}/cmd/envoy-gateway", version=versions.ENVOY_GATEWAY),
            "/usr/local/bin/envoy-gateway",
        ),
        PackagedImage(
            f"docker.io/envoyproxy/envoy:distroless-v{versions.ENVOY}", Source("addon-envoy", ADDONS / "envoy")
        ),
    ),
    upstreams=(
        # What Envoy Gateway's own chart brings is the experimental channel; this is the standard one.
        Upstream("sigs.k8s.io/gateway-api", versions.GATEWAY_API, files=("config/crd/standard/*.yaml",)),
        Upstream(MODULE, versions.ENVOY_GATEWAY, files=("charts/gateway-helm/charts/crds/crds/generated/*.yaml",)),
    ),
    own=("envoy-gateway.yaml",),
)
