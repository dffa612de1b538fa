"""A database with the chassis' tables for each test, and a doors process that the tests of a module share."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import psycopg2
import pytest
from process_kit import migrate, process

_serial = itertools.count(1)


@pytest.fixture
def database(migrated_copy: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """The address of a fresh database with the chassis' tables."""
    with migrated_copy(None) as url:
        yield url


@pytest.fixture(scope="module")
def module_database(migrated_copy):
    with migrated_copy(None) as url:
        yield url


@pytest.fixture(scope="module")
def doors(module_database, tmp_path_factory):
    room = tmp_path_factory.mktemp("doors")
    migrate(room, module_database)
    with process("doors", room, database_url=module_database) as running:
        yield running


@pytest.fixture
def name():
    return f"n{next(_serial)}"


@pytest.fixture
def value(module_database):
    def value_of(counter):
        connection = psycopg2.connect(module_database)
        with connection, connection.cursor() as cursor:
            cursor.execute("select value from counters where name = %s", (counter,))
            found = cursor.fetchone()
        connection.close()
        return found and found[0]

    return value_of
