"""Tell what was found: the status, and an Event for each change that a person would want to read of."""

import logging
import uuid
from collections.abc import Iterator
from typing import NamedTuple

from votingapp_operator.api import API_VERSION, KIND, ComponentState, ComponentStatus, VotingAppStatus
from votingapp_operator.desired.app import MANAGER
from votingapp_operator.reconcile.cache import Cache, Key
from votingapp_operator.reconcile.client import Client
from votingapp_operator.reconcile.clock import utc_now
from votingapp_operator.reconcile.errors import ApiError
from votingapp_operator.reconcile.kinds import Object

logger = logging.getLogger(__name__)

_NOTE_LIMIT = 1024
"""Characters of an Event's note that the API server accepts."""

_BAD = frozenset({ComponentState.FAILING, ComponentState.DEGRADED})


class Transition(NamedTuple):
    """A change worth an Event."""

    warning: bool
    reason: str
    note: str


class Reporter:
    """Writes statuses and Events."""

    def __init__(self, client: Client, cache: Cache, identity: str) -> None:
        self._client = client
        self._cache = cache
        self._identity = identity

    async def report(self, key: Key, uid: str, before: VotingAppStatus, after: VotingAppStatus) -> None:
        """Write the status if it has changed, and then the Events of what has.

        Raises:
            ApiError: the status could not be written; nothing else was then.
        """
        if before == after:
            return
        written = await self._client.apply(
            {
                "apiVersion": API_VERSION,
                "kind": KIND,
                "metadata": {"name": key.name, "namespace": key.namespace, "uid": uid},
                "status": after.model_dump(by_alias=True, mode="json", exclude_none=True),
            },
            subresource="status",
        )
        self._cache.observe(KIND, written)
        for transition in transitions(before, after):
            await self._record(key, uid, transition)

    async def _record(self, key: Key, uid: str, transition: Transition) -> None:
        """An Event that cannot be written is not worth a retry: the status says the same."""
        logger.info("%s: %s", transition.reason, transition.note)
        try:
            await self._client.replace(self._event(key, uid, transition))
        except ApiError as error:
            logger.debug("the Event %s was not recorded: %s", transition.reason, error)

    def _event(self, key: Key, uid: str, transition: Transition) -> Object:
        return {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": f"{key.name}.{uuid.uuid4().hex[:16]}", "namespace": key.namespace},
            "regarding": {
                "apiVersion": API_VERSION,
                "kind": KIND,
                "name": key.name,
                "namespace": key.namespace,
                "uid": uid,
            },
            "eventTime": utc_now("microseconds"),
            "type": "Warning" if transition.warning else "Normal",
            "reason": transition.reason,
            "action": "Reconcile",
            "note": transition.note[:_NOTE_LIMIT],
            "reportingController": MANAGER,
            "reportingInstance": self._identity,
        }


def transitions(before: VotingAppStatus, after: VotingAppStatus) -> Iterator[Transition]:
    """What has changed between two statuses, in words. Of components only trouble and its end are worth an Event."""
    for name, component in after.components.items():
        known = before.components.get(name)
        troubled = component.state in _BAD and _differs(known, component)
        mended = known is not None and known.state in _BAD and component.state is ComponentState.READY
        if troubled or mended:
            yield _component_transition(name, component)
    was = {condition.type: condition for condition in before.conditions}
    for condition in after.conditions:
        known_condition = was.get(condition.type)
        same = known_condition is not None and (known_condition.status, known_condition.reason) == (
            condition.status,
            condition.reason,
        )
        if same or (condition.type, condition.status) not in {
            ("Ready", "True"),
            ("Applied", "False"),
            ("Applied", "True"),
            ("Supported", "False"),
            ("Supported", "True"),
        }:
            continue
        warning = condition.status == "False" and condition.reason != "Paused"
        yield Transition(warning, condition.reason, condition.message)


def _differs(known: ComponentStatus | None, component: ComponentStatus) -> bool:
    return known is None or (known.state, known.reason) != (component.state, component.reason)


def _component_transition(name: str, component: ComponentStatus) -> Transition:
    reason = component.reason or f"Component{component.state}"
    text = component.message or f"{component.summary} pods"
    return Transition(component.state in _BAD, reason, f"{name} is {component.state.lower()}: {text}")
