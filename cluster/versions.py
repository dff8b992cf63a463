"""The versions of what makes the cluster, in one place. The tools' own dependencies are pinned by their go.sum."""

KUBERNETES = "v1.37.2"
KIND = "v0.33.0"
CONTAINERD = "v2.4.2"
ETCD = "v3.7.3"
COREDNS = "v1.15.0"
LOCAL_PATH_PROVISIONER = "v0.0.30"
KWOK = "v0.8.0"

# The add-ons, with the Go that the newest of them asks for.
ADDONS_GO = "go1.26.8"
METRICS_SERVER = "v0.9.0"
KEDA = "v2.21.0"
ENVOY_GATEWAY = "v1.9.1"
GATEWAY_API = "v1.6.1"
ENVOY = "1.40.0"
PROMETHEUS = "v0.316.0"
VPA = "v1.8.1"
ISTIO_API = "v1.31.4"
CERT_MANAGER = "v1.21.2"

CLUSTER = "voting-app"
# The application's and the operator's, as in their own metadata.
PROJECT = "0.1.0"
