"""Sending (派出采集员): who is sent to confirm or verify, and what must hold for what they bring back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from handbook import Handbook
from services.intake.domain import collector as collectors
from services.intake.domain.case import Case
from services.intake.domain.position import Position, metres_between
from services.intake.domain.refusals import NoCollectorAvailable, RuleBroken
from services.intake.domain.report import Report
from services.intake.domain.task import Outcome, Task, TaskKind
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
    tx: IntakeTransaction,
    handbook: Handbook,
    report: Report,
    *,
    collector: str | None = None,
    instead_of: str = "",
    only_on_duty: bool = False,
    at: datetime,
) -> Task:
    """核实: a new task for a report."""
    earlier = tx.tasks.of_report(report.report_number)
    asked_before = sum(task.kind is TaskKind.CONFIRMATION for task in earlier)
    errand = _Errand(
        number=report.report_number,
        place=report.position,
        reporter=report.reporter,
        earlier=tuple(earlier),
        instead_of=instead_of,
        only_on_duty=only_on_duty,
    )
    return _sent(
        tx,
        Task(
            task_id=f"{report.report_number}-{asked_before + 1}",
            kind=TaskKind.CONFIRMATION,
            report_number=report.report_number,
            collector=_chosen(tx, collector, errand),
            asked_at=at,
            due_at=at + timedelta(minutes=handbook.settings.confirm_minutes),
        ),
    )


def verification_task(
    tx: IntakeTransaction,
    handbook: Handbook,
    case: Case,
    *,
    collector: str | None = None,
    instead_of: str = "",
    only_on_duty: bool = False,
    at: datetime,
) -> Task:
    """核查: a new task for a case."""
    earlier = tx.tasks.of_report(case.report_number)
    asked_before = sum(task.kind is TaskKind.VERIFICATION for task in earlier)
    errand = _Errand(
        number=case.case_number,
        place=case.position,
        reporter=case.reporter,
        earlier=tuple(earlier),
        instead_of=instead_of,
        only_on_duty=only_on_duty,
    )
    return _sent(
        tx,
        Task(
            task_id=f"{case.case_number}-{asked_before + 1}",
            kind=TaskKind.VERIFICATION,
            report_number=case.report_number,
            case_number=case.case_number,
            round=case.round,
            collector=_chosen(tx, collector, errand),
            asked_at=at,
            due_at=at + timedelta(minutes=handbook.settings.verify_minutes),
        ),
    )


def was_unclear_before(tx: IntakeTransaction, case: Case, *, besides: str) -> bool:
    """Whether another verification of this round could not tell either."""
    return any(
        task.outcome is Outcome.UNCLEAR and task.round == case.round and task.task_id != besides
        for task in tx.tasks.of_report(case.report_number)
    )


def check_photos(tx: IntakeTransaction, photos: Sequence[str]) -> None:
    """Photos are stored before anything names them."""
    if photos and (missing := tx.attachments.missing(photos)):
        raise RuleBroken("photos", f"照片尚未上传：{missing[0]}", f"This photo is not stored: {missing[0]}.")


@dataclass(frozen=True, kw_only=True)
class _Errand:
    number: str
    place: Position | None
    reporter: str
    earlier: tuple[Task, ...]
    instead_of: str
    only_on_duty: bool


def _chosen(tx: IntakeTransaction, wanted: str | None, errand: _Errand) -> str:
    candidates = [one for one in tx.collectors.candidates() if one.person_id != errand.instead_of]
    if wanted is not None:
        if wanted == errand.reporter or all(wanted != candidate.person_id for candidate in candidates):
            raise RuleBroken(
                "collector",
                "应为在册且不是上报人的采集员",
                "Must be an active collector who is not the reporter.",
            )
        return wanted
    place = errand.place
    chosen = collectors.choose(
        candidates,
        responsibility_grid=place.responsibility_grid if place else None,
        reporter=errand.reporter,
        were_there={task.collector for task in errand.earlier},
        metres_from=partial(metres_between, place.lon, place.lat) if place else None,
        only_on_duty=errand.only_on_duty,
    )
    if chosen is None:
        raise NoCollectorAvailable(errand.number)
    return chosen


def _sent(tx: IntakeTransaction, task: Task) -> Task:
    tx.tasks.add(task)
    tx.collectors.asked(task.collector, at=task.asked_at)
    return task
