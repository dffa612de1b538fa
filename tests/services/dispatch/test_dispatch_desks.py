"""The desks of dispatch over their doors: requests, decisions, pressing, difficult cases, outages."""

from datetime import timedelta
from pathlib import Path

import pytest

from chassis.doors import doors_of
from services.dispatch.service import app
from tests.services.dispatch.dispatch_kit import Dispatch
from tests.services.dispatch.fakes import (
    CASE,
    a_closed_case,
    a_filed_case,
    a_raised_urgency,
    a_receipt,
    a_reopened_case,
    at,
)
from tests.services.hotline.hotline_kit import Desk

pytestmark = pytest.mark.infra
DISPATCHER = {"sub": "dispatcher-1", "roles": ["dispatcher"]}
SUPERVISOR = {"sub": "supervisor-1", "roles": ["shift_supervisor"]}
LEADER = {"sub": "leader-1", "roles": ["leader"]}
OPERATIONS = {"sub": "operations-1", "roles": ["operations"]}
WORKER = {"sub": "worker-1", "roles": ["responsible_unit"], "unit": "u04"}
STRANGER = {"sub": "worker-2", "roles": ["responsible_unit"], "unit": "u02"}
COLLECTOR = {"sub": "collector-1", "roles": ["collector"]}
LISTS = "/api/dispatch"
ONE = f"{LISTS}/assignments/{CASE}"
WORDS = {"reason": "理由"}


@pytest.fixture
def desk(dispatch: Dispatch, tmp_path: Path) -> Desk:
    """The doors, with a filed case."""
    dispatch.read(a_filed_case())
    desk = Desk(app, dispatch.database, tmp_path)
    desk.now = at("06-15 08:37")
    return desk


@pytest.fixture
def handled(desk: Desk) -> Desk:
    """The case is being handled by u04."""
    desk.post(f"{ONE}/dispatch", {"responsible_unit": "u04"}, DISPATCHER)
    desk.post(f"{ONE}/sign", {}, WORKER)
    return desk


def done(answered) -> dict:
    assert answered.status == 200, answered.document
    return answered.document


def test_extensions_are_asked_for_and_decided_over_the_desks(handled: Desk):
    assert done(handled.post(f"{ONE}/ask-extension", WORDS, WORKER))["sequence"] == 3
    asked = done(handled.get(f"{LISTS}/assignments", DISPATCHER, extension_asked=1))["assignments"]
    assert asked[0]["extension_request"]["reason"] == "理由"
    done(handled.post(f"{ONE}/refuse-extension", WORDS, DISPATCHER))
    done(handled.post(f"{ONE}/ask-extension", {**WORDS, "round": 1, "dispatch_number": 1}, WORKER))
    done(handled.post(f"{ONE}/grant-extension", {}, DISPATCHER))
    done(handled.post(f"{ONE}/ask-extension", WORDS, WORKER))
    assert handled.post(f"{ONE}/grant-extension", {}, DISPATCHER).status == 403
    done(handled.post(f"{ONE}/grant-extension", {}, SUPERVISOR))

    seen = done(handled.get(ONE, DISPATCHER))
    assert (seen["extensions_granted"], seen["due_at"]) == (2, "2020-07-07T00:37:00+00:00")
    refused = handled.post(f"{ONE}/ask-extension", WORDS, WORKER)
    assert (refused.status, refused.document["type"]) == (409, "urn:qianliyan:problem:request-not-allowed")
    assert "已延期 2 次" in refused.document["detail"]


