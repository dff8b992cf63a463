"""The spec: every field, its default and its bounds.

Defaults are those of the mission's own manifests where it has them. An image has no default here on purpose: it is the
operator's, so that upgrading the operator upgrades the apps, where a default stored in every object would pin them.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from votingapp_operator.api.base import ApiModel, FreeForm, Quantity, cel, list_map, validations

MAX_REPLICAS = 100
"""A bound against typing errors; a hundred gunicorns are more than redis takes votes from."""


class ComponentName(StrEnum):
    """The five parts of the app, in the order a vote passes them."""

    VOTE = "vote"
    REDIS = "redis"
    WORKER = "worker"
    POSTGRES = "postgres"
    RESULT = "result"


COMPONENTS = tuple(ComponentName)

DEFAULT_PORTS: Mapping[ComponentName, int] = MappingProxyType(
    {
        ComponentName.VOTE: 8080,
        ComponentName.REDIS: 6379,
        ComponentName.WORKER: 8081,
        ComponentName.POSTGRES: 5432,
        ComponentName.RESULT: 8081,
    }
)
"""What each container listens on, and what its Service offers unless told otherwise."""


LINE_RULES = validations(
    cel(r"self.matches(r'[^\p{Z}\p{C}]')", "people read this: write at least one character that is seen"),
    cel(
        r"!self.matches(r'[\x00-\x1f\x7f]')",
        "people read this on one line: leave out line breaks and control characters",
    ),
)
"""The pages refuse to start with what is blank, and no environment variable can hold a NUL."""


class PollOption(ApiModel):
    """One thing to vote for."""

    id: str = Field(pattern=r"^[a-z]$", description="One small letter; what is stored as the vote.")
    label: str = Field(min_length=1, max_length=50, description="What the voter reads.", json_schema_extra=LINE_RULES)
    color: str = Field(pattern=r"^#[0-9A-Fa-f]{6}$", description="Of the button and the bar, as #RRGGBB.")


def _cats_and_dogs() -> tuple[PollOption, ...]:
    return (
        PollOption(id="a", label="Cats", color="#1aaaf8"),
        PollOption(id="b", label="Dogs", color="#00cbca"),
    )


class Poll(ApiModel):
    """What is voted on. A change reaches both pages by itself."""

    title: str = Field(
        "Vote Now!",
        min_length=1,
        max_length=100,
        description="Heading of the vote page.",
        json_schema_extra=LINE_RULES,
    )
    results_title: str = Field(
        "Results",
        min_length=1,
        max_length=100,
        description="Heading of the result page.",
        json_schema_extra=LINE_RULES,
    )
    options: tuple[PollOption, ...] = Field(
        default_factory=_cats_and_dogs,
        min_length=2,
        max_length=10,
        description="Two to ten options, told apart by their id.",
        json_schema_extra=list_map("id"),
    )


RESOURCE_RULES = validations(
    cel(
        "[has(self.requests) ? self.requests : {}, has(self.limits) ? self.limits : {}].all(amounts, "
        "amounts.all(name, name in ['cpu', 'memory', 'ephemeral-storage']))",
        "only cpu, memory and ephemeral-storage have a place here: write other resources into podTemplate",
    ),
    cel(
        "!has(self.requests) || !has(self.limits) || self.requests.all(name, !(name in self.limits) || "
        "quantity(string(self.requests[name])).compareTo(quantity(string(self.limits[name]))) <= 0)",
        "a container cannot request more than its limit: lower the request or raise the limit",
    ),
)


class ResourceRequirements(ApiModel):
    """CPU and memory, as in a container."""

    requests: dict[str, Quantity] | None = Field(None, json_schema_extra={"maxProperties": 8})
    limits: dict[str, Quantity] | None = Field(None, json_schema_extra={"maxProperties": 8})


def resources(memory: str, limit: str) -> ResourceRequirements:
    """Defaults for a component: no CPU limit, since throttling turns a busy minute into a slow one."""
    return ResourceRequirements(requests={"cpu": "100m", "memory": memory}, limits={"memory": limit})


NO_NUL_PATTERN = r"^[^\x00]*$"
"""A process cannot be given a variable that holds a NUL, so its container would never start."""


class EnvVar(ApiModel):
    """An environment variable, as in a container."""

    model_config = ConfigDict(
        json_schema_extra=validations(
            cel(
                "!has(self.value) || !has(self.valueFrom)",
                "a variable has one source: write value or valueFrom, not both",
            )
        )
    )

    name: str = Field(min_length=1, max_length=253, pattern=r"^[-._a-zA-Z][-._a-zA-Z0-9]*$")
    value: str | None = Field(None, max_length=32768, pattern=NO_NUL_PATTERN)
    value_from: FreeForm | None = Field(
        None, description="As in a container: configMapKeyRef, secretKeyRef, fieldRef …"
    )


class ServiceType(StrEnum):
    """How a component is reached."""

    CLUSTER_IP = "ClusterIP"
    NODE_PORT = "NodePort"
    LOAD_BALANCER = "LoadBalancer"


ANNOTATION_RULES = validations(
    cel(
        "self.all(key, !format.qualifiedName().validate(key.lowerAscii()).hasValue())",
        "the key of an annotation is a name of at most 63 letters, digits, '-', '_' and '.', "
        "with or without a domain and a slash before it, as in example.com/some-name",
    ),
    cel(
        "self.map(key, key.size() + self[key].size()).sum() <= 65000",
        "annotations may hold 65000 characters in all: Kubernetes takes at most 256 KiB of them for one object",
    ),
)


class Service(ApiModel):
    """The Service in front of a component."""

    type: ServiceType = Field(ServiceType.CLUSTER_IP, description="ClusterIP, NodePort or LoadBalancer.")
    port: int | None = Field(None, ge=1, le=65535, description="The Service's port; the container's own when left out.")
    node_port: int | None = Field(
        None, ge=30000, le=32767, description="A fixed node port; the cluster picks one when left out."
    )
    annotations: dict[str, Annotated[str, Field(max_length=65000)]] | None = Field(
        None,
        description="For load balancers and meshes.",
        json_schema_extra={"maxProperties": 50, **ANNOTATION_RULES},
    )


SERVICE_RULES = validations(
    cel(
        "!has(self.nodePort) || self.type != 'ClusterIP'",
        "nodePort needs a Service that has one: set type to NodePort or LoadBalancer, or leave nodePort out",
    )
)


class ImagePullPolicy(StrEnum):
    """When the kubelet asks the registry."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


