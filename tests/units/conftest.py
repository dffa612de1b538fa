"""The city that units try their rights on."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.infrastructure_fixtures import _administer, _fresh_name
from tests.units.units_kit import City


@pytest.fixture(scope="module")
def city(
    broker: Any, city_vhost: str, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    """dispatch with its real database and broker, and a task each at u01 and u02."""
    name = _fresh_name()
    _administer(postgres_url, f'create database "{name}"')
    with City(city_vhost, f"{postgres_url}/{name}", broker).running(tmp_path_factory.mktemp("city")) as city:
        yield city
    _administer(postgres_url, f'drop database "{name}" with (force)')
