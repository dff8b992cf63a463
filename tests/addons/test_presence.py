"""Each add-on does what it is there for."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import yaml

from cluster import kind
from cluster.images import known_images
from tests.support.kube import Kube, wait_until

GATEWAY = "http://127.0.0.1:30008"
PROMETHEUS = "/api/v1/namespaces/monitoring/services/prometheus:http/proxy/api/v1"


def workload(name: str, *, replicas: int = 1) -> dict[str, Any]:
    """A Deployment that Pod Security admits; it runs Redis, which idles and can be asked."""
    container = {
        "name": "redis",
        "image": known_images()["RELATED_IMAGE_REDIS"],
        "args": ["redis-server", "--save", "", "--protected-mode", "no"],
        "ports": [{"containerPort": 6379}],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 999,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "readinessProbe": {"tcpSocket": {"port": 6379}, "periodSeconds": 1},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"run": name}},
            "template": {
                "metadata": {"labels": {"run": name}},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
            },
        },
    }


def apply(kube: Kube, *manifests: dict[str, Any]) -> None:
    kube.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(manifests))


def described(kube: Kube, what: str) -> str:
    """What a person would look at when it does not work."""
    return kube.kubectl("describe", what).stdout


def get(kube: Kube, *what: str) -> dict[str, Any]:
    return dict(json.loads(kube.kubectl("get", *what, "-o", "json").stdout))


def condition(live: dict[str, Any], name: str) -> str:
    """A condition's status, empty while there is none."""
    found = [item["status"] for item in live.get("status", {}).get("conditions", []) if item["type"] == name]
    return str(found[0]) if found else ""


def prometheus(path: str) -> Any:
    return json.loads(Kube("monitoring").kubectl("get", "--raw", f"{PROMETHEUS}/{path}").stdout)["data"]


def test_kubectl_top_tells_what_every_node_uses() -> None:
    system = Kube("kube-system")

    def used() -> dict[str, str]:
        lines = [line.split() for line in system.kubectl("top", "nodes", "--no-headers").stdout.splitlines()]
        return {name: cpu for name, cpu, *_ in lines if cpu.endswith("m") and cpu != "0m"}

    wait_until("all nodes are measured", lambda: used().keys() >= set(kind.containers()))


def test_an_autoscaler_reads_the_cpu_of_pods(kube: Kube) -> None:
    apply(kube, workload("app"))
    kube.kubectl("autoscale", "deployment/app", "--min=1", "--max=2", "--cpu=80%")
    wait_until(
        "the HorizontalPodAutoscaler has a metric",
        lambda: condition(get(kube, "hpa/app"), "ScalingActive") == "True",
        detail=lambda: described(kube, "hpa/app"),
    )


def test_keda_scales_from_nothing_by_the_length_of_a_list(kube: Kube) -> None:
    scaled = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "app"},
        "spec": {
            "scaleTargetRef": {"name": "app"},
            "minReplicaCount": 0,
            "maxReplicaCount": 2,
            "pollingInterval": 1,
            "triggers": [
                {
                    "type": "redis",
                    "metadata": {
                        "address": f"queue.{kube.namespace}.svc:6379",
                        "listName": "votes",
                        "listLength": "5",
                    },
                }
            ],
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "queue"},
        "spec": {"selector": {"run": "queue"}, "ports": [{"port": 6379}]},
    }
    apply(kube, workload("queue"), service, workload("app", replicas=0))
    kube.kubectl("rollout", "status", "deployment/queue", "--timeout=120s")
    apply(kube, scaled)

    def tell() -> str:
        return described(kube, "scaledobject/app")

    wait_until("KEDA reads the list", lambda: condition(get(kube, "scaledobject/app"), "Ready") == "True", detail=tell)
    assert get(kube, "deployment/app")["spec"]["replicas"] == 0
    kube.kubectl("exec", "deployment/queue", "--", "redis-cli", "rpush", "votes", *"0123456789")
    wait_until("two replicas for ten", lambda: get(kube, "deployment/app")["spec"]["replicas"] == 2, detail=tell)


