"""Connections to the real broker take from their sockets what has come, and lose nothing of it."""

import socket
import threading

import amqp
import pytest

from chassis import broker
from chassis.consuming import Consuming

pytestmark = pytest.mark.infra

MANY = 100
LONG = b"x" * (10 * broker.AT_ONCE + 1)
EXPECTED = [b"apple %d" % number for number in range(MANY)] + [LONG]


@pytest.fixture
def asked(monkeypatch):
    """How often a socket was asked for what has come, by thread."""
    times: list[int] = []
    recv = socket.socket.recv

    def counted(self, *arguments):
        times.append(threading.get_ident())
        return recv(self, *arguments)

    monkeypatch.setattr(socket.socket, "recv", counted, raising=False)
    return times


@pytest.fixture
def queue(vhost):
    """A queue with many messages and a long one at the end."""
    connection = broker.connect(vhost, "test")
    channel = connection.channel()
    channel.queue_declare("basket", durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
    for body in EXPECTED:
        channel.basic_publish(amqp.Message(body), "", "basket")
    connection.close()
    return "basket"


def body_of(message) -> bytes:
    return message.body if isinstance(message.body, bytes) else bytes(message.body)


def test_a_plain_connection_reads_many_messages_at_once(vhost, queue, asked):
    connection = broker.connect(vhost, "test")
    channel = connection.channel()
    came: list[bytes] = []
    channel.basic_qos(0, MANY * 2, False)
    asked.clear()
    channel.basic_consume(queue, no_ack=True, callback=lambda message: came.append(body_of(message)))
    while len(came) < len(EXPECTED):
        connection.drain_events(timeout=broker.TIMEOUT)
    connection.close()

    assert came == EXPECTED
    assert len(asked) < MANY


def test_a_reader_reads_many_messages_at_once(vhost, queue, asked):
    came: list[bytes] = []
    own: list[int] = []

    def take(message):
        came.append(body_of(message))
        message.ack()
        if len(came) == len(EXPECTED):
            own.append(asked.count(threading.get_ident()))
            consuming.request_stop()

    consuming = Consuming(
        vhost,
        queue,
        prefetch=MANY * 2,
        take=take,
        is_idle=lambda: len(came) == len(EXPECTED),
        connected=lambda reached: None,
    )
    consuming.run_to_the_end()

    assert came == EXPECTED
    assert own[0] < MANY


def test_a_reader_over_tls_keeps_its_tls():
    consuming = Consuming(
        "amqps://somebody@127.0.0.1/city",
        "basket",
        prefetch=1,
        take=lambda message: None,
        is_idle=lambda: True,
        connected=lambda reached: None,
    )

    assert consuming.connection.clone().transport.client.ssl
