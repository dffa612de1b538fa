"""Raising (提高轻重缓急): a report or a case is made more urgent by hand, with the reason."""

from datetime import datetime

from case_contracts.codes import Urgency
from case_contracts.roles import Action, Actor
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import keeping


def raise_report(
    tx: IntakeTransaction, report_number: str, *, urgency: Urgency, reason: str, at: datetime, by: Actor
) -> Announced:
    """Before the filing: the case will begin with it."""
    by.require(Action.RAISE_URGENCY)
    report = tx.reports.get(report_number)
    raised = report.raise_urgency(urgency, reason=reason, at=at, by=by.person_id)
    return keeping.report_moved(
        tx, report, raised, "raise_urgency", before=report.state, at=at, by=by, reason=raised.reason
    )


def raise_case(
    tx: IntakeTransaction, case_number: str, *, urgency: Urgency, reason: str, at: datetime, by: Actor
) -> Announced:
    """After the filing: dispatch and the unit are told."""
    by.require(Action.RAISE_URGENCY)
    case = tx.cases.get(case_number)
    raised = case.raise_urgency(urgency, reason=reason, at=at, by=by.person_id)
    return keeping.case_moved(
        tx, case, raised, "raise_urgency", before=case.state, at=at, by=by, reason=raised.reason
    )