def test_the_vertical_autoscaler_recommends_and_applies_to_new_pods(kube: Kube) -> None:
    autoscaler = {
        "apiVersion": "autoscaling.k8s.io/v1",
        "kind": "VerticalPodAutoscaler",
        "metadata": {"name": "app"},
        "spec": {
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"},
            "updatePolicy": {"updateMode": "Initial"},
        },
    }
    apply(kube, workload("app"), autoscaler)
    live = wait_until(
        "there is a recommendation",
        lambda: get(kube, "vpa/app") if condition(get(kube, "vpa/app"), "RecommendationProvided") == "True" else None,
        detail=lambda: described(kube, "vpa/app"),
    )
    [recommended] = live["status"]["recommendation"]["containerRecommendations"]
    assert recommended["target"].keys() == {"cpu", "memory"}

    kube.kubectl("rollout", "restart", "deployment/app")
    wait_until(
        "a new pod asks for what was recommended",
        lambda: [pod for pod in kube.list("Pod", "run=app") if "vpaUpdates" in pod["metadata"].get("annotations", {})],
    )


def test_the_gateway_is_reached_from_this_machine_and_knows_no_host_by_itself() -> None:
    gateway = get(Kube("envoy-gateway-system"), "gateway/demo")
    assert condition(gateway, "Programmed") == "True"
    assert httpx.get(GATEWAY, headers={"Host": "nobody.example"}).status_code == 404


def test_the_gateway_takes_routes_of_any_namespace(kube: Kube) -> None:
    host = f"{kube.namespace}.example"
    elsewhere = {"type": "RequestRedirect", "requestRedirect": {"hostname": "elsewhere.example", "statusCode": 302}}
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "app"},
        "spec": {
            "parentRefs": [{"name": "demo", "namespace": "envoy-gateway-system"}],
            "hostnames": [host],
            "rules": [{"filters": [elsewhere]}],
        },
    }
    apply(kube, route)
    wait_until("the route works", lambda: httpx.get(GATEWAY, headers={"Host": host}).status_code == 302)


def test_prometheus_scrapes_every_operator_and_knows_the_alerts() -> None:
    operators = {
        pod["metadata"]["name"]
        for pod in Kube("votingapp-system").list("Pod", "app.kubernetes.io/name=votingapp-operator")
    }
    query = quote('up{job="votingapp-operator"} == 1')

    def up() -> set[str]:
        return {sample["metric"]["pod"] for sample in prometheus(f"query?query={query}")["result"]}

    assert operators
    wait_until("all operators are up", lambda: up() == operators)
    assert any(
        rule["name"].startswith("VotingApp") for group in prometheus("rules")["groups"] for rule in group["rules"]
    )


PEER = {"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"name": "app"}}
CERTIFICATE = {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {"name": "app"}}


@pytest.mark.parametrize(
    ("right", "wrong", "why"),
    [
        (
            PEER | {"spec": {"mtls": {"mode": "STRICT"}}},
            PEER | {"spec": {"mtls": {"mode": "SOMETIMES"}}},
            'Unsupported value: "SOMETIMES"',
        ),
        (
            CERTIFICATE | {"spec": {"secretName": "app", "issuerRef": {"name": "x"}, "dnsNames": ["x.example"]}},
            CERTIFICATE | {"spec": {"issuerRef": {"name": "x"}}},
            "spec.secretName: Required value",
        ),
    ],
    ids=["istio", "cert-manager"],
)
def test_apis_without_their_controller_check_what_is_written(
    kube: Kube, right: dict[str, Any], wrong: dict[str, Any], why: str
) -> None:
    apply(kube, right)
    refused = kube.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump(wrong), check=False)
    assert refused.returncode != 0
    assert why in refused.stderr
