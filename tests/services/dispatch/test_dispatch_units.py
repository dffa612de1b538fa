"""Messages of the units' own systems: believed as far as the broker vouches, and always answered."""

import pytest

from case_contracts import units
from chassis.receiving import Outcome
from services.dispatch.domain.states import AssignmentState
from tests.services.dispatch.dispatch_kit import Dispatch
from tests.services.dispatch.fakes import (
    CASE,
    SUPERVISOR,
    a_failed_verification,
    a_receipt,
    a_voided_case,
    at,
)

pytestmark = pytest.mark.infra
S = AssignmentState


def about(kind: type, unit: str = "u04", round: int = 1, dispatch_number: int = 1, **more):
    return kind(case_number=CASE, round=round, dispatch_number=dispatch_number, responsible_unit=unit, **more)


def a_sign(**changes):
    return about(units.Sign, **changes)


def a_send_back(**changes):
    return about(units.SendBack, **{"reason": "不属于本单位", **changes})


def a_feedback(**changes):
    return about(units.Feedback, **{"text": "已修复", "receipts": (a_receipt(),), **changes})


@pytest.fixture
def tasked(dispatch: Dispatch) -> Dispatch:
    """A case is with u04."""
    dispatch.file_and_dispatch()
    return dispatch


def test_a_unit_signs_and_feeds_back_and_each_message_is_accepted(tasked: Dispatch):
    assert tasked.say(a_sign(), id="m-1").outcome == Outcome.OK
    assert tasked.say(a_feedback(), id="m-2").outcome == Outcome.OK

    assert tasked.assignment.state is S.FED_BACK
    assert tasked.published == ["case_dispatched", "handling_started", "feedback_submitted"]
    assert tasked.told[1:] == [
        units.RequestAccepted(request_id="m-1", request="sign", case_number=CASE),
        units.RequestAccepted(request_id="m-2", request="feedback", case_number=CASE),
    ]
    assert {key for key, _ in tasked.outbox("units.tasks")} == {"u04.tasks"}


def test_a_unit_sends_back(tasked: Dispatch):
    tasked.say(a_send_back())

    assert tasked.assignment.state is S.RETURN_UNDER_REVIEW
    assert tasked.assignment.send_back_reason == "不属于本单位"
    assert isinstance(tasked.told[-1], units.RequestAccepted)


@pytest.mark.parametrize("message", [a_sign(), a_send_back(), a_feedback()])
def test_a_message_that_comes_twice_changes_and_answers_nothing_the_second_time(tasked, message):
    assert tasked.say(message, id="same").outcome == Outcome.OK
    published, told = tasked.published, tasked.told

    assert tasked.say(message, id="same").outcome == Outcome.DUPLICATE

    assert (tasked.published, tasked.told) == (published, told)


def test_the_same_message_id_of_two_units_is_two_messages(tasked: Dispatch):
    tasked.say(a_sign(unit="u02"), user_id="u02", id="1")

    assert tasked.say(a_sign(), id="1").outcome == Outcome.OK
    assert tasked.assignment.state is S.HANDLING


def test_resync_brings_the_open_tasks_again_under_their_message_ids(tasked: Dispatch):
    tasked.say(units.Resync(responsible_unit="u04"))

    messages = tasked.outbox("units.tasks")
    assert [envelope.type for _, envelope in messages] == ["task", "task", "request_accepted"]
    assert messages[0][1].id == messages[1][1].id


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (a_feedback(receipts=()), "receipts"),
        (a_feedback(receipts=("nonsense",)), "receipts"),
        (a_feedback(receipts=(a_receipt(unit="u02"),)), "receipts"),
        (a_feedback(text=" "), "text"),
        (a_feedback(round=2), ""),
        (a_feedback(dispatch_number=2), ""),
        (a_send_back(reason=""), "reason"),
        (a_sign(unit="u02"), "responsible_unit"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_the_field_and_changes_nothing(tasked, message, field: str):
    assert tasked.say(message, id="m-1").outcome == Outcome.OK

    refused = tasked.told[-1]
    assert isinstance(refused, units.RequestRefused)
    assert (refused.request_id, refused.case_number, refused.field) == ("m-1", CASE, field)
    assert refused.reason
    assert tasked.assignment.state is S.AWAITING_SIGNATURE


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": None}, "text"),
        ({"text": 7}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "\ud800"}, "text"),
        ({"receipts": "cd"}, "receipts"),
        ({"receipts": ["\ud800"]}, "receipts"),
        ({"round": "1"}, "round"),
        ({"round": True}, "round"),
        ({"round": 10**40}, ""),
        ({"case_number": "9" * 1000}, "case_number"),
        ({"case_number": "\ud800"}, "case_number"),
        ({"case_number": None}, "case_number"),
        ({"responsible_unit": "u02"}, "responsible_unit"),
    ],
)
def test_malformed_data_are_refused_with_the_field(tasked: Dispatch, changes, field: str):
    data = {
        "case_number": CASE,
        "round": 1,
        "dispatch_number": 1,
        "responsible_unit": "u04",
        "text": "已修复",
        "receipts": [a_receipt()],
        **changes,
    }

    assert tasked.say(None, type="feedback", data=data).outcome == Outcome.OK

    refused = tasked.told[-1]
    assert isinstance(refused, units.RequestRefused)
    assert refused.field == field
    assert tasked.assignment.state is S.AWAITING_SIGNATURE


