"""The VotingApp API: what a user may write, what the operator answers, and the CRD made from both.

Nothing here does I/O or knows how a VotingApp is run. The types are pydantic models, so that the same source gives the
defaults, the validation of a file that no API server has seen yet, and (through `crd`) the schema the API server holds
everybody to.
"""

from votingapp_operator.api.base import GROUP, KIND, PLURAL, VERSION
from votingapp_operator.api.spec import (
    COMPONENTS,
    DEFAULT_PORTS,
    Component,
    ComponentName,
    DataPolicy,
    Poll,
    PollOption,
    Postgres,
    Redis,
    Service,
    ServiceType,
    Storage,
    VotingAppSpec,
)
from votingapp_operator.api.status import ComponentState, ComponentStatus, Condition, VotingAppStatus

API_VERSION = f"{GROUP}/{VERSION}"

__all__ = [
    "API_VERSION",
    "COMPONENTS",
    "DEFAULT_PORTS",
    "GROUP",
    "KIND",
    "PLURAL",
    "VERSION",
    "Component",
    "ComponentName",
    "ComponentState",
    "ComponentStatus",
    "Condition",
    "DataPolicy",
    "Poll",
    "PollOption",
    "Postgres",
    "Redis",
    "Service",
    "ServiceType",
    "Storage",
    "VotingAppSpec",
    "VotingAppStatus",
]
