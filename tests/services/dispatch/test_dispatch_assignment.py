"""The assignment by itself: its moves, its clock, and what it says has happened."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from handbook.calendar import WorkCalendar
from handbook.working_time import LimitUnit
from services.dispatch.domain import extension, outage, returning, rework, suspension
from services.dispatch.domain.assignment import Assignment, Turn
from services.dispatch.domain.refusals import (
    AssignmentNotFound,
    MoveNotAllowed,
    RequestNotAllowed,
    TaskOutdated,
)
from services.dispatch.domain.states import ALLOWED_MOVES, AssignmentState
from tests.services.dispatch.fakes import CASE, a_filed_case, at, the_settings

S = AssignmentState
CALENDAR = WorkCalendar(range(2020, 2022), {}, {})
LATER = at("06-15 08:45")


def an_assignment(**changes: Any) -> Assignment:
    return Assignment.of(a_filed_case(**changes), decide_by_at=LATER)


def dispatched(
    assignment: Assignment | None = None, unit: str = "u04", moment: datetime | None = None
) -> Assignment:
    assignment = assignment or an_assignment()
    assignment.dispatch_to(unit, dispatcher="dispatcher-1", at=moment or at("06-15 08:37"), calendar=CALENDAR)
    return assignment


def signed(assignment: Assignment | None = None) -> Assignment:
    assignment = dispatched(assignment)
    assignment.sign(at=at("06-15 09:00"))
    return assignment


def sent_back(assignment: Assignment, moment: datetime) -> Assignment:
    returning.send_back(assignment, reason="不属于本单位", at=moment, decide_by_at=moment, calendar=CALENDAR)
    return assignment


def fed_back(assignment: Assignment | None = None) -> Assignment:
    assignment = signed(assignment)
    assignment.feed_back(text="已修复", photos=("cd" * 32,), at=at("06-16 10:00"), calendar=CALENDAR)
    return assignment


def suspended(assignment: Assignment | None = None) -> Assignment:
    assignment = signed(assignment)
    settings = the_settings()
    suspension.ask(
        assignment,
        reason="待开春",
        until_at=at("09-01 08:00"),
        at=at("06-15 10:00"),
        settings=settings,
        calendar=CALENDAR,
    )
    suspension.grant(assignment, decided_by="s", at=at("06-15 10:00"), calendar=CALENDAR)
    return assignment


def in_state(state: AssignmentState) -> Assignment:
    """An assignment that came into the state by its own moves."""
    if state is S.AWAITING_DISPATCH:
        return an_assignment()
    if state is S.AWAITING_SIGNATURE:
        return dispatched()
    if state is S.HANDLING:
        return signed()
    if state is S.RETURN_UNDER_REVIEW:
        return sent_back(dispatched(), at("06-15 09:00"))
    if state is S.SUSPENDED:
        return suspended()
    if state is S.RETURNED_TO_INTAKE:
        assignment = an_assignment()
        returning.return_to_intake(assignment, reason="小类有误", dispatcher="d", at=LATER)
        return assignment
    assignment = fed_back()
    if state is S.DONE:
        assignment.finish()
    if state is S.WITHDRAWN:
        assignment.withdraw(reason="重复立案", at=at("06-16 11:00"))
    return assignment


MOVES = {
    "dispatch_to": lambda one: one.dispatch_to(
        "u04", dispatcher="d", at=at("06-17 09:00"), calendar=CALENDAR
    ),
    "sign": lambda one: one.sign(at=at("06-17 09:00")),
    "send_back": lambda one: sent_back(one, at("06-17 09:00")),
    "accept_return": lambda one: returning.accept_return(one, dispatcher="d", at=LATER, decide_by_at=LATER),
    "refuse_return": lambda one: returning.refuse_return(
        one, reason="属于贵单位", dispatcher="d", at=at("06-17 09:00"), sign_by_at=LATER, calendar=CALENDAR
    ),
    "feed_back": lambda one: one.feed_back(
        text="已修复", photos=("cd",), at=at("06-17 09:00"), calendar=CALENDAR
    ),
    "order_rework": lambda one: rework.order_rework(
        one, round=one.round + 1, reason="未修复", at=at("06-17 09:00"), calendar=CALENDAR
    ),
    "reopen": lambda one: rework.reopen(
        one, round=one.round + 1, reason="又坏了", at=at("06-17 09:00"), calendar=CALENDAR
    ),
    "resume": lambda one: suspension.resume(one, resumed_by="w", at=at("06-17 09:00"), calendar=CALENDAR),
    "return_to_intake": lambda one: returning.return_to_intake(
        one, reason="小类有误", dispatcher="d", at=at("06-17 09:00")
    ),
    "file_anew": lambda one: one.file_anew(a_filed_case(round=one.round + 1), decide_by_at=LATER),
    "finish": lambda one: one.finish(),
    "withdraw": lambda one: one.withdraw(reason="作废", at=at("06-17 09:00")),
}
ALLOWED = {
    ("dispatch_to", S.AWAITING_DISPATCH): S.AWAITING_SIGNATURE,
    ("sign", S.AWAITING_SIGNATURE): S.HANDLING,
    ("send_back", S.AWAITING_SIGNATURE): S.RETURN_UNDER_REVIEW,
    ("send_back", S.HANDLING): S.RETURN_UNDER_REVIEW,
    ("accept_return", S.RETURN_UNDER_REVIEW): S.AWAITING_DISPATCH,
    ("refuse_return", S.RETURN_UNDER_REVIEW): S.AWAITING_SIGNATURE,
    ("feed_back", S.HANDLING): S.FED_BACK,
    ("order_rework", S.FED_BACK): S.HANDLING,
    ("finish", S.FED_BACK): S.DONE,
    ("reopen", S.DONE): S.HANDLING,
    ("resume", S.SUSPENDED): S.HANDLING,
    ("return_to_intake", S.AWAITING_DISPATCH): S.RETURNED_TO_INTAKE,
    ("file_anew", S.RETURNED_TO_INTAKE): S.AWAITING_DISPATCH,
    **{("withdraw", state): S.WITHDRAWN for state in S if state is not S.WITHDRAWN},
}


@pytest.mark.parametrize(("move", "state"), list(itertools.product(MOVES, S)))
def test_every_move_is_allowed_exactly_where_the_city_allows_it(move: str, state: AssignmentState):
    assignment = in_state(state)
    assert assignment.state is state

    if (move, state) in ALLOWED:
        MOVES[move](assignment)
        assert assignment.state is ALLOWED[(move, state)]
    else:
        with pytest.raises(MoveNotAllowed) as refusal:
            MOVES[move](assignment)
        assert refusal.value.case_number == CASE
        assert assignment.state is state


def test_the_table_of_moves_names_every_state_and_only_the_withdrawn_lead_nowhere():
    assert set(ALLOWED_MOVES) == set(S)
    assert {state for state, targets in ALLOWED_MOVES.items() if not targets} == {S.WITHDRAWN}


def test_five_working_days_run_from_the_dispatch_not_from_the_signature():
    assignment = signed()

    assert assignment.due_at == at("06-22 08:37")


def test_a_return_that_is_refused_resumes_the_clock_where_it_paused():
    assignment = sent_back(dispatched(), at("06-15 09:37"))

    refused = returning.refuse_return(
        assignment,
        reason="属于贵单位",
        dispatcher="d",
        at=at("06-15 11:37"),
        sign_by_at=LATER,
        calendar=CALENDAR,
    )

    assert refused.due_at == at("06-22 10:37")
    assert assignment.state is S.AWAITING_SIGNATURE


def test_a_return_that_is_refused_after_the_signature_leads_back_to_handling():
    assignment = sent_back(signed(), at("06-15 09:37"))

    returning.refuse_return(
        assignment,
        reason="属于贵单位",
        dispatcher="d",
        at=at("06-15 11:37"),
        sign_by_at=LATER,
        calendar=CALENDAR,
    )

    assert assignment.state is S.HANDLING


def test_dispatched_again_to_the_same_unit_the_remaining_time_goes_on():
    assignment = sent_back(dispatched(), at("06-15 09:37"))
    returning.accept_return(assignment, dispatcher="d", at=at("06-15 10:00"), decide_by_at=LATER)

    again = assignment.dispatch_to("u04", dispatcher="d", at=at("06-15 14:00"), calendar=CALENDAR)

    # One of forty working hours is spent; 14:00 to 18:00 leaves 35.
    assert again.due_at == at("06-22 11:00")
    assert again.dispatch_number == 2
    assert again.round == 1


def test_dispatched_again_to_another_unit_the_clock_starts_afresh():
    assignment = sent_back(dispatched(), at("06-15 09:37"))
    returning.accept_return(assignment, dispatcher="d", at=at("06-15 10:00"), decide_by_at=LATER)

    again = assignment.dispatch_to("u02", dispatcher="d", at=at("06-15 14:30"), calendar=CALENDAR)

    assert again.due_at == at("06-22 14:30")


def test_a_case_that_comes_back_to_an_earlier_unit_after_another_had_it_starts_afresh():
    assignment = sent_back(dispatched(), at("06-15 09:37"))
    returning.accept_return(assignment, dispatcher="d", at=at("06-15 10:00"), decide_by_at=LATER)
    sent_back(dispatched(assignment, "u02", at("06-15 10:00")), at("06-15 11:00"))
    returning.accept_return(assignment, dispatcher="d", at=at("06-15 11:00"), decide_by_at=LATER)

    again = assignment.dispatch_to("u04", dispatcher="d", at=at("06-15 14:30"), calendar=CALENDAR)

    assert again.due_at == at("06-22 14:30")


def test_rework_gives_the_full_limit_in_a_new_round_of_the_same_dispatch():
    assignment = fed_back()

    ordered = rework.order_rework(
        assignment, round=2, reason="未修复", at=at("06-17 09:00"), calendar=CALENDAR
    )

    assert ordered.due_at == at("06-24 09:00")
    assert (ordered.round, ordered.dispatch_number, ordered.responsible_unit) == (2, 1, "u04")


@pytest.mark.parametrize(
    ("moment", "in_time"), [("06-22 08:37", True), ("06-22 08:38", False), ("06-15 09:01", True)]
)
def test_feedback_is_in_time_until_the_due_time_itself(moment: str, in_time: bool):
    assignment = signed()

    submitted = assignment.feed_back(text="已修复", photos=("cd",), at=at(moment), calendar=CALENDAR)

    assert submitted.in_time is in_time
    assert submitted.due_at == at("06-22 08:37")


def test_an_emergency_runs_through_the_night():
    assignment = an_assignment(limit=2, limit_unit=LimitUnit.EMERGENCY_HOUR.value)

    dispatched(assignment, moment=at("06-20 23:00"))

    assert assignment.due_at == at("06-21 01:00")


@pytest.mark.parametrize("state", [state for state in S if state.is_open])
def test_every_open_assignment_has_an_owner(state: AssignmentState):
    assignment = in_state(state)

    assert assignment.owner is not None
    assert assignment.act_by_at is not None or state in (S.FED_BACK, S.RETURNED_TO_INTAKE)


@pytest.mark.parametrize("state", [S.DONE, S.WITHDRAWN])
def test_after_the_end_nobody_owns_it(state: AssignmentState):
    assert in_state(state).owner is None


def test_a_unit_that_never_had_the_case_finds_nothing():
    with pytest.raises(AssignmentNotFound):
        dispatched().require(Turn(round=1, dispatch_number=1), "u02")


def test_a_unit_that_speaks_of_an_older_round_is_told_so():
    assignment = fed_back()
    rework.order_rework(assignment, round=2, reason="未修复", at=at("06-17 09:00"), calendar=CALENDAR)

    with pytest.raises(TaskOutdated, match=r"第1轮第1次派遣.*第2轮第1次派遣"):
        assignment.require(Turn(round=1, dispatch_number=1), "u04")


def test_a_unit_whose_case_went_to_another_is_told_so():
    assignment = sent_back(dispatched(), at("06-15 09:37"))
    returning.accept_return(assignment, dispatcher="d", at=at("06-15 10:00"), decide_by_at=LATER)
    dispatched(assignment, "u02", at("06-15 10:30"))

    with pytest.raises(TaskOutdated):
        assignment.require(Turn(round=1, dispatch_number=1), "u04")
    with pytest.raises(TaskOutdated):
        assignment.require(None, "u04")


def test_what_a_withdrawn_task_is_asked_for_is_refused_with_the_reason_of_the_withdrawal():
    with pytest.raises(MoveNotAllowed, match="已撤回：重复立案"):
        in_state(S.WITHDRAWN).feed_back(text="已修复", photos=("cd",), at=LATER, calendar=CALENDAR)


@given(
    signed_after=st.integers(0, 3 * 24 * 60),
    paused_after=st.integers(0, 3 * 24 * 60),
    pause=st.integers(0, 5 * 24 * 60),
)
def test_however_long_a_return_is_under_review_the_unit_loses_no_working_time(
    signed_after: int, paused_after: int, pause: int
):
    assignment = dispatched()
    assignment.sign(at=at("06-15 08:37") + timedelta(minutes=signed_after))
    moment = at("06-15 08:37") + timedelta(minutes=signed_after + paused_after)
    clock = assignment.clock
    assert clock is not None
    left = clock.remaining_seconds(moment, CALENDAR)

    sent_back(assignment, moment)
    again = moment + timedelta(minutes=pause)
    returning.refuse_return(
        assignment, reason="属于贵单位", dispatcher="d", at=again, sign_by_at=LATER, calendar=CALENDAR
    )

    clock = assignment.clock
    assert clock is not None
    assert clock.remaining_seconds(again, CALENDAR) == pytest.approx(left)


class AssignmentLife(RuleBasedStateMachine):
    """Any order of any moves: an assignment is always somebody's, and its story never goes backwards."""

    def __init__(self) -> None:
        super().__init__()
        self.assignment = an_assignment()
        self.now = datetime(2020, 6, 15, 0, 37, tzinfo=UTC)
        self.seen = (1, 0)

    @rule(minutes=st.integers(0, 3000))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(unit=st.sampled_from(["u01", "u02", "u04"]))
    def dispatch(self, unit: str) -> None:
        self._try(lambda: self.assignment.dispatch_to(unit, dispatcher="d", at=self.now, calendar=CALENDAR))

    @rule()
    def sign(self) -> None:
        self._try(lambda: self.assignment.sign(at=self.now))

    @rule()
    def send_back(self) -> None:
        self._try(lambda: sent_back(self.assignment, self.now))

    @rule()
    def accept(self) -> None:
        self._try(
            lambda: returning.accept_return(
                self.assignment, dispatcher="d", at=self.now, decide_by_at=self.now
            )
        )

    @rule()
    def refuse(self) -> None:
        self._try(
            lambda: returning.refuse_return(
                self.assignment,
                reason="属于贵单位",
                dispatcher="d",
                at=self.now,
                sign_by_at=LATER,
                calendar=CALENDAR,
            )
        )

    @rule()
    def feed_back(self) -> None:
        self._try(
            lambda: self.assignment.feed_back(text="已修复", photos=("cd",), at=self.now, calendar=CALENDAR)
        )

    @rule()
    def order_rework(self) -> None:
        self._try(
            lambda: rework.order_rework(
                self.assignment,
                round=self.assignment.round + 1,
                reason="未修复",
                at=self.now,
                calendar=CALENDAR,
            )
        )

    @rule(days=st.integers(1, 365))
    def suspend(self, days: int) -> None:
        settings, until = the_settings(), self.now + timedelta(days=days)

        def suspend() -> None:
            suspension.ask(
                self.assignment,
                reason="待开春",
                until_at=until,
                at=self.now,
                settings=settings,
                calendar=CALENDAR,
            )
            suspension.grant(self.assignment, decided_by="s", at=self.now, calendar=CALENDAR)

        self._try(suspend)

    @rule()
    def resume(self) -> None:
        self._try(lambda: suspension.resume(self.assignment, resumed_by="w", at=self.now, calendar=CALENDAR))

    @rule()
    def extend(self) -> None:
        def extend() -> None:
            extension.ask(
                self.assignment, reason="等材料", at=self.now, settings=the_settings(), calendar=CALENDAR
            )
            extension.grant(self.assignment, decided_by="d", at=self.now, calendar=CALENDAR)

        self._try(extend)

    @rule(minutes=st.integers(1, 600))
    def credit_an_outage(self, minutes: int) -> None:
        begins = self.now - timedelta(minutes=minutes)
        before = self.assignment.due_at
        outage.credit(
            self.assignment,
            outage_from=begins,
            outage_until=self.now,
            credited_by="o",
            at=self.now,
            calendar=CALENDAR,
        )
        assert before is None or self.assignment.due >= before

    @rule()
    def return_to_intake(self) -> None:
        self._try(
            lambda: returning.return_to_intake(
                self.assignment, reason="小类有误", dispatcher="d", at=self.now
            )
        )

    @rule()
    def file_anew(self) -> None:
        filed = a_filed_case(round=self.assignment.round + 1)
        self._try(lambda: self.assignment.file_anew(filed, decide_by_at=self.now))

    @rule()
    def reopen(self) -> None:
        self._try(
            lambda: rework.reopen(
                self.assignment,
                round=self.assignment.round + 1,
                reason="又坏了",
                at=self.now,
                calendar=CALENDAR,
            )
        )

    @precondition(lambda self: self.assignment.round > 2)
    @rule()
    def finish(self) -> None:
        self._try(lambda: self.assignment.finish())

    def _try(self, move: Any) -> None:
        before = self.assignment.state
        try:
            move()
        except (MoveNotAllowed, RequestNotAllowed):
            assert self.assignment.state is before
            return
        assert self.assignment.state in {before, *ALLOWED_MOVES[before]}

    @invariant()
    def no_more_is_granted_than_the_city_grants(self) -> None:
        assert self.assignment.extensions_granted <= 2
        assert self.assignment.suspensions <= 1

    @invariant()
    def open_means_watched_or_with_supervision(self) -> None:
        assignment = self.assignment
        somebody_is_called = assignment.next_look_at is not None
        supervised = assignment.owner == "intake"
        overdue = assignment.with_unit and assignment.overdue_ordered_in_round == assignment.round
        assert somebody_is_called or supervised or overdue or not assignment.state.is_open

    @invariant()
    def open_means_owned(self) -> None:
        assert (self.assignment.owner is not None) is self.assignment.state.is_open

    @invariant()
    def a_unit_that_must_act_has_a_running_clock(self) -> None:
        if self.assignment.with_unit:
            assert self.assignment.responsible_unit is not None
            assert self.assignment.clock is not None
            assert not self.assignment.clock.is_paused
            assert self.assignment.due_at == self.assignment.clock.due_at(CALENDAR)
        elif self.assignment.state is not S.DONE and self.assignment.clock is not None:
            assert self.assignment.clock.is_paused

    @invariant()
    def rounds_and_dispatches_only_grow(self) -> None:
        seen = (self.assignment.round, self.assignment.dispatch_number)
        assert seen >= self.seen
        self.seen = seen


TestAssignmentLife = pytest.mark.deep(AssignmentLife.TestCase)
