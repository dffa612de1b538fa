"""Sending (派出采集员): who is sent to confirm or verify, and what must hold for what they bring back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handbook import Handbook
from services.intake.domain import collector as collectors
from services.intake.domain.case import Case
from services.intake.domain.refusals import NoCollectorAvailable, RuleBroken
from services.intake.domain.report import Report
from services.intake.domain.task import Task, TaskKind
from services.intake.ports import Announced, IntakeTransaction


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who was sent, and the fact that says so."""

    task_id: str
    collector: str
    subject: str
    sequence: int


def asked(task: Task, announced: Announced) -> Asked:
    """What a desk is told of a task it had given out."""
    return Asked(
        task_id=task.task_id,
        collector=task.collector,
        subject=announced.subject,
        sequence=announced.sequence,
    )


def confirmation_task(
    tx: IntakeTransaction, handbook: Handbook, report: Report, *, collector: str | None, at: datetime
) -> Task:
    """核实: a new task for a report."""
    earlier = tx.tasks.of_report(report.report_number)
    asked_before = sum(task.kind is TaskKind.CONFIRMATION for task in earlier)
    chosen = _chosen(
        tx, collector, report.report_number, report.responsibility_grid, report.reporter, earlier
    )
    return _sent(
        tx,
        Task(
            task_id=f"{report.report_number}-{asked_before + 1}",
            kind=TaskKind.CONFIRMATION,
            report_number=report.report_number,
            collector=chosen,
            asked_at=at,
            due_at=at + timedelta(minutes=handbook.settings.confirm_minutes),
        ),
    )


def verification_task(
    tx: IntakeTransaction, handbook: Handbook, case: Case, *, collector: str | None, at: datetime
) -> Task:
    """核查: a new task for a case."""
    earlier = tx.tasks.of_report(case.report_number)
    asked_before = sum(task.kind is TaskKind.VERIFICATION for task in earlier)
    grid = case.position.responsibility_grid
    chosen = _chosen(tx, collector, case.case_number, grid, case.reporter, earlier)
    return _sent(
        tx,
        Task(
            task_id=f"{case.case_number}-{asked_before + 1}",
            kind=TaskKind.VERIFICATION,
            report_number=case.report_number,
            case_number=case.case_number,
            round=case.round,
            collector=chosen,
            asked_at=at,
            due_at=at + timedelta(minutes=handbook.settings.verify_minutes),
        ),
    )


def check_photos(tx: IntakeTransaction, photos: Sequence[str]) -> None:
    """Photos are stored before anything names them."""
    if photos and (missing := tx.attachments.missing(photos)):
        raise RuleBroken("photos", f"照片尚未上传：{missing[0]}", f"This photo is not stored: {missing[0]}.")


def _chosen(
    tx: IntakeTransaction,
    wanted: str | None,
    number: str,
    responsibility_grid: str | None,
    reporter: str,
    earlier: Sequence[Task],
) -> str:
    candidates = tx.collectors.candidates()
    if wanted is not None:
        if wanted == reporter or all(wanted != candidate.person_id for candidate in candidates):
            raise RuleBroken(
                "collector",
                "应为在岗且不是上报人的采集员",
                "Must be an active collector who is not the reporter.",
            )
        return wanted
    were_there = {task.collector for task in earlier}
    chosen = collectors.choose(
        candidates, responsibility_grid=responsibility_grid, reporter=reporter, were_there=were_there
    )
    if chosen is None:
        raise NoCollectorAvailable(number)
    return chosen


def _sent(tx: IntakeTransaction, task: Task) -> Task:
    tx.tasks.add(task)
    tx.collectors.asked(task.collector, at=task.asked_at)
    return task
