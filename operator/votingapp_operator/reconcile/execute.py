"""Carry out a plan: what pods need first, then the pods; and tell what became of each write."""

import asyncio
from collections.abc import Iterable

from votingapp_operator.desired.app import MANAGER, App, Manifest
from votingapp_operator.health import Problem
from votingapp_operator.reconcile.cache import Cache, Key
from votingapp_operator.reconcile.client import NEW, Client
from votingapp_operator.reconcile.errors import (
    AlreadyExistsError,
    ApiError,
    ConflictError,
    RefusedError,
    TerminatingError,
    UnavailableError,
)
from votingapp_operator.reconcile.kinds import Object
from votingapp_operator.reconcile.plan import Action, Change, Ownership, fingerprint, ownership

Tolerated = dict[tuple[str, str], object]

WRITES_AT_ONCE = 4
"""Of one VotingApp: when they hang, they must not take all connections."""

HANDOVER = f"{MANAGER}-handover"
"""The field manager that keeps a count of pods which the operator no longer sets."""

TERMINATING = "NamespaceTerminating"
"""The reason of a problem that is none: the namespace goes, and all in it."""


class Executor:
    """Writes changes, and takes note of what came of them."""

    def __init__(self, client: Client, cache: Cache) -> None:
        self._client = client
        self._cache = cache

    async def execute(self, app: App, changes: Iterable[Change], tolerated: Tolerated) -> list[Problem]:
        """Carry out the changes, Deployments last. One that is refused does not keep the others from being written.

        Args:
            app: whose children are written.
            changes: what to write.
            tolerated: takes note of what an apply does not mend.
        """
        todo = list(changes)
        supports = [change for change in todo if change.kind != "Deployment"]
        workloads = [change for change in todo if change.kind == "Deployment"]
        batch = _Batch(self, app, tolerated)
        await batch.carry_out(supports)
        await batch.carry_out(workloads)
        return batch.problems

    async def carry_out(self, app: App, change: Change, tolerated: Tolerated) -> Problem | None:
        """Carry out one change.

        Raises:
            ApiError: it was not done.
        """
        if change.manifest is None:
            await self._delete(app, change)
            return None
        if change.ownership is not Ownership.OURS:
            return problem_of_ownership(change.subject, change.ownership)
        try:
            if change.action is Action.UPDATE and _is_scaled_by_others(change.manifest):
                await self._hand_over_replicas(app, change.manifest)
            live = await self._client.apply(_exactly(change.manifest, uid=change.uid))
        except ConflictError:
            if change.action is not Action.CREATE:
                raise
            return await self._adopt(app, change, change.manifest, tolerated)
        except RefusedError as error:
            if not _is_barred_by_ports(change, error):
                raise
            live = await self._put_ports(app, change, change.manifest)
        self._note(change, change.manifest, live, tolerated)
        return None

    async def _delete(self, app: App, change: Change) -> None:
        uid = change.uid or ""
        try:
            remains = await self._client.delete(change.kind, app.namespace, change.name, uid)
        except ConflictError:
            return  # the one that was meant is gone, and another has its name
        if remains is not None:
            self._cache.observe(change.kind, remains)
        else:
            self._cache.deleted(Key(app.namespace, app.name), (change.kind, change.name), uid)

    async def _hand_over_replicas(self, app: App, manifest: Manifest) -> None:
        """Leave the count of pods as it stands to whoever scales from now on.

        An apply that no longer names a field which only we have set removes it, and the API server would put its
        default of 1 in its place: so another manager gets it first.
        """
        live = await self._client.read(manifest["kind"], app.namespace, manifest["metadata"]["name"])
        if live is None or not _owns_replicas(live):
            return
        metadata = {key: live["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion")}
        head = {key: manifest[key] for key in ("apiVersion", "kind")}
        await self._client.apply(
            {**head, "metadata": metadata, "spec": {"replicas": live["spec"]["replicas"]}}, manager=HANDOVER
        )

    async def _put_ports(self, app: App, change: Change, manifest: Manifest) -> Object:
        """Put a Service's ports in the place of somebody's: an apply can only put ours beside them."""
        patch = {"metadata": {"uid": change.uid}, "spec": {"ports": manifest["spec"]["ports"]}}
        await self._client.merge(change.kind, app.namespace, change.name, patch)
        return await self._client.apply(_exactly(manifest, uid=change.uid))

    async def _adopt(self, app: App, change: Change, manifest: Manifest, tolerated: Tolerated) -> Problem | None:
        """There is an object of that name, which the watches do not show: it may be ours and have lost its label."""
        found = await self._client.metadata(change.kind, app.namespace, change.name)
        if found is None:
            raise UnavailableError("Conflict", "it was there a moment ago and is gone; trying again")
        owner = ownership(app, change.kind, found)
        if owner is not Ownership.OURS:
            return problem_of_ownership(change.subject, owner)
        if "deletionTimestamp" in found["metadata"]:
            return problem_of_ownership(change.subject, Ownership.PREDECESSOR)
        live = await self._client.apply(_exactly(manifest, uid=found["metadata"]["uid"]))
        self._note(change, manifest, live, tolerated)
        return None

    def _note(self, change: Change, manifest: Manifest, live: Object, tolerated: Tolerated) -> None:
        self._cache.observe(change.kind, live)
        tolerated[change.kind, change.name] = fingerprint(manifest, live)