def test_a_suspension_goes_over_the_desks_and_into_its_list(handled: Desk):
    until = "2020-09-01T08:00:00+08:00"
    done(handled.post(f"{ONE}/ask-suspension", {**WORDS, "until_at": until}, WORKER))
    done(handled.post(f"{ONE}/refuse-suspension", WORDS, SUPERVISOR))
    asked = {**WORDS, "until_at": until, "receipts": [a_receipt("cd" * 32)]}
    too_many = {**asked, "receipts": [a_receipt()] * 21}
    refused = handled.post(f"{ONE}/ask-suspension", too_many, WORKER)
    assert (refused.status, refused.document["errors"][0]["field"]) == (422, "receipts")
    done(handled.post(f"{ONE}/ask-suspension", asked, WORKER))
    assert handled.post(f"{ONE}/grant-suspension", {}, DISPATCHER).status == 403
    listed = done(handled.get(f"{LISTS}/assignments", SUPERVISOR, suspension_asked="true"))["assignments"]
    assert listed[0]["suspension_request"]["until_at"] == "2020-09-01T00:00:00+00:00"
    assert listed[0]["suspension_request"]["photos"] == ["cd" * 32]
    done(handled.post(f"{ONE}/grant-suspension", {}, SUPERVISOR))

    (suspended,) = done(handled.get(f"{LISTS}/suspended", SUPERVISOR))["assignments"]
    assert (suspended["state"], suspended["state_text"]) == ("suspended", "挂账")
    assert suspended["suspension_photos"] == ["cd" * 32]
    assert done(handled.get(f"{LISTS}/suspended", STRANGER))["assignments"] == []
    done(handled.post(f"{ONE}/resume", {}, WORKER))
    assert done(handled.get(ONE, WORKER))["state"] == "handling"


def test_supervision_goes_over_the_desks_from_order_to_reply(handled: Desk):
    done(handled.post(f"{ONE}/urge", {"words": "请尽快处置"}, LEADER))
    ordered = handled.post(f"{ONE}/supervision-orders", {"words": "请说明进展"}, LEADER, key="k")
    again = handled.post(f"{ONE}/supervision-orders", {"words": "请说明进展"}, LEADER, key="k")
    assert done(ordered) == done(again)

    (order,) = done(handled.get(f"{LISTS}/supervision-orders", WORKER, state="open"))["orders"]
    assert (order["order_number"], order["kind"], order["kind_text"]) == (f"{CASE}-S1", "leader", "领导督办")
    assert order["overdue"] is False
    reply = f"{LISTS}/supervision-orders/{order['order_number']}/reply"
    assert handled.post(reply, {"text": "已安排"}, STRANGER).status == 404
    assert handled.post(reply, {"text": " "}, WORKER).status == 422
    done(handled.post(reply, {"text": "已安排抢修"}, WORKER))
    assert handled.post(reply, {"text": "再说一次"}, WORKER).status == 409
    (replied,) = done(handled.get(f"{LISTS}/supervision-orders", DISPATCHER, case_number=CASE))["orders"]
    assert (replied["state"], replied["in_time"], replied["reply_text"]) == ("replied", True, "已安排抢修")
    assert handled.get(f"{LISTS}/supervision-orders", COLLECTOR).status == 403


def test_what_awaits_a_decision_of_coordination_is_found_among_what_awaits_dispatch(desk: Desk):
    path = f"{LISTS}/assignments"
    for unit in ("u04", "u02"):
        done(desk.post(f"{ONE}/dispatch", {"responsible_unit": unit}, DISPATCHER))
        assert done(desk.get(path, DISPATCHER, difficult="true"))["assignments"] == []
        done(desk.post(f"{ONE}/send-back", WORDS, {**WORKER, "unit": unit}))
        done(desk.post(f"{ONE}/accept-return", {}, DISPATCHER))

    found = done(desk.get(path, DISPATCHER, difficult="true", state="awaiting_dispatch"))["assignments"]

    assert [(one["case_number"], one["in_coordination"]) for one in found] == [(CASE, True)]


