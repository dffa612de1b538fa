"""A unit's message that failed, over the real broker: parked, replayed by a person, and in effect once."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pika
import psycopg2
import pytest

from case_contracts import units, wire
from chassis import tokens
from chassis.migrating import migrate
from chassis.reading import Delivery
from console.parked import read
from services.dispatch.service import app as dispatch_app
from tests.infrastructure_fixtures import _administer, _fresh_name
from tests.service_process import eventually, process

pytestmark = pytest.mark.infra

ROOT = Path(__file__).parents[2]
OPERATIONS = {"sub": "ops-1", "roles": ["operations"]}
QUEUE = "dispatch.feedback"
LAST_TRY = 4


@pytest.fixture
def dispatch_url(postgres_url: str) -> Iterator[str]:
    name = _fresh_name()
    _administer(postgres_url, f'create database "{name}"')
    migrate(f"{postgres_url}/{name}", dispatch_app.migrations_folder())
    yield f"{postgres_url}/{name}"
    _administer(postgres_url, f'drop database "{name}" with (force)')


def asked(url: str, statement: str) -> list[tuple]:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def a_resync() -> wire.Envelope:
    return wire.Envelope(
        id="the-request",
        source="units/u01",
        type="resync",
        time=datetime.now(UTC),
        subject="",
        data=wire.pack(units.Resync(responsible_unit="u01")),
    )


def say_as_u01(city_vhost: str, envelope: wire.Envelope, **headers: Any) -> None:
    """With the unit's own account; a false name of the sender stands among the headers."""
    parts = urlsplit(city_vhost)
    uri = f"amqp://u01:secret-u01@127.0.0.1:{parts.port}{parts.path}"
    properties = pika.BasicProperties(
        content_type=wire.CONTENT_TYPE,
        delivery_mode=2,
        user_id="u01",
        headers={"x-user-id": "u02", **headers},
    )
    with closing(pika.BlockingConnection(pika.URLParameters(uri))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(
            "units.feedback", "u01.resync", wire.encode(envelope), properties, mandatory=True
        )


def hurry_to_the_last_try(city_vhost: str) -> None:
    """Move the message from its first delays to its last try: the hours between are not waited for."""
    with closing(pika.BlockingConnection(pika.URLParameters(city_vhost))) as connection:
        channel = connection.channel()

        def delayed() -> Any:
            for delay in (5, 30, 300):
                got = channel.basic_get(f"{QUEUE}.retry.{delay}", auto_ack=True)
                if got[0]:
                    return got
            return None

        _method, properties, body = eventually(delayed)
        assert properties.headers["x-user-id"] == "u01"
        properties.headers["x-attempt"] = LAST_TRY
        channel.basic_publish("", QUEUE, body, properties)


def test_a_units_message_that_failed_and_was_parked_takes_effect_once_when_replayed(
    console_database, desk, database, dispatch_url, city_vhost, tmp_path
):
    tokens.make_keys(tmp_path / "keys")
    common = {"AMQP_URI": city_vhost, "KEYS_DIR": str(tmp_path / "keys")}
    asked(dispatch_url, "alter table assignments rename to assignments_away")

    with ExitStack() as running:
        for role, service, url in (
            ("facts", "services.dispatch.service", dispatch_url),
            ("facts", "console.service", database),
            ("relay", "console.service", database),
        ):
            log = tmp_path / f"{service}-{role}.log"
            running.enter_context(process(role, service, {**common, "DATABASE_URL": url}, log))
        say_as_u01(city_vhost, a_resync())
        hurry_to_the_last_try(city_vhost)
        (parked,) = eventually(
            lambda: desk.get("/api/console/parked", claims=OPERATIONS).document["messages"]
        )
        assert parked["queue"] == QUEUE
        asked(dispatch_url, "alter table assignments_away rename to assignments")

        answer = desk.post(f"/api/console/parked/{parked['id']}/replay", claims=OPERATIONS)

        assert answer.status == 200
        told = "select routing_key, type from outbox where exchange = 'units.tasks'"
        assert eventually(lambda: asked(dispatch_url, told)) == [("u01.tasks", "request_accepted")]
        asked(database, "update outbox set published_at = null")  # and published once more
        eventually(lambda: asked(database, "select 1 from outbox where published_at is not null"))
        say_as_u01(city_vhost, a_resync())  # and said once more by the unit itself
        say_as_u01(city_vhost, replace(a_resync(), id="another"))
        eventually(lambda: len(asked(dispatch_url, told)) > 1)
    assert len(asked(dispatch_url, told)) == 2
    assert asked(dispatch_url, "select message_id from inbox order by received_at") == [
        ("u01/the-request",),
        ("u01/another",),
    ]


def test_what_the_broker_gave_up_is_known_by_the_brokers_own_words(city_vhost):
    """The unit forged every header that might say whence the message came."""
    forged = {
        "x-user-id": "u02",
        "x-queue": "intake.facts",
        "x-first-death-queue": "intake.facts",
        "x-death": [
            {"queue": "intake.facts", "reason": "rejected", "exchange": "dispatch.events", "count": 1}
        ],
    }
    say_as_u01(city_vhost, a_resync(), **forged)
    with closing(pika.BlockingConnection(pika.URLParameters(city_vhost))) as connection:
        channel = connection.channel()
        read_again = channel.consume(QUEUE, inactivity_timeout=60)
        for returned, (method, _, _) in zip(range(21), read_again, strict=False):  # 20 times, and once more
            assert method is not None, f"came {returned} times"
            channel.basic_nack(method.delivery_tag, requeue=True)
        channel.cancel()
        came_by, properties, body = eventually(
            lambda: (got := channel.basic_get("parking", auto_ack=True)) and got[0] and got
        )
    delivery = Delivery(
        queue="parking",
        body=body,
        content_type=properties.content_type,
        exchange=came_by.exchange,
        routing_key=came_by.routing_key,
        user_id=properties.user_id or "",
        headers=properties.headers,
    )

    message = read(delivery, now=datetime.now(UTC))

    assert (message.queue, message.user_id, message.error_type) == (QUEUE, "u01", "delivery_limit")
    assert (message.exchange, message.routing_key) == ("units.feedback", "u01.resync")
