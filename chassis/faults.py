"""What can go wrong with the database, told apart: away, to be tried again, or a mistake of ours."""

import contextlib
from collections.abc import Iterator

from sqlalchemy import exc

# SQLSTATE (PostgreSQL, appendix A): lost connections, exhausted resources, shutting down or starting up.
_AWAY = ("08", "53", "57P")
_DEADLOCK_OR_SERIALISATION = ("40001", "40P01")


class DatabaseAway(Exception):
    """The database cannot be reached just now."""


def is_away(error: BaseException) -> bool:
    """Whether the error means that the database cannot be reached, whatever was asked of it."""
    if isinstance(error, DatabaseAway | exc.TimeoutError):
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    sqlstate = _sqlstate(error)
    if error.connection_invalidated or (sqlstate or "").startswith(_AWAY):
        return True
    return sqlstate is None and isinstance(error, exc.OperationalError | exc.InterfaceError)


def must_try_again(error: BaseException) -> bool:
    """Whether PostgreSQL broke a deadlock or a serialisation failure at this transaction's cost."""
    return isinstance(error, exc.DBAPIError) and _sqlstate(error) in _DEADLOCK_OR_SERIALISATION


@contextlib.contextmanager
def plain_faults() -> Iterator[None]:
    """Raise ``DatabaseAway`` for every error that means just that."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        if is_away(error):
            raise DatabaseAway(str(getattr(error, "orig", None) or error).strip()) from error
        raise


def _sqlstate(error: exc.DBAPIError) -> str | None:
    return getattr(error.orig, "pgcode", None)
