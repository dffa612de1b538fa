"""dispatch as it runs: its facts process and its relay, the real broker, and a unit on the SDK."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pika
import psycopg2
import pytest
import requests

import handbook
from case_contracts import attachment_tokens, facts, wire
from case_contracts.attachment_tokens import Receipt, Upload
from case_contracts.units import Feedback, RequestAccepted, RequestRefused, Task
from chassis import tokens
from chassis.migrating import migrate
from cli.infrastructure.server import free_ports
from services.dispatch.service import app
from tests.services.dispatch.fakes import CASE, a_filed_case
from unit_sdk import UnitClient

pytestmark = pytest.mark.infra
ROOT = Path(__file__).parents[3]


def eventually(condition: Callable[[], Any], within: float = 40) -> Any:
    deadline = time.monotonic() + within
    while not (result := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)
    return result


@contextmanager
def process(role: str, environment: dict[str, str], log: Path) -> Iterator[str]:
    """A process of dispatch, ready; the address of its metrics."""
    (port,) = free_ports(1)
    with log.open("wb") as output:
        popen = subprocess.Popen(
            [sys.executable, "-m", "chassis.run", role, "services.dispatch.service"],
            env={"PATH": os.environ["PATH"], **environment, "METRICS_PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
    address = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        assert popen.poll() is None, log.read_text()
        try:
            return requests.get(f"{address}/health/ready", timeout=5).ok
        except requests.RequestException:
            return False

    try:
        eventually(ready)
        yield address
    finally:
        popen.terminate()
        popen.wait(30)


def a_case_for(code: str):
    """立案 of a kind and place for which the county's own duty table names the unit."""
    book = handbook.load()
    cell = next(iter(book.grid.cells.values()))
    kind = next(
        standard
        for standard in book.standards.values()
        if book.duty(standard.subcategory, cell.code).primary == code
    )
    now = datetime.now(UTC)
    return a_filed_case(
        handbook_version=handbook.load().version,
        subcategory=kind.subcategory,
        filing_standard=kind.id,
        limit=2,
        limit_unit="emergency_hour",
        unit_grid_code=cell.code,
        filed_at=now,
    )


def publish(uri: str, fact: facts.Fact) -> None:
    """The fact arrives twice, as a broker may deliver it."""
    envelope = facts.seal(fact, id="the-filing", time=datetime.now(UTC), sequence=1)
    properties = pika.BasicProperties(
        message_id=envelope.id, content_type=wire.CONTENT_TYPE, delivery_mode=2, type=envelope.type
    )
    with closing(pika.BlockingConnection(pika.URLParameters(uri))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for _ in range(2):
            channel.basic_publish("intake.events", fact.name, wire.encode(envelope), properties)


def test_a_filed_case_reaches_its_unit_and_the_units_words_reach_the_books(
    database: str, city_vhost: str, tmp_path: Path
):
    keys = tmp_path / "keys"
    tokens.make_keys(keys)
    secret = (keys / "attachments.key").read_text().strip()
    migrate(database, app.migrations_folder())
    environment = {
        "DATABASE_URL": database,
        "AMQP_URI": city_vhost,
        "KEYS_DIR": str(keys),
        "AUTOMATIC_DISPATCH": "1",
    }
    parts = urlsplit(city_vhost)
    client = UnitClient(
        host="127.0.0.1", port=parts.port or 5672, vhost=parts.path[1:], code="u01", password="secret-u01"
    )
    received: list[Any] = []

    def of(kind: type) -> list[Any]:
        return [message for message in received if isinstance(message, kind)]

    with ExitStack() as running:
        running.enter_context(process("relay", environment, tmp_path / "relay.log"))
        metrics = running.enter_context(process("facts", environment, tmp_path / "facts.log"))
        running.callback(client.stop)
        client.receive(received.append)
        publish(city_vhost, a_case_for("u01"))
        (task,) = eventually(lambda: of(Task))

        upload = attachment_tokens.read(Upload, task.upload_token, secret)
        assert upload == Upload(case_number=CASE, round=1, responsible_unit="u01")
        client.sign(task)
        client.say(
            Feedback(
                case_number=CASE,
                round=1,
                dispatch_number=1,
                responsible_unit="u01",
                text="已修复",
                receipts=(),
            )
        )
        (refused,) = eventually(lambda: of(RequestRefused))
        assert (refused.request, refused.field) == ("feedback", "receipts")
        receipt = attachment_tokens.sign(
            Receipt(sha256="cd" * 32, case_number=CASE, responsible_unit="u01"), secret
        )
        said = Feedback(
            case_number=CASE,
            round=1,
            dispatch_number=1,
            responsible_unit="u01",
            text="已修复",
            receipts=(receipt,),
        )
        message_id = client.say(said)
        assert client.say(said, message_id=message_id) == message_id
        eventually(lambda: len(of(RequestAccepted)) == 2)

        with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute("select state from assignments")
            assert cursor.fetchall() == [("fed_back",)]
            cursor.execute("select action from flow_records order by id")
            actions = [action for (action,) in cursor.fetchall()]
        assert actions == ["open", "dispatch", "sign", "feedback"]
        assert len(of(Task)) == 1
        assert 'city_open_work_without_owner{service="dispatch"} 0' in eventually(
            lambda: (
                text
                if "city_open_work" in (text := requests.get(f"{metrics}/metrics", timeout=10).text)
                else ""
            )
        )
