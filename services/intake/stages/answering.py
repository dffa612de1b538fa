"""Answering (答复): 事事有回音, every report is answered for each outcome, through the channel it came by."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from case_contracts.codes import AnswerKind, Source
from case_contracts.hotline import CallerInformed, CallerUnreachable
from case_contracts.roles import SYSTEM, Action, Actor, NotAllowed
from handbook import Handbook
from services.intake.domain import answer as answers
from services.intake.domain.answer import READ_BY_THEMSELVES, Answer, AnswerState, waiting_key
from services.intake.domain.courses import Course, Early
from services.intake.domain.refusals import NotFound
from services.intake.domain.report import Report, ReportState
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import keeping


@dataclass(frozen=True, kw_only=True)
class OwnPage:
    """A page of a person's own reports with their answers, and where the next one begins."""

    reports: list[tuple[Report, list[Answer]]]
    after: str | None


UNOPENED = "answer_unopened"
"""The wake-up of an answer that waits to be opened on the public page, by its id."""

OWN_REPORTS = 200
"""How many of their newest reports a person's own list shows."""


def open_answer(
    tx: IntakeTransaction, report_number: str, channel: Source, kind: AnswerKind, *, reason: str, at: datetime
) -> None:
    """应答复: the outcome of a report is known, for the first time or after a reopening."""
    number = len(tx.answers.of_report(report_number)) + 1
    to_be_opened = channel is Source.PUBLIC_PAGE and _has_query_word(tx, report_number)
    answer, fact = Answer.open(
        report_number, kind, channel, reason=reason, at=at, number=number, to_be_opened=to_be_opened
    )
    keeping.answer_moved(tx, answer, fact, "open_answer", before=None, at=at, by=SYSTEM, reason=reason)
    if to_be_opened:
        tx.wake(UNOPENED, answer.answer_id, at)
    if channel is Source.HOTLINE:
        tx.released(waiting_key(report_number, kind))


def answer_everybody(
    tx: IntakeTransaction, report_numbers: Iterable[str], kind: AnswerKind, *, reason: str, at: datetime
) -> None:
    """Each of these reports has had this outcome."""
    for number in report_numbers:
        report = tx.reports.peek(number)
        if report is None:
            raise NotFound(f"report/{number}")
        open_answer(tx, number, report.source, kind, reason=reason, at=at)


def on_caller_informed(tx: IntakeTransaction, fact: CallerInformed, *, at: datetime) -> None:
    """回访成功: the caller has the answer."""
    answer = _told_of(tx, fact, at=at)
    if answer is not None:
        before = answer.state
        delivered = answer.delivered(at=at)
        keeping.answer_moved(tx, answer, delivered, "follow_caller_informed", before=before, at=at, by=SYSTEM)


def on_caller_unreachable(tx: IntakeTransaction, fact: CallerUnreachable, *, at: datetime) -> None:
    """回访未接通: hotline has given up."""
    answer = _told_of(tx, fact, at=at)
    if answer is not None:
        before = answer.state
        reason = f"回访 {fact.attempts} 次未接通"
        given_up = answer.given_up(reason=reason, at=at)
        keeping.answer_moved(
            tx, answer, given_up, "follow_caller_unreachable", before=before, at=at, by=SYSTEM, reason=reason
        )


def due_answers(
    tx: IntakeTransaction,
    *,
    channel: Source | None,
    state: AnswerState | None,
    after: str | None,
    limit: int,
    by: Actor,
) -> list[Answer]:
    """What a gateway has to carry: its own channel's answers only."""
    by.require(Action.DELIVER_ANSWER)
    own = Source(by.channel) if by.channel else None
    if not by.system and (own is None or channel not in (None, own)):
        raise NotAllowed(by, Action.DELIVER_ANSWER)
    return tx.answers.listed(channel=own or channel, state=state, after=after, limit=limit)


def deliver(tx: IntakeTransaction, answer_id: str, *, at: datetime, by: Actor) -> Announced:
    """已答复: the gateway has handed it over."""
    answer = _own_answer(tx, answer_id, by=by)
    before = answer.state
    delivered = answer.delivered(at=at)
    return keeping.answer_moved(tx, answer, delivered, "deliver_answer", before=before, at=at, by=by)


def give_up(tx: IntakeTransaction, answer_id: str, *, reason: str, at: datetime, by: Actor) -> Announced:
    """未能答复: the gateway cannot reach the reporter."""
    answer = _own_answer(tx, answer_id, by=by)
    before = answer.state
    given_up = answer.given_up(reason=reason, at=at)
    return keeping.answer_moved(
        tx, answer, given_up, "give_up_answer", before=before, at=at, by=by, reason=answer.reason
    )


