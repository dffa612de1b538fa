"""Linking (重复案件): what tells of one problem is found, and shares one case and its answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from case_contracts.codes import AnswerKind
from case_contracts.roles import Action, Actor
from handbook import Handbook, to_wgs84
from services.intake.domain.case import Case, CaseState
from services.intake.domain.likeness import likeness
from services.intake.domain.position import Position, Reading, metres_between
from services.intake.domain.refusals import RuleBroken
from services.intake.domain.report import Report
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import answering, keeping

MOST_NEAR = 50

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
    cases = tx.cases.near([subcategory], lon, lat, metres=within, ended_after=since)
    reports = tx.reports.near([subcategory], lon, lat, metres=within)

    def metres(place: Position | None) -> float:
        assert place is not None
        return metres_between(lon, lat, place.lon, place.lat)

    found_cases = [(case, metres(case.position)) for case in cases if case.case_number != besides]
    found = [(one, metres(one.position)) for one in reports if one.report_number != besides]
    return Similar(
        cases=tuple(sorted(found_cases, key=lambda pair: (pair[1], pair[0].case_number))),
        reports=tuple(sorted(found, key=lambda pair: (pair[1], pair[0].report_number))),
    )


@dataclass(frozen=True, kw_only=True)
class Near:
    """附近的案件与上报: a case or report, how far it is, and how much its words are alike (0 to 1)."""

    found: Case | Report
    metres: float
    likeness: float


def near_place(
    tx: IntakeTransaction,
    handbook: Handbook,
    place: Reading,
    *,
    subcategory: str | None,
    words: str,
    within: int | None,
    at: datetime,
    by: Actor,
) -> tuple[list[Near], list[Near]]:
    """Cases and open reports around a place, before there is a report: what may be the same problem.

    With a kind: of that kind, and reports whose kind nobody has chosen yet. With words the likest come first,
    then the nearest.
    """
    by.require(Action.READ_REPORTS)
    settings = handbook.settings
    metres = float(within or settings.duplicate_distance_m)
    since = at - timedelta(hours=settings.duplicate_closed_hours)
    lon, lat = to_wgs84(place.lon, place.lat, place.datum)
    kinds = [subcategory] if subcategory else list(handbook.subcategories)
    cases = tx.cases.near(kinds, lon, lat, metres=metres, ended_after=since)
    reports = [
        report
        for report in tx.reports.near(None, lon, lat, metres=metres)
        if subcategory in (None, report.subcategory) or report.subcategory is None
    ]
    return _the_likest_first(cases, lon, lat, words), _the_likest_first(reports, lon, lat, words)


def _the_likest_first(found: Sequence[Case | Report], lon: float, lat: float, words: str) -> list[Near]:
    near = [
        Near(
            found=one,
            metres=metres_between(lon, lat, one.position.lon, one.position.lat),
            likeness=likeness(words, f"{one.description} {one.address}"),
        )
        for one in found
        if one.position is not None
    ]
    return sorted(near, key=lambda one: (-one.likeness, one.metres))[:MOST_NEAR]


def link(
    tx: IntakeTransaction, report_number: str, case_number: str, *, at: datetime, by: Actor
) -> Announced:
    """重复案件: the report shares the case's answer; when the case has ended already, at once."""
    by.require(Action.LINK)
    report = tx.reports.get(report_number)
    report.check_free_for(by.person_id, at=at)
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
