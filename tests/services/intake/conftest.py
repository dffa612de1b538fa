"""Intake over both of its stores: in memory, and on PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from intake_fakes import InMemoryStore
from intake_journey import a_ready_centre
from intake_postgres import PostgresIntake

from services.intake.service import app


@pytest.fixture
def database(migrated_copy: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """The address of a fresh database with intake's tables."""
    with migrated_copy(app.migrations_folder()) as url:
        yield url


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


@pytest.fixture
def ready_centre(intake: Any) -> None:
    """Photos are stored, and two collectors have their accounts."""
    a_ready_centre(intake)
