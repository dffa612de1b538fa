"""A doors process of the counter service that the tests of a module share."""

import itertools

import psycopg2
import pytest
from process_kit import migrate, process

_serial = itertools.count(1)


@pytest.fixture(scope="module")
def module_database(postgres_url):
    from tests.infrastructure_fixtures import _administer, _fresh_name

    name = _fresh_name()
    _administer(postgres_url, f'create database "{name}"')
    yield f"{postgres_url}/{name}"
    _administer(postgres_url, f'drop database "{name}" with (force)')


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
