"""A real Redis on loopback, and the application wired to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis_server import RedisServer

from vote.app import create_app
from vote.logs import configure_logs
from vote.settings import Settings


@pytest.fixture(autouse=True)
def logs() -> None:
    """Log as the service does, on the standard output of this very test."""
    configure_logs("debug")


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """Return a Redis with nothing in it."""
    server = RedisServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def app(redis_server: RedisServer) -> Flask:
    """Return the application with the default poll."""
    return create_app(Settings(redis_host="127.0.0.1", redis_port=redis_server.port))


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """Return a client that keeps its cookies."""
    return app.test_client()
