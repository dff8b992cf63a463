"""The status: what the operator answers. Shapes follow Kubernetes' API conventions and kstatus."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from votingapp_operator.api.base import ApiModel, list_map


class ComponentState(StrEnum):
    """How a component is doing, in one word."""

    READY = "Ready"
    PROGRESSING = "Progressing"
    DEGRADED = "Degraded"
    FAILING = "Failing"
    STOPPED = "Stopped"


class ComponentStatus(ApiModel):
    """One component as observed."""

    summary: str = Field(description="ready/desired, for the columns of `kubectl get`.")
    ready: int = Field(description="Pods that answer.")
    desired: int = Field(description="Pods wanted.")
    state: ComponentState = Field(description="Ready, Progressing, Degraded, Failing or Stopped.")
    reason: str | None = Field(None, description="One word for a machine.")
    message: str | None = Field(None, description="What is wrong, for a person.")
    image: str = Field(description="What runs.")


class Condition(ApiModel):
    """A condition of Kubernetes' API conventions."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str
    last_transition_time: str = Field(json_schema_extra={"format": "date-time"})
    observed_generation: int


class Urls(ApiModel):
    """Where a person's browser finds the two pages."""

    vote: str
    result: str


class VotingAppStatus(ApiModel):
    """All that the operator says of a VotingApp."""

    observed_generation: int = Field(0, description="The generation of the spec that this status speaks of.")
    message: str | None = Field(None, description="The Ready condition's message, for `kubectl get -o wide`.")
    components: dict[str, ComponentStatus] = Field(default_factory=dict)
    urls: Urls | None = Field(None, description="Addresses of the vote and the result page.")
    conditions: tuple[Condition, ...] = Field((), json_schema_extra=list_map("type"))
