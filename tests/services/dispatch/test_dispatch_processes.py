"""dispatch as it runs: its facts process and its relay, the real broker, and a unit on the SDK."""

from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import requests

from case_contracts import attachment_tokens
from case_contracts.attachment_tokens import Receipt, Upload
from case_contracts.units import Feedback, RequestAccepted, RequestRefused, Task
from chassis import tokens
from chassis.migrating import migrate
from services.dispatch.service import app
from tests.service_process import eventually, process
from tests.services.dispatch.fakes import CASE
from tests.services.dispatch.filing_kit import a_case_for, publish
from unit_sdk import UnitClient

pytestmark = pytest.mark.infra
SERVICE = "services.dispatch.service"
ROOT = Path(__file__).parents[3]


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
        running.enter_context(process("relay", SERVICE, environment, tmp_path / "relay.log"))
        metrics = running.enter_context(process("facts", SERVICE, environment, tmp_path / "facts.log"))
        running.callback(client.stop)
        client.receive(received.append)
        publish(city_vhost, a_case_for("u01"), id="the-filing", times=2)
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
