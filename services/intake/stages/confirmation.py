"""Confirmation (核实): before filing, a collector sees whether what a citizen told of is there."""

from datetime import datetime

from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.intake.domain.report import Report, ReportState
from services.intake.domain.task import Outcome, Task
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import keeping, sending


def ask_confirmation(
    tx: IntakeTransaction,
    handbook: Handbook,
    report_number: str,
    *,
    collector: str | None = None,
    at: datetime,
    by: Actor,
) -> sending.Asked:
    """派核实: the operator has it looked at, by a certain collector or by whoever is to be sent next."""
    by.require(Action.ASK_CONFIRMATION)
    report = tx.reports.get(report_number)
    report.check_free_for(by.person_id, at=at)
    before = report.state
    report.check_move(ReportState.CONFIRMING)
    task = sending.confirmation_task(tx, handbook, report, collector=collector, at=at)
    fact = report.ask_confirmation(task, at=at)
    announced = keeping.report_moved(tx, report, fact, "ask_confirmation", before=before, at=at, by=by)
    return sending.asked(task, announced)


def conclude(tx: IntakeTransaction, report: Report, task: Task, *, at: datetime, by: Actor) -> Announced:
    """核实属实 or 不属实: the operator goes on with what the collector found."""
    before = report.state
    if task.outcome is Outcome.CONFIRMED:
        confirmed = report.confirm(task, at=at)
        return keeping.report_moved(
            tx, report, confirmed, "confirm", before=before, at=at, by=by, reason=task.words
        )
    denied = report.deny(task, at=at)
    return keeping.report_moved(tx, report, denied, "deny", before=before, at=at, by=by, reason=task.words)
