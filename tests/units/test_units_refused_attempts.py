"""What the broker itself refuses a responsible unit, on real connections."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any
from urllib.parse import urlsplit

import pika
import pytest
import requests
from pika.exceptions import AMQPConnectionError, ChannelClosedByBroker, ConnectionClosedByBroker

from tests.units.attempts import attempts, expecting
from tests.units.test_units_let_through_attempts import LET_THROUGH

MINE, OTHERS = "unit.u01.tasks", "unit.u02.tasks"
SAID, CASE = "units.feedback", "4105232020061500001"
FOUR_MEGABYTES = 4 * 1024 * 1024


def as_user(name: str) -> pika.BasicProperties:
    return pika.BasicProperties(user_id=name)


REFUSED: dict[str, Callable[[Any], Any]] = {
    "read another unit's queue": lambda ch: ch.basic_get(OTHERS),
    "consume another unit's queue": lambda ch: ch.basic_consume(OTHERS, lambda *_: None),
    "purge another unit's queue": lambda ch: ch.queue_purge(OTHERS),
    "delete another unit's queue": lambda ch: ch.queue_delete(OTHERS),
    "unbind another unit's queue": lambda ch: ch.queue_unbind(OTHERS, "units.tasks", "u02.tasks"),
    "bind another unit's queue to more messages": lambda ch: ch.queue_bind(OTHERS, SAID, "#"),
    "publish into another unit's queue through the default exchange": lambda ch: ch.basic_publish(
        "", OTHERS, b"x"
    ),
    "publish another unit's task through units.tasks": lambda ch: ch.basic_publish(
        "units.tasks", "u02.tasks", b"x"
    ),
    "speak under another unit's routing key": lambda ch: ch.basic_publish(SAID, f"u02.sign.{CASE}", b"x"),
    "speak under a key that only begins like the own name": lambda ch: ch.basic_publish(
        SAID, f"u01x.sign.{CASE}", b"x"
    ),
    "speak with another unit's user-id": lambda ch: ch.basic_publish(
        SAID, f"u01.sign.{CASE}", b"x", as_user("u02")
    ),
    "speak with the services' user-id": lambda ch: ch.basic_publish(
        SAID, f"u01.sign.{CASE}", b"x", as_user("services")
    ),
    "declare a queue": lambda ch: ch.queue_declare("unit.u01.extra", durable=True),
    "declare a queue that the server names": lambda ch: ch.queue_declare("", exclusive=True),
    "redeclare the own queue": lambda ch: ch.queue_declare(
        MINE, durable=True, arguments={"x-queue-type": "quorum"}
    ),
    "delete the own queue": lambda ch: ch.queue_delete(MINE),
    "bind the own queue to the facts": lambda ch: ch.queue_bind(MINE, "intake.events", "#"),
    "bind the own queue to others' tasks": lambda ch: ch.queue_bind(MINE, "units.tasks", "u02.tasks"),
    "bind the own queue to what all units say": lambda ch: ch.queue_bind(MINE, SAID, "#"),
    "unbind the own queue": lambda ch: ch.queue_unbind(MINE, "units.tasks", "u01.tasks"),
    "declare an exchange": lambda ch: ch.exchange_declare("u01", "fanout"),
    "delete an exchange": lambda ch: ch.exchange_delete("units.tasks"),
    "bind one exchange to another": lambda ch: ch.exchange_bind(SAID, "units.tasks", "#"),
    "bind to the broker's own trace": lambda ch: ch.queue_bind(MINE, "amq.rabbitmq.trace", "#"),
    "publish a fact": lambda ch: ch.basic_publish("intake.events", "case_closed", b"x"),
    "read the facts of a service": lambda ch: ch.basic_get("dispatch.facts"),
    "read what all units say": lambda ch: ch.basic_get("dispatch.feedback"),
    "purge what all units say": lambda ch: ch.queue_purge("dispatch.feedback"),
    "read what waits for another try": lambda ch: ch.basic_get("dispatch.feedback.retry.5"),
    "publish into the queue of another try": lambda ch: ch.basic_publish(
        "", "dispatch.feedback.retry.5", b"x", pika.BasicProperties(headers={"x-user-id": "u02"})
    ),
    "read the parking": lambda ch: ch.basic_get("parking"),
    "purge the parking": lambda ch: ch.queue_purge("parking"),
    "delete the parking": lambda ch: ch.queue_delete("parking"),
    "publish to the parking": lambda ch: ch.basic_publish("parking", "", b"x"),
    "answer in another's name by direct reply-to": lambda ch: ch.basic_publish(
        "", "amq.rabbitmq.reply-to.g1h2AA==", b"x"
    ),
    "speak in more than four megabytes": lambda ch: ch.basic_publish(
        SAID, "u01.resync", b"x" * (FOUR_MEGABYTES + 1), as_user("u01")
    ),
}


@pytest.fixture
def channel_of_u01(city_vhost: str) -> Iterator[Any]:
    connection = pika.BlockingConnection(pika.URLParameters(url_of("u01", city_vhost)))
    channel = connection.channel()
    channel.confirm_delivery()
    yield channel
    connection.close()


def url_of(code: str, city_vhost: str, password: str | None = None, vhost: str | None = None) -> str:
    parts = urlsplit(city_vhost)
    path = parts.path if vhost is None else f"/{vhost}"
    return f"amqp://{code}:{password or f'secret-{code}'}@127.0.0.1:{parts.port}{path}"


def log_in(url: str) -> pika.BlockingConnection:
    return pika.BlockingConnection(pika.URLParameters(url))


def code_of(attempt: str) -> int:
    (row,) = [row for row in attempts() if row.attempt == attempt]
    return int(row.expected.split()[-1])


@pytest.mark.infra
@pytest.mark.parametrize("attempt", REFUSED)
def test_the_broker_refuses_a_unit_to(attempt: str, channel_of_u01: Any):
    with pytest.raises(ChannelClosedByBroker) as refusal:
        REFUSED[attempt](channel_of_u01)

    assert refusal.value.reply_code == code_of(attempt)


# --- no login -----------------------------------------------------------------------------------------------


def to_another_virtual_host(broker: Any, city_vhost: str) -> None:
    log_in(url_of("u01", city_vhost, vhost="test"))


def with_a_wrong_password(broker: Any, city_vhost: str) -> None:
    log_in(url_of("u01", city_vhost, password="secret-u02"))


def the_eleventh_time(broker: Any, city_vhost: str) -> None:
    with ExitStack() as open_ones:
        for _ in range(10):
            open_ones.enter_context(closing(log_in(url_of("u03", city_vhost))))
        log_in(url_of("u03", city_vhost))


NO_LOGIN = {
    "log in to another virtual host": to_another_virtual_host,
    "log in with a wrong password": with_a_wrong_password,
    "open an eleventh connection": the_eleventh_time,
}


@pytest.mark.infra
@pytest.mark.parametrize("attempt", NO_LOGIN)
def test_a_unit_cannot(attempt: str, broker: Any, city_vhost: str):
    with pytest.raises(AMQPConnectionError):
        NO_LOGIN[attempt](broker, city_vhost)


@pytest.mark.infra
def test_a_unit_cannot_open_a_fifty_first_channel(city_vhost: str):
    connection = log_in(url_of("u02", city_vhost))
    for _ in range(50):
        connection.channel()

    with pytest.raises((ConnectionClosedByBroker, ChannelClosedByBroker)) as refusal:
        connection.channel()

    assert refusal.value.reply_code == 530


# --- management ---------------------------------------------------------------------------------------------

MANAGEMENT: dict[str, tuple[str, str, Any]] = {
    "look at queues by the management API": ("GET", "queues/{vhost}", None),
    "take messages by the management API": (
        "POST",
        "queues/{vhost}/unit.u02.tasks/get",
        {"count": 1, "ackmode": "ack_requeue_false", "encoding": "auto"},
    ),
    "publish by the management API": (
        "POST",
        "exchanges/{vhost}/units.tasks/publish",
        {"properties": {}, "routing_key": "u02.tasks", "payload": "x", "payload_encoding": "string"},
    ),
    "set a policy by the management API": (
        "PUT",
        "policies/{vhost}/mine",
        {"pattern": "^unit", "definition": {"max-length": 0}, "apply-to": "queues"},
    ),
    "set up a shovel by the management API": (
        "PUT",
        "parameters/shovel/{vhost}/mine",
        {"value": {"src-queue": "unit.u02.tasks", "dest-queue": "unit.u01.tasks"}},
    ),
    "read the definitions by the management API": ("GET", "definitions", None),
    "give itself rights by the management API": (
        "PUT",
        "permissions/{vhost}/u01",
        {"configure": ".*", "write": ".*", "read": ".*"},
    ),
    "change its password by the management API": ("PUT", "users/u01", {"password": "mine", "tags": ""}),
}


@pytest.mark.infra
@pytest.mark.parametrize("attempt", MANAGEMENT)
def test_the_management_api_refuses_a_unit_to(attempt: str, broker: Any, city_vhost: str):
    method, path, body = MANAGEMENT[attempt]
    where = path.format(vhost=urlsplit(city_vhost).path[1:])

    answer = requests.request(
        method,
        f"{broker.server.management_url}/api/{where}",
        json=body,
        auth=("u01", "secret-u01"),
        timeout=30,
    )

    assert answer.status_code == code_of(attempt)


# --- the table ----------------------------------------------------------------------------------------------


def test_every_row_of_the_table_is_tried_and_nothing_is_tried_that_it_does_not_name():
    assert [*REFUSED] == expecting("refused 403", "refused 406")
    assert [*NO_LOGIN, "open a fifty-first channel"] == expecting("no login", "no channel")
    assert [*MANAGEMENT] == expecting("no manager 401")
    assert sorted(LET_THROUGH) == sorted(expecting("harmless"))
    assert all(row.why for row in attempts())
