"""A unit's silence, from its connection to the dispatcher's eyes: the broker's figures and dispatch's own."""

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from chassis import broker as brokers
from cli import accounts
from services.dispatch.channels.unit_presence import units_read, watch_units
from tests.service_process import eventually
from tests.units.units_kit import City
from unit_sdk import UnitClient


def client_of(code: str, uri: str) -> UnitClient:
    parts = urlsplit(uri)
    return UnitClient(f"amqp://{code}:secret-{code}@127.0.0.1:{parts.port}{parts.path}", code)


def readers_by_rabbitmq(broker: Any, uri: str, queue: str) -> float | None:
    """The figure on which the alert UnitSilent rests, as Prometheus scrapes it (deploy/prometheus.yml)."""
    port = broker.server.metrics_port
    text = requests.get(
        f"http://127.0.0.1:{port}/metrics/detailed?family=queue_consumer_count", timeout=30
    ).text
    wanted = {"queue": queue, "vhost": urlsplit(uri).path[1:]}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "rabbitmq_detailed_queue_consumers" and wanted.items() <= sample.labels.items():
                return sample.value
    return None


@pytest.mark.infra
def test_the_alert_on_silence_rests_on_a_figure_that_the_broker_gives(broker: Any, city_vhost: str):
    queues = ("unit.u01.tasks", "unit.u01.urgent")
    for queue in queues:
        eventually(lambda queue=queue: readers_by_rabbitmq(broker, city_vhost, queue) == 0.0)

    with client_of("u01", city_vhost) as client:
        assert client.wait_until_connected(20)
        for queue in queues:
            eventually(lambda queue=queue: readers_by_rabbitmq(broker, city_vhost, queue) == 1.0)

    for queue in queues:
        eventually(lambda queue=queue: readers_by_rabbitmq(broker, city_vhost, queue) == 0.0)


@pytest.mark.infra
def test_dispatch_asks_the_broker_who_reads_and_takes_nothing(broker: Any, city_vhost: str):
    with closing(brokers.connect(city_vhost, "test")) as connection:
        assert units_read(connection, ["u01", "u02", "u77"]) == set()

        with client_of("u02", city_vhost) as client:
            assert client.wait_until_connected(20)

            assert units_read(connection, ["u01", "u77", "u02"]) == {"u02"}


@pytest.mark.infra
def test_dispatch_as_it_runs_has_seen_the_unit_that_reads(city: City):
    found = eventually(lambda: accounts.last_seen(f"{city.metrics}/metrics"))

    assert set(found) == {"u03"}
    assert abs(datetime.now(UTC) - found["u03"]) < timedelta(seconds=120)
    ((read_at, spoke_at),) = city.asked("select read_at, spoke_at from unit_presence")
    assert abs((datetime.now(UTC) - read_at).total_seconds()) < 120
    assert spoke_at is None


@pytest.mark.parametrize(("role", "replay"), [("facts", False), ("doors", False), ("facts", True)])
def test_a_minute_in_which_the_broker_is_not_asked_counts_for_nobody(
    monkeypatch: pytest.MonkeyPatch, role: str, replay: bool
):
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    settings = SimpleNamespace(role=role, replay=replay, amqp_uri="amqp://u:p@127.0.0.1:9/city")

    watch_units(SimpleNamespace(settings=settings, database=None, clock=None))

    assert slept == [60.0]
