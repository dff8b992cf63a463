"""Which VotingApp a line of the log is about."""

import logging
from contextvars import ContextVar

votingapp: ContextVar[str | None] = ContextVar("votingapp", default=None)
"""Namespace and name of the VotingApp that is being looked at."""


def name_the_votingapp() -> None:
    """Have every line that is logged during a look carry its VotingApp, in the field `votingapp`."""
    make = logging.getLogRecordFactory()

    def with_votingapp(*args: object, **kwargs: object) -> logging.LogRecord:
        record = make(*args, **kwargs)
        name = votingapp.get()
        if name is not None:
            record.votingapp = name
        return record

    logging.setLogRecordFactory(with_votingapp)
