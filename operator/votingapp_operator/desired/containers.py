"""What is inside each pod: image, command, environment, probes and the directories it may write to."""

from collections.abc import Callable
from dataclasses import dataclass, field

from votingapp_operator.api import DEFAULT_PORTS, ComponentName
from votingapp_operator.desired import poll, services
from votingapp_operator.desired.app import App, Manifest
from votingapp_operator.desired.quantity import parse

C = ComponentName

APP_USER = 10001
"""The uid and gid of this project's own images."""

ENGINE_USER = 999
"""The uid and gid of `redis` and `postgres` in the official images."""

MAXMEMORY_SHARE = 0.75
"""Of redis' memory limit; the rest is for the fork that rewrites the append-only file, and for buffers."""

PROBE_TIMEOUT = 3
"""Seconds; the services give their engines up to two before they call themselves not ready."""


@dataclass(frozen=True)
class Container:
    """The parts of a pod in which the five components differ.

    Attributes:
        user: uid, gid and fsGroup.
        environment: the operator's own variables, in the order in which they are written.
        probes: startup, readiness and liveness probe.
        args: handed to the image's entry point; empty for the image's own.
        lifecycle: hooks at start and stop.
        volumes: the pod's volumes beside /tmp.
        mounts: where they are mounted.
        grace_seconds: between SIGTERM and SIGKILL.
    """

    user: int
    environment: list[Manifest]
    probes: Manifest
    args: list[str] = field(default_factory=list)
    lifecycle: Manifest | None = None
    volumes: list[Manifest] = field(default_factory=list)
    mounts: list[Manifest] = field(default_factory=list)
    grace_seconds: int = 30


def container(app: App, component: ComponentName) -> Container:
    """The container of a component."""
    return _BUILDERS[component](app)


def _vote(app: App) -> Container:
    return Container(
        user=APP_USER,
        environment=[*_port(C.VOTE), *_poll(app), *_redis_address(app)],
        probes=_page_probes(C.VOTE),
        lifecycle=_leave_endpoints_first(app, C.VOTE),
    )


def _worker(app: App) -> Container:
    return Container(
        user=APP_USER,
        environment=[*_port(C.WORKER), *_redis_address(app), *_postgres_address(app), *_credentials(app)],
        probes=_worker_probes(),
    )


def _result(app: App) -> Container:
    return Container(
        user=APP_USER,
        environment=[*_port(C.RESULT), *_poll(app), *_postgres_address(app), *_credentials(app)],
        probes=_page_probes(C.RESULT),
        lifecycle=_leave_endpoints_first(app, C.RESULT),
    )


def _redis(app: App) -> Container:
    """A vote is on disk before the voter is thanked, and a full queue refuses rather than forgets."""
    return Container(
        user=ENGINE_USER,
        environment=[],
        args=[
            "redis-server",
            *("--dir", "/data"),
            *("--appendonly", "yes"),
            *("--appendfsync", "always"),
            *("--save", ""),
            *("--maxmemory-policy", "noeviction"),
            *_maxmemory(app),
        ],
        probes=_exec_probes(C.REDIS, "redis-cli ping | grep -q PONG"),
        volumes=[_claim_volume(app, C.REDIS)],
        mounts=[{"name": "data", "mountPath": "/data"}],
    )


def _postgres(app: App) -> Container:
    """PGDATA is a subfolder, for initdb refuses a volume's root where it holds lost+found."""
    return Container(
        user=ENGINE_USER,
        environment=[
            *_credentials(app),
            _variable("POSTGRES_DB", "postgres"),
            _variable("PGDATA", "/var/lib/postgresql/data/pgdata"),
        ],
        probes=_exec_probes(C.POSTGRES, 'pg_isready -q -h 127.0.0.1 -U "$POSTGRES_USER"'),
        lifecycle={"postStart": {"exec": {"command": ["sh", "-c", _SET_ROLE]}}},
        volumes=[_claim_volume(app, C.POSTGRES), {"name": "run", "emptyDir": {}}],
        mounts=[
            {"name": "data", "mountPath": "/var/lib/postgresql/data"},
            {"name": "run", "mountPath": "/var/run/postgresql"},
        ],
        grace_seconds=60,
    )


_BUILDERS: dict[ComponentName, Callable[[App], Container]] = {
    C.VOTE: _vote,
    C.REDIS: _redis,
    C.WORKER: _worker,
    C.POSTGRES: _postgres,
    C.RESULT: _result,
}

PAUSE_SECONDS = 3
"""A pod is told to stop while the nodes still send it requests; it serves them until they know."""


