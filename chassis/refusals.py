"""From whatever was raised behind a door to the problem that its caller reads."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from uuid import uuid4

import psycopg2
from werkzeug.exceptions import HTTPException

from chassis import logs
from chassis.documents import NotFound
from chassis.faults import DatabaseAway
from chassis.problems import Problem, Wording, invalid, of_exception, problem

RETRY_AFTER = {"Retry-After": "5"}

_UNIQUE_VIOLATION = "23505"
_HTTP_PROBLEMS = {
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
}

log = logs.get_logger()


def refusal_of(error: Exception, table: Mapping[type[Exception], Wording], *, route: str) -> Problem:
    """The problem for an exception: the service's own wording first, then what the chassis knows."""
    known = error if isinstance(error, Problem) else of_exception(error, table) or _known(error)
    return _unexpected(error, route) if known is None else known


def _known(error: Exception) -> Problem | None:
    if isinstance(error, DatabaseAway):
        log.warning("database away")
        return problem("database-away", headers=RETRY_AFTER)
    if isinstance(error, NotFound):
        return problem("not-found")
    if isinstance(error, PermissionError) and error.errno is None:
        action = str(getattr(error, "action", ""))
        return problem("not-allowed", f"No right to {action}." if action else "", members={"action": action})
    if isinstance(error, TimeoutError):
        return problem("request-timeout", headers={"Connection": "close"})
    if isinstance(error, HTTPException):
        return _http_problem(error)
    if isinstance(error, psycopg2.Error):
        return _database_problem(error)
    return None


def _http_problem(error: HTTPException) -> Problem | None:
    if error.code is not None and error.code >= 500:
        return None
    headers = {"Connection": "close"} if error.code == 413 else {}
    return problem(_HTTP_PROBLEMS.get(error.code or 0, "malformed-request"), headers=headers)


def _database_problem(error: psycopg2.Error) -> Problem | None:
    """What the schema let through and PostgreSQL did not: a gap in a schema, worth a line in the log."""
    sqlstate = error.pgcode
    if isinstance(error, psycopg2.DataError):
        log.warning("a value was refused by the database only", sqlstate=sqlstate, where=_frames(error))
        return invalid(("body", "A value cannot be stored."))
    if isinstance(error, psycopg2.IntegrityError) and sqlstate == _UNIQUE_VIOLATION:
        return problem("conflict")
    return None


def _unexpected(error: Exception, route: str) -> Problem:
    error_id = uuid4().hex
    # A database error repeats the values of its statement, people's names among them: not into the log.
    said = error.pgcode if isinstance(error, psycopg2.Error) else str(error)[:300]
    log.error(
        "unexpected error at a door",
        error_id=error_id,
        route=route,
        error=type(error).__name__,
        said=said,
        where=_frames(error),
    )
    return problem("unexpected", members={"error_id": error_id})


def _frames(error: Exception) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
