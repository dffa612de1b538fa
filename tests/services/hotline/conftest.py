"""A database with hotline's tables for each test."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from services.hotline.service import app


@pytest.fixture
def database(migrated_copy: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """The address of a fresh database with hotline's tables."""
    with migrated_copy(app.migrations_folder()) as url:
        yield url
