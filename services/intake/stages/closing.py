"""Closing (结案): the shift supervisor ends a case, and everybody who reported it is answered."""

from collections.abc import Sequence
from datetime import datetime

from case_contracts.codes import AnswerKind
from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.intake.domain.case import Case
from services.intake.domain.evidence import check_seen
from services.intake.domain.task import TaskState
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import answering, examining, keeping


def close_case(
    tx: IntakeTransaction,
    handbook: Handbook,
    case_number: str,
    *,
    flags_seen: Sequence[str] = (),
    at: datetime,
    by: Actor,
) -> Announced:
    """结案: feedback and verification agree, both have photos, and what is doubtful about them was seen."""
    by.require(Action.CLOSE_CASE)
    case = tx.cases.get(case_number)
    before = case.state
    closed = case.close(at=at, supervisor=by.person_id)
    seen = check_seen(case_number, examining.flags_of_case(tx, handbook, case), flags_seen)
    announced = keeping.case_moved(tx, case, closed, "close_case", before=before, at=at, by=by, reason=seen)
    _answer_all(tx, case, AnswerKind.CLOSED, at=at)
    return announced


def void_case(tx: IntakeTransaction, case_number: str, *, reason: str, at: datetime, by: Actor) -> Announced:
    """作废: filed by mistake; whoever is on the way need not go."""
    by.require(Action.VOID_CASE)
    case = tx.cases.get(case_number)
    before = case.state
    voided = case.void(reason=reason, at=at, supervisor=by.person_id)
    announced = keeping.case_moved(
        tx, case, voided, "void_case", before=before, at=at, by=by, reason=case.reason
    )
    call_off(tx, case, at=at)
    _answer_all(tx, case, AnswerKind.VOIDED, at=at)
    return announced


def force_close(
    tx: IntakeTransaction, case_number: str, *, reason: str, approved_by: str, at: datetime, by: Actor
) -> Announced:
    """强制结案: it ends without being mended, by an approval that is recorded; counted apart."""
    by.require(Action.FORCE_CLOSE_CASE)
    case = tx.cases.get(case_number)
    before = case.state
    ended = case.force_close(reason=reason, approved_by=approved_by, at=at, supervisor=by.person_id)
    told = f"{case.reason}（{case.approved_by}批准）"
    announced = keeping.case_moved(tx, case, ended, "force_close", before=before, at=at, by=by, reason=told)
    call_off(tx, case, at=at)
    _answer_all(tx, case, AnswerKind.FORCE_CLOSED, at=at)
    return announced


def call_off(tx: IntakeTransaction, case: Case, *, at: datetime) -> None:
    """Whoever is on the way to a case that has ended need not go."""
    for listed in tx.tasks.of_report(case.report_number):
        if listed.state is TaskState.OPEN:
            task = tx.tasks.get(listed.task_id)
            task.withdraw(at=at)
            tx.tasks.save(task)


def _answer_all(tx: IntakeTransaction, case: Case, kind: AnswerKind, *, at: datetime) -> None:
    answering.answer_everybody(tx, case.report_numbers, kind, reason=case.reason, at=at)