def test_a_missing_field_is_named_in_chinese(tasked: Dispatch):
    tasked.say(None, type="sign", data={"case_number": CASE})

    assert (tasked.told[-1].field, tasked.told[-1].reason) == ("round", "必填")


def test_an_unknown_type_and_a_false_source_are_refused(tasked: Dispatch):
    tasked.say(a_sign(), type="ask_holiday")
    assert tasked.told[-1].field == "type"

    tasked.say(a_sign(), source="units/u02")
    assert tasked.told[-1].field == "source"
    assert [key for key, _ in tasked.outbox("units.tasks")][-1] == "u04.tasks"


def test_a_false_source_cannot_use_up_the_message_ids_of_another_unit(tasked: Dispatch):
    tasked.say(a_sign(unit="u04"), user_id="u02", source="units/u04", id="1")

    assert tasked.say(a_sign(), id="1").outcome == Outcome.OK
    assert tasked.assignment.state is S.HANDLING


@pytest.mark.parametrize(
    "forged",
    [
        {"user_id": ""},
        {"user_id": "u02", "routing_key": f"u04.sign.{CASE}"},
        {"user_id": "services"},
        {"id": "x" * 201},
        {"id": "\ud800"},
        {"body": b"not JSON"},
        {"body": b"[]"},
    ],
)
def test_what_nobody_vouches_for_or_cannot_be_read_is_parked(tasked: Dispatch, forged):
    before = tasked.told

    assert tasked.say(a_sign(), **forged).outcome == Outcome.PARKED

    assert tasked.told == before
    assert tasked.assignment.state is S.AWAITING_SIGNATURE


def test_feedback_for_a_round_that_is_over_is_refused_with_the_round_that_counts(tasked: Dispatch):
    tasked.say(a_feedback())
    tasked.read(a_failed_verification())

    tasked.say(a_feedback())

    assert "第2轮" in tasked.told[-1].reason
    assert tasked.assignment.state is S.HANDLING


def test_feedback_for_a_voided_case_is_refused_with_the_reason_of_the_voiding(tasked: Dispatch):
    tasked.read(a_voided_case())

    tasked.say(a_feedback())

    assert tasked.told[-1].reason.endswith("已撤回：重复立案")


def test_a_unit_learns_nothing_about_another_units_case(tasked: Dispatch):
    tasked.say(a_sign(unit="u02"), user_id="u02")
    tasked.say(a_sign(unit="u02", round=7), user_id="u02")

    assert {told.reason for told in tasked.told[-2:]} == {f"没有找到案件 {CASE} 的任务"}


def test_a_return_after_the_window_is_refused_with_its_end(tasked: Dispatch):
    tasked.now = at("06-15 10:38")

    tasked.say(a_send_back())

    assert "2020-06-15 10:37" in tasked.told[-1].reason


# --- what units ask for -------------------------------------------------------------------------------------


def an_ask_extension(**changes):
    return about(units.AskExtension, **{"reason": "需等材料到货", **changes})


def an_ask_suspension(**changes):
    return about(units.AskSuspension, **{"reason": "待开春", "until_at": at("09-01 08:00"), **changes})


