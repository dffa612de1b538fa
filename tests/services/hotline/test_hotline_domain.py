"""The call: its moves, its call-backs, its half-days."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_contracts.codes import AnswerKind, Satisfaction
from handbook.calendar import WorkCalendar
from handbook.half_days import HalfDay
from handbook.working_time import LimitUnit, TimeLimit
from services.hotline import answers
from services.hotline.domain import (
    ALLOWED_MOVES,
    ON_CALL_BACK_DUE,
    Call,
    CallState,
    CannotAskAgain,
    MoveNotAllowed,
    Rules,
    TriedThisHalfDay,
    report_number,
)

MORNING = datetime(2020, 6, 15, 0, 7, tzinfo=UTC)  # 8:07 in the city
AFTERNOON = datetime(2020, 6, 15, 6, 0, tzinfo=UTC)  # 14:00
NEXT_MORNING = datetime(2020, 6, 16, 1, 0, tzinfo=UTC)  # 9:00
WINDOW = timedelta(days=15)
RULES = Rules(
    ring_within=TimeLimit(4, LimitUnit.WORKING_HOUR),
    reopening_window=WINDOW,
    calendar=WorkCalendar(range(2020, 2022), {}, {}),
)


def a_call(*, state: CallState = CallState.TAKEN, withheld: bool = False) -> Call:
    call = Call(
        call_id="c1", reporter_ref="ref", agent="a", words="路灯不亮", address="人民路", taken_at=MORNING,
        withheld=withheld,
    )  # fmt: skip
    if state is not CallState.TAKEN:
        call.register("H2020061500001", at=MORNING)
    if state in (CallState.CALL_BACK_DUE, CallState.INFORMED, CallState.UNREACHABLE):
        call.ask_for_call_back(AnswerKind.CLOSED, "已修复", due_since=MORNING, at=MORNING, rules=RULES)
    call.state = state
    return call


def moves(call: Call) -> dict[CallState, object]:
    return {
        CallState.REGISTERED: lambda: call.register("H2020061500001", at=MORNING),
        CallState.CALL_BACK_DUE: lambda: call.ask_for_call_back(
            AnswerKind.CLOSED, "已修复", due_since=MORNING, at=MORNING, rules=RULES
        ),
        CallState.INFORMED: lambda: call.reached(agent="a", satisfaction=Satisfaction.SATISFIED, at=MORNING),
    }


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("wanted", [CallState.REGISTERED, CallState.CALL_BACK_DUE, CallState.INFORMED])
def test_a_call_moves_only_as_its_table_says(state, wanted):
    call = a_call(state=state)

    if wanted in ALLOWED_MOVES[state]:
        moves(call)[wanted]()
        assert call.state is wanted
    else:
        with pytest.raises(MoveNotAllowed):
            moves(call)[wanted]()
        assert call.state is state


def test_every_state_knows_what_a_call_back_that_is_due_does_to_it():
    assert set(ON_CALL_BACK_DUE) == set(CallState) == set(ALLOWED_MOVES)
    applied = {state for state, does in ON_CALL_BACK_DUE.items() if does == "apply"}
    assert applied == {state for state, to in ALLOWED_MOVES.items() if CallState.CALL_BACK_DUE in to}


def test_a_registered_call_is_told_without_the_caller():
    told = a_call().register("H2020061500001", at=MORNING)

    assert (told.report_number, told.reporter_ref, told.description) == ("H2020061500001", "ref", "路灯不亮")
    assert told.subject == "call/c1"


def test_a_caller_who_answers_is_informed_with_their_satisfaction():
    call = a_call(state=CallState.CALL_BACK_DUE)
    call.no_answer(agent="a", at=MORNING, rules=RULES)

    (informed,) = call.reached(
        agent="b", satisfaction=Satisfaction.DISSATISFIED, words="还是坏的", at=AFTERNOON
    )

    assert (informed.attempts, informed.satisfaction, informed.kind) == (
        2,
        Satisfaction.DISSATISFIED,
        AnswerKind.CLOSED,
    )
    assert call.state is CallState.INFORMED


def test_no_answer_on_three_half_days_makes_a_caller_unreachable():
    call = a_call(state=CallState.CALL_BACK_DUE)

    (first,) = call.no_answer(agent="a", at=MORNING, rules=RULES)
    (second,) = call.no_answer(agent="a", at=AFTERNOON, rules=RULES)
    (given_up,) = call.no_answer(agent="a", at=NEXT_MORNING, rules=RULES)

    assert [(one.name, one.attempts) for one in (first, second)] == [
        ("call_back_tried", 1),
        ("call_back_tried", 2),
    ]
    assert (given_up.name, given_up.attempts, given_up.given_up_at) == ("caller_unreachable", 3, NEXT_MORNING)
    assert call.state is CallState.UNREACHABLE


def test_a_second_try_in_the_same_half_day_does_not_count_and_says_when_to_try_again():
    call = a_call(state=CallState.CALL_BACK_DUE)
    call.no_answer(agent="a", at=MORNING, rules=RULES)

    with pytest.raises(TriedThisHalfDay) as refused:
        call.no_answer(agent="a", at=MORNING + timedelta(hours=3), rules=RULES)

    assert refused.value.next_attempt_at == "2020-06-15T12:00:00+08:00"
    assert call.call_back is not None
    assert len(call.call_back.attempts) == 1


def test_a_caller_reached_in_the_same_half_day_after_all_is_informed():
    call = a_call(state=CallState.CALL_BACK_DUE)
    call.no_answer(agent="a", at=MORNING, rules=RULES)

    call.reached(agent="a", satisfaction=Satisfaction.NOT_SAID, at=MORNING + timedelta(minutes=5))

    assert call.state is CallState.INFORMED


def test_after_an_afternoon_the_next_try_is_at_eight_the_next_morning():
    call = a_call(state=CallState.CALL_BACK_DUE)
    call.no_answer(agent="a", at=AFTERNOON, rules=RULES)

    assert call.call_back is not None
    assert call.call_back.next_attempt_at() == datetime(2020, 6, 16, 0, 0, tzinfo=UTC)


def test_a_withheld_number_is_unreachable_as_soon_as_the_answer_is_there():
    call = a_call(state=CallState.REGISTERED, withheld=True)

    (given_up,) = call.ask_for_call_back(
        AnswerKind.NOT_FILED, "不属于", due_since=MORNING, at=MORNING, rules=RULES
    )

    assert (given_up.attempts, given_up.kind) == (0, AnswerKind.NOT_FILED)
    assert call.state is CallState.UNREACHABLE


@pytest.mark.parametrize(
    ("moment", "day", "afternoon"),
    [
        ("2020-06-15T03:59:59.999999+00:00", 15, False),
        ("2020-06-15T04:00:00+00:00", 15, True),
        ("2020-06-15T15:59:59+00:00", 15, True),
        ("2020-06-15T16:00:00+00:00", 16, False),
    ],
)
def test_a_half_day_changes_at_noon_and_midnight_of_the_city(moment, day, afternoon):
    half = HalfDay.of(datetime.fromisoformat(moment))

    assert (half.day.day, half.afternoon) == (day, afternoon)


@given(st.lists(st.integers(0, 6 * 24 * 60), min_size=1, max_size=12))
def test_a_caller_is_given_up_exactly_after_three_half_days_without_answer(minutes):
    call = a_call(state=CallState.CALL_BACK_DUE)
    counted = set()

    for minute in sorted(minutes):
        at = MORNING + timedelta(minutes=minute)
        if len(counted) == 3:
            with pytest.raises(MoveNotAllowed):
                call.no_answer(agent="a", at=at, rules=RULES)
        elif HalfDay.of(at) in counted:
            with pytest.raises(TriedThisHalfDay):
                call.no_answer(agent="a", at=at, rules=RULES)
        else:
            counted.add(HalfDay.of(at))
            (told,) = call.no_answer(agent="a", at=at, rules=RULES)
            assert (told.name == "caller_unreachable") == (len(counted) == 3)
    assert (call.state is CallState.UNREACHABLE) == (len(counted) == 3)


def test_a_report_number_carries_the_citys_own_date():
    assert report_number(datetime(2020, 6, 14, 16, 0, tzinfo=UTC), 42) == "H2020061500042"


def a_told_call(kind: AnswerKind = AnswerKind.CLOSED, **named) -> Call:
    call = a_call(state=CallState.REGISTERED, **named)
    call.ask_for_call_back(kind, "已修复", due_since=MORNING, at=MORNING, rules=RULES)
    if call.state is CallState.CALL_BACK_DUE:
        call.reached(agent="a", satisfaction=Satisfaction.DISSATISFIED, at=AFTERNOON)
    return call


def test_a_dissatisfied_caller_may_ask_for_handling_again_once():
    call = a_told_call()

    asked = call.ask_again(words="还是坏的", at=NEXT_MORNING, window=WINDOW)

    assert (asked.report_number, asked.words, asked.said_at) == ("H2020061500001", "还是坏的", NEXT_MORNING)
    with pytest.raises(CannotAskAgain, match="已要求过一次"):
        call.ask_again(words="还是坏的", at=NEXT_MORNING, window=WINDOW)


def test_a_caller_who_was_not_reached_may_still_call_again():
    assert a_told_call(withheld=True).ask_again(words="还是坏的", at=NEXT_MORNING, window=WINDOW)


def test_after_the_window_of_the_handbook_it_is_a_new_problem():
    assert a_told_call().ask_again(words="还是坏的", at=MORNING + WINDOW, window=WINDOW)

    with pytest.raises(CannotAskAgain, match="作为新问题登记"):
        a_told_call().ask_again(words="还是坏的", at=MORNING + WINDOW + timedelta(seconds=1), window=WINDOW)


@pytest.mark.parametrize("kind", [kind for kind in AnswerKind if not kind.endswith("closed")])
def test_what_was_not_handled_cannot_be_handled_again(kind):
    with pytest.raises(CannotAskAgain, match="没有结案"):
        a_told_call(kind).ask_again(words="还是坏的", at=NEXT_MORNING, window=WINDOW)


def test_what_was_closed_by_force_is_a_new_problem():
    call = a_told_call(AnswerKind.FORCE_CLOSED)

    with pytest.raises(CannotAskAgain, match="强制结案的案件不再重新处置，请作为新问题登记"):
        call.ask_again(words="还是坏的", at=NEXT_MORNING, window=WINDOW)
    assert call.may_ask_again_until(WINDOW) is None


def test_the_answer_is_told_before_anything_else_is_asked():
    with pytest.raises(CannotAskAgain, match="请先登记"):
        a_call(state=CallState.CALL_BACK_DUE).ask_again(words="还是坏的", at=MORNING, window=WINDOW)


def test_a_second_answer_is_rung_back_too_and_the_first_is_kept():
    call = a_told_call()

    call.ask_for_call_back(
        AnswerKind.REOPENED, "将重新处置", due_since=NEXT_MORNING, at=NEXT_MORNING, rules=RULES
    )

    assert (call.state, call.call_back.kind) == (CallState.CALL_BACK_DUE, AnswerKind.REOPENED)
    assert [(one.kind, len(one.attempts)) for one in call.told] == [(AnswerKind.CLOSED, 1)]
    assert call.knows(AnswerKind.CLOSED, MORNING)
    assert not call.knows(AnswerKind.CLOSED, NEXT_MORNING)


@pytest.mark.parametrize("in_order", [True, False])
def test_one_ring_ends_both_answers_when_the_newer_came_before_the_caller_was_reached(in_order):
    call = a_told_call()
    answers = [(AnswerKind.REOPENED, AFTERNOON), (AnswerKind.CLOSED, NEXT_MORNING)]
    for kind, since in answers if in_order else answers[::-1]:
        call.ask_for_call_back(kind, kind.value, due_since=since, at=NEXT_MORNING, rules=RULES)

    informed = call.reached(agent="a", satisfaction=Satisfaction.SATISFIED, at=NEXT_MORNING)

    assert [(one.kind, one.satisfaction) for one in informed] == [
        (AnswerKind.CLOSED, Satisfaction.SATISFIED),
        (AnswerKind.REOPENED, Satisfaction.NOT_SAID),
    ]
    assert call.superseded == []


def test_two_answers_of_one_kind_end_both():
    call = a_call(state=CallState.CALL_BACK_DUE)
    call.ask_for_call_back(AnswerKind.REOPENED, "将重新处置", due_since=AFTERNOON, at=AFTERNOON, rules=RULES)
    call.ask_for_call_back(AnswerKind.CLOSED, "已修复", due_since=NEXT_MORNING, at=NEXT_MORNING, rules=RULES)

    informed = call.reached(agent="a", satisfaction=Satisfaction.SATISFIED, at=NEXT_MORNING)

    assert [(one.kind.value, one.satisfaction.value) for one in informed] == [
        ("closed", "satisfied"), ("closed", "not_said"), ("reopened", "not_said"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", AnswerKind)
def test_the_agent_can_read_every_kind_of_answer_out(kind):
    call = a_call(state=CallState.REGISTERED)
    call.ask_for_call_back(kind, "路灯已修复", due_since=MORNING, at=MORNING, rules=RULES)

    said = answers.script(call, call.call_back, window=WINDOW)

    assert said.startswith(
        "您好，这里是12319城市管理热线。您6月15日来电反映“路灯不亮”，现向您答复：路灯已修复。"
    )
    assert ("可以要求重新处置" in said) == (kind is AnswerKind.CLOSED)
    assert ("作为新问题再次反映" in said) == (kind is AnswerKind.FORCE_CLOSED)
    assert answers.chinese(kind)


def calls_at(call: Call) -> str | None:
    """When the next post is called, as the city's clock shows it."""
    moment = call.ringing and call.ringing.calls_at
    return moment and f"{moment + timedelta(hours=8):%m-%d %H:%M}"


