"""The broker restarts or freezes: relay and reader come back by themselves, and lose or repeat nothing."""

import os
import secrets
import signal
import subprocess
import sys
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pika
import pytest
import requests
from message_kit import NOON, AppleFell, effects, eventually, opened

from cli.infrastructure.rabbitmq import RabbitMQ
from cli.infrastructure.server import free_ports

pytestmark = pytest.mark.infra

HERE = Path(__file__).parent
DEFINITIONS = {
    "users": [{"name": "tester", "password": secrets.token_hex(8), "tags": []}],
    "vhosts": [{"name": "test"}],
    "permissions": [
        {"user": "tester", "vhost": "test", "configure": ".*", "write": ".*", "read": ".*"},
    ],
}


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory):
    server = RabbitMQ(tmp_path_factory.mktemp("own") / "rabbitmq", *free_ports(5))
    server.folder.parent.chmod(0o755)
    server.start(DEFINITIONS)
    yield server
    server.stop()


@pytest.fixture
def uri(own_broker):
    uri = own_broker.amqp_uri("tester", DEFINITIONS["users"][0]["password"], "test")
    with closing(pika.BlockingConnection(pika.URLParameters(uri))) as connection:
        channel = connection.channel()
        channel.exchange_declare("orchard.events", "topic", durable=True)
        channel.queue_declare("basket", durable=True, arguments={"x-queue-type": "quorum"})
        channel.queue_bind("basket", "orchard.events", "#")
    return uri


@pytest.fixture
def orchard(database):
    orchard = opened(database)
    yield orchard
    orchard.close()


@contextmanager
def running(*command: str, **environment: str):
    everything = {**os.environ, "PYTHONPATH": f"{HERE.parent.parent}:{HERE}", **environment}
    process = subprocess.Popen([sys.executable, "-W", "ignore", *command], env=everything)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


@contextmanager
def relay_and_reader(url: str, uri: str):
    with ExitStack() as stack:
        (port,) = free_ports(1)
        told = {"DATABASE_URL": url, "AMQP_URI": uri, "METRICS_PORT": str(port)}
        stack.enter_context(running("-m", "chassis.run", "relay", "services.orchard.service", **told))
        reading = ("reading_process.py", url, uri, "basket")
        stack.enter_context(running(str(HERE / reading[0]), *reading[1:], SURVIVES="none"))
        yield port


def announce(orchard, *apples: int) -> None:
    with orchard.transaction() as tx:
        for apple in apples:
            tx.announce(AppleFell(tree="good", apple=apple), at=NOON)


def eaten_once(orchard, count: int) -> bool:
    # What the reader announces itself comes back to it as well.
    good = [what for what in effects(orchard) if what.startswith("good")]
    assert len(set(good)) == len(good)
    return len(good) == count


def test_after_a_restart_of_the_broker_everything_goes_on(own_broker, uri, database, orchard):
    with relay_and_reader(database, uri):
        announce(orchard, 1)
        eventually(lambda: eaten_once(orchard, 1))

        own_broker.stop()
        announce(orchard, 2, 3)
        own_broker.start(DEFINITIONS)

        eventually(lambda: eaten_once(orchard, 3), within=60)


def test_a_frozen_broker_is_given_up_and_taken_up_again(own_broker, uri, database, orchard):
    beam = int((own_broker.folder / "pid").read_text())
    with relay_and_reader(database, uri) as port:
        announce(orchard, 1)
        eventually(lambda: eaten_once(orchard, 1))

        os.kill(beam, signal.SIGSTOP)
        try:
            announce(orchard, 2)
            eventually(lambda: _broker_is_given_up(port), within=60)
        finally:
            os.kill(beam, signal.SIGCONT)

        eventually(lambda: eaten_once(orchard, 2), within=60)


def _broker_is_given_up(port: int) -> bool:
    """Whether the relay, still answering, says so itself."""
    answer = requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=30)
    return answer.status_code == 503 and answer.json()["broker"] == "away"