def read_own_reports(
    tx: IntakeTransaction,
    *,
    state: ReportState | None = None,
    after: str | None = None,
    limit: int | None = None,
    at: datetime,
    by: Actor,
) -> OwnPage:
    """A person's own list: the answers it shows count as delivered from now on.

    The newest come first. What has an unread answer stands on the first page however old it is, since a case
    may take longer than a page is; it makes room among the newest, of which the next page shows the rest.
    """
    by.require(Action.READ_OWN_REPORTS)
    most = limit or OWN_REPORTS
    unread = tx.reports.with_unread_answer(by.person_id, limit=most) if after is None else []
    newest = tx.reports.of_person(by.person_id, state=state, after=after, limit=most)
    own = {report.report_number for report in newest}
    older = [one for one in unread if one.report_number not in own and state in (None, one.state)]
    shown = newest[: max(1, most - len(older))]
    kept = {report.report_number: report for report in [*older[: most - len(shown)], *shown]}
    reports = [kept[number] for number in sorted(kept, reverse=True)]
    found: dict[str, list[Answer]] = {report.report_number: [] for report in reports}
    for answer in tx.answers.of_reports(found):
        unread_yet = answer.state is AnswerState.DUE and answer.channel in READ_BY_THEMSELVES
        told = _read(tx, answer.answer_id, at=at, by=by) if unread_yet else answer
        found[answer.report_number].append(told)
    goes_on = len(shown) < len(newest) or len(newest) == most
    return OwnPage(
        reports=[(report, found[report.report_number]) for report in reports],
        after=shown[-1].report_number if shown and goes_on else None,
    )


def _read(tx: IntakeTransaction, answer_id: str, *, at: datetime, by: Actor) -> Answer:
    answer = tx.answers.get(answer_id)
    if answer.state is AnswerState.DUE:
        delivered = answer.delivered(at=at)
        keeping.answer_moved(tx, answer, delivered, "read_answer", before=AnswerState.DUE, at=at, by=by)
    return answer


def open_with_word(tx: IntakeTransaction, report: Report, *, at: datetime, by: Actor) -> list[Answer]:
    """The answers of a report whose reporter is looking at them: what was still due is delivered now."""
    return [
        _read(tx, answer.answer_id, at=at, by=by) if answer.state is AnswerState.DUE else answer
        for answer in tx.answers.of_report(report.report_number)
    ]


def on_unopened(tx: IntakeTransaction, handbook: Handbook, answer_id: str, *, at: datetime) -> None:
    """未能答复: nobody opened it while its reporter could still say that the problem is not gone."""
    answer = tx.answers.get(answer_id)
    if answer.state is not AnswerState.DUE:
        return
    days = handbook.settings.reopening_window_days
    until = answer.due_since + timedelta(days=days)
    if at < until:
        tx.wake(UNOPENED, answer_id, until)
        return
    reason = f"{days} 天内未在网页查看"
    given_up = answer.given_up(reason=reason, at=at)
    keeping.answer_moved(
        tx, answer, given_up, "give_up_unopened", before=AnswerState.DUE, at=at, by=SYSTEM, reason=reason
    )


def _has_query_word(tx: IntakeTransaction, report_number: str) -> bool:
    report = tx.reports.peek(report_number)
    return report is not None and report.query_mark != ""


def _own_answer(tx: IntakeTransaction, answer_id: str, *, by: Actor) -> Answer:
    by.require(Action.DELIVER_ANSWER)
    answer = tx.answers.get(answer_id)
    if not by.system and answer.channel != by.channel:
        raise NotAllowed(by, Action.DELIVER_ANSWER)
    return answer


def _told_of(
    tx: IntakeTransaction, fact: CallerInformed | CallerUnreachable, *, at: datetime
) -> Answer | None:
    """The answer that the fact changes; None when it only was to be noted."""
    answer = answers.spoken_of(tx.answers.held_of_report(fact.report_number), fact)
    course = answers.course_of(answer, fact)
    if course is Course.WAIT:
        raise Early(waiting_key(fact.report_number, fact.kind))
    if answer is not None and course is Course.NOTE:
        subject = f"report/{fact.report_number}"
        keeping.noted(tx, subject, fact, state=f"answer_{answer.state}", at=at)
    return answer if course is Course.APPLY else None
