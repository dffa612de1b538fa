"""Escalating (逐级上报): what nobody touched in time goes to another collector, or to a higher post."""

from datetime import datetime

from case_contracts.roles import SYSTEM, Role
from handbook import Handbook
from services.intake.domain.case import Case
from services.intake.domain.report import Report
from services.intake.ports import IntakeTransaction
from services.intake.stages import keeping
from services.intake.stages.giving_on import give_on_overdue


def on_report_clock(tx: IntakeTransaction, handbook: Handbook, report_number: str, *, at: datetime) -> None:
    """A report's owner has had their time; one that has moved since is left alone."""
    report = tx.reports.find(report_number)
    if report is None or (to := _called(report, report.owner, at)) is None:
        return
    if _given_on(tx, handbook, report, report.owner, report_number, at=at):
        return
    reason = f"{report.state.chinese}超过时限"
    fact = report.escalate(to, reason=reason, at=at)
    keeping.report_moved(tx, report, fact, "escalate", before=report.state, at=at, by=SYSTEM, reason=reason)


def on_case_clock(tx: IntakeTransaction, handbook: Handbook, case_number: str, *, at: datetime) -> None:
    """The same for a case, in what intake has to do with it."""
    case = tx.cases.find(case_number)
    if case is None or (to := _called(case, case.owner, at)) is None:
        return
    if _given_on(tx, handbook, case, case.owner, case.report_number, at=at):
        return
    waiting_for = "重新处置审批" if case.reopenings_to_decide else case.state.chinese
    reason = f"{waiting_for}超过时限"
    fact = case.escalate(to, reason=reason, at=at)
    keeping.case_moved(tx, case, fact, "escalate", before=case.state, at=at, by=SYSTEM, reason=reason)


def _called(on_the_clock: Report | Case, owner: Role | None, at: datetime) -> Role | None:
    calls = on_the_clock.calls_next(owner)
    return None if calls is None or calls[1] > at else calls[0]


def _given_on(
    tx: IntakeTransaction,
    handbook: Handbook,
    on_the_clock: Report | Case,
    owner: Role | None,
    report_number: str,
    *,
    at: datetime,
) -> bool:
    if owner is not Role.COLLECTOR or on_the_clock.called is not None:
        return False
    return give_on_overdue(tx, handbook, report_number, at=at)
