"""Surveying (现场任务): a collector tells what is to be seen on the spot."""

from dataclasses import dataclass
from datetime import datetime

from case_contracts.roles import Action, Actor, NotAllowed
from handbook import Handbook
from services.intake.domain.case import Case
from services.intake.domain.position import Reading
from services.intake.domain.refusals import NotFound
from services.intake.domain.report import Report
from services.intake.domain.task import Outcome, Task
from services.intake.domain.urgency import place
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import confirmation, sending, verification
from services.intake.stages.locating import located


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a collector says of a task."""

    outcome: Outcome
    words: str = ""
    photos: tuple[str, ...] = ()
    position: Reading | None = None
    claimed_at: datetime | None = None
    """When an offline collector's clock says that it was written; kept, and decides nothing."""


@dataclass(frozen=True, kw_only=True)
class Errand:
    """现场任务 with what it is about."""

    task: Task
    report: Report
    case: Case | None

    @property
    def about(self) -> Case | Report:
        """The case once there is one: filed anew, it may have another kind and place than the report."""
        return self.case or self.report


def answer_task(
    tx: IntakeTransaction, handbook: Handbook, task_id: str, finding: Finding, *, at: datetime, by: Actor
) -> Announced:
    """核实 or 核查 answered: the report or the case goes on from what was found.

    What a task is about is locked before the task itself, here as everywhere.
    """
    by.require(Action.ANSWER_TASK)
    task = tx.tasks.peek(task_id)
    if task is None:
        raise NotFound(f"task/{task_id}")
    if task.case_number is None:
        report = tx.reports.get(task.report_number)
        answered = _answered(tx, handbook, task_id, finding, at=at, by=by)
        return confirmation.conclude(tx, report, answered, at=at, by=by)
    case = tx.cases.get(task.case_number)
    answered = _answered(tx, handbook, task_id, finding, at=at, by=by)
    return verification.conclude(tx, handbook, case, answered, at=at, by=by)


def own_errands(tx: IntakeTransaction, *, by: Actor) -> list[Errand]:
    """What the collector still has to do, the greatest urgency first, then what is due soonest.

    Raises NotFound for a task about nothing.
    """
    by.require(Action.ANSWER_TASK)
    tasks = tx.tasks.open_of(by.person_id)
    reports = tx.reports.of_numbers(task.report_number for task in tasks)
    cases = tx.cases.of_numbers(task.case_number for task in tasks if task.case_number)
    return sorted(
        (_errand(task, reports, cases) for task in tasks),
        key=lambda errand: (place(errand.about.urgency), errand.task.due_at),
    )


def _errand(task: Task, reports: dict[str, Report], cases: dict[str, Case]) -> Errand:
    report = reports.get(task.report_number)
    if report is None:
        raise NotFound(f"report/{task.report_number}")
    return Errand(task=task, report=report, case=cases.get(task.case_number or ""))


def _answered(
    tx: IntakeTransaction, handbook: Handbook, task_id: str, finding: Finding, *, at: datetime, by: Actor
) -> Task:
    task = tx.tasks.get(task_id)
    if task.collector != by.person_id:
        raise NotAllowed(by, Action.ANSWER_TASK)
    sending.check_photos(tx, finding.photos)
    position = located(handbook, finding.position) if finding.position else None
    task.answer(finding.outcome, words=finding.words, photos=finding.photos, position=position, at=at)
    task.claimed_at = finding.claimed_at
    tx.tasks.save(task)
    return task