def test_a_difficult_case_is_decided_and_its_rule_listed_and_removed(desk: Desk):
    for unit, worker in (("u04", WORKER), ("u02", STRANGER)):
        done(desk.post(f"{ONE}/dispatch", {"responsible_unit": unit}, DISPATCHER))
        done(desk.post(f"{ONE}/send-back", WORDS, worker))
        done(desk.post(f"{ONE}/accept-return", {}, DISPATCHER))
    refused = desk.post(f"{ONE}/dispatch", {"responsible_unit": "u01"}, DISPATCHER)
    assert (refused.status, refused.document["type"]) == (409, "urn:qianliyan:problem:request-not-allowed")
    (listed,) = done(desk.get(f"{LISTS}/difficult", DISPATCHER))["assignments"]
    assert listed["in_coordination"]
    assert listed["returned_by"] == ["u04", "u02"]

    decision = {"responsible_unit": "u01", "decision": "纪要：由u01负责", "becomes_rule": True}
    done(desk.post(f"{ONE}/decide-responsibility", decision, DISPATCHER))

    (rule,) = done(desk.get(f"{LISTS}/duty-rules", DISPATCHER))["rules"]
    assert (rule["subcategory"], rule["area"], rule["responsible_unit"]) == ("I0101", "z01", "u01")
    assert desk.delete(f"{LISTS}/duty-rules/I0101/z01", SUPERVISOR).status == 403
    assert done(desk.delete(f"{LISTS}/duty-rules/I0101/z01", DISPATCHER))["removed_by"] == "dispatcher-1"
    assert desk.delete(f"{LISTS}/duty-rules/I0101/z01", DISPATCHER).status == 404
    assert done(desk.get(f"{LISTS}/duty-rules", DISPATCHER))["rules"] == []


def test_a_case_goes_back_to_intake_over_the_desk_and_comes_again(desk: Desk, dispatch: Dispatch):
    done(desk.post(f"{ONE}/return-to-intake", WORDS, DISPATCHER))
    assert done(desk.get(ONE, DISPATCHER))["owner"] == "intake"
    dispatch.read(a_filed_case(round=2, subcategory="C0101"))

    assert done(desk.get(ONE, DISPATCHER))["subcategory"] == "C0101"


def test_an_outage_is_credited_once_over_the_desk_and_logged(handled: Desk):
    handled.now = at("06-16 18:00")
    stretch = {"outage_from": "2020-06-16T10:00:00+08:00", "outage_until": "2020-06-16T11:00:00+08:00"}
    outages = f"{LISTS}/outage-credits"
    assert handled.post(outages, {**stretch, **WORDS}, DISPATCHER, key="k").status == 403
    credited = done(handled.post(outages, {**stretch, **WORDS}, OPERATIONS, key="k"))
    assert done(handled.post(outages, {**stretch, **WORDS}, OPERATIONS, key="k")) == credited

    assert (credited["credited"], credited["credited_by"]) == (1, "operations-1")
    assert done(handled.get(ONE, DISPATCHER))["due_at"] == "2020-06-22T01:37:00+00:00"
    assert done(handled.get(outages, OPERATIONS))["outages"] == [credited]
    turned = {"outage_from": stretch["outage_until"], "outage_until": stretch["outage_from"]}
    refused = handled.post(outages, {**turned, **WORDS}, OPERATIONS, key="k2")
    assert refused.document["errors"] == [{"field": "outage_until", "rule": "应晚于故障开始时间"}]


def test_a_row_shows_light_share_and_suggestion(desk: Desk):
    desk.now = at("06-15 08:50")  # filed at 08:37 as this dispatch received it
    (row,) = done(desk.get(f"{LISTS}/assignments", DISPATCHER, state="awaiting_dispatch"))["assignments"]

    assert (row["light"], row["used_share"], row["urgency_text"]) == ("yellow", 0.8667, "一般")
    assert row["suggestion"]["responsible_unit"]
    assert row["suggestion"]["reason"]


def test_a_dispatcher_who_is_slow_is_seen_by_the_shift_supervisor(desk: Desk, dispatch: Dispatch):
    dispatch.wake(at("06-15 08:52"))

    (row,) = done(desk.get(f"{LISTS}/assignments", SUPERVISOR, escalated_to="shift_supervisor"))[
        "assignments"
    ]
    assert row["escalated_to"] == "shift_supervisor"
    assert dispatch.published == ["assignment_escalated"]


