"""The database's user and password, as the one Secret that the database and its clients share.

The operator creates the Secret once and afterwards applies its metadata only: the password is in no manifest that is
compared, hashed or printed.
"""

import secrets

from votingapp_operator.api import ComponentName
from votingapp_operator.desired.app import App, Manifest, manifest

USER = "postgres"
"""The superuser's name of the official image and of every published voting app image."""

PASSWORD_BYTES = 24
"""192 bits: out of reach of guessing, and short enough for every client."""


def secret_metadata(app: App) -> Manifest | None:
    """The generated Secret without its data, or None where the user brings one."""
    if app.spec.postgres.credentials_secret is not None:
        return None
    head = manifest(
        app,
        api_version="v1",
        kind="Secret",
        name=app.credentials_secret,
        component=ComponentName.POSTGRES,
        owned=not app.retains_data,
    )
    return {**head, "type": "kubernetes.io/basic-auth"}


def with_new_password(secret: Manifest) -> Manifest:
    """The same Secret with a fresh random password, to be created and then forgotten."""
    return {**secret, "stringData": {"username": USER, "password": secrets.token_urlsafe(PASSWORD_BYTES)}}
