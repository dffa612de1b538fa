"""Examining (照片核验): photos are noted when they are handed in and examined later; doubts are told."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from case_contracts.dispatch import FeedbackSubmitted
from case_contracts.facts import Fact
from case_contracts.intake import (
    EvidenceFlagged,
    HandlingVerified,
    ProblemSelfHandled,
    ReportConfirmed,
    ReportDenied,
    ReportReceived,
    VerificationFailed,
    VerificationUnclear,
)
from handbook import Handbook
from services.intake.domain.case import Case, CaseState
from services.intake.domain.evidence import Examined, Flag, Limits, Occasion, Traces, Use, earliest, flags_of
from services.intake.domain.task import TaskKind
from services.intake.ports import IntakeTransaction

_OCCASIONS: dict[type[Fact], Occasion] = {
    ReportReceived: Occasion.REPORT,
    ReportConfirmed: Occasion.CONFIRMATION,
    ReportDenied: Occasion.CONFIRMATION,
    FeedbackSubmitted: Occasion.FEEDBACK,
    HandlingVerified: Occasion.VERIFICATION,
    VerificationFailed: Occasion.VERIFICATION,
    VerificationUnclear: Occasion.VERIFICATION,
    ProblemSelfHandled: Occasion.SELF_HANDLING,
}


def note_photos(
    tx: IntakeTransaction,
    fact: Fact,
    *,
    report_number: str,
    case_number: str | None = None,
    round: int = 0,
    at: datetime,
) -> None:
    """Note each photo that a fact names, to be examined by a process of its own."""
    occasion = _OCCASIONS.get(type(fact))
    if occasion is None:
        return
    told = vars(fact)
    # What was there before came with the report.
    photos = told["after_photos"] if occasion is Occasion.SELF_HANDLING else told["photos"]
    task_id = told.get("task_id")
    task = tx.tasks.peek(task_id) if task_id else None
    tx.evidence.note(
        [
            Use(
                sha256=photo,
                occasion=occasion,
                report_number=report_number,
                case_number=case_number,
                # A failed verification is of the round that it ended.
                round=task.round if task else round,
                task_id=task_id,
                used_at=at,
            )
            for photo in photos
        ]
    )


def conclude_examination(
    tx: IntakeTransaction,
    handbook: Handbook,
    use: Use,
    traces: Traces,
    others: Sequence[Use],
    *,
    at: datetime,
) -> list[Flag]:
    """A photo has been examined: what was found is kept, and what is doubtful announced."""
    limits = limits_of(handbook)
    report = tx.reports.peek(use.report_number)
    if report is None:
        raise LookupError(use.report_number)
    case = tx.cases.peek(report.case_number) if report.case_number else None
    since = earliest(use, limits, claimed_at=report.claimed_at, asked_at=_asked_at(tx, use, case))
    examined = Examined(use=use, traces=traces, since=since, others=tuple(others))
    if not tx.evidence.conclude(examined, at=at):
        return []  # another process was faster
    where = case.position if case is not None else report.position
    numbers = case.report_numbers if case is not None else (report.report_number,)
    place = (where.lon, where.lat) if where is not None else None
    flags = flags_of(examined, limits, place=place, report_numbers=numbers)
    if flags:
        tx.announce(_flagged(use, report.case_number, flags, at=at), at=at)
    return flags


def flags_of_case(tx: IntakeTransaction, handbook: Handbook, case: Case) -> list[Flag]:
    """What is doubtful about a case's photos now, in the order in which they were handed in."""
    return flags_of_cases(tx, handbook, [case])[case.case_number]


def flags_of_cases(tx: IntakeTransaction, handbook: Handbook, cases: Sequence[Case]) -> dict[str, list[Flag]]:
    """The same for the cases of a page, by case number, with one look for all."""
    limits = limits_of(handbook)
    owners = {number: case for case in cases for number in case.report_numbers}
    flags: dict[str, list[Flag]] = {case.case_number: [] for case in cases}
    for examined in tx.evidence.of_reports(list(owners)) if owners else []:
        case = owners[examined.use.report_number]
        place = (case.position.lon, case.position.lat)
        flags[case.case_number] += flags_of(examined, limits, place=place, report_numbers=case.report_numbers)
    return flags


def flags_before_closing(
    tx: IntakeTransaction, handbook: Handbook, cases: Sequence[Case]
) -> dict[str, list[Flag]]:
    """The flags of those cases of a page that are to be closed next."""
    return flags_of_cases(tx, handbook, [case for case in cases if case.state is CaseState.AWAITING_CLOSING])


def limits_of(handbook: Handbook) -> Limits:
    """The county's limits."""
    settings = handbook.settings
    return Limits(
        far_m=settings.photo_far_m,
        report_age=timedelta(hours=settings.photo_report_hours),
        clock_error=timedelta(minutes=settings.photo_clock_minutes),
    )


def _asked_at(tx: IntakeTransaction, use: Use, case: Case | None) -> datetime | None:
    """When the errand or the work began that the photo is of."""
    if use.task_id is not None:
        task = tx.tasks.peek(use.task_id)
        return task.asked_at if task else None
    if use.occasion is not Occasion.FEEDBACK or case is None:
        return None
    ended = [
        task.ended_at
        for task in tx.tasks.of_report(use.report_number)
        if task.kind is TaskKind.VERIFICATION and task.round < use.round and task.ended_at is not None
    ]
    return max(ended, default=case.filed_at)


def _flagged(use: Use, case_number: str | None, flags: Sequence[Flag], *, at: datetime) -> EvidenceFlagged:
    other = next((flag.other for flag in flags if flag.other is not None), None)
    return EvidenceFlagged(
        report_number=use.report_number,
        case_number=use.case_number or case_number,
        occasion=use.occasion.value,
        round=use.round,
        photo=use.sha256,
        doubts=tuple(str(flag.doubt) for flag in flags),
        flagged_at=at,
        metres=next((flag.metres for flag in flags if flag.metres is not None), None),
        other_report_number=other.report_number if other else None,
        other_case_number=other.case_number if other else None,
        other_occasion=str(other.occasion) if other else "",
    )
