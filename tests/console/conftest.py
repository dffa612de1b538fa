"""Fixtures of the console's tests: a migrated database and a desk."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from chassis.transactions import Database
from console import account_doors, handbook_doors, handbook_reading_doors, service
from tests.console.console_kit import NAMES, Desk, migrated


@pytest.fixture
def database(migrated_copy: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """The address of a fresh database with the console's tables."""
    with migrated_copy(service.app.migrations_folder()) as url:
        yield url


@pytest.fixture
def console_database(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The console's database; names come from a small handbook."""
    monkeypatch.setattr(service, "county_names", lambda: NAMES)
    monkeypatch.setattr(account_doors, "county_names", lambda: NAMES)
    # These tests use real threads, each of which would wait for the green threads' pool in a hub of its own.
    monkeypatch.setattr(service, "in_thread", lambda function, *arguments: function(*arguments))
    for module in (account_doors, handbook_doors, handbook_reading_doors):
        monkeypatch.setattr(module, "in_thread", lambda function, *given, **named: function(*given, **named))
    opened = migrated(database, service.app)
    yield opened
    opened.close()


@pytest.fixture
def desk(console_database: Database, tmp_path: Path) -> Desk:
    """The console's doors."""
    return Desk(service.app, console_database, tmp_path)
