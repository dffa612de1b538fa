"""The broker's topology on a real broker: what is there, and where messages go (rights: tests/units)."""

import time

import pika
import pytest
from pika.exceptions import UnroutableError

from case_contracts.readers import READERS
from cli import topology

pytestmark = pytest.mark.infra

UNITS = ("u01", "u02")
PERSISTENT = pika.BasicProperties(delivery_mode=2)


@pytest.fixture(scope="module")
def city(broker):
    name = "topology"
    accounts = [topology.unit_account(code, f"secret-{code}", vhost=name) for code in UNITS]
    broker.create_vhost(name)
    broker.ask(
        "POST", "definitions", topology.merged(topology.definitions(UNITS, READERS, vhost=name), *accounts)
    )
    yield name
    broker.delete_vhost(name)
    for code in UNITS:
        broker.ask("DELETE", f"users/{code}")


@pytest.fixture
def channel(broker, city):
    connection = pika.BlockingConnection(pika.URLParameters(broker.uri(city)))
    channel = connection.channel()
    channel.confirm_delivery()
    yield channel
    connection.close()


def test_every_queue_is_a_durable_quorum_queue(broker, city):
    queues = broker.ask("GET", f"queues/{city}")

    expected = 6 * 5 + 2 * len(UNITS) + 1
    assert len(queues) == expected
    assert all(queue["durable"] and queue["arguments"]["x-queue-type"] == "quorum" for queue in queues)


def test_what_can_change_is_set_by_policy(broker, city):
    policies = _policies_shown(broker, city)

    assert {name for name, policy in policies.items() if policy == "facts"} == {
        *(f"{service}.facts" for service in topology.SERVICES),
        "dispatch.feedback",
    }
    assert policies["unit.u01.urgent"] == "units"
    assert policies["parking"] is None


def test_a_fact_reaches_its_readers_the_ledger_and_the_read_model(channel, broker, city):
    channel.basic_publish("intake.events", "case_filed", b"filed", PERSISTENT, mandatory=True)

    for service, wanted in {"dispatch": 1, "assessment": 1, "console": 1, "intake": 0, "hotline": 0}.items():
        assert len(_drained(channel, f"{service}.facts", wanted)) == wanted, service


def test_a_task_for_an_unknown_unit_is_returned(channel):
    with pytest.raises(UnroutableError):
        channel.basic_publish("units.tasks", "u99.tasks", b"task", PERSISTENT, mandatory=True)


def test_a_task_reaches_the_queue_of_its_unit_only(channel, broker, city):
    channel.basic_publish("units.tasks", "u01.urgent", b"task", PERSISTENT, mandatory=True)

    assert _drained(channel, "unit.u01.urgent", 1) == [b"task"]
    for other in ("unit.u01.tasks", "unit.u02.tasks", "unit.u02.urgent"):
        assert broker.count(city, other) == 0


def test_a_rejected_message_is_parked(channel):
    channel.basic_publish("", "hotline.facts", b"poison", PERSISTENT, mandatory=True)
    delivery = next(channel.consume("hotline.facts"))[0]
    channel.basic_reject(delivery.delivery_tag, requeue=False)
    channel.cancel()

    assert _drained(channel, "parking", 1) == [b"poison"]


@pytest.mark.timed
def test_a_delayed_message_comes_back_to_its_queue(channel):
    channel.basic_publish("", "hotline.facts.retry.5", b"later", PERSISTENT, mandatory=True)

    assert _drained(channel, "hotline.facts", 1, within=10) == [b"later"]


def test_a_message_that_nobody_can_finish_is_parked_after_the_limit(channel):
    channel.basic_publish("", "hotline.facts", b"deadly", PERSISTENT, mandatory=True)

    read = channel.consume("hotline.facts", inactivity_timeout=60)
    for returned, (delivery, properties, _) in zip(range(21), read, strict=False):
        assert delivery is not None, f"came {returned} times"
        assert (properties.headers or {}).get("x-delivery-count", 0) == returned
        channel.basic_nack(delivery.delivery_tag, requeue=True)
    channel.cancel()

    assert _drained(channel, "parking", 1) == [b"deadly"]


def test_the_own_accounts_log_in_with_their_passwords_and_guest_does_not(broker, city):
    passwords = {name: f"pw-{name}" for name in ("services", "monitoring", "administrator")}
    broker.ask("POST", "definitions", topology.own_accounts(passwords, vhost=city))

    for name, password in passwords.items():
        pika.BlockingConnection(pika.URLParameters(broker.uri(city, name, password))).close()
        broker.ask("DELETE", f"users/{name}")
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        pika.BlockingConnection(pika.URLParameters(broker.uri(city, "guest", "guest")))


def _policies_shown(broker, city, within=60):
    """Each queue's effective policy, as soon as the management door has learnt it."""
    deadline = time.monotonic() + within
    while True:
        queues = broker.ask("GET", f"queues/{city}")
        if all("policy" in queue for queue in queues):
            return {queue["name"]: queue["policy"] for queue in queues}
        assert time.monotonic() < deadline


def _drained(channel, queue, count, within=30):
    bodies = []
    for delivery, _, body in channel.consume(queue, inactivity_timeout=within if count else 0.2):
        if delivery is None:
            break
        bodies.append(body)
        channel.basic_ack(delivery.delivery_tag)
        if len(bodies) == count:
            break
    channel.cancel()
    return bodies
