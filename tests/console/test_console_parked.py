"""Parked messages: kept whatever they are, grouped by how they failed, replayed or discarded by a person."""

import json
from typing import Any

import pytest

from case_contracts import wire
from chassis.reading import Delivery
from console.parked import masked_body, own_frame, read
from console.service import on_parked, parked_by_status
from tests.console.console_kit import EIGHT, a_story

pytestmark = pytest.mark.infra

OPERATIONS = {"sub": "ops-1", "roles": ["operations"]}
TRACEBACK = """Traceback (most recent call last):
  File "/srv/qianliyan/chassis/receiving.py", line 12, in receive
    x
  File "/srv/qianliyan/services/intake/stages/filing.py", line 30, in file_case
    x
  File "/usr/lib/python3.11/site-packages/sqlalchemy/engine/base.py", line 9, in execute
    x
KeyError: 'x'
"""


def a_delivery(body: bytes | None = None, **headers: Any) -> Delivery:
    told = {
        "x-error": "KeyError: 'x'",
        "x-traceback": TRACEBACK,
        "x-queue": "intake.facts",
        "x-exchange": "dispatch.events",
        "x-routing-key": "case_dispatched",
        "x-parked-at": "2020-06-15T00:10:00+00:00",
        **headers,
    }
    return Delivery(
        queue="parking",
        body=wire.encode(a_story()[6]) if body is None else body,
        content_type=wire.CONTENT_TYPE,
        exchange="",
        routing_key="parking",
        headers=told,
        properties={"message_id": "message-1"},
    )


def park(database, delivery: Delivery) -> None:
    database.run(lambda tx: on_parked(tx.bound, delivery, at=EIGHT))


def listed(desk, query=""):
    return desk.get(f"/api/console/parked{query}", claims=OPERATIONS).document


def only_id(desk) -> str:
    (message,) = listed(desk)["messages"]
    return message["id"]


def outbox(database) -> list[tuple]:
    with database.transaction() as tx:
        return [
            tuple(one) for one in tx.execute("select exchange, routing_key, message_id, body from outbox")
        ]


def test_a_message_that_comes_twice_is_parked_once(console_database, desk):
    park(console_database, a_delivery())
    park(console_database, a_delivery())

    assert len(listed(desk)["messages"]) == 1


def test_messages_that_failed_in_the_same_way_are_one_group(console_database, desk):
    for serial in range(3):
        park(console_database, a_delivery(**{"x-parked-at": f"2020-06-15T00:1{serial}:00+00:00"}))
    other = {"x-error": "ValueError: other", "x-parked-at": "2020-06-15T00:20:00+00:00"}
    park(console_database, a_delivery(**other))

    groups = {one["reason"]: one for one in listed(desk)["groups"]}

    assert groups["KeyError"]["count"] == 3
    assert groups["KeyError"]["frame"] == "services/intake/stages/filing.py file_case"
    assert groups["ValueError"]["count"] == 1
    fingerprint = groups["KeyError"]["fingerprint"]
    assert len(listed(desk, f"?fingerprint={fingerprint}")["messages"]) == 3


def test_the_frame_of_a_failure_does_not_change_with_its_line():
    assert own_frame(TRACEBACK) == own_frame(TRACEBACK.replace("line 30", "line 31"))


@pytest.mark.parametrize("body", [b"\xff\xfe\x00 no text at all", b"", b"[1, 2", b"null"])
def test_bytes_that_nobody_can_read_are_kept_and_shown(console_database, desk, body):
    park(console_database, a_delivery(body, **{"x-error": "Unreadable: no\x00JSON", "odd": b"\xff"}))

    shown = desk.get(f"/api/console/parked/{only_id(desk)}", claims=OPERATIONS)

    assert shown.status == 200
    assert shown.document["size"] == len(body)
    refused = desk.post(f"/api/console/parked/{only_id(desk)}/replay", claims=OPERATIONS)
    assert refused.status == 409


def test_a_message_that_the_broker_itself_parked_is_kept_too(console_database, desk):
    delivery = Delivery(
        queue="parking",
        body=wire.encode(a_story()[0]),
        content_type=wire.CONTENT_TYPE,
        exchange="parking",
        routing_key="",
        headers={
            "x-first-death-queue": "intake.facts",
            "x-first-death-reason": "delivery_limit",
            "x-first-death-exchange": "hotline.events",
            "x-death": [{"count": 1, "time": EIGHT.replace(tzinfo=None), "queue": "intake.facts"}],
        },
        properties={},
    )

    park(console_database, delivery)

    (message,) = listed(desk)["messages"]
    assert (message["queue"], message["reason"]) == ("intake.facts", "delivery_limit")


