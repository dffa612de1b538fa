"""Logs: one JSON object a line; what a worker is busy with is bound once, bodies and people never appear."""

import logging
import sys
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars

QUIET = ("nameko", "kombu", "amqp", "eventlet", "alembic.runtime.migration", "sqlalchemy")
"""Libraries that are heard from WARNING upwards only."""


def configure(*, service: str, role: str, level: str = "INFO") -> None:
    """Send the logs of ours and of the libraries to standard error as JSON lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service, role),
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _take_in_the_libraries(shared, level)


def get_logger() -> Any:
    """A logger: ``log.info("short fact", field=value)``."""
    return structlog.get_logger()


def bind(**fields: Any) -> None:
    """Let every line of this worker carry these fields."""
    bind_contextvars(**fields)


def clear() -> None:
    """Forget what was bound: the worker begins something new."""
    clear_contextvars()


def _named(service: str, role: str) -> Any:
    def name(_logger: Any, _method: str, line: dict[str, Any]) -> dict[str, Any]:
        line["service"] = service
        line["role"] = role
        return line

    return name


def _take_in_the_libraries(shared: list[Any], level: str) -> None:
    to_json = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
    )
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setFormatter(to_json)
    root = logging.getLogger()
    root.handlers[:] = [to_stderr]
    root.setLevel(level)
    for library in QUIET:
        logging.getLogger(library).setLevel(logging.WARNING)
