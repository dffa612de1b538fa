"""Intake over both of its stores: in memory, and on PostgreSQL."""

from collections.abc import Iterator
from typing import Any

import pytest
from intake_fakes import InMemoryStore
from intake_postgres import PostgresIntake


@pytest.fixture
def postgres_intake(database: str) -> Iterator[PostgresIntake]:
    store = PostgresIntake(database)
    yield store
    store.close()


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.infra)])
def intake(request: pytest.FixtureRequest) -> Any:
    """The store that a stage runs on."""
    if request.param == "memory":
        return InMemoryStore()
    return request.getfixturevalue("postgres_intake")
