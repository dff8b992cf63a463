"""All add-ons, in the order in which they are installed: those that others look at come first."""

from __future__ import annotations

from cluster.addons import crds, envoy_gateway, keda, metrics_server, prometheus, vpa
from cluster.process import ClusterError

ADDONS = {
    addon.name: addon
    for addon in (
        metrics_server.ADDON,
        keda.ADDON,
        envoy_gateway.ADDON,
        prometheus.ADDON,
        crds.ISTIO,
        crds.CERT_MANAGER,
        vpa.ADDON,
    )
}


def chosen(names: list[str]) -> list[str]:
    """The add-ons that were asked for, or all, in their order."""
    unknown = sorted(set(names) - set(ADDONS))
    if unknown:
        raise ClusterError(f"there is no add-on {', '.join(unknown)}. There are: {', '.join(ADDONS)}.")
    return [name for name in ADDONS if name in names or not names]
