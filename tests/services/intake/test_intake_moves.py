"""The moves tables of intake: every pair of states is either allowed or refused, and the methods obey."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any

import pytest
from intake_builders import (
    DUE,
    LATER,
    NOON,
    PHOTO_BEFORE,
    PHOTO_SEEN,
    a_case,
    a_feedback,
    a_report,
    a_standard,
    a_task,
)

from case_contracts.codes import AnswerKind, Source, Urgency
from case_contracts.roles import Role
from services.intake.domain import answer, case, report, task
from services.intake.domain.answer import Answer, AnswerState
from services.intake.domain.case import CaseState
from services.intake.domain.refusals import EvidenceMissing, HeldByAnother, MoveNotAllowed, RuleBroken
from services.intake.domain.reopening import ReopeningRequest
from services.intake.domain.report import ReportState
from services.intake.domain.task import Outcome, TaskKind, TaskState

REPORT_MOVES: dict[ReportState, tuple[Callable[[Any], Any], set[ReportState]]] = {
    ReportState.CONFIRMING: (lambda r: r.ask_confirmation(a_task(), at=NOON), {ReportState.RECEIVED}),
    ReportState.AWAITING_FILING: (
        lambda r: r.propose_filing(a_standard(), Urgency.ORDINARY, at=NOON, due_at=DUE, operator="p"),
        {ReportState.RECEIVED},
    ),
    ReportState.NOT_ACCEPTED: (lambda r: r.not_accept(reason="不归本市管", at=NOON), {ReportState.RECEIVED}),
    ReportState.LINKED: (lambda r: r.link("4105232020061500001", at=NOON), {ReportState.RECEIVED}),
    ReportState.NOT_FILED: (
        lambda r: r.decline(reason="不够立案条件", at=NOON),
        {ReportState.AWAITING_FILING},
    ),
    ReportState.FILED: (
        lambda r: r.file(
            a_standard(),
            case_number="4105232020061500001",
            handbook_version="1",
            at=NOON,
            supervisor="p",
            dispatch_due_at=DUE,
        ),
        {ReportState.AWAITING_FILING},
    ),
    ReportState.SELF_HANDLING_VALID: (
        lambda r: r.judge_self_handling(valid=True, reason="", at=NOON, due_at=DUE, supervisor="p"),
        {ReportState.SELF_HANDLED},
    ),
}

OPEN_CASES = {
    CaseState.IN_COMMAND,
    CaseState.UNDER_REVIEW,
    CaseState.AWAITING_VERIFICATION,
    CaseState.VERIFYING,
    CaseState.AWAITING_CLOSING,
}

CASE_MOVES: dict[str, tuple[CaseState, Callable[[Any], Any], set[CaseState]]] = {
    "feedback": (
        CaseState.AWAITING_VERIFICATION,
        lambda c: c.fed_back(a_feedback(c.case_number), at=NOON, due_at=DUE),
        {CaseState.IN_COMMAND},
    ),
    "returned": (
        CaseState.UNDER_REVIEW,
        lambda c: c.returned_to_intake(at=NOON, due_at=DUE),
        {CaseState.IN_COMMAND},
    ),
    "filed again": (
        CaseState.IN_COMMAND,
        lambda c: c.file_again(
            a_standard(), Urgency.ORDINARY, handbook_version="2", at=NOON, due_at=DUE, supervisor="p"
        ),
        {CaseState.UNDER_REVIEW},
    ),
    "asked": (
        CaseState.VERIFYING,
        lambda c: c.ask_verification(a_task()),
        {CaseState.AWAITING_VERIFICATION, CaseState.AWAITING_CLOSING},
    ),
    "unclear": (
        CaseState.AWAITING_VERIFICATION,
        lambda c: c.cannot_be_judged(a_task(words="大门紧锁"), at=NOON, due_at=DUE),
        {CaseState.VERIFYING},
    ),
    "verified": (
        CaseState.AWAITING_CLOSING,
        lambda c: c.verified(a_task(photos=(PHOTO_SEEN,)), at=NOON, due_at=DUE),
        {CaseState.VERIFYING},
    ),
    "failed": (
        CaseState.IN_COMMAND,
        lambda c: c.verification_failed(a_task(words="仍在"), at=NOON, due_at=DUE),
        {CaseState.VERIFYING},
    ),
    "sent back": (
        CaseState.IN_COMMAND,
        lambda c: c.send_back(reason="照片不是该处", at=NOON, due_at=DUE),
        {CaseState.AWAITING_VERIFICATION},
    ),
    "reopened": (
        CaseState.IN_COMMAND,
        lambda c: c.reopen(reason="坑还在", at=NOON, due_at=DUE, supervisor="p"),
        {CaseState.CLOSED},
    ),
    "closed": (
        CaseState.CLOSED,
        lambda c: c.close(at=NOON, supervisor="p"),
        {CaseState.AWAITING_CLOSING},
    ),
    "voided": (
        CaseState.VOIDED,
        lambda c: c.void(reason="误立", at=NOON, supervisor="p"),
        OPEN_CASES,
    ),
    "force closed": (
        CaseState.FORCE_CLOSED,
        lambda c: c.force_close(reason="无法整改", approved_by="县政府", at=NOON, supervisor="p"),
        OPEN_CASES,
    ),
    "merged": (
        CaseState.MERGED,
        lambda c: c.merge_into(a_case(case_number="4105232020061500002"), at=NOON, supervisor="p"),
        OPEN_CASES,
    ),
}


@pytest.mark.parametrize(
    ("moves", "states"),
    [
        (report.ALLOWED_MOVES, ReportState),
        (case.ALLOWED_MOVES, CaseState),
        (answer.ALLOWED_MOVES, AnswerState),
        (task.ALLOWED_MOVES, TaskState),
    ],
)
def test_every_state_has_its_row_in_the_moves_table(
    moves: dict[StrEnum, frozenset[StrEnum]], states: type[StrEnum]
) -> None:
    assert set(moves) == set(states)
    assert all(target in set(states) for row in moves.values() for target in row)


@pytest.mark.parametrize(("state", "wanted"), list(itertools.product(ReportState, REPORT_MOVES)))
def test_a_report_moves_only_as_its_table_says(state: ReportState, wanted: ReportState) -> None:
    move, allowed_from = REPORT_MOVES[wanted]
    a = a_report(state=state)

    if state in allowed_from:
        move(a)
        assert a.state is wanted
    else:
        with pytest.raises(MoveNotAllowed) as refused:
            move(a)
        assert (a.state, refused.value.state, refused.value.wanted) == (state, state, wanted)


@pytest.mark.parametrize(("state", "step"), list(itertools.product(CaseState, CASE_MOVES)))
def test_a_case_moves_only_as_its_table_says(state: CaseState, step: str) -> None:
    wanted, move, allowed_from = CASE_MOVES[step]
    asked = ReopeningRequest(report_number="R2020061500001", words="坑还在", asked_at=NOON)
    a = a_case(state=state, reopenings=(asked,))

    if state in allowed_from:
        move(a)
        assert a.state is wanted
    else:
        with pytest.raises(MoveNotAllowed):
            move(a)
        assert a.state is state


def test_every_move_that_the_table_allows_is_somebodys_step() -> None:
    steps = {(start, wanted) for wanted, _, starts in CASE_MOVES.values() for start in starts}

    assert steps == {(start, to) for start, onward in case.ALLOWED_MOVES.items() for to in onward}


@pytest.mark.parametrize("state", [state for state in ReportState if state is not ReportState.CONFIRMING])
def test_only_a_report_that_is_being_confirmed_can_be_confirmed_or_denied(state: ReportState) -> None:
    for outcome in (lambda r: r.confirm(a_task(), at=NOON), lambda r: r.deny(a_task(), at=NOON)):
        with pytest.raises(MoveNotAllowed):
            outcome(a_report(state=state))


@pytest.mark.parametrize(
    "state", [state for state in ReportState if state is not ReportState.AWAITING_FILING]
)
def test_only_a_proposed_report_can_be_returned_for_completion(state: ReportState) -> None:
    with pytest.raises(MoveNotAllowed):
        a_report(state=state).return_for_completion(reason="缺位置", at=NOON, due_at=DUE)


@pytest.mark.parametrize(("state", "wanted"), list(itertools.product(AnswerState, AnswerState)))
def test_an_answer_moves_only_as_its_table_says(state: AnswerState, wanted: AnswerState) -> None:
    an = Answer(
        report_number="R1",
        kind=AnswerKind.CLOSED,
        channel=Source.WECHAT,
        text="",
        due_since=NOON,
        state=state,
    )
    move = {
        AnswerState.DELIVERED: lambda: an.delivered(at=NOON),
        AnswerState.UNREACHABLE: lambda: an.given_up(reason="停机", at=NOON),
    }.get(wanted)
    if move is None:
        return

    if wanted in answer.ALLOWED_MOVES[state]:
        move()
        assert an.state is wanted
    else:
        with pytest.raises(MoveNotAllowed):
            move()


@pytest.mark.parametrize("state", [TaskState.ANSWERED, TaskState.WITHDRAWN])
def test_a_task_that_is_over_can_be_neither_answered_nor_withdrawn(state: TaskState) -> None:
    over = a_task(state=state)

    with pytest.raises(MoveNotAllowed):
        over.answer(Outcome.CONFIRMED, words="", photos=(), position=None, at=NOON)
    with pytest.raises(MoveNotAllowed):
        over.withdraw(at=NOON)


@pytest.mark.parametrize(("kind", "outcome"), list(itertools.product(TaskKind, Outcome)))
def test_each_kind_of_task_has_its_own_outcomes(kind: TaskKind, outcome: Outcome) -> None:
    asked = a_task(kind=kind)

    if outcome in task.OUTCOMES[kind]:
        asked.answer(outcome, words="看过", photos=(PHOTO_SEEN,), position=None, at=NOON)
        assert asked.outcome is outcome
    else:
        with pytest.raises(RuleBroken) as broken:
            asked.answer(outcome, words="看过", photos=(PHOTO_SEEN,), position=None, at=NOON)
        assert broken.value.field == "outcome"


@pytest.mark.parametrize("state", ReportState)
def test_every_open_report_has_an_owner_and_every_ended_one_has_none(state: ReportState) -> None:
    assert (report.OWNERS[state] is None) == (not report.ALLOWED_MOVES[state])


def test_a_longer_limit_stays_with_the_unit_and_goes_with_the_round_or_the_filing() -> None:
    a = a_case()
    for ends in (
        lambda: a.is_with("u05", due_at=DUE),
        lambda: a.returned_to_intake(at=NOON, due_at=DUE),
    ):
        a.is_with("u04", due_at=DUE)
        a.is_given_more(3600.0, due_at=DUE)
        a.is_with("u04")
        assert a.limit_seconds == 3600.0

        ends()
        assert a.limit_seconds is None


def test_more_time_takes_the_case_from_nobody_and_sets_no_clock_going() -> None:
    later = DUE + timedelta(hours=1)
    a = a_case()
    a.is_with("u04", due_at=DUE)
    a.is_with_the_dispatcher(at=NOON, due_at=DUE)
    a.is_given_more(3600.0, due_at=later)
    assert (a.owner, a.due_at, a.handling_due_at) == (Role.DISPATCHER, DUE, later)

    a.is_with("u04")
    assert a.due_at == later
    a.is_suspended(until_at=DUE)
    a.is_given_more(7200.0, due_at=later)
    assert (a.due_at, a.handling_due_at, a.limit_seconds) == (DUE, None, 7200.0)


def test_every_step_of_a_case_leaves_it_with_an_owner_and_a_due_time_until_it_ends() -> None:
    a = a_case()
    owners = [(a.owner, a.due_at)]
    for step in (
        lambda: a.is_with("u04", due_at=DUE),
        lambda: a.is_with_the_dispatcher(at=NOON, due_at=DUE),
        lambda: a.is_with("u05", due_at=DUE),
        lambda: a.is_suspended(until_at=DUE),
        lambda: a.returned_to_intake(at=NOON, due_at=DUE),
        lambda: a.file_again(
            a_standard(), Urgency.ORDINARY, handbook_version="2", at=NOON, due_at=DUE, supervisor="p"
        ),
        lambda: a.fed_back(a_feedback(a.case_number), at=NOON, due_at=DUE),
        lambda: a.ask_verification(a_task()),
        lambda: a.cannot_be_judged(a_task(words="门锁着"), at=NOON, due_at=DUE),
        lambda: a.ask_verification(a_task()),
        lambda: a.verification_failed(a_task(words="仍在"), at=NOON, due_at=DUE),
        lambda: a.fed_back(a_feedback(a.case_number, 3), at=NOON, due_at=DUE),
        lambda: a.ask_verification(a_task()),
        lambda: a.verified(a_task(photos=(PHOTO_SEEN,)), at=NOON, due_at=DUE),
    ):
        step()
        owners.append((a.owner, a.due_at))

    assert all(owner is not None and due is not None for owner, due in owners)
    a.close(at=NOON, supervisor="p")
    assert (a.owner, a.due_at, a.ended_at) == (None, None, NOON)


def test_a_confirmation_pauses_the_acceptance_clock() -> None:
    a = a_report(due_at=NOON + timedelta(minutes=15))

    a.ask_confirmation(a_task(), at=NOON + timedelta(minutes=5))
    assert a.due_at == a_task().due_at
    a.confirm(a_task(photos=(PHOTO_SEEN,)), at=NOON + timedelta(minutes=25))

    assert a.due_at == NOON + timedelta(minutes=35)
    assert a.confirmation_photos == (PHOTO_SEEN,)


def test_a_report_that_was_overdue_before_its_confirmation_is_overdue_after_it() -> None:
    a = a_report(due_at=NOON)

    a.ask_confirmation(a_task(), at=NOON + timedelta(minutes=5))
    a.deny(a_task(words="没有"), at=NOON + timedelta(minutes=25))

    assert a.due_at == NOON + timedelta(minutes=20)


def test_a_failed_verification_begins_a_new_round_without_the_old_evidence() -> None:
    a = a_case(state=CaseState.VERIFYING, responsible_unit="u04")

    failed = a.verification_failed(a_task(words="坑还在"), at=LATER, due_at=DUE)

    assert (failed.round, failed.reason, a.round) == (2, "坑还在", 2)
    assert (a.feedback_photos, a.verification_photos, a.owner) == ((), (), Role.DISPATCHER)
    assert a.photos == (PHOTO_BEFORE,)


def asked_to_reopen() -> Any:
    asked = ReopeningRequest(report_number="R2020061500001", words="坑还在", asked_at=NOON)
    return a_case(state=CaseState.CLOSED, reopenings=(asked,))


@pytest.mark.parametrize("lacking", ["feedback_photos", "verification_photos"])
def test_a_case_without_evidence_of_this_round_cannot_be_closed(lacking: str) -> None:
    a = a_case(state=CaseState.AWAITING_CLOSING, **{lacking: ()})

    with pytest.raises(EvidenceMissing):
        a.close(at=NOON, supervisor="p")
    assert a.state is CaseState.AWAITING_CLOSING


@pytest.mark.parametrize(
    "refusal",
    [
        lambda reason: a_report().not_accept(reason=reason, at=NOON),
        lambda reason: a_report(state=ReportState.AWAITING_FILING).decline(reason=reason, at=NOON),
        lambda reason: a_report(state=ReportState.AWAITING_FILING).return_for_completion(
            reason=reason, at=NOON, due_at=DUE
        ),
        lambda reason: a_case().void(reason=reason, at=NOON, supervisor="p"),
        lambda reason: a_case().force_close(reason=reason, approved_by="县政府", at=NOON, supervisor="p"),
        lambda reason: a_case().raise_urgency(Urgency.URGENT, reason=reason, at=NOON, by="p"),
        lambda reason: a_report().raise_urgency(Urgency.URGENT, reason=reason, at=NOON, by="p"),
        lambda reason: a_case(state=CaseState.AWAITING_VERIFICATION).send_back(
            reason=reason, at=NOON, due_at=DUE
        ),
        lambda reason: a_report(state=ReportState.SELF_HANDLED).judge_self_handling(
            valid=False, reason=reason, at=NOON, due_at=DUE, supervisor="p"
        ),
        lambda reason: asked_to_reopen().reopen(reason=reason, at=NOON, due_at=DUE, supervisor="p"),
        lambda reason: asked_to_reopen().decline_reopening(None, reason=reason, at=NOON, supervisor="p"),
    ],
)
def test_nothing_is_refused_without_a_reason(refusal: Callable[[str], Any]) -> None:
    with pytest.raises(RuleBroken) as broken:
        refusal("  ")
    assert broken.value.field == "reason"


def test_a_task_says_whether_it_was_answered_in_time() -> None:
    in_time, late = a_task(), a_task()

    in_time.answer(Outcome.CONFIRMED, words="", photos=(), position=None, at=in_time.due_at)
    late.answer(
        Outcome.CONFIRMED, words="", photos=(), position=None, at=late.due_at + timedelta(microseconds=1)
    )

    assert (in_time.in_time, late.in_time) == (True, False)


# --- 领取 --------------------------------------------------------------------------------------------------


def test_a_report_that_one_operator_has_taken_up_is_not_another_ones():
    report = a_report()
    report.hold("li", at=NOON)

    with pytest.raises(HeldByAnother) as refused:
        report.hold("wang", at=NOON + timedelta(minutes=9))

    assert (refused.value.held_by, report.holder(NOON)) == ("li", "li")


def test_who_goes_on_with_a_report_keeps_it_ten_minutes_more():
    report = a_report()
    report.hold("li", at=NOON)
    report.hold("li", at=NOON + timedelta(minutes=9))

    assert report.holder(NOON + timedelta(minutes=18)) == "li"
    assert report.holder(NOON + timedelta(minutes=19)) is None


def test_a_report_left_for_ten_minutes_is_free():
    report = a_report()
    report.hold("li", at=NOON)

    report.hold("wang", at=NOON + timedelta(minutes=10))

    assert report.held_by == "wang"


def test_a_report_is_put_back_by_its_holder_alone():
    report = a_report()
    report.hold("li", at=NOON)

    report.release("wang")
    assert report.holder(NOON) == "li"
    report.release("li")
    assert report.holder(NOON) is None


def test_a_move_ends_the_hold_and_what_has_moved_on_cannot_be_taken_up():
    report = a_report()
    report.hold("li", at=NOON)
    report.not_accept(reason="不归本市管", at=NOON)

    assert report.held_by is None
    with pytest.raises(MoveNotAllowed):
        report.hold("li", at=NOON)