def a_resume(**changes):
    return about(units.Resume, **changes)


def a_reply(**changes):
    given = {"order_number": f"{CASE}-S1", "text": "已安排抢修"}
    return about(units.SupervisionReply, **{**given, **changes})


@pytest.fixture
def signed(tasked: Dispatch) -> Dispatch:
    """u04 handles the case."""
    tasked.say(a_sign())
    return tasked


def test_a_unit_asks_for_more_time_and_for_rest_and_goes_on(signed: Dispatch):
    signed.say(an_ask_extension())
    assert signed.assignment.extension_request.count == 1
    signed.say(an_ask_suspension(receipts=(a_receipt("cd" * 32),)))
    assert signed.assignment.suspension_request.until_at == at("09-01 08:00")
    assert signed.assignment.suspension_request.photos == ("cd" * 32,)
    signed.act("grant_suspension", SUPERVISOR)
    signed.say(a_resume())

    assert signed.assignment.state is S.HANDLING
    assert [name for name in signed.published if name.startswith(("ext", "sus", "case_s", "case_r"))] == [
        "extension_asked", "suspension_asked", "case_suspended", "extension_refused", "case_resumed",
    ]  # fmt: skip
    kinds = [type(told).__name__ for told in signed.told]
    assert kinds.count("RequestAccepted") == 4
    assert "RequestRefused" not in kinds


def test_a_unit_replies_to_a_supervision_order(signed: Dispatch):
    signed.act("order_supervision", SUPERVISOR, words="请说明进展")
    assert {
        key for key, envelope in signed.outbox("units.tasks") if envelope.type == "supervision_order"
    } == {"u04.urgent"}

    signed.say(a_reply())

    assert isinstance(signed.told[-1], units.RequestAccepted)
    assert signed.published[-2:] == ["supervision_ordered", "supervision_replied"]


@pytest.mark.parametrize(
    ("message", "field", "reason"),
    [
        (an_ask_extension(reason=" "), "reason", "必填"),
        (an_ask_extension(round=2), "", "最新任务"),
        (an_ask_suspension(until_at=at("06-14 08:00")), "until_at", "晚于"),
        (an_ask_suspension(receipts=(a_receipt(unit="u02"),)), "receipts", "其他责任单位"),
        (a_resume(), "", "不能恢复处置"),
        (a_reply(), "", "没有找到督办"),
        (a_reply(order_number="x" * 500), "", "没有找到督办"),
        (a_reply(order_number="\u0001-S1"), "", "没有找到督办"),
    ],
)
def test_what_a_unit_asks_for_against_a_rule_is_refused_with_the_reason(signed, message, field, reason):
    before = signed.assignment
    assert signed.say(message).outcome == Outcome.OK

    refused = signed.told[-1]
    assert isinstance(refused, units.RequestRefused)
    assert refused.field == field
    assert reason in refused.reason
    assert signed.assignment == before


def test_a_time_that_is_no_time_is_refused_in_chinese(signed: Dispatch):
    data = {
        "case_number": CASE, "round": 1, "dispatch_number": 1, "responsible_unit": "u04",
        "reason": "待开春", "until_at": "2020-09-01 08:00",
    }  # fmt: skip
    signed.say(None, type="ask_suspension", data=data)

    assert (signed.told[-1].field, signed.told[-1].reason[:1]) == ("until_at", "应")


@pytest.mark.parametrize("message", [an_ask_extension(), an_ask_suspension(), a_resume(), a_reply()])
def test_after_the_withdrawal_every_message_is_refused_with_its_reason(signed: Dispatch, message):
    signed.act("order_supervision", SUPERVISOR, words="请说明进展")
    signed.read(a_voided_case())

    signed.say(message)

    assert isinstance(signed.told[-1], units.RequestRefused)
    assert "已撤回：重复立案" in signed.told[-1].reason


@pytest.mark.parametrize("message", [an_ask_extension(), an_ask_suspension()])
def test_a_request_that_comes_twice_is_one(signed: Dispatch, message):
    assert signed.say(message, id="same").outcome == Outcome.OK
    published, told = signed.published, signed.told

    assert signed.say(message, id="same").outcome == Outcome.DUPLICATE

    assert (signed.published, signed.told) == (published, told)