def test_an_answer_that_nobody_rings_calls_the_shift_supervisor_and_after_as_long_again_the_leader():
    call = a_call(state=CallState.CALL_BACK_DUE)
    assert calls_at(call) == "06-15 14:07"
    assert call.escalate(at=call.ringing.calls_at - timedelta(seconds=1), rules=RULES) is None

    first = call.escalate(at=call.ringing.calls_at, rules=RULES)
    assert calls_at(call) == "06-16 08:07"
    assert call.escalate(at=first.escalated_at, rules=RULES) is None
    second = call.escalate(at=call.ringing.calls_at, rules=RULES)

    assert [(one.to, one.reason) for one in (first, second)] == [
        ("shift_supervisor", "超时未回访"),
        ("leader", "超时未回访"),
    ]
    assert calls_at(call) is None
    assert call.escalate(at=NEXT_MORNING + timedelta(days=9), rules=RULES) is None


def test_a_try_without_answer_ends_the_calling_and_the_time_begins_anew_when_another_try_counts():
    call = a_call(state=CallState.CALL_BACK_DUE)
    call.escalate(at=call.ringing.calls_at, rules=RULES)

    call.no_answer(agent="a", at=AFTERNOON + timedelta(minutes=10), rules=RULES)

    assert call.ringing.called is None
    assert calls_at(call) == "06-16 12:00"  # four working hours from eight the next morning


