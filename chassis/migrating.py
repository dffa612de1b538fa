"""Migrations: brings a service's database to the newest shape of the chassis' tables and its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

_HOME = Path(__file__).parent / "migrations"

# One lock per database: two processes that start together migrate one after the other.
_LOCK = "select pg_advisory_lock(1903192, 1)"
_UNLOCK = "select pg_advisory_unlock(1903192, 1)"


def migrate(database_url: str, own_migrations: Path | str | None = None) -> None:
    """Run the chassis' migrations, then those in ``<own_migrations>/versions``; quick when there are none.

    Each of the two counts its versions in a table of its own, and all that is new commits together.
    """
    branches = [_branch(_HOME, "chassis_version")]
    if own_migrations is not None:
        branches.append(_branch(Path(own_migrations), "alembic_version"))
    with _connected(database_url) as connection:
        if all(_is_current(connection, branch) for branch in branches):
            return
        connection.exec_driver_sql(_LOCK)
        connection.commit()
        try:
            with connection.begin():
                for branch in branches:
                    branch.attributes["connection"] = connection
                    command.upgrade(branch, "heads")
        finally:
            connection.exec_driver_sql(_UNLOCK)
            connection.commit()


@contextmanager
def _connected(database_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(
        "postgresql+psycopg2://",
        creator=lambda: psycopg2.connect(database_url, connect_timeout=10),  # libpq reads the address
        poolclass=sa.NullPool,
    )
    with engine.connect() as connection:
        yield connection


def _branch(folder: Path, version_table: str) -> Config:
    versions = folder / "versions"
    if not versions.is_dir():
        raise FileNotFoundError(f"{versions}: no migrations there")
    config = Config()
    config.set_main_option("script_location", str(_HOME).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(versions.absolute()).replace("%", "%%"))
    config.attributes["version_table"] = version_table
    return config


def _is_current(connection: sa.Connection, branch: Config) -> bool:
    options = {"version_table": branch.attributes["version_table"]}
    context = MigrationContext.configure(connection, opts=options)
    at = set(context.get_current_heads())
    connection.rollback()
    return at == set(ScriptDirectory.from_config(branch).get_heads())
