"""Parked messages: kept whatever they are, grouped by how they failed, replayed or discarded by a person."""

import json
from dataclasses import replace
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


def a_units_message(
    *, user_id: str, exchange: str = "units.feedback", routing_key: str = "u04.sign.1", **headers: Any
) -> Delivery:
    """A unit's message on its way to the parking, as chassis.entrypoints makes it a delivery."""
    told = a_delivery(**{"x-queue": "dispatch.feedback", "x-exchange": exchange, **headers})
    return replace(told, exchange=exchange, routing_key=routing_key, user_id=user_id)


def headers_of_the_outbox(database) -> Any:
    with database.transaction() as tx:
        return tx.execute("select headers from outbox").scalar()


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
            "x-death": [
                {
                    "count": 1,
                    "exchange": "hotline.events",
                    "queue": "intake.facts",
                    "reason": "delivery_limit",
                    "routing-keys": ["problem_phoned_in"],
                    "time": EIGHT.replace(tzinfo=None),
                },
                {"count": 1, "queue": "intake.facts.retry.5", "reason": "expired"},
            ],
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


def test_a_units_message_is_replayed_under_the_name_that_the_broker_vouched_for(console_database, desk):
    park(console_database, a_units_message(user_id="u04"))

    answer = desk.post(f"/api/console/parked/{only_id(desk)}/replay", claims=OPERATIONS)

    assert answer.status == 200
    ((exchange, routing_key, *_),) = outbox(console_database)
    assert (exchange, routing_key) == ("", "dispatch.feedback")
    assert headers_of_the_outbox(console_database) == {
        "x-exchange": "units.feedback",
        "x-routing-key": "u04.sign.1",
        "x-user-id": "u04",
    }


def test_a_message_from_a_unit_that_nobody_vouched_for_is_not_replayed(console_database, desk):
    park(console_database, a_units_message(user_id="", **{"x-user-id": "u04"}))

    answer = desk.post(f"/api/console/parked/{only_id(desk)}/replay", claims=OPERATIONS)

    assert answer.status == 409
    assert answer.document["type"] == "urn:qianliyan:problem:not-replayable"
    assert outbox(console_database) == []


def test_what_the_broker_gave_up_is_not_believed_about_itself(console_database, desk):
    """A unit wrote our own headers itself: only the broker's latest entry and its user-id count."""
    forged = {
        "x-queue": "intake.facts",
        "x-first-death-queue": "intake.facts",
        "x-user-id": "u04",
        "x-exchange": "dispatch.events",
        "x-parked-at": "1999-01-01T00:00:00+00:00",
        "x-death": [
            {
                "count": 1,
                "exchange": "units.feedback",
                "queue": "dispatch.feedback",
                "reason": "delivery_limit",
                "routing-keys": ["u02.sign.1"],
                "time": EIGHT.replace(tzinfo=None),
            },
        ],
    }
    message = a_units_message(user_id="u02", exchange="parking", routing_key="u02.sign.1", **forged)

    park(console_database, message)
    desk.post(f"/api/console/parked/{only_id(desk)}/replay", claims=OPERATIONS)

    ((_, queue, *_),) = outbox(console_database)
    told = headers_of_the_outbox(console_database)
    assert (queue, told["x-user-id"], told["x-exchange"]) == ("dispatch.feedback", "u02", "units.feedback")
    shown = desk.get("/api/console/parked?status=replayed", claims=OPERATIONS).document
    assert shown["messages"][0]["parked_at"].startswith("2020-06-15")


@pytest.mark.parametrize("field", ["id", "type", "source", "subject"])
@pytest.mark.parametrize("text", ["案" * 200, "half a pair \ud800"], ids=["too long", "half a pair"])
def test_what_no_property_can_hold_is_refused_and_blocks_no_relay(console_database, desk, field, text):
    body = json.loads(wire.encode(a_story()[6])) | {field: text}
    park(console_database, a_delivery(json.dumps(body).encode()))

    answer = desk.post(f"/api/console/parked/{only_id(desk)}/replay", claims=OPERATIONS)

    assert answer.status == 409
    assert outbox(console_database) == []


def test_a_name_that_is_no_text_is_kept_all_the_same(console_database, desk):
    message = a_units_message(user_id="u04", routing_key="u04.\ud800\x00", odd="\ud800")

    park(console_database, message)

    assert desk.get(f"/api/console/parked/{only_id(desk)}", claims=OPERATIONS).status == 200


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
    message = read(
        Delivery(queue="parking", body=b"x", content_type="", exchange="", routing_key="parking"), now=EIGHT
    )

    assert (message.queue, message.error_type, message.frame) == ("", "unknown", "")
    assert message.parked_at == EIGHT
