"""A ledger on a database of its own, and assessment's doors before it."""

from collections.abc import Iterator

import pytest
from assessment_kit import Desk, opened

from chassis.transactions import Database


@pytest.fixture
def ledger(database: str) -> Iterator[Database]:
    kept = opened(database)
    yield kept
    kept.close()


@pytest.fixture
def desk(ledger: Database) -> Desk:
    return Desk(ledger)
