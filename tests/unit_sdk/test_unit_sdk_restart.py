"""A restart of the broker, as a unit's software lives through it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from case_contracts.readers import READERS
from cli import topology
from cli.infrastructure.rabbitmq import RabbitMQ
from cli.infrastructure.server import free_ports
from tests.unit_sdk.sdk_kit import Centre, a_task, eventually
from unit_sdk import Task, UnitClient

pytestmark = pytest.mark.infra

DEFINITIONS = topology.merged(
    topology.definitions(["u01"], READERS),
    topology.own_accounts(dict.fromkeys(("services", "monitoring", "administrator"), "secret")),
    topology.unit_account("u01", "secret-u01"),
)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[RabbitMQ]:
    """A broker of the test's own, since others would miss theirs."""
    node = RabbitMQ(tmp_path / "rabbitmq", *free_ports(5))
    node.start(DEFINITIONS)
    yield node
    node.stop(at_once=True)


@pytest.mark.parametrize("at_once", [False, True], ids=["in order", "killed"])
def test_a_unit_goes_on_by_itself_after_the_broker_was_restarted(node: RabbitMQ, at_once: bool):
    centre = Centre(node.amqp_uri("services", "secret", "city"))
    received: list[Task] = []
    client = UnitClient(node.amqp_uri("u01", "secret-u01", "city"), "u01")
    client.on(Task)(received.append)
    client.start()
    centre.tell(a_task(1))
    first = client.sign(a_task(1))
    eventually(lambda: len(received) == 1)

    node.stop(at_once=at_once)
    eventually(lambda: not client._link.connected.is_set())
    node.start(DEFINITIONS)

    second = client.sign(a_task(2))
    centre.tell(a_task(2))
    eventually(lambda: len(received) == 2, within=60)
    heard = {envelope.id for _, _, envelope in centre.heard(centre.depth("dispatch.feedback"))}
    client.stop()
    assert heard == {first, second}
    assert [task.case_number[-1] for task in received] == ["1", "2"]
