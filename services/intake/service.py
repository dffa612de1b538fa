"""Intake (监督): the service as chassis runs it, and what it shows of itself."""

from collections.abc import Iterable

from case_contracts.roles import Actor
from chassis.app import App, Measured
from chassis.clock import now
from services.intake import county
from services.intake.channels import answers, attachments, cases, collectors, duty, facts, public, reports
from services.intake.channels.language import CODEC, PROBLEMS, actor_of
from services.intake.channels.wake_ups import wakes
from services.intake.domain.roster import POSTS
from services.intake.stages import shifts
from services.intake.store import PostgresStore

WITHOUT_OWNER = """
select count(*), coalesce(extract(epoch from now() - min(since)), 0) from (
    select received_at as since from reports
    where state in ('received', 'confirming', 'awaiting_filing', 'self_handled')
      and (owner is null or due_at is null)
    union all
    select (body ->> 'filed_at')::timestamptz from cases
    where state in ('in_command', 'under_review', 'awaiting_verification', 'verifying', 'awaiting_closing')
      and (owner is null or due_at is null)
    union all
    select asked_at from tasks where state = 'open' and (collector = '' or due_at is null)
) as without_owner
"""
# A case in command is dispatch's to count; a collector's task is due with its report or case.
OVERDUE = """
select state, count(*) filter (where due_at < now()) from reports
where state in ('received', 'confirming', 'awaiting_filing', 'self_handled') group by state
union all
select state, count(*) filter (where due_at < now()) from cases
where state in ('under_review', 'awaiting_verification', 'verifying', 'awaiting_closing') group by state
union all
select 'reopening_asked', count(*) filter (where due_at < now()) from cases
where ended_at is not null and owner is not null
"""
_CASES_BY_STATE = """
select state, count(*) from cases group by state
"""
_OPEN_REPORTS = """
select state, count(*), extract(epoch from now() - min(received_at)) from reports
where state in ('received', 'confirming', 'awaiting_filing', 'self_handled') group by state
"""
_OPEN_ANSWERS = """
select state, count(*), extract(epoch from now() - min(due_since)) from answers
where state in ('due', 'sent') group by state
"""


_UNEXAMINED = """
select count(*), coalesce(extract(epoch from now() - min(used_at)), 0) from photo_uses
where examined_at is null
"""


def unexamined_photos(tx: PostgresStore) -> Iterable[Measured]:
    """照片证据: photos that nobody has examined yet, and the age of the oldest."""
    ((count, oldest),) = tx.figures(_UNEXAMINED)
    return [
        ("city_unexamined_photos", {}, float(count)),
        ("city_oldest_unexamined_photo_seconds", {}, float(oldest)),
    ]


def work_without_owner(tx: PostgresStore) -> Iterable[Measured]:
    """件件有着落: open reports, cases and tasks that nobody owns or that have no due time, and the age of the
    oldest; always 0."""
    ((count, oldest),) = tx.figures(WITHOUT_OWNER)
    return [
        ("city_open_work_without_owner", {"service": "intake"}, float(count)),
        ("city_oldest_without_owner_seconds", {"service": "intake"}, float(oldest)),
    ]


def overdue(tx: PostgresStore) -> Iterable[Measured]:
    """超时: open reports and cases past the due time of the stage in which they stand."""
    return [("city_overdue", {"state": state}, float(count)) for state, count in tx.figures(OVERDUE)]


def cases_by_state(tx: PostgresStore) -> Iterable[Measured]:
    """案卷 by state."""
    return [("city_cases", {"state": state}, float(count)) for state, count in tx.figures(_CASES_BY_STATE)]


def open_reports(tx: PostgresStore) -> Iterable[Measured]:
    """Reports that have not ended, and the age of the oldest."""
    rows = tx.figures(_OPEN_REPORTS)
    oldest = max((float(age) for _, _, age in rows), default=0.0)
    by_state = [("city_open_reports", {"state": state}, float(count)) for state, count, _ in rows]
    return [*by_state, ("city_oldest_open_report_seconds", {}, oldest)]


def open_answers(tx: PostgresStore) -> Iterable[Measured]:
    """事事有回音: answers that have not arrived, and the age of the oldest."""
    rows = tx.figures(_OPEN_ANSWERS)
    oldest = max((float(age) for _, _, age in rows), default=0.0)
    by_state = [("city_open_answers", {"state": state}, float(count)) for state, count, _ in rows]
    return [*by_state, ("city_oldest_open_answer_seconds", {}, oldest)]


def overdue_hand_overs(tx: PostgresStore) -> Iterable[Measured]:
    """交接班超时: shifts of the last seven days that ended and were not handed over, by post."""
    owed = [shift.post for shift in shifts.hand_overs_owed(tx, at=now())]
    return [("city_hand_overs_overdue", {"post": post.value}, float(owed.count(post))) for post in POSTS]


app = App(
    name="intake",
    title="监督受理",
    codec=CODEC,
    bind=PostgresStore,
    doors=(
        reports.ReportDoors,
        cases.CaseDoors,
        collectors.CollectorDoors,
        duty.DutyDoors,
        duty.ShiftDoors,
        answers.AnswerDoors,
        attachments.AttachmentDoors,
        public.PublicDoors,
    ),
    readers=(facts.reader,),
    wakes=wakes,
    migrations="services/intake/migrations",
    actor_of=actor_of,
    authorise=Actor.require,
    problems=PROBLEMS,
    background=(county.shelf.keep_up,),
    gauges=(
        work_without_owner,
        overdue,
        cases_by_state,
        open_reports,
        open_answers,
        unexamined_photos,
        overdue_hand_overs,
    ),
)
