"""Reporting (上报): a problem is told of through any channel, is stored, and has its number."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from case_contracts.codes import Source
from case_contracts.hotline import ProblemPhonedIn
from case_contracts.roles import SYSTEM, Action, Actor, Role
from handbook import Handbook
from services.intake.domain import report as reports
from services.intake.domain.courses import Course
from services.intake.domain.masking import masked
from services.intake.domain.position import Position, Reading
from services.intake.domain.refusals import RuleBroken, a_reason
from services.intake.domain.reopening import key_of_report
from services.intake.domain.report import Report, ReportState
from services.intake.ports import IntakeTransaction
from services.intake.stages import examining, keeping, sending
from services.intake.stages.filing import check_component, check_subcategory, file_by_itself
from services.intake.stages.locating import located

GATEWAYS = frozenset({Source.WECHAT, Source.OPEN311, Source.TRANSFERRED_12345, Source.PUBLIC_PAGE})
"""Sources whose reports a gateway of their own brings."""

SEEN_ON_THE_SPOT = frozenset({Source.COLLECTOR, Source.VIDEO})
"""Sources that must bring a photo and a position."""

OF_OUR_OWN = frozenset({Source.COLLECTOR, Source.VIDEO, Source.LEADER})
"""Sources whose reporter is a person of the centre, known by person_id."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a reporter tells of a problem."""

    description: str
    address: str
    source: Source | None = None
    position: Reading | None = None
    photos: tuple[str, ...] = ()
    subcategory: str | None = None
    component_code: str | None = None
    claimed_at: datetime | None = None
    after_photos: tuple[str, ...] = ()
    """自处置: how the collector left the place; with them the report becomes no case."""
    self_handled: bool = False
    query_mark: str = ""
    """查询码: the mark of the word that opens it on the public page."""
    reporter: bytes | None = None
    """Name, telephone, openid, sealed at the door: goes into its own table and nowhere else."""


@dataclass(frozen=True, kw_only=True)
class Received:
    """The number that the reporter is told, and the fact that says so."""

    report_number: str
    subject: str
    sequence: int


def receive_report(
    tx: IntakeTransaction,
    handbook: Handbook,
    told: Told,
    *,
    at: datetime,
    by: Actor,
    files_by_itself: bool = False,
) -> Received:
    """上报: stored under a number of the day; with ``files_by_itself`` a complete one is filed at once."""
    by.require(Action.REPORT)
    source = _source(told.source, by)
    _check(tx, handbook, told, source)
    number = tx.numbers.next_report(at)
    report = Report(
        report_number=number,
        source=source,
        reporter=by.person_id,
        reporter_ref=_reporter_ref(number, told, source, by),
        description=told.description if source in OF_OUR_OWN else masked(told.description),
        address=told.address if source in OF_OUR_OWN else masked(told.address),
        received_at=at,
        clock_from=at,
        due_at=at + _limit(handbook, told),
        state=ReportState.SELF_HANDLED if told.self_handled else ReportState.RECEIVED,
        position=located(handbook, told.position) if told.position else None,
        photos=told.photos,
        after_photos=told.after_photos,
        subcategory=told.subcategory,
        component_code=told.component_code,
        claimed_at=told.claimed_at,
        query_mark=told.query_mark,
    )
    if report.reporter_ref and told.reporter:
        tx.reporters.keep(report.reporter_ref, told.reporter)
    announced = keeping.report_moved(tx, report, report.received(), "report", before=None, at=at, by=by)
    if told.self_handled:
        mended = report.self_handled()
        examining.note_photos(tx, mended, report_number=number, at=at)
        tx.announce(mended, at=at)
    elif files_by_itself:
        file_by_itself(tx, handbook, report, at=at)
    return Received(report_number=number, subject=announced.subject, sequence=announced.sequence)