def test_a_request_that_nobody_decides_stands_in_the_called_posts_list_until_it_is_decided(
    handled: Desk, dispatch: Dispatch
):
    done(handled.post(f"{ONE}/ask-extension", WORDS, WORKER))
    dispatch.wake(dispatch.now + timedelta(hours=4))
    called = {"escalated_to": "shift_supervisor"}

    (row,) = done(handled.get(f"{LISTS}/assignments", SUPERVISOR, **called))["assignments"]
    assert (row["escalated_to"], row["state"]) == ("shift_supervisor", "handling")
    assert dispatch.published[-1] == "assignment_escalated"
    done(handled.post(f"{ONE}/grant-extension", {}, DISPATCHER))

    assert done(handled.get(f"{LISTS}/assignments", SUPERVISOR, **called))["assignments"] == []
    assert done(handled.get(ONE, WORKER))["escalated_to"] is None


def test_a_raised_urgency_and_a_reopening_reach_the_desk(handled: Desk, dispatch: Dispatch):
    assert dispatch.read(a_raised_urgency(), id="raised") == "ok"
    assert dispatch.read(a_raised_urgency(), id="raised") == "duplicate"
    done(handled.post(f"{ONE}/feedback", {"text": "已修复", "receipts": [a_receipt()]}, WORKER))
    dispatch.read(a_closed_case())
    assert dispatch.read(a_reopened_case(), id="reopened") == "ok"
    assert dispatch.read(a_reopened_case(), id="reopened") == "duplicate"

    seen = done(handled.get(ONE, WORKER))
    assert (seen["state"], seen["round"], seen["urgency"]) == ("handling", 2, "urgent")
    assert dispatch.published[-1] == "rework_ordered"


@pytest.mark.parametrize(
    ("path", "body", "by", "status", "field"),
    [
        ("ask-extension", {}, WORKER, 422, "reason"),
        ("ask-extension", WORDS, DISPATCHER, 403, None),
        ("ask-suspension", {**WORDS, "until_at": "2020-09-01T08:00:00"}, WORKER, 422, "until_at"),
        ("ask-suspension", {**WORDS, "until_at": "2020-01-01T08:00:00+08:00"}, WORKER, 422, "until_at"),
        ("ask-suspension", {**WORDS, "until_at": "2022-01-01T08:00:00+08:00"}, WORKER, 422, "until_at"),
        ("ask-suspension", {**WORDS, "until_at": "0001-01-01T00:00:00+14:00"}, WORKER, 422, "until_at"),
        ("resume", {}, WORKER, 409, None),
        ("grant-extension", {}, DISPATCHER, 409, None),
        ("grant-suspension", {}, SUPERVISOR, 409, None),
        ("return-to-intake", WORDS, SUPERVISOR, 403, None),
        ("return-to-intake", {}, DISPATCHER, 422, "reason"),
        ("decide-responsibility", {"responsible_unit": "u01"}, DISPATCHER, 422, "decision"),
        ("decide-responsibility", {"decision": "x", "responsible_unit": "u01"}, SUPERVISOR, 403, None),
        ("urge", {"words": ""}, SUPERVISOR, 422, "words"),
        ("urge", {"words": "快"}, WORKER, 403, None),
        ("supervision-orders", {"words": "快", "kind": "overdue"}, SUPERVISOR, 422, "kind"),
        ("supervision-orders", {"words": "快", "kind": "angry"}, SUPERVISOR, 422, "kind"),
    ],
)
def test_what_is_not_allowed_is_a_problem_that_names_field_and_rule(handled, path, body, by, status, field):
    answered = handled.post(f"{ONE}/{path}", body, by, key="k")

    assert answered.status == status
    if field is not None:
        assert [error["field"] for error in answered.document["errors"]] == [field]
        assert all(error["rule"] for error in answered.document["errors"])


def test_every_writing_door_says_what_it_takes_and_gives():
    writing = [one for kind in app.door_classes() for one in doors_of(kind) if one.writes]

    assert len(writing) >= 19
    assert all(one.answer is not None for one in writing)
    assert all(one.body is not None for one in writing if one.method != "DELETE")
    assert all(one.summary and one.summary_en for one in writing)