def test_a_replayed_message_goes_back_to_its_queue_under_its_old_id(console_database, desk):
    park(console_database, a_delivery())
    parked_id = only_id(desk)

    answer = desk.post(f"/api/console/parked/{parked_id}/replay", claims=OPERATIONS)

    assert answer.document == {"id": parked_id, "status": "replayed"}
    ((exchange, routing_key, message_id, body),) = outbox(console_database)
    envelope = a_story()[6]
    assert (exchange, routing_key, message_id) == ("", "intake.facts", envelope.id)
    assert wire.decode(bytes(body)) == envelope
    assert desk.post(f"/api/console/parked/{parked_id}/replay", claims=OPERATIONS).status == 409
    assert len(outbox(console_database)) == 1
    shown = desk.get(f"/api/console/parked/{parked_id}", claims=OPERATIONS).document
    assert [(one["action"], one["person_id"]) for one in shown["actions"]] == [("replay", "ops-1")]


def test_a_whole_group_is_replayed_at_once(console_database, desk):
    for serial in range(3):
        park(console_database, a_delivery(**{"x-parked-at": f"2020-06-15T00:1{serial}:00+00:00"}))
    (group,) = listed(desk)["groups"]

    answer = desk.post(f"/api/console/parked/groups/{group['fingerprint']}/replay", claims=OPERATIONS)

    assert answer.document["replayed"] == 3
    assert len(outbox(console_database)) == 3
    assert listed(desk)["groups"] == []


def test_a_discarded_message_keeps_its_reason_and_itself(console_database, desk):
    park(console_database, a_delivery())
    parked_id = only_id(desk)

    assert desk.post(f"/api/console/parked/{parked_id}/discard", {}, claims=OPERATIONS).status == 422
    discarded = desk.post(
        f"/api/console/parked/{parked_id}/discard", {"reason": "测试数据"}, claims=OPERATIONS
    )

    assert discarded.status == 200
    shown = desk.get(f"/api/console/parked/{parked_id}", claims=OPERATIONS).document
    assert shown["status"] == "discarded"
    assert shown["actions"][0]["reason"] == "测试数据"
    assert shown["body"]["type"] == "case_dispatched"
    assert outbox(console_database) == []
    assert len(listed(desk, "?status=discarded")["messages"]) == 1


def test_a_units_message_is_not_sent_in_its_name_by_us(console_database, desk):
    park(console_database, a_delivery(**{"x-queue": "dispatch.feedback"}))

    answer = desk.post(f"/api/console/parked/{only_id(desk)}/replay", claims=OPERATIONS)

    assert answer.status == 409
    assert answer.document["type"] == "urn:qianliyan:problem:not-replayable"


def test_a_person_in_a_parked_message_is_masked(console_database, desk):
    body = {
        "data": {"caller_number": "13812345678", "reporter": {"name": "李四"}, "text": "打13812345678找我"}
    }
    park(console_database, a_delivery(json.dumps(body).encode()))

    shown = desk.get(f"/api/console/parked/{only_id(desk)}", claims=OPERATIONS)

    assert "13812345678" not in shown.body.decode()
    assert "李四" not in shown.body.decode()
    assert "138****5678" in shown.document["body"]["data"]["text"]
    assert "138****5678" in masked_body("号码 13812345678 \udcff".encode("utf-8", "surrogateescape"))


def test_case_numbers_are_no_telephone_numbers():
    assert masked_body(b'"4105232020061500001"') == "4105232020061500001"


def test_the_gauge_counts_what_waits_for_a_person(console_database):
    park(console_database, a_delivery())

    with console_database.transaction() as tx:
        assert ("parked_messages", {"status": "open"}, 1.0) in parked_by_status(tx.bound)


def test_only_operations_deal_with_parked_messages(desk):
    supervisor = {"sub": "s", "roles": ["shift_supervisor"]}

    assert desk.get("/api/console/parked", claims=supervisor).status == 403
    assert desk.post("/api/console/parked/x/replay", claims=supervisor).status == 403
    assert desk.post("/api/console/parked/groups/x/replay", claims=supervisor).status == 403


def test_a_message_without_any_story_is_kept_with_what_is_known():
    message = read(b"x", {}, content_type="", message_id="", now=EIGHT)

    assert (message.queue, message.error_type, message.frame) == ("", "unknown", "")
    assert message.parked_at == EIGHT
