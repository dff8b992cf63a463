"""The one reconcile function: look at all of desired and observed, write the difference, tell what was found."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pydantic

from votingapp_operator.api import GROUP, ComponentName, VotingAppSpec, VotingAppStatus
from votingapp_operator.desired import App, Desired, Images, build
from votingapp_operator.desired.app import COMPONENT_LABEL, CREDENTIALS_ANNOTATION
from votingapp_operator.desired.workloads import USES_CREDENTIALS
from votingapp_operator.health import Observed, Outcome, Problem, assess, unreadable
from votingapp_operator.health.pods import needs_credentials
from votingapp_operator.reconcile.cache import Cache, Children, Key, Place
from votingapp_operator.reconcile.client import Client
from votingapp_operator.reconcile.clock import utc_now
from votingapp_operator.reconcile.credentials import Credentials, CredentialsKeeper
from votingapp_operator.reconcile.execute import TERMINATING, Executor, Tolerated
from votingapp_operator.reconcile.kinds import Object
from votingapp_operator.reconcile.plan import Change, changes
from votingapp_operator.reconcile.report import Reporter

logger = logging.getLogger(__name__)

RECONCILE_AT = f"{GROUP}/reconcile-at"
"""The annotation that forces a look which trusts nothing remembered, each time its value changes."""


@dataclass(frozen=True)
class Look:
    """What came of a look.

    Attributes:
        gone: there is no such VotingApp, or it is on its way out.
        settled: nothing was left to do, and it is ready.
        refused: something cannot be done until somebody changes something.
        retry: something may be possible later.
        retry_after: seconds that the API server asked to be left alone for.
        fault: the operator itself failed.
    """

    gone: bool = False
    settled: bool = False
    refused: bool = False
    retry: bool = False
    retry_after: float | None = None
    fault: bool = False

    @property
    def result(self) -> str:
        """In a word, for the metric."""
        found = {"fault": self.fault, "retry": self.retry, "refused": self.refused}
        return next((word for word, is_so in found.items() if is_so), "success")


GONE = Look(gone=True)

_Compared = tuple[int, str | None, frozenset[str], dict[Place, bytes]]
"""What a comparison of desired and observed depends on: generation, Secret, the cluster's optional APIs, and the
children's content."""


@dataclass(frozen=True)
class Surroundings:
    """What is not the VotingApp's to say.

    Attributes:
        images: of components whose spec names none.
        node_address: a host on which node ports answer; None to take a node's.
        identity: of this replica, for Events.
        served: the optional kinds that the cluster serves at the moment.
    """

    images: Images
    node_address: str | None
    identity: str
    served: Callable[[], frozenset[str]]


@dataclass
class _Memory:
    """What is remembered of one VotingApp between two looks at it.

    Attributes:
        uid: of the VotingApp.
        forced: the value of its annotation `RECONCILE_AT`.
        tolerated: differences that an apply does not mend.
        alike: what was compared when nothing was found to differ; the same need not be compared again.
        objects: how many objects the spec asked for then.
        optional: kinds of add-ons that it asked for then.
        unsupported: those of them that the cluster did not serve.
        terminating: whether its namespace is on its way out.
        first: whether this process has not looked at it yet.
    """

    uid: str
    forced: str | None
    tolerated: Tolerated = field(default_factory=dict)
    alike: _Compared | None = None
    objects: int = 0
    optional: frozenset[str] = frozenset()
    unsupported: frozenset[str] = frozenset()
    terminating: bool = False
    first: bool = False


