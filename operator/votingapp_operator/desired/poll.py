"""The poll, as the ConfigMap that both pages read their environment from."""

import hashlib
import json

from votingapp_operator.desired.app import App, Manifest, manifest


def environment(app: App) -> dict[str, str]:
    """The variables by which vote and result are told what is voted on."""
    poll = app.spec.poll
    options = [option.model_dump() for option in poll.options]
    return {
        "POLL_TITLE": poll.title,
        "POLL_RESULTS_TITLE": poll.results_title,
        "POLL_OPTIONS": json.dumps(options, ensure_ascii=False, separators=(",", ":")),
    }


def config_map(app: App) -> Manifest:
    """ConfigMap `<name>-poll`."""
    return {
        **manifest(app, api_version="v1", kind="ConfigMap", name=app.child("poll"), component=None),
        "data": environment(app),
    }


def poll_hash(app: App) -> str:
    """Changes exactly when the poll does. A process reads its environment once, so its pod must be replaced."""
    text = json.dumps(environment(app), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
