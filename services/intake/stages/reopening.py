"""Reopening (重新处置): a reporter says that the problem is not gone, and the shift supervisor decides."""

from datetime import datetime, timedelta

from case_contracts.codes import AnswerKind
from case_contracts.hotline import CallerDissatisfied
from case_contracts.roles import SYSTEM, Action, Actor, NotAllowed
from handbook import Handbook
from services.intake.domain import reopening
from services.intake.domain.case import ENDS, Case, CaseState
from services.intake.domain.case_courses import round_key
from services.intake.domain.courses import Course, Early
from services.intake.domain.masking import masked
from services.intake.domain.reopening import ReopeningNotPossible
from services.intake.domain.report import Report
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import answering, keeping
from services.intake.stages.merging import lasting

NO_CASE = ("该上报没有立案，如问题仍在请重新反映", "The report was never a case; report the problem anew.")


def ask_reopening(
    tx: IntakeTransaction,
    handbook: Handbook,
    report_number: str,
    *,
    words: str,
    at: datetime,
    by: Actor,
) -> Announced:
    """不满意, through a channel's gateway: only of its own reports."""
    by.require(Action.ASK_REOPENING)
    report = tx.reports.get(report_number)
    if not by.system and report.source != by.channel:
        raise NotAllowed(by, Action.ASK_REOPENING)
    case = _case_of(tx, report)
    if case is None:
        raise ReopeningNotPossible(report_number, *NO_CASE)
    return _ask(tx, handbook, case, report_number, words, at=at, by=by)


def may_ask_until(handbook: Handbook, case: Case, *, at: datetime) -> datetime | None:
    """Until when a closing can be objected to; None when that is over, or it was no closing."""
    if case.state is not CaseState.CLOSED or case.ended_at is None:
        return None
    until = case.ended_at + timedelta(days=handbook.settings.reopening_window_days)
    return until if at <= until else None


def on_caller_dissatisfied(
    tx: IntakeTransaction, handbook: Handbook, fact: CallerDissatisfied, *, at: datetime
) -> None:
    """不满意 on the telephone; what comes too late or twice is written down with the reason."""
    report = tx.reports.find(fact.report_number)
    if report is None:
        raise Early(reopening.key_of_report(fact.report_number))
    case = _case_of(tx, report)
    if case is None:
        keeping.noted(tx, report.subject, fact, state=report.state, at=at, reason=NO_CASE[0])
        if report.owner is None:
            _decline_by_rule(tx, report, NO_CASE[0], at=at)
        return
    if reopening.COURSES[(case.state, CallerDissatisfied)] is not Course.APPLY:
        reason = reopening.NOT_OPEN_TO_IT[case.state][0]
        _note(tx, case, fact, reason, at=at)
        if case.state in ENDS:
            _decline_by_rule(tx, report, reason, at=at)
        return
    try:
        _ask(tx, handbook, case, fact.report_number, fact.words, at=at, by=SYSTEM)
    except ReopeningNotPossible as refused:
        reason = str(refused).split(" / ")[0]
        _note(tx, case, fact, reason, at=at)
        if all(request.report_number != fact.report_number for request in case.reopenings):
            _decline_by_rule(tx, report, reason, at=at)


def reopen(
    tx: IntakeTransaction,
    handbook: Handbook,
    case_number: str,
    *,
    reason: str,
    at: datetime,
    by: Actor,
) -> Announced:
    """重新处置: a new round at the same unit, and everybody who was told of the closing is told."""
    by.require(Action.DECIDE_REOPENING)
    case = tx.cases.get(case_number)
    before = case.state
    due_at = at + timedelta(minutes=handbook.settings.dispatch_minutes)
    reopened = case.reopen(reason=reason, at=at, due_at=due_at, supervisor=by.person_id)
    announced = keeping.case_moved(
        tx, case, reopened, "reopen", before=before, at=at, by=by, reason=reopened.reason
    )
    answering.answer_everybody(tx, case.report_numbers, AnswerKind.REOPENED, reason=reopened.reason, at=at)
    tx.released(round_key(case.case_number, case.round))
    return announced


def decline_reopening(
    tx: IntakeTransaction,
    case_number: str,
    *,
    reason: str,
    report_number: str | None = None,
    at: datetime,
    by: Actor,
) -> Announced:
    """不予重新处置: with a reason, which whoever asked is told."""
    by.require(Action.DECIDE_REOPENING)
    case = tx.cases.get(case_number)
    declined = case.decline_reopening(report_number, reason=reason, at=at, supervisor=by.person_id)
    announced = keeping.case_moved(
        tx, case, declined, "decline_reopening", before=case.state, at=at, by=by, reason=declined.reason
    )
    asked = (declined.report_number,)
    answering.answer_everybody(tx, asked, AnswerKind.REOPENING_DECLINED, reason=declined.reason, at=at)
    return announced


def _ask(
    tx: IntakeTransaction,
    handbook: Handbook,
    case: Case,
    report_number: str,
    words: str,
    *,
    at: datetime,
    by: Actor,
) -> Announced:
    fact = case.ask_reopening(
        report_number,
        words=masked(words),
        at=at,
        due_at=at + timedelta(minutes=handbook.settings.close_minutes),
        window=timedelta(days=handbook.settings.reopening_window_days),
    )
    return keeping.case_moved(
        tx, case, fact, "ask_reopening", before=case.state, at=at, by=by, reason=fact.words
    )


def _decline_by_rule(tx: IntakeTransaction, report: Report, reason: str, *, at: datetime) -> None:
    # A caller cannot be refused at the door: what no rule allows is answered, once.
    told = tx.answers.of_report(report.report_number)
    if all(answer.kind is not AnswerKind.REOPENING_DECLINED for answer in told):
        kind = AnswerKind.REOPENING_DECLINED
        answering.open_answer(tx, report.report_number, report.source, kind, reason=reason, at=at)


def _case_of(tx: IntakeTransaction, report: Report) -> Case | None:
    return None if report.case_number is None else lasting(tx, report.case_number)


def _note(tx: IntakeTransaction, case: Case, fact: CallerDissatisfied, reason: str, *, at: datetime) -> None:
    keeping.noted(tx, case.subject, fact, state=case.state, round=case.round, at=at, reason=reason)
