"""Verification (核查): after handling, a collector sees whether the problem is gone."""

import contextlib
from datetime import datetime, timedelta

from case_contracts.dispatch import FeedbackSubmitted
from case_contracts.roles import SYSTEM, Action, Actor
from handbook import Handbook
from services.intake.domain.case import Case, CaseState
from services.intake.domain.case_courses import round_key
from services.intake.domain.courses import Course
from services.intake.domain.refusals import MoveNotAllowed, NoCollectorAvailable, a_reason
from services.intake.domain.task import Outcome, Task
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import following, keeping, sending


def on_feedback_submitted(
    tx: IntakeTransaction, handbook: Handbook, fact: FeedbackSubmitted, *, at: datetime
) -> None:
    """反馈 from dispatch: the operator is to have it verified."""
    case = tx.cases.find(fact.case_number)
    course = following.course_of(tx, case, fact, at=at)
    if case is None or course is not Course.APPLY:
        return
    before = case.state
    case.fed_back(fact, at=at, due_at=at + timedelta(minutes=handbook.settings.accept_minutes))
    keeping.case_followed(tx, case, fact, "follow_feedback_submitted", before=before, at=at, by=SYSTEM)


def ask_verification(
    tx: IntakeTransaction,
    handbook: Handbook,
    case_number: str,
    *,
    collector: str | None = None,
    at: datetime,
    by: Actor,
) -> sending.Asked:
    """派核查: a collector is sent, and not the one who reported."""
    by.require(Action.ASK_VERIFICATION)
    case = tx.cases.get(case_number)
    return _ask(tx, handbook, case, collector=collector, at=at, by=by)


def verify_again(
    tx: IntakeTransaction, handbook: Handbook, case_number: str, *, reason: str, at: datetime, by: Actor
) -> sending.Asked:
    """再次核查: the shift supervisor cannot close on what was found; somebody is sent once more.

    Another collector, where one is on duty (docs/domain.md, "Collectors on duty").
    """
    by.require(Action.CLOSE_CASE)
    case = tx.cases.get(case_number)
    if case.state is not CaseState.AWAITING_CLOSING:
        raise MoveNotAllowed(case.case_number, case.state, CaseState.VERIFYING)
    return _ask(tx, handbook, case, at=at, by=by, reason=a_reason(reason))


def send_back(
    tx: IntakeTransaction, handbook: Handbook, case_number: str, *, reason: str, at: datetime, by: Actor
) -> Announced:
    """退回返工: the feedback is plainly not enough, so nobody is sent to see it; the unit does it again."""
    by.require(Action.ASK_VERIFICATION)
    case = tx.cases.get(case_number)
    before = case.state
    due_at = at + timedelta(minutes=handbook.settings.dispatch_minutes)
    failed = case.send_back(reason=reason, at=at, due_at=due_at)
    announced = keeping.case_moved(
        tx, case, failed, "send_back", before=before, at=at, by=by, reason=failed.reason
    )
    tx.released(round_key(case.case_number, case.round))
    return announced


def _ask(
    tx: IntakeTransaction,
    handbook: Handbook,
    case: Case,
    *,
    collector: str | None = None,
    instead_of: str = "",
    at: datetime,
    by: Actor,
    reason: str = "",
) -> sending.Asked:
    before = case.state
    case.check_move(CaseState.VERIFYING)
    task = sending.verification_task(tx, handbook, case, collector=collector, instead_of=instead_of, at=at)
    fact = case.ask_verification(task)
    announced = keeping.case_moved(
        tx, case, fact, "ask_verification", before=before, at=at, by=by, reason=reason
    )
    return sending.asked(task, announced)


def conclude(
    tx: IntakeTransaction, handbook: Handbook, case: Case, task: Task, *, at: datetime, by: Actor
) -> Announced:
    """核查通过, 不通过 or 无法判断: to be closed, to be done again, or to be looked at again."""
    if task.outcome is Outcome.GONE:
        return _passed(tx, handbook, case, task, at=at, by=by)
    if task.outcome is Outcome.UNCLEAR:
        return _second(tx, handbook, case, task, at=at, by=by)
    return _failed(tx, handbook, case, task, at=at, by=by)


def _second(
    tx: IntakeTransaction, handbook: Handbook, case: Case, task: Task, *, at: datetime, by: Actor
) -> Announced:
    before = case.state
    due_at = at + timedelta(minutes=handbook.settings.accept_minutes)
    unclear = case.cannot_be_judged(task, at=at, due_at=due_at)
    announced = keeping.case_moved(
        tx, case, unclear, "cannot_judge", before=before, at=at, by=by, reason=task.words
    )
    # Once by itself; when the second cannot tell either, the operator decides what is to be done.
    if not sending.was_unclear_before(tx, case, besides=task.task_id):
        with contextlib.suppress(NoCollectorAvailable):
            _ask(tx, handbook, case, instead_of=task.collector, at=at, by=SYSTEM)
    return announced


def _passed(
    tx: IntakeTransaction, handbook: Handbook, case: Case, task: Task, *, at: datetime, by: Actor
) -> Announced:
    before = case.state
    verified = case.verified(task, at=at, due_at=at + timedelta(minutes=handbook.settings.close_minutes))
    return keeping.case_moved(tx, case, verified, "verify", before=before, at=at, by=by, reason=task.words)


def _failed(
    tx: IntakeTransaction, handbook: Handbook, case: Case, task: Task, *, at: datetime, by: Actor
) -> Announced:
    before = case.state
    due_at = at + timedelta(minutes=handbook.settings.dispatch_minutes)
    failed = case.verification_failed(task, at=at, due_at=due_at)
    announced = keeping.case_moved(
        tx, case, failed, "fail_verification", before=before, at=at, by=by, reason=task.words
    )
    tx.released(round_key(case.case_number, case.round))
    return announced
