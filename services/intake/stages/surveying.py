"""Surveying (现场任务): a collector tells what is to be seen on the spot; collectors join and leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from case_contracts.console import AccountClosed, AccountOpened
from case_contracts.roles import SYSTEM, Action, Actor, NotAllowed, Role
from handbook import Handbook
from services.intake.domain import collector as collectors
from services.intake.domain.collector import Collector
from services.intake.domain.courses import Course
from services.intake.domain.position import Reading
from services.intake.domain.refusals import NoCollectorAvailable, NotFound
from services.intake.domain.task import Outcome, Task, TaskState
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import confirmation, keeping, sending, verification
from services.intake.stages.locating import located


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a collector says of a task."""

    outcome: Outcome
    words: str = ""
    photos: tuple[str, ...] = ()
    position: Reading | None = None


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


def own_tasks(tx: IntakeTransaction, *, by: Actor) -> list[Task]:
    """What the collector still has to do."""
    by.require(Action.ANSWER_TASK)
    return tx.tasks.open_of(by.person_id)


def on_account_opened(
    tx: IntakeTransaction, handbook: Handbook, fact: AccountOpened, *, at: datetime
) -> None:
    """A collector has joined; tasks that nobody could take are given out again."""
    if Role.COLLECTOR not in fact.roles:
        return
    known = tx.collectors.find(fact.person_id)
    if collectors.course_of(known, fact) is not Course.APPLY:
        return
    tx.collectors.keep(Collector(person_id=fact.person_id, responsibility_grid=fact.responsibility_grid))
    _hand_over(tx, handbook, tx.tasks.orphaned(), at=at)


def on_account_closed(
    tx: IntakeTransaction, handbook: Handbook, fact: AccountClosed, *, at: datetime
) -> None:
    """A collector has left; what they had to do is given to others, as far as there are any."""
    known = tx.collectors.find(fact.person_id)
    if collectors.course_of(known, fact) is not Course.APPLY:
        return
    closed = known or Collector(person_id=fact.person_id, responsibility_grid=None)
    closed.active = False
    tx.collectors.keep(closed)
    _hand_over(tx, handbook, tx.tasks.open_of(fact.person_id), at=at)


def _hand_over(tx: IntakeTransaction, handbook: Handbook, tasks: Sequence[Task], *, at: datetime) -> None:
    for task in tasks:
        try:
            if task.case_number is None:
                _hand_over_confirmation(tx, handbook, task, at=at)
            else:
                _hand_over_verification(tx, handbook, task, task.case_number, at=at)
        except NoCollectorAvailable:
            return


def _hand_over_confirmation(tx: IntakeTransaction, handbook: Handbook, task: Task, *, at: datetime) -> None:
    report = tx.reports.get(task.report_number)
    if not _is_still_open(tx, task):
        return
    new = sending.confirmation_task(tx, handbook, report, collector=None, at=at)
    asked = report.ask_another(new)
    _withdraw(tx, task.task_id, at=at)
    keeping.report_moved(tx, report, asked, "hand_over_task", before=report.state, at=at, by=SYSTEM)


def _hand_over_verification(
    tx: IntakeTransaction, handbook: Handbook, task: Task, case_number: str, *, at: datetime
) -> None:
    case = tx.cases.get(case_number)
    if not _is_still_open(tx, task):
        return
    new = sending.verification_task(tx, handbook, case, collector=None, at=at)
    asked = case.ask_another(new)
    _withdraw(tx, task.task_id, at=at)
    keeping.case_moved(tx, case, asked, "hand_over_task", before=case.state, at=at, by=SYSTEM)


def _is_still_open(tx: IntakeTransaction, task: Task) -> bool:
    return tx.tasks.get(task.task_id).state is TaskState.OPEN


def _withdraw(tx: IntakeTransaction, task_id: str, *, at: datetime) -> None:
    task = tx.tasks.get(task_id)
    task.withdraw(at=at)
    tx.tasks.save(task)


def _answered(
    tx: IntakeTransaction, handbook: Handbook, task_id: str, finding: Finding, *, at: datetime, by: Actor
) -> Task:
    task = tx.tasks.get(task_id)
    if task.collector != by.person_id:
        raise NotAllowed(by, Action.ANSWER_TASK)
    sending.check_photos(tx, finding.photos)
    position = located(handbook, finding.position) if finding.position else None
    task.answer(finding.outcome, words=finding.words, photos=finding.photos, position=position, at=at)
    tx.tasks.save(task)
    return task