@pytest.mark.parametrize("end", ["reached", "given up"])
def test_nobody_is_called_for_a_caller_who_was_reached_or_given_up(end):
    call = a_call(state=CallState.CALL_BACK_DUE)
    if end == "reached":
        call.reached(agent="a", satisfaction=Satisfaction.SATISFIED, at=AFTERNOON)
    else:
        for at in (MORNING, AFTERNOON, NEXT_MORNING):
            call.no_answer(agent="a", at=at, rules=RULES)

    assert call.ringing is None
    assert call.escalate(at=NEXT_MORNING + timedelta(days=9), rules=RULES) is None


def test_nobody_has_to_ring_a_number_that_was_withheld():
    call = a_call(state=CallState.REGISTERED, withheld=True)
    call.ask_for_call_back(AnswerKind.CLOSED, "已修复", due_since=MORNING, at=MORNING, rules=RULES)

    assert call.ringing is None


def test_a_newer_answer_gives_no_more_time_for_a_caller_who_waits_already():
    call = a_call(state=CallState.CALL_BACK_DUE)

    call.ask_for_call_back(AnswerKind.REOPENED, "将重新处置", due_since=AFTERNOON, at=AFTERNOON, rules=RULES)

    assert calls_at(call) == "06-15 14:07"


def test_where_the_year_has_no_calendar_the_time_to_ring_runs_day_and_night():
    call = a_call(state=CallState.REGISTERED)
    late = datetime(2023, 6, 15, 12, 0, tzinfo=UTC)

    call.ask_for_call_back(AnswerKind.CLOSED, "已修复", due_since=late, at=late, rules=RULES)

    assert call.ringing.calls_at == late + timedelta(hours=4)
    call.escalate(at=call.ringing.calls_at, rules=RULES)
    assert call.ringing.calls_at == late + timedelta(hours=8)
