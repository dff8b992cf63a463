"""One JSON object a line on stdout, for our own log lines, Flask's and gunicorn's alike."""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# What a person reads first, in the order they look for it.
LEADING_FIELDS = ("timestamp", "level", "logger", "message")


def configure_logs(level: str) -> None:
    """Send every logger of this process through one JSON formatter."""
    common: list[Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=common,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            _leading_fields_first,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *common,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _leading_fields_first(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {field: event.pop(field) for field in LEADING_FIELDS} | dict(event)
