"""A ledger on a database of its own, and assessment's doors before it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from assessment_kit import Desk, opened

from chassis.transactions import Database
from services.assessment.service import app


@pytest.fixture
def database(migrated_copy: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """The address of a fresh database with assessment's tables."""
    with migrated_copy(app.migrations_folder()) as url:
        yield url


@pytest.fixture
def ledger(database: str) -> Iterator[Database]:
    kept = opened(database)
    yield kept
    kept.close()


@pytest.fixture
def desk(ledger: Database) -> Desk:
    return Desk(ledger)
