"""One line of JSON per event on stderr, where a supervisor or a container collects it. Never a text or a name."""

from __future__ import annotations

import logging
import sys

import structlog


def configure() -> None:
    """Set up this process's log. Tracebacks are plain: the values of variables may be a customer's words."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
