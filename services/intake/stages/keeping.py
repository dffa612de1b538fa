"""Keeping (留痕): a move is kept, written into the flow record and announced, all in the one transaction."""

from datetime import datetime

from case_contracts.facts import Fact
from case_contracts.roles import SYSTEM, Actor
from services.intake.domain.answer import Answer, AnswerState
from services.intake.domain.case import Case, CaseState
from services.intake.domain.flow import FlowRecord
from services.intake.domain.report import Report, ReportState
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import examining

REPORT_CLOCK = "report_clock"
CASE_CLOCK = "case_clock"
"""The wake-ups of reports and cases, by their numbers."""


def report_moved(
    tx: IntakeTransaction,
    report: Report,
    fact: Fact,
    action: str,
    *,
    before: ReportState | None,
    at: datetime,
    by: Actor,
    reason: str = "",
) -> Announced:
    """A report did a step: ``fact`` says which. ``before`` is None for a new one."""
    if before is None:
        tx.reports.add(report)
    else:
        tx.reports.save(report)
    watch_report(tx, report, new=before is None)
    tx.flow_records.add(
        FlowRecord(
            subject=report.subject,
            at=at,
            actor=by.person_id,
            action=action,
            from_state=before or "",
            to_state=report.state,
            reason=reason,
            fact_type=fact.name,
        )
    )
    examining.note_photos(tx, fact, report_number=report.report_number, at=at)
    return tx.announce(fact, at=at, first=before is None)


def report_became_case(
    tx: IntakeTransaction, report: Report, *, before: ReportState, at: datetime, by: Actor
) -> None:
    """立案 ends a report; the fact that says so is the case's."""
    tx.reports.save(report)
    watch_report(tx, report, new=False)
    tx.flow_records.add(
        FlowRecord(
            subject=report.subject,
            at=at,
            actor=by.person_id,
            action="file_case",
            from_state=before,
            to_state=report.state,
            reason=report.case_number or "",
        )
    )


def case_moved(
    tx: IntakeTransaction,
    case: Case,
    fact: Fact,
    action: str,
    *,
    before: CaseState | None,
    at: datetime,
    by: Actor,
    reason: str = "",
) -> Announced:
    """A case did a step of intake's own: ``fact`` says which. ``before`` is None for a new one."""
    if before is None:
        tx.cases.add(case)
        _write(tx, case, fact, action, before="", at=at, by=by, reason=reason)
    else:
        case_followed(tx, case, fact, action, before=before, at=at, by=by, reason=reason)
    return tx.announce(fact, at=at, first=before is None)


def case_followed(
    tx: IntakeTransaction,
    case: Case,
    fact: Fact,
    action: str,
    *,
    before: CaseState,
    at: datetime,
    by: Actor,
    reason: str = "",
) -> None:
    """A case changed as ``fact`` says, and intake need not tell anybody."""
    tx.cases.save(case)
    watch_case(tx, case, before=before)
    examining.note_photos(
        tx, fact, report_number=case.report_number, case_number=case.case_number, round=case.round, at=at
    )
    _write(tx, case, fact, action, before=before, at=at, by=by, reason=reason)


def case_noted(
    tx: IntakeTransaction, case: Case, fact: Fact, action: str, *, at: datetime, by: Actor, reason: str
) -> None:
    """A line in the flow record of a case whose state stays."""
    _write(tx, case, fact, action, before=case.state, at=at, by=by, reason=reason)


def answer_moved(
    tx: IntakeTransaction,
    answer: Answer,
    fact: Fact,
    action: str,
    *,
    before: AnswerState | None,
    at: datetime,
    by: Actor,
    reason: str = "",
) -> Announced:
    """An answer came further."""
    if before is None:
        tx.answers.add(answer)
    else:
        tx.answers.save(answer)
    tx.flow_records.add(
        FlowRecord(
            subject=f"report/{answer.report_number}",
            at=at,
            actor=by.person_id,
            action=action,
            from_state=f"answer_{before}" if before else "",
            to_state=f"answer_{answer.state}",
            reason=reason,
            fact_type=fact.name,
        )
    )
    return tx.announce(fact, at=at)


def watch_report(tx: IntakeTransaction, report: Report, *, new: bool) -> None:
    """逐级上报: be woken when the next post is to be called; not any more when there is none."""
    calls = report.calls_next(report.owner)
    if calls is not None:
        tx.wake(REPORT_CLOCK, report.report_number, calls[1])
    elif not new:
        tx.cancel_wake(REPORT_CLOCK, report.report_number)


def watch_case(tx: IntakeTransaction, case: Case, *, before: CaseState) -> None:
    """The same for a case; while it is in command its clock is dispatch's."""
    calls = case.calls_next(case.owner)
    if calls is not None:
        tx.wake(CASE_CLOCK, case.case_number, calls[1])
    elif before is not CaseState.IN_COMMAND:
        tx.cancel_wake(CASE_CLOCK, case.case_number)


def noted(
    tx: IntakeTransaction,
    subject: str,
    fact: Fact,
    *,
    state: str,
    at: datetime,
    round: int = 0,
    reason: str = "",
) -> None:
    """Another service's fact is written into the flow record and changes nothing."""
    tx.flow_records.add(
        FlowRecord(
            subject=subject,
            at=at,
            actor=SYSTEM.person_id,
            action=f"note_{fact.name}",
            from_state=state,
            to_state=state,
            round=round,
            reason=reason,
            fact_type=fact.name,
        )
    )


def _write(
    tx: IntakeTransaction,
    case: Case,
    fact: Fact,
    action: str,
    *,
    before: str,
    at: datetime,
    by: Actor,
    reason: str,
) -> None:
    tx.flow_records.add(
        FlowRecord(
            subject=case.subject,
            at=at,
            actor=by.person_id,
            action=action,
            from_state=before,
            to_state=case.state,
            round=case.round,
            reason=reason,
            fact_type=fact.name,
        )
    )
