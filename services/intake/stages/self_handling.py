"""Self-handling (自处置): what a collector mended on the spot is judged by the shift supervisor."""

from datetime import datetime, timedelta

from case_contracts.codes import AnswerKind
from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import answering, keeping


def judge(
    tx: IntakeTransaction,
    handbook: Handbook,
    report_number: str,
    *,
    valid: bool,
    reason: str,
    at: datetime,
    by: Actor,
) -> Announced:
    """自处置审核: valid ends it; invalid, with a reason, makes it a report like any other, to be accepted."""
    by.require(Action.JUDGE_SELF_HANDLING)
    report = tx.reports.get(report_number)
    before = report.state
    due_at = at + timedelta(minutes=handbook.settings.accept_minutes)
    judged = report.judge_self_handling(
        valid=valid, reason=reason, at=at, due_at=due_at, supervisor=by.person_id
    )
    announced = keeping.report_moved(
        tx, report, judged, "judge_self_handling", before=before, at=at, by=by, reason=report.reason
    )
    if valid:
        answering.open_answer(
            tx, report_number, report.source, AnswerKind.SELF_HANDLED, reason=report.reason, at=at
        )
    return announced