def _leave_endpoints_first(app: App, component: ComponentName) -> Manifest | None:
    """The pause before SIGTERM, unless the user's grace period is too short for it: the API server refuses the two."""
    spec = (app.spec.component(component).pod_template or {}).get("spec")
    grace = spec.get("terminationGracePeriodSeconds") if isinstance(spec, dict) else None
    if isinstance(grace, int) and grace <= PAUSE_SECONDS:
        return None
    return {"preStop": {"sleep": {"seconds": PAUSE_SECONDS}}}


_SET_ROLE = r"""
for _ in $(seq 120); do
  if printf '%s\n' '\getenv user POSTGRES_USER' '\getenv password POSTGRES_PASSWORD' \
      "ALTER ROLE :\"user\" PASSWORD :'password';" \
      | psql -X -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" >/dev/null 2>&1; then exit 0; fi
  sleep 0.5
done
exit 0
"""
"""Sets the role's password to the Secret's at each start, over the local socket.

A volume remembers the password it was made with; a Secret that was lost and made anew, or a retained volume, would
otherwise lock the app out for good. It never fails the start: the probes tell when the database is not there.
"""


def _variable(name: str, value: str) -> Manifest:
    return {"name": name, "value": value}


def _port(component: ComponentName) -> list[Manifest]:
    return [_variable("PORT", str(DEFAULT_PORTS[component]))]


def _poll(app: App) -> list[Manifest]:
    config_map = app.child("poll")
    return [
        {"name": name, "valueFrom": {"configMapKeyRef": {"name": config_map, "key": name}}}
        for name in poll.environment(app)
    ]


def _redis_address(app: App) -> list[Manifest]:
    return [
        _variable("REDIS_HOST", app.child(C.REDIS)),
        _variable("REDIS_PORT", str(services.port(app, C.REDIS))),
    ]


def _postgres_address(app: App) -> list[Manifest]:
    return [
        _variable("POSTGRES_HOST", app.child(C.POSTGRES)),
        _variable("POSTGRES_PORT", str(services.port(app, C.POSTGRES))),
        _variable("POSTGRES_DB", "postgres"),
    ]


def _credentials(app: App) -> list[Manifest]:
    return [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": app.credentials_secret, "key": key}}}
        for name, key in (("POSTGRES_USER", "username"), ("POSTGRES_PASSWORD", "password"))
    ]


def _maxmemory(app: App) -> list[str]:
    limits = app.spec.redis.resources.limits or {}
    limit = parse(limits["memory"]) if "memory" in limits else None
    return ["--maxmemory", str(int(float(limit) * MAXMEMORY_SHARE))] if limit else []


def _claim_volume(app: App, component: ComponentName) -> Manifest:
    return {"name": "data", "persistentVolumeClaim": {"claimName": app.child(component)}}


def _page_probes(component: ComponentName) -> Manifest:
    """A page's pod takes requests once it has reached its engine, and keeps taking them when the engine goes away.

    A roll-out must not replace pods that work by pods that cannot reach redis. But to take all pods out of the Service
    because the one redis is away would only hide the page that tells so.
    """
    return {
        "startupProbe": {**_get(component, "/ready"), "periodSeconds": 1, "failureThreshold": 600},
        "livenessProbe": {**_get(component, "/health"), "periodSeconds": 10},
        "readinessProbe": {**_get(component, "/health"), "periodSeconds": 3, "failureThreshold": 2},
    }


def _worker_probes() -> Manifest:
    """Nobody sends the worker requests, so its readiness may simply tell whether it reaches both engines."""
    return {
        "startupProbe": {**_get(C.WORKER, "/health"), "periodSeconds": 1, "failureThreshold": 60},
        "livenessProbe": {**_get(C.WORKER, "/health"), "periodSeconds": 10},
        "readinessProbe": {**_get(C.WORKER, "/ready"), "periodSeconds": 3, "failureThreshold": 2},
    }


def _get(component: ComponentName, path: str) -> Manifest:
    return {"httpGet": {"path": path, "port": services.PORT_NAMES[component]}, "timeoutSeconds": PROBE_TIMEOUT}


def _exec_probes(component: ComponentName, command: str) -> Manifest:
    """Liveness only knocks at the port: restarting a busy database that answers slowly makes it slower."""
    ask = {"exec": {"command": ["sh", "-c", command]}}
    knock = {"tcpSocket": {"port": services.PORT_NAMES[component]}}
    return {
        "startupProbe": {**ask, "periodSeconds": 1, "timeoutSeconds": PROBE_TIMEOUT, "failureThreshold": 120},
        "livenessProbe": {**knock, "periodSeconds": 10, "timeoutSeconds": PROBE_TIMEOUT},
        "readinessProbe": {**ask, "periodSeconds": 5, "timeoutSeconds": PROBE_TIMEOUT},
    }
