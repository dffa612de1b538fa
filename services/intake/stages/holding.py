"""Holding (领取): an operator takes a report up, so that nobody else works on it at the same time."""

from datetime import datetime

from case_contracts.roles import Action, Actor
from services.intake.domain.report import Report
from services.intake.ports import IntakeTransaction


def hold(tx: IntakeTransaction, report_number: str, *, at: datetime, by: Actor) -> Report:
    """领取: for ten minutes; who has it already gets another ten. No step of the journey, so no fact."""
    by.require(Action.PROPOSE_FILING)
    report = tx.reports.get(report_number)
    report.hold(by.person_id, at=at)
    tx.reports.save(report)
    return report


def release(tx: IntakeTransaction, report_number: str, *, by: Actor) -> Report:
    """放回: once or twice; what another holds stays theirs."""
    by.require(Action.PROPOSE_FILING)
    report = tx.reports.get(report_number)
    report.release(by.person_id)
    tx.reports.save(report)
    return report
