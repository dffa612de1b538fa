"""The public page (公众上报): a citizen reports without an account, and follows it with a query word."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hmac import compare_digest

from case_contracts.codes import Satisfaction, Source
from case_contracts.roles import Actor, Role
from handbook import Handbook
from handbook.values import village_of
from services.intake.domain.answer import Answer
from services.intake.domain.case import Case, CaseState
from services.intake.domain.masking import masked
from services.intake.domain.position import Reading
from services.intake.domain.progress import Step, steps
from services.intake.domain.refusals import DraftUsed, NotFound, RuleBroken, WrongQueryWord
from services.intake.domain.report import Report
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import answering, keeping, reopening, reporting
from services.intake.stages.locating import located
from services.intake.stages.reporting import Received, Told

PUBLIC_PAGE = Actor(
    person_id="public-page", roles=frozenset({Role.CHANNEL}), channel=Source.PUBLIC_PAGE.value
)
"""The page itself: the gateway of its own channel."""

MOST_PHOTOS = 3
UPLOADS_A_DRAFT = 6
"""A photo may be taken back and another one chosen."""
_EVER = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What the reporter sees of a report: how it stands, the answers, and what they may still do."""

    report: Report
    case: Case | None
    answers: Sequence[Answer]
    steps: Sequence[Step]
    may_ask_reopening_until: datetime | None

    @property
    def photos_after(self) -> tuple[str, ...]:
        """处置后照片: what it looks like now, once it was verified and closed."""
        if self.case is None or self.case.state is not CaseState.CLOSED:
            return ()
        return (*self.case.feedback_photos, *self.case.verification_photos)


def allowed(tx: IntakeTransaction, what: str, most: int, *, at: datetime) -> int | None:
    """Count it once more; None while it is not too often, else the seconds until it may be tried again."""
    since = _hour(at)
    if tx.counts.one_more(what, since=since, at=at) <= most:
        return None
    return _seconds_left(since, at)


def exhausted(tx: IntakeTransaction, what: str, most: int, *, at: datetime) -> int | None:
    """The same without counting."""
    since = _hour(at)
    return None if tx.counts.so_far(what, since=since) < most else _seconds_left(since, at)


def uploads_of_draft(tx: IntakeTransaction, draft: str, *, at: datetime) -> int:
    """How many photos came for a draft, this one included."""
    return tx.counts.one_more(f"upload/{draft}", since=_EVER, at=at)


def report(tx: IntakeTransaction, handbook: Handbook, told: Told, draft: str, *, at: datetime) -> Received:
    """公众上报: a draft becomes a report, once."""
    if tx.counts.one_more(f"draft/{draft}", since=_EVER, at=at) > 1:
        raise DraftUsed
    placed = replace(told, address=told.address.strip() or _named(handbook, told.position))
    return reporting.receive_report(tx, handbook, placed, at=at, by=PUBLIC_PAGE)


def progress(tx: IntakeTransaction, report: Report) -> tuple[Case | None, list[Step]]:
    """办理进度: the case that the report has become or part of which it is, and the steps so far."""
    case = None if report.case_number is None else tx.cases.peek(report.case_number)
    while case is not None and case.merged_into is not None:
        case = tx.cases.peek(case.merged_into)
    records = list(tx.flow_records.of(report.subject))
    if case is not None:
        records += tx.flow_records.of(case.subject)
    return case, steps(records)


def open_report(
    tx: IntakeTransaction, handbook: Handbook, report_number: str, query_mark: str, *, at: datetime
) -> Opened:
    """凭查询码查看: the answers that the reporter now sees count as delivered."""
    report = _own(tx, report_number, query_mark)
    told = answering.open_with_word(tx, report, at=at, by=PUBLIC_PAGE)
    case, so_far = progress(tx, report)
    until = None
    if case is not None and not _has_asked(case, report_number):
        until = reopening.may_ask_until(handbook, case, at=at)
    return Opened(report=report, case=case, answers=told, steps=so_far, may_ask_reopening_until=until)


def rate(
    tx: IntakeTransaction,
    report_number: str,
    query_mark: str,
    *,
    satisfaction: Satisfaction,
    words: str,
    at: datetime,
) -> Announced:
    """评价: how satisfied the reporter is with the newest answer, once."""
    report = _own(tx, report_number, query_mark)
    told = answering.open_with_word(tx, report, at=at, by=PUBLIC_PAGE)
    if not told:
        raise RuleBroken("satisfaction", "尚无答复，不能评价", "There is no answer yet.")
    answer = tx.answers.get(told[-1].answer_id)
    rated = answer.rate(satisfaction, at=at)
    reason = masked(words.strip())
    return keeping.answer_moved(
        tx, answer, rated, "rate_answer", before=answer.state, at=at, by=PUBLIC_PAGE, reason=reason
    )


def ask_reopening(
    tx: IntakeTransaction,
    handbook: Handbook,
    report_number: str,
    query_mark: str,
    *,
    words: str,
    at: datetime,
) -> Announced:
    """不满意, on the page: once a report and within the window, like everybody who reported."""
    _own(tx, report_number, query_mark)
    return reopening.ask_reopening(tx, handbook, report_number, words=words, at=at, by=PUBLIC_PAGE)


def _named(handbook: Handbook, place: Reading | None) -> str:
    """The village in which a point on the map lies, for who reads lists."""
    if place is None:
        raise RuleBroken("address", "请填写地点或在地图上选点", "Say where it is, or choose it on the map.")
    code = located(handbook, place).unit_grid_code
    village = handbook.villages.get(village_of(code)) if code else None
    return f"{village.town}{village.name}（地图选点）" if village else "地图选点"


def _own(tx: IntakeTransaction, report_number: str, query_mark: str) -> Report:
    report = tx.reports.peek(report_number)
    if report is None:
        raise NotFound(f"report/{report_number}")
    if not report.query_mark or not compare_digest(report.query_mark, query_mark):
        raise WrongQueryWord(report_number)
    return report


def _has_asked(case: Case, report_number: str) -> bool:
    return any(request.report_number == report_number for request in case.reopenings)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _seconds_left(since: datetime, at: datetime) -> int:
    return max(1, int((since + _HOUR - at).total_seconds()))
