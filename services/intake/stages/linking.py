"""Linking (重复案件): what tells of one problem is found, and shares one case and its answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from case_contracts.codes import AnswerKind
from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.intake.domain.case import Case, CaseState
from services.intake.domain.position import Position, metres_between
from services.intake.domain.refusals import RuleBroken
from services.intake.domain.report import Report
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import answering, keeping

ANSWERED_AS = {CaseState.CLOSED: AnswerKind.CLOSED, CaseState.FORCE_CLOSED: AnswerKind.FORCE_CLOSED}
"""What a report is told at once that is linked to a case which has ended."""


@dataclass(frozen=True, kw_only=True)
class Similar:
    """相似案件: cases and reports that may be the same problem, each with the distance in metres."""

    cases: tuple[tuple[Case, float], ...] = ()
    reports: tuple[tuple[Report, float], ...] = ()


def similar(
    tx: IntakeTransaction,
    handbook: Handbook,
    subcategory: str | None,
    position: Position | None,
    *,
    besides: str,
    at: datetime,
) -> Similar:
    """Of the same kind, near, and open or lately closed; the nearest first. Only a suggestion."""
    if position is None or subcategory is None:
        return Similar()
    settings = handbook.settings
    within = float(settings.duplicate_distance_m)
    since = at - timedelta(hours=settings.duplicate_closed_hours)
    lon, lat = position.lon, position.lat
    cases = tx.cases.near(subcategory, lon, lat, metres=within, ended_after=since)
    reports = tx.reports.near(subcategory, lon, lat, metres=within)

    def metres(place: Position | None) -> float:
        assert place is not None
        return metres_between(lon, lat, place.lon, place.lat)

    found_cases = [(case, metres(case.position)) for case in cases if case.case_number != besides]
    found = [(one, metres(one.position)) for one in reports if one.report_number != besides]
    return Similar(
        cases=tuple(sorted(found_cases, key=lambda pair: (pair[1], pair[0].case_number))),
        reports=tuple(sorted(found, key=lambda pair: (pair[1], pair[0].report_number))),
    )


def link(
    tx: IntakeTransaction, report_number: str, case_number: str, *, at: datetime, by: Actor
) -> Announced:
    """重复案件: the report shares the case's answer; when the case has ended already, at once."""
    by.require(Action.LINK)
    report = tx.reports.get(report_number)
    before = report.state
    case = tx.cases.find(case_number)
    if case is None:
        raise RuleBroken("case_number", "没有这个案卷", "There is no such case.")
    linked = report.link(case_number, at=at)
    case.take_in(report_number)
    tx.cases.save(case)
    announced = keeping.report_moved(
        tx, report, linked, "link", before=before, at=at, by=by, reason=case_number
    )
    kind = ANSWERED_AS.get(case.state)
    if kind is not None:
        answering.open_answer(tx, report_number, report.source, kind, reason=case.reason, at=at)
    return announced
