"""Runs the service: checks the environment, then serves the application with gunicorn."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger

from vote.logs import configure_logs
from vote.settings import Settings, SettingsInvalidError, load_settings

if TYPE_CHECKING:
    from flask import Flask


class JsonLogger(Logger):
    """Hands gunicorn's own lines to our handler instead of writing them in its own format."""

    def setup(self, cfg: Config) -> None:
        """Set the level, as gunicorn does, and leave the writing to the root logger."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class Server(BaseApplication):
    """Gunicorn, configured for a small pod."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        for name, value in gunicorn_options(self._settings).items():
            self.cfg.set(name, value)

    # The stub knows a start_response without the exc_info that WSGI gives it, so Flask seems not to fit.
    def load(self) -> "Flask":  # type: ignore[override]
        """Build the application, once, before the worker processes are forked from this one."""
        from vote.app import create_app  # noqa: PLC0415 - prometheus_client picks its storage at import

        return create_app(self._settings)


def gunicorn_options(settings: Settings) -> dict[str, Any]:
    """Return gunicorn's settings for ours."""
    return {
        "bind": f"0.0.0.0:{settings.port}",
        "worker_class": "gthread",
        "workers": settings.web_concurrency,
        "threads": settings.web_threads,
        "preload_app": True,
        "timeout": 30,
        # Under the 10 s within which a pod of this app is gone after SIGTERM.
        "graceful_timeout": 8,
        # Longer than most gateways keep an idle connection: the client should be the one that closes it.
        "keepalive": 75,
        # Nothing here uses it, and its default place is the home folder, which is read-only.
        "control_socket_disable": True,
        "logger_class": JsonLogger,
        "loglevel": settings.log_level,
    }


def prepare_metrics_folder(port: int) -> None:
    """Give the worker processes an empty folder for their counters, where each can read those of all.

    The counters of a run before this one are removed: /tmp outlives a container that is restarted in its pod.
    """
    folder = Path(tempfile.gettempdir()) / f"vote-metrics-{port}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def main() -> int:
    """Start the service; returns only where it cannot."""
    try:
        settings = load_settings()
    except SettingsInvalidError as invalid:
        configure_logs("info")
        structlog.stdlib.get_logger("vote").error(str(invalid))
        return 1
    configure_logs(settings.log_level)
    prepare_metrics_folder(settings.port)
    Server(settings).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
