"""The Secret with the database's password: made once, looked at by name, never read.

The operator may not list or watch Secrets, so that whoever steals its token cannot either. It asks for the metadata of
the one Secret by its name, at most once in `RECHECK` seconds a VotingApp, and at once when a pod complains.
"""

import asyncio
from dataclasses import dataclass

from votingapp_operator.desired.app import App, Manifest
from votingapp_operator.desired.credentials import secret_metadata, with_new_password
from votingapp_operator.health import Problem
from votingapp_operator.reconcile.client import Client
from votingapp_operator.reconcile.errors import AlreadyExistsError, ApiError
from votingapp_operator.reconcile.execute import problem_of, problem_of_ownership
from votingapp_operator.reconcile.kinds import Object
from votingapp_operator.reconcile.plan import Ownership, is_votingapp, ownership, unmet, with_hash

RECHECK = 45.0
"""Seconds for which what was seen of a Secret is believed. Less than the resync, so that each resync looks again."""


@dataclass(frozen=True)
class Credentials:
    """What is known of a VotingApp's Secret.

    Attributes:
        uid: of the Secret; None where there is none to be used.
        problem: why not.
        pending: whether it was not written because the VotingApp is paused.
    """

    uid: str | None = None
    problem: Problem | None = None
    pending: bool = False


@dataclass
class _Seen:
    credentials: Credentials
    at: float
    asked: Manifest | None


class CredentialsKeeper:
    """Sees to it that each VotingApp's Secret is there."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._seen: dict[str, _Seen] = {}

    async def ensure(self, app: App, *, distrust: bool, believed: str | None = None) -> Credentials:
        """The Secret of a VotingApp, made if it is missing and the VotingApp is not paused.

        Args:
            app: whose Secret.
            distrust: look at it even if it was seen a moment ago.
            believed: its uid, where there is reason to believe that all is well with it; it is looked at with the next
                resync then, as any other.
        """
        now = asyncio.get_running_loop().time()
        asked = secret_metadata(app)
        seen = self._seen.get(app.uid)
        if seen is None and believed is not None:
            seen = self._seen[app.uid] = _Seen(Credentials(uid=believed), now, asked)
        fresh = (
            seen is not None and seen.asked == asked and now - seen.at < RECHECK and seen.credentials.uid is not None
        )
        if seen is not None and fresh and not distrust:
            return seen.credentials
        try:
            credentials = await self._look(app, asked)
        except ApiError as error:
            return Credentials(uid=seen.credentials.uid if seen else None, problem=problem_of(_subject(app), error))
        self._seen[app.uid] = _Seen(credentials, now, asked)
        return credentials

    def forget(self, uid: str) -> None:
        """Drop what is known of a VotingApp that is gone."""
        self._seen.pop(uid, None)

    async def _look(self, app: App, asked: Manifest | None) -> Credentials:
        live = await self._client.metadata("Secret", app.namespace, app.credentials_secret)
        if asked is None:
            return await self._users_own(app, live)
        if live is None:
            return await self._create(app, asked)
        owner = ownership(app, "Secret", live)
        if owner is not Ownership.OURS:
            return Credentials(problem=problem_of_ownership(_subject(app), owner))
        if unmet(_stamped(asked), live):
            return await self._mend(app, _stamped(asked), live)
        return Credentials(uid=live["metadata"]["uid"])

    async def _create(self, app: App, asked: Manifest) -> Credentials:
        if app.spec.paused:
            return Credentials(pending=True)
        try:
            made = await self._client.replace(with_new_password(_stamped(asked)))
        except AlreadyExistsError:
            return await self._look(app, asked)
        return Credentials(uid=made["metadata"]["uid"])

    async def _mend(self, app: App, asked: Manifest, live: Object) -> Credentials:
        """Put labels and owner right.

        No server-side apply: an object that was created once has its fields from that, and an apply that no longer
        names an owner would leave it. The data is not named, so the password is not touched.
        """
        metadata = live["metadata"]
        if app.spec.paused:
            return Credentials(uid=metadata["uid"], pending=True)
        others = [owner for owner in metadata.get("ownerReferences", ()) if not is_votingapp(owner)]
        ours = asked["metadata"].get("ownerReferences", [])
        patch = {
            **asked["metadata"],
            "ownerReferences": [*others, *ours],
            "resourceVersion": metadata["resourceVersion"],
        }
        await self._client.merge("Secret", app.namespace, metadata["name"], {"metadata": patch})
        return Credentials(uid=metadata["uid"])

    async def _users_own(self, app: App, live: Object | None) -> Credentials:
        """The user's Secret must be there; the generated one, where there was one, is no longer wanted."""
        generated = await self._client.metadata("Secret", app.namespace, app.child("postgres"))
        if generated is not None and is_generated(app, generated) and not app.spec.paused:
            await self._client.delete("Secret", app.namespace, app.child("postgres"), generated["metadata"]["uid"])
        if live is None:
            message = (
                f"there is no such Secret: create it with the keys username and password, as {app.name} asks for it"
            )
            return Credentials(problem=Problem(_subject(app), "SecretNotFound", message, permanent=True))
        return Credentials(uid=live["metadata"]["uid"])


def is_generated(app: App, live: Object) -> bool:
    """Whether a Secret is the one made for this VotingApp, which now names another."""
    return live["metadata"]["name"] != app.credentials_secret and ownership(app, "Secret", live) is Ownership.OURS


def _stamped(asked: Manifest) -> Manifest:
    """The manifest with the hash of its metadata: the password that it is created with must not count."""
    stamp = with_hash({"metadata": asked["metadata"]})["metadata"]
    return {**asked, "metadata": stamp}


def _subject(app: App) -> str:
    return f"Secret {app.credentials_secret}"
