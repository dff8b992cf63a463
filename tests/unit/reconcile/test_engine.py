"""What the engine tells of itself."""

import logging
import time

import pytest
from votingapp_operator.desired import Images
from votingapp_operator.reconcile import logs
from votingapp_operator.reconcile.client import Client
from votingapp_operator.reconcile.engine import DEAD_AFTER, Engine, Options

IMAGES = Images(vote="vote:1", redis="redis:1", worker="worker:1", postgres="postgres:1", result="result:1")


@pytest.fixture
def engine() -> Engine:
    """One that has not been started, and so needs no API server."""
    return Engine(Client(None), Options(images=IMAGES))  # type: ignore[arg-type]  # nothing is sent


def test_an_engine_that_hears_its_watches_is_well(engine: Engine) -> None:
    assert engine.ailment() is None


def test_a_dead_watch_is_an_ailment_and_is_named(engine: Engine) -> None:
    watch = next(informer for informer in engine.informers if informer.kind == "Deployment")
    watch.heard_at = time.monotonic() - DEAD_AFTER - 1
    assert engine.ailment() == f"no sign of life for {DEAD_AFTER:.0f} s of the watches on Deployment"
    assert engine.silences()["Deployment"] > DEAD_AFTER


def test_one_that_was_not_elected_does_not_lead(engine: Engine) -> None:
    assert not engine.is_leading()
    assert engine.settled() == (0, 0)


def test_every_line_of_a_look_names_its_votingapp(caplog: pytest.LogCaptureFixture) -> None:
    before = logging.getLogRecordFactory()
    logs.name_the_votingapp()
    token = logs.votingapp.set("default/demo")
    try:
        logging.getLogger("anybody").warning("something")
        logs.votingapp.reset(token)
        logging.getLogger("anybody").warning("something else")
    finally:
        logging.setLogRecordFactory(before)
    assert [getattr(record, "votingapp", None) for record in caplog.records] == ["default/demo", None]
