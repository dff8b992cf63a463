"""The one reconcile function: look at all of desired and observed, write the difference, tell what was found."""

import logging
from dataclasses import dataclass, field, replace

import pydantic

from votingapp_operator.api import VotingAppSpec, VotingAppStatus
from votingapp_operator.desired import App, Desired, Images, build
from votingapp_operator.desired.app import COMPONENT_LABEL
from votingapp_operator.desired.workloads import USES_CREDENTIALS
from votingapp_operator.health import Observed, Outcome, Problem, assess
from votingapp_operator.health.pods import needs_credentials
from votingapp_operator.reconcile.cache import Cache, Key
from votingapp_operator.reconcile.client import Client
from votingapp_operator.reconcile.clock import utc_now
from votingapp_operator.reconcile.credentials import Credentials, CredentialsKeeper
from votingapp_operator.reconcile.execute import Executor, Tolerated
from votingapp_operator.reconcile.kinds import Object
from votingapp_operator.reconcile.plan import Change, changes
from votingapp_operator.reconcile.report import Reporter

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """What the operator's own surroundings decide.

    Attributes:
        images: of components whose spec names none.
        node_address: a host on which node ports answer, for the URLs in the status; None to take a node's.
    """

    images: Images
    node_address: str | None = None


@dataclass
class _Memory:
    """What is remembered of one VotingApp between two looks at it."""

    uid: str
    tolerated: Tolerated = field(default_factory=dict)


class Reconciler:
    """Brings VotingApps to what they ask for, one look at a time."""

    def __init__(self, client: Client, cache: Cache, options: Options, concurrency: int) -> None:
        self._cache = cache
        self._options = options
        self._credentials = CredentialsKeeper(client)
        self._executor = Executor(client, cache, concurrency)
        self._reporter = Reporter(client, cache)
        self._memories: dict[Key, _Memory] = {}

    async def reconcile(self, key: Key) -> Outcome | None:
        """One look at a VotingApp.

        Returns:
            What came of it, or None where there is no such VotingApp, or it is being deleted: its children go with
            it by their owner references, and nothing must be made anew.

        Raises:
            ApiError: the status could not be written.
        """
        live = self._cache.app(key)
        if live is None or "deletionTimestamp" in live["metadata"]:
            self._forget(key)
            return None
        memory = self._memory(key, live)
        try:
            spec = VotingAppSpec.model_validate(live.get("spec", {}))
        except pydantic.ValidationError as error:
            return self._unreadable(key, error)
        app = App(name=key.name, namespace=key.namespace, uid=memory.uid, spec=spec, images=self._options.images)
        return await self._reconcile(key, app, live, memory)

    async def _reconcile(self, key: Key, app: App, live: Object, memory: _Memory) -> Outcome:
        complaint = any(needs_credentials(pod) for pod in self._cache.pods(key))
        credentials = await self._credentials.ensure(app, distrust=complaint)
        app = replace(app, credentials_uid=credentials.uid)
        desired = build(app)
        held = _held_back(desired, credentials)
        todo = [
            change
            for change in changes(
                app, [*desired.supports, *desired.workloads], self._cache.children(key), memory.tolerated
            )
            if change.name not in held
        ]
        outcome = await self._write(app, desired, todo, credentials, memory)
        await self._tell(key, app, live, outcome)
        return outcome

    async def _write(
        self, app: App, desired: Desired, todo: list[Change], credentials: Credentials, memory: _Memory
    ) -> Outcome:
        problems = [] if credentials.problem is None else [credentials.problem]
        pending = [f"Secret {app.credentials_secret}"] if credentials.pending else []
        if app.spec.paused:
            pending += [change.subject for change in todo]
        else:
            problems += await self._executor.execute(app, todo, memory.tolerated)
        return Outcome(
            objects=len(desired.all()), pending=tuple(pending), problems=tuple(problems), paused=app.spec.paused
        )

    async def _tell(self, key: Key, app: App, live: Object, outcome: Outcome) -> None:
        before = VotingAppStatus.model_validate(live.get("status", {}))
        observed = Observed(
            children=self._cache.children(key),
            generation=live["metadata"]["generation"],
            pods=self._cache.pods(key),
            status=before,
            node_address=self._options.node_address,
        )
        await self._reporter.report(app, before, assess(app, observed, outcome, utc_now()))

    def _unreadable(self, key: Key, error: pydantic.ValidationError) -> Outcome:
        """A spec that the CRD let in and this operator cannot read: an older operator beside a newer CRD."""
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = (
            f"spec.{where}: {first['msg']}; this operator cannot read it, upgrade the operator or change the field"
        )
        logger.error("%s", message, extra={"votingapp": str(key)})
        return Outcome(objects=0, problems=(Problem(f"VotingApp {key.name}", "InvalidSpec", message, permanent=True),))

    def _memory(self, key: Key, live: Object) -> _Memory:
        uid = live["metadata"]["uid"]
        memory = self._memories.get(key)
        if memory is None or memory.uid != uid:
            memory = self._memories[key] = _Memory(uid)
        return memory

    def _forget(self, key: Key) -> None:
        memory = self._memories.pop(key, None)
        if memory is not None:
            self._credentials.forget(memory.uid)


def _held_back(desired: Desired, credentials: Credentials) -> frozenset[str]:
    """Deployments that must wait for a Secret: one made without it would use another's, or crash in a loop."""
    if credentials.uid is not None:
        return frozenset()
    return frozenset(
        manifest["metadata"]["name"]
        for manifest in desired.workloads
        if manifest["metadata"]["labels"][COMPONENT_LABEL] in USES_CREDENTIALS
    )