class _Batch:
    """The writes of one look."""

    def __init__(self, executor: Executor, app: App, tolerated: Tolerated) -> None:
        self.problems: list[Problem] = []
        self._executor = executor
        self._app = app
        self._tolerated = tolerated
        self._slots = asyncio.Semaphore(WRITES_AT_ONCE)
        self._ended_by: ApiError | None = None

    async def carry_out(self, changes: Iterable[Change]) -> None:
        """Carry out changes side by side."""
        found = await asyncio.gather(*(self._attempt(change) for change in changes))
        self.problems += [problem for problem in found if problem is not None]

    async def _attempt(self, change: Change) -> Problem | None:
        async with self._slots:
            if self._ended_by is not None:
                return problem_of(change.subject, self._ended_by)
            try:
                return await self._executor.carry_out(self._app, change, self._tolerated)
            except ApiError as error:
                if _ends_all(error):
                    self._ended_by = error
                return problem_of(change.subject, error)


def _ends_all(error: ApiError) -> bool:
    """Whether the same would happen to every other write: then none is tried in this look."""
    return isinstance(error, TerminatingError) or error.reason in ("Unreachable", "NotLeading", "TooManyRequests")


def _is_scaled_by_others(manifest: Manifest) -> bool:
    return manifest["kind"] == "Deployment" and "replicas" not in manifest["spec"]


def _owns_replicas(live: Object) -> bool:
    """Whether the operator is among those who have set the count of pods."""
    return any(
        entry.get("manager") == MANAGER and "f:replicas" in entry.get("fieldsV1", {}).get("f:spec", {})
        for entry in live["metadata"].get("managedFields", ())
    )


def _is_barred_by_ports(change: Change, error: RefusedError) -> bool:
    """Whether a port that somebody put into a Service has the name of one of ours."""
    return change.kind == "Service" and change.action is Action.UPDATE and "spec.ports" in str(error)


def _exactly(manifest: Manifest, uid: str | None) -> Manifest:
    """The manifest for exactly the object of that uid, or for one that is not there yet."""
    precondition = {"resourceVersion": NEW} if uid is None else {"uid": uid}
    return {**manifest, "metadata": {**manifest["metadata"], **precondition}}


def problem_of(subject: str, error: ApiError) -> Problem:
    """How the status tells of an error."""
    permanent = isinstance(error, RefusedError | AlreadyExistsError)
    reason = TERMINATING if isinstance(error, TerminatingError) else error.reason
    return Problem(subject, reason, str(error), permanent=permanent, retry_after=error.retry_after)


def problem_of_ownership(subject: str, owner: Ownership) -> Problem:
    """How the status tells of an object that is not to be touched."""
    if owner is Ownership.PREDECESSOR:
        return Problem(
            subject,
            "AwaitingDeletion",
            "still belongs to a deleted VotingApp of this name; waiting until it is gone",
            permanent=False,
        )
    return Problem(
        subject,
        "NotOurs",
        "exists and is not of this VotingApp, so it is left alone: delete or rename it, or rename the VotingApp",
        permanent=True,
    )