IMAGE_PATTERN = r"^[-a-zA-Z0-9._:/@+\[\]]+$"
"""The characters of image references; whether there is such an image only the node can tell."""


class Component(ApiModel):
    """What all five components have in common."""

    image: str | None = Field(
        None,
        min_length=1,
        max_length=500,
        pattern=IMAGE_PATTERN,
        description="The operator's own choice when left out.",
    )
    image_pull_policy: ImagePullPolicy = Field(
        ImagePullPolicy.IF_NOT_PRESENT, description="Always, IfNotPresent or Never."
    )
    replicas: int = Field(1, ge=0, le=MAX_REPLICAS, description="Pods wanted; 0 stops the component.")
    resources: ResourceRequirements = Field(
        default_factory=lambda: resources("128Mi", "256Mi"), json_schema_extra=RESOURCE_RULES
    )
    env: tuple[EnvVar, ...] = Field(
        (),
        max_length=100,
        description="Added to the operator's own variables; wins where names meet.",
        json_schema_extra=list_map("name"),
    )
    service: Service = Field(default_factory=Service, json_schema_extra=SERVICE_RULES)
    pod_template: FreeForm | None = Field(
        None,
        description=(
            "A patch of the pod template, for what has no field of its own: maps are merged, lists of named items are "
            "merged by name, other lists are replaced, null removes."
        ),
    )


class Frontend(Component):
    """vote and result: two replicas, so that one may go at any time."""

    replicas: int = Field(2, ge=0, le=MAX_REPLICAS, description="Pods wanted; 0 stops the component.")


OBJECT_NAME_PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
"""What Kubernetes takes for the name of an object."""

STORAGE_RULES = validations(
    cel(
        "quantity(string(self.size)).isGreaterThan(quantity('0'))",
        "a volume needs a size: write one such as 1Gi",
    ),
    cel(
        "quantity(string(self.size)).compareTo(quantity(string(oldSelf.size))) >= 0",
        "a volume cannot shrink: keep the size or write a larger one",
    ),
    cel(
        "has(self.storageClassName) == has(oldSelf.storageClassName) && "
        "(!has(self.storageClassName) || self.storageClassName == oldSelf.storageClassName)",
        "a volume cannot move to another class: keep storageClassName, or make a new VotingApp and move the data",
    ),
)


class Storage(ApiModel):
    """A volume of the component's own."""

    size: Quantity = Field("1Gi", description="May grow later where the storage class allows it; never shrink.")
    storage_class_name: str | None = Field(
        None,
        min_length=1,
        max_length=253,
        pattern=OBJECT_NAME_PATTERN,
        description="The cluster's default class when left out.",
    )


def _single(component: str, data: str) -> dict[str, Any]:
    return validations(
        cel(
            "self <= 1",
            f"{component} runs as one pod, for a second one would split the {data}: "
            "set replicas to 1, or to 0 to stop it",
        )
    )


class Redis(Component):
    """The queue between vote and worker. Every accepted vote is on disk before the voter is thanked."""

    replicas: int = Field(1, ge=0, description="1, or 0 to stop it.", json_schema_extra=_single("redis", "queue"))
    storage: Storage = Field(default_factory=Storage, json_schema_extra=STORAGE_RULES)


class Postgres(Component):
    """The votes."""

    replicas: int = Field(1, ge=0, description="1, or 0 to stop it.", json_schema_extra=_single("postgres", "votes"))
    resources: ResourceRequirements = Field(
        default_factory=lambda: resources("256Mi", "512Mi"), json_schema_extra=RESOURCE_RULES
    )
    storage: Storage = Field(default_factory=Storage, json_schema_extra=STORAGE_RULES)
    credentials_secret: str | None = Field(
        None,
        max_length=253,
        pattern=OBJECT_NAME_PATTERN,
        description=(
            "A Secret of yours with the keys `username` and `password` (type kubernetes.io/basic-auth). "
            "When left out, the operator makes one with a random password."
        ),
    )


class DataPolicy(StrEnum):
    """What becomes of volumes and credentials when the VotingApp is deleted."""

    DELETE = "Delete"
    RETAIN = "Retain"


class VotingAppSpec(ApiModel):
    """The five components of the Example Voting App and what they vote on. `spec: {}` is a working app."""

    paused: bool = Field(False, description="True: the operator writes nothing but the status, which says what waits.")  # noqa: FBT003 - a default, not an argument
    data_policy: DataPolicy = Field(
        DataPolicy.DELETE,
        description="Delete or Retain the volumes and the generated credentials with the VotingApp.",
    )
    poll: Poll = Field(default_factory=Poll)
    vote: Frontend = Field(default_factory=Frontend)
    redis: Redis = Field(default_factory=Redis)
    worker: Component = Field(default_factory=Component)
    postgres: Postgres = Field(default_factory=Postgres)
    result: Frontend = Field(default_factory=Frontend)

    def component(self, name: ComponentName) -> Component:
        """The part of the spec that speaks of one component."""
        part: Component = getattr(self, name.value)
        return part
