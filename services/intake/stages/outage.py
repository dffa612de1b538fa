"""Outage credit (补时): every clock of intake's gets back what an outage took, in one transaction."""

from datetime import datetime

from case_contracts.dispatch import OutageLogged
from case_contracts.roles import SYSTEM
from handbook.calendar import COUNTY_TIME
from services.intake.domain.case import Case
from services.intake.domain.outage import Credit, credit_case, credit_report, credit_task
from services.intake.domain.report import Report
from services.intake.domain.task import Task
from services.intake.ports import IntakeTransaction
from services.intake.stages import keeping

ACTION = "credit_outage"


def on_outage_logged(tx: IntakeTransaction, fact: OutageLogged, *, at: datetime) -> None:
    """故障补时: told once or twice, late or in another order, each moment is given back once.

    What an errand is about is locked before the errand itself, here as everywhere.
    """
    credit = Credit(logged=fact, at=at)
    reports, cases = tx.reports.with_clocks(), tx.cases.with_clocks()
    errands = {_of(task): task for task in tx.tasks.with_clocks()}
    for task in errands.values():
        if credit_task(task, credit):
            tx.tasks.save(task)
    for report in reports:
        _credit_report(tx, credit, report, errands.get(report.report_number))
    for case in cases:
        _credit_case(tx, credit, case, errands.get(case.case_number))


def _credit_report(tx: IntakeTransaction, credit: Credit, report: Report, errand: Task | None) -> None:
    for told in credit_report(report, credit, task_id=errand.task_id if errand else ""):
        keeping.report_moved(
            tx, report, told, ACTION,
            before=report.state, at=credit.at, by=SYSTEM, reason=_words(credit.logged),
        )  # fmt: skip


def _credit_case(tx: IntakeTransaction, credit: Credit, case: Case, errand: Task | None) -> None:
    moved, told = credit_case(case, credit, task_id=errand.task_id if errand else "")
    if told is not None:
        keeping.case_moved(
            tx, case, told, ACTION,
            before=case.state, at=credit.at, by=SYSTEM, reason=_words(credit.logged),
        )  # fmt: skip
    elif moved:
        keeping.case_followed(
            tx, case, credit.logged, ACTION,
            before=case.state, at=credit.at, by=SYSTEM, reason=_words(credit.logged),
        )  # fmt: skip


def _of(task: Task) -> str:
    return task.case_number or task.report_number


def _words(fact: OutageLogged) -> str:
    ends = (fact.outage_from, fact.outage_until)
    return "系统故障补时：" + " 至 ".join(f"{end.astimezone(COUNTY_TIME):%Y-%m-%d %H:%M}" for end in ends)