def on_problem_phoned_in(
    tx: IntakeTransaction, handbook: Handbook, fact: ProblemPhonedIn, *, at: datetime
) -> None:
    """来电上报 from hotline, under the number that the caller heard on the line."""
    known = tx.reports.find(fact.report_number)
    course = reports.course_of(known, fact)
    if known is not None and course is not Course.APPLY:
        keeping.noted(tx, known.subject, fact, state=known.state, at=at)
        return
    known_kind = fact.subcategory in handbook.subcategories
    report = Report(
        report_number=fact.report_number,
        source=Source.HOTLINE,
        reporter="",
        reporter_ref=fact.reporter_ref,
        description=fact.description,
        address=fact.address,
        received_at=at,
        clock_from=at,
        due_at=at + timedelta(minutes=handbook.settings.accept_minutes),
        position=_phoned_position(handbook, fact),
        subcategory=fact.subcategory if known_kind else None,
        claimed_at=fact.phoned_in_at,
    )
    keeping.report_moved(tx, report, report.received(), "report", before=None, at=at, by=SYSTEM)
    tx.released(key_of_report(report.report_number))


def reveal_reporter(
    tx: IntakeTransaction, report_number: str, reason: str, *, at: datetime, by: Actor
) -> bytes | None:
    """查看上报人: allowed to the intake desk, and written down every time; None when nobody gave a name."""
    by.require(Action.ASK_CONFIRMATION)
    report = tx.reports.get(report_number)
    if report.reporter_ref is None:
        return None
    tx.reporters.revealed(report_number, reason=a_reason(reason), at=at, person_id=by.person_id)
    return tx.reporters.find(report.reporter_ref)


def _phoned_position(handbook: Handbook, fact: ProblemPhonedIn) -> Position | None:
    if fact.lon is None or fact.lat is None:
        return None
    return located(handbook, Reading(lon=fact.lon, lat=fact.lat))


def _source(wanted: Source | None, by: Actor) -> Source:
    allowed = _sources_of(by)
    if wanted is None and len(allowed) == 1:
        return next(iter(allowed))
    if wanted is None or wanted not in allowed:
        names = ", ".join(sorted(allowed)) or "-"
        raise RuleBroken("source", f"应为以下之一：{names}", f"Must be one of: {names}.")
    return wanted


def _sources_of(by: Actor) -> frozenset[Source]:
    allowed: set[Source] = set()
    if Role.COLLECTOR in by.roles:
        allowed.add(Source.COLLECTOR)
    if Role.VIDEO_SEAT in by.roles:
        allowed.add(Source.VIDEO)
    if Role.INTAKE_OPERATOR in by.roles:
        allowed |= {Source.LEADER, Source.PUBLIC_PAGE}
    if Role.CHANNEL in by.roles:
        allowed |= {source for source in GATEWAYS if source == by.channel}
    return frozenset(allowed)


def _check(tx: IntakeTransaction, handbook: Handbook, told: Told, source: Source) -> None:
    if source in SEEN_ON_THE_SPOT and not told.photos:
        raise RuleBroken("photos", "至少需要一张现场照片", "At least one photo is required.")
    if source in SEEN_ON_THE_SPOT and told.position is None:
        raise RuleBroken("position", "必须提供位置", "The position is required.")
    if told.self_handled or told.after_photos:
        _check_self_handling(told, source)
    if told.subcategory is not None:
        check_subcategory(handbook, told.subcategory)
    check_component(handbook, told.subcategory, told.component_code)
    sending.check_photos(tx, (*told.photos, *told.after_photos))


def _check_self_handling(told: Told, source: Source) -> None:
    if not told.self_handled:
        raise RuleBroken("after_photos", "只有自处置才附处置后照片", "Only with self_handled.")
    if source is not Source.COLLECTOR:
        raise RuleBroken("self_handled", "只有采集员可以自处置", "Only collectors mend on the spot.")
    if not told.after_photos:
        raise RuleBroken("after_photos", "至少需要一张处置后照片", "At least one photo after is required.")
    if told.subcategory is None:
        raise RuleBroken("subcategory", "自处置必须选择小类", "The kind is required.")


def _limit(handbook: Handbook, told: Told) -> timedelta:
    settings = handbook.settings
    return timedelta(minutes=settings.close_minutes if told.self_handled else settings.accept_minutes)


def _reporter_ref(report_number: str, told: Told, source: Source, by: Actor) -> str | None:
    if source in OF_OUR_OWN:
        return by.person_id
    return f"intake/{report_number}" if told.reporter else None
