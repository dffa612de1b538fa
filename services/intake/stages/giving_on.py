"""Giving on (改派): an errand that its collector cannot or does not do goes to another one."""

from collections.abc import Sequence
from datetime import datetime

from case_contracts.roles import SYSTEM
from handbook import Handbook
from services.intake.domain.refusals import NoCollectorAvailable
from services.intake.domain.task import Task, TaskState
from services.intake.ports import IntakeTransaction
from services.intake.stages import keeping, sending

LEFT = "采集员已离岗，任务已改派"
OVERDUE = "超过时限未回复，任务已改派"

MOST_TIMES = 2
"""So often an errand is given on because it was not answered in time; then a post is called."""


def give_on(
    tx: IntakeTransaction,
    handbook: Handbook,
    tasks: Sequence[Task],
    *,
    because: str,
    only_on_duty: bool = False,
    at: datetime,
) -> None:
    """Each of these errands goes to somebody else, as far as there is anybody."""
    for task in tasks:
        try:
            if task.case_number is None:
                _confirmation(tx, handbook, task, because, only_on_duty, at)
            else:
                _verification(tx, handbook, task, task.case_number, because, only_on_duty, at)
        except NoCollectorAvailable:
            continue


def give_on_overdue(tx: IntakeTransaction, handbook: Handbook, report_number: str, *, at: datetime) -> bool:
    """The errand was not answered in time; whether somebody else on duty has it now."""
    tasks = tx.tasks.of_report(report_number)
    late = [task for task in tasks if task.state is TaskState.OPEN]
    errands = {(task.kind, task.round) for task in late}
    given_on = [task for task in tasks if task.withdrawn_because == OVERDUE]
    if sum((task.kind, task.round) in errands for task in given_on) >= MOST_TIMES:
        return False
    give_on(tx, handbook, late, because=OVERDUE, only_on_duty=True, at=at)
    return bool(late) and all(tx.tasks.get(task.task_id).state is not TaskState.OPEN for task in late)


def _confirmation(
    tx: IntakeTransaction, handbook: Handbook, task: Task, because: str, only_on_duty: bool, at: datetime
) -> None:
    report = tx.reports.get(task.report_number)
    if not _is_still_open(tx, task):
        return
    new = sending.confirmation_task(
        tx, handbook, report, instead_of=task.collector, only_on_duty=only_on_duty, at=at
    )
    asked = report.ask_another(new)
    _withdraw(tx, task.task_id, because, at=at)
    keeping.report_moved(
        tx, report, asked, "hand_over_task", before=report.state, at=at, by=SYSTEM, reason=because
    )


def _verification(
    tx: IntakeTransaction,
    handbook: Handbook,
    task: Task,
    case_number: str,
    because: str,
    only_on_duty: bool,
    at: datetime,
) -> None:
    case = tx.cases.get(case_number)
    if not _is_still_open(tx, task):
        return
    new = sending.verification_task(
        tx, handbook, case, instead_of=task.collector, only_on_duty=only_on_duty, at=at
    )
    asked = case.ask_another(new)
    _withdraw(tx, task.task_id, because, at=at)
    keeping.case_moved(tx, case, asked, "hand_over_task", before=case.state, at=at, by=SYSTEM, reason=because)


def _is_still_open(tx: IntakeTransaction, task: Task) -> bool:
    return tx.tasks.get(task.task_id).state is TaskState.OPEN


def _withdraw(tx: IntakeTransaction, task_id: str, because: str, *, at: datetime) -> None:
    task = tx.tasks.get(task_id)
    task.withdraw(at=at, because=because)
    tx.tasks.save(task)
