"""Fixtures of the console's tests: a migrated database and a desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.transactions import Database
from console import handbook_doors, service
from tests.console.console_kit import NAMES, Desk, migrated


@pytest.fixture
def console_database(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The console's database; names come from a small handbook."""
    monkeypatch.setattr(service, "county_names", lambda: NAMES)
    # These tests use real threads, each of which would wait for the green threads' pool in a hub of its own.
    monkeypatch.setattr(service, "in_thread", lambda function, *arguments: function(*arguments))
    monkeypatch.setattr(handbook_doors, "in_thread", lambda function, *arguments: function(*arguments))
    opened = migrated(database, service.app)
    yield opened
    opened.close()


@pytest.fixture
def desk(console_database: Database, tmp_path: Path) -> Desk:
    """The console's doors."""
    return Desk(service.app, console_database, tmp_path)
