"""What can go wrong with the database, told apart: away, to be tried again, or a mistake of ours."""

import contextlib
from collections.abc import Iterator

import psycopg2

from chassis.connections import NoneFree

# SQLSTATE (PostgreSQL, appendix A): lost connections, exhausted resources, shutting down or starting up.
_AWAY = ("08", "53", "57P")
_DEADLOCK_OR_SERIALISATION = ("40001", "40P01")


class DatabaseAway(Exception):
    """The database cannot be reached just now."""


def is_away(error: BaseException) -> bool:
    """Whether the error means that the database cannot be reached, whatever was asked of it."""
    if isinstance(error, DatabaseAway | NoneFree):
        return True
    if not isinstance(error, psycopg2.Error):
        return False
    if error.pgcode is None:
        return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    return error.pgcode.startswith(_AWAY)


def must_try_again(error: BaseException) -> bool:
    """Whether PostgreSQL broke a deadlock or a serialisation failure at this transaction's cost."""
    return isinstance(error, psycopg2.Error) and error.pgcode in _DEADLOCK_OR_SERIALISATION


@contextlib.contextmanager
def plain_faults() -> Iterator[None]:
    """Raise ``DatabaseAway`` for every error that means just that."""
    try:
        yield
    except (psycopg2.Error, NoneFree) as error:
        if is_away(error):
            raise DatabaseAway(str(error).strip()) from error
        raise