class Reconciler:
    """Brings VotingApps to what they ask for, one look at a time."""

    def __init__(self, client: Client, cache: Cache, surroundings: Surroundings) -> None:
        self._cache = cache
        self._surroundings = surroundings
        self._credentials = CredentialsKeeper(client)
        self._executor = Executor(client, cache)
        self._reporter = Reporter(client, cache, surroundings.identity)
        self._memories: dict[Key, _Memory] = {}

    async def reconcile(self, key: Key) -> Look:
        """One look at a VotingApp.

        Returns:
            What came of it. Of one that is being deleted nothing is made anew: its children go with it by their owner
            references.

        Raises:
            ApiError: the status could not be written.
        """
        live = self._cache.app(key)
        if live is None or "deletionTimestamp" in live["metadata"]:
            self._forget(key)
            return GONE
        memory = self._memory(key, live)
        if memory.terminating:
            return GONE
        before = _status(live)
        try:
            spec = VotingAppSpec.model_validate(live.get("spec", {}))
        except pydantic.ValidationError as error:
            return await self._tell_unreadable(key, live, before, error)
        app = App(
            name=key.name,
            namespace=key.namespace,
            uid=memory.uid,
            spec=spec,
            images=self._surroundings.images,
            apis=self._surroundings.served(),
        )
        app, outcome = await self._write(key, app, live, memory)
        if any(problem.reason == TERMINATING for problem in outcome.problems):
            memory.terminating = True
            return GONE
        after = await self._tell(key, app, live, before, outcome)
        return _look(outcome, after)

    def forget_all(self) -> None:
        """Trust nothing that was seen before."""
        for key in list(self._memories):
            self._forget(key)

    async def _write(self, key: Key, app: App, live: Object, memory: _Memory) -> tuple[App, Outcome]:
        complaint = any(needs_credentials(pod) for pod in self._cache.pods(key))
        children = self._cache.children(key)
        believed = _believed_secret(app, live, children) if memory.first else None
        memory.first = False
        credentials = await self._credentials.ensure(app, distrust=complaint, believed=believed)
        app = replace(app, credentials_uid=credentials.uid)
        children = self._cache.children(key)  # the API server was asked meanwhile
        compared: _Compared = (live["metadata"]["generation"], credentials.uid, app.apis, children.contents())
        problems = [] if credentials.problem is None else [credentials.problem]
        pending = [f"Secret {app.credentials_secret}"] if credentials.pending else []
        if memory.alike != compared:
            desired = build(app)
            memory.objects = len(desired.all())
            memory.optional, memory.unsupported = desired.optional, desired.unsupported
            held = _held_back(desired, credentials)
            differing = changes(app, [*desired.supports, *desired.workloads], children, memory.tolerated)
            todo = [change for change in differing if change.name not in held]
            if app.spec.paused:
                pending += [change.subject for change in todo]
            else:
                problems += await self._carry_out(app, todo, memory)
            memory.alike = None if todo or held else compared
        outcome = Outcome(
            objects=memory.objects,
            pending=tuple(pending),
            problems=tuple(problems),
            paused=app.spec.paused,
            optional=memory.optional,
            unsupported=memory.unsupported,
        )
        return app, outcome

    async def _carry_out(self, app: App, todo: list[Change], memory: _Memory) -> list[Problem]:
        problems = await self._executor.execute(app, todo, memory.tolerated)
        if problems and problems[0].reason != TERMINATING:
            first, *others = problems
            more = f" (and {len(others)} more)" if others else ""
            logger.warning("%s: %s%s", first.subject, first.message, more)
        return problems

    async def _tell(
        self, key: Key, app: App, live: Object, before: VotingAppStatus, outcome: Outcome
    ) -> VotingAppStatus:
        observed = Observed(
            children=self._cache.children(key),
            generation=live["metadata"]["generation"],
            pods=self._cache.pods(key),
            status=before,
            node_address=self._surroundings.node_address,
        )
        after = assess(app, observed, outcome, utc_now())
        await self._reporter.report(key, app.uid, before, after)
        return after

    async def _tell_unreadable(
        self, key: Key, live: Object, before: VotingAppStatus, error: pydantic.ValidationError
    ) -> Look:
        """A spec that the CRD let in and this operator cannot read: an older operator beside a newer CRD."""
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = (
            f"spec.{where}: {first['msg']}; this operator cannot read it, upgrade the operator or change the field"
        )
        after = unreadable(before, message, live["metadata"]["generation"], utc_now())
        await self._reporter.report(key, live["metadata"]["uid"], before, after)
        return Look(refused=True)

    def _memory(self, key: Key, live: Object) -> _Memory:
        uid = live["metadata"]["uid"]
        forced = live["metadata"].get("annotations", {}).get(RECONCILE_AT)
        memory = self._memories.get(key)
        if memory is None or (memory.uid, memory.forced) != (uid, forced):
            self._forget(key)
            memory = self._memories[key] = _Memory(uid, forced, first=memory is None)
        return memory

    def _forget(self, key: Key) -> None:
        memory = self._memories.pop(key, None)
        if memory is not None:
            self._credentials.forget(memory.uid)


def _status(live: Object) -> VotingAppStatus:
    """The status as it stands; one that another version or a person has written in other words counts as none."""
    try:
        return VotingAppStatus.model_validate(live.get("status", {}))
    except pydantic.ValidationError:
        return VotingAppStatus()


def _look(outcome: Outcome, after: VotingAppStatus) -> Look:
    waits = [problem.retry_after for problem in outcome.problems if problem.retry_after is not None]
    ready = any(condition.type == "Ready" and condition.status == "True" for condition in after.conditions)
    return Look(
        settled=ready and not outcome.problems and not outcome.pending,
        refused=any(problem.permanent for problem in outcome.problems),
        retry=any(not problem.permanent for problem in outcome.problems),
        retry_after=max(waits, default=None),
    )


def _believed_secret(app: App, live: Object, children: Children) -> str | None:
    """The uid of the Secret that the database runs with, where the last look at this very spec found all well.

    Then a new leader need not ask for the Secret of every VotingApp at once, only to find what its predecessor found.
    """
    status = _status(live)
    applied = any(condition.type == "Applied" and condition.reason == "Applied" for condition in status.conditions)
    database = children.get(("Deployment", app.child(ComponentName.POSTGRES)))
    if not applied or status.observed_generation != live["metadata"]["generation"] or database is None:
        return None
    annotations: Object = database["spec"]["template"]["metadata"].get("annotations") or {}
    return annotations.get(CREDENTIALS_ANNOTATION)


def _held_back(desired: Desired, credentials: Credentials) -> frozenset[str]:
    """Deployments that must wait for a Secret: one made without it would use another's, or crash in a loop."""
    if credentials.uid is not None:
        return frozenset()
    return frozenset(
        manifest["metadata"]["name"]
        for manifest in desired.workloads
        if manifest["metadata"]["labels"][COMPONENT_LABEL] in USES_CREDENTIALS
    )
