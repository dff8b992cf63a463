"""The versions of what makes the cluster, in one place. The tools' own dependencies are pinned by their go.sum."""

KUBERNETES = "v1.37.2"
KIND = "v0.33.0"
CONTAINERD = "v2.4.2"
ETCD = "v3.7.3"
COREDNS = "v1.15.0"
LOCAL_PATH_PROVISIONER = "v0.0.30"
KWOK = "v0.8.0"

CLUSTER = "voting-app"
# The application's and the operator's, as in their own metadata.
PROJECT = "0.1.0"
