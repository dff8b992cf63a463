"""Carry out a plan: what pods need first, then the pods; and tell what became of each write."""

import asyncio
from collections.abc import Iterable

from votingapp_operator.desired.app import App
from votingapp_operator.health import Problem
from votingapp_operator.reconcile.cache import Cache
from votingapp_operator.reconcile.client import AlreadyExistsError, ApiError, Client, RefusedError
from votingapp_operator.reconcile.plan import Action, Change, Ownership, fingerprint, ownership

Tolerated = dict[tuple[str, str], object]


class Executor:
    """Writes changes, at most so many at a time over all VotingApps."""

    def __init__(self, client: Client, cache: Cache, concurrency: int) -> None:
        self._client = client
        self._cache = cache
        self._writing = asyncio.Semaphore(concurrency)

    async def execute(self, app: App, changes: Iterable[Change], tolerated: Tolerated) -> list[Problem]:
        """Carry out the changes, Deployments last. One that fails does not keep the others from being written.

        Args:
            app: whose children are written.
            changes: what to write.
            tolerated: takes note of what an apply does not mend.
        """
        problems: list[Problem] = []
        todo = list(changes)
        supports = [change for change in todo if change.kind != "Deployment"]
        workloads = [change for change in todo if change.kind == "Deployment"]
        for group in (supports, workloads):
            results = await asyncio.gather(*(self._attempt(app, change, tolerated) for change in group))
            problems += [problem for problem in results if problem is not None]
        return problems

    async def _attempt(self, app: App, change: Change, tolerated: Tolerated) -> Problem | None:
        async with self._writing:
            try:
                return await self._carry_out(app, change, tolerated)
            except ApiError as error:
                return problem_of(change.subject, error)

    async def _carry_out(self, app: App, change: Change, tolerated: Tolerated) -> Problem | None:
        if change.action is Action.DELETE:
            await self._client.delete(change.kind, app.namespace, change.name, change.uid or "")
            return None
        owner = await self._owner(app, change)
        if owner is not Ownership.OURS:
            return problem_of_ownership(change.subject, owner)
        manifest = change.manifest or {}
        live = await self._client.apply(manifest)
        self._cache.observe(change.kind, live)
        tolerated[change.kind, change.name] = fingerprint(manifest, live)
        return None

    async def _owner(self, app: App, change: Change) -> Ownership:
        """Whose the object is. The API server is asked for one that the watches do not show: its label may be gone."""
        if change.action is not Action.CREATE:
            return change.ownership
        live = await self._client.metadata(change.kind, app.namespace, change.name)
        return Ownership.OURS if live is None else ownership(app, change.kind, live)


def problem_of(subject: str, error: ApiError) -> Problem:
    """How the status tells of an error."""
    permanent = isinstance(error, RefusedError | AlreadyExistsError)
    return Problem(subject, error.reason, str(error), permanent=permanent)


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
