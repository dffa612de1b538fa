"""A store of intake in memory, written by hand; it passes the same tests as the one on PostgreSQL."""

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any, Generic, TypeVar

from case_contracts import facts
from case_contracts.codes import Source, Urgency
from case_contracts.facts import Fact
from case_contracts.roles import Role
from chassis.reading import Wait
from services.intake.channels.facts import reader
from services.intake.channels.wake_ups import wakes
from services.intake.domain import numbers
from services.intake.domain import urgency as urgencies
from services.intake.domain.answer import Answer, AnswerState
from services.intake.domain.case import Case, CaseState
from services.intake.domain.collector import Candidate, Collector
from services.intake.domain.evidence import Examined, Use
from services.intake.domain.flow import FlowRecord
from services.intake.domain.position import metres_between
from services.intake.domain.refusals import NotFound
from services.intake.domain.report import Report, ReportState
from services.intake.domain.roster import HandOver, Shift
from services.intake.domain.task import Task, TaskState
from services.intake.ports import Attachment, Reveal, RevealsWanted

T = TypeVar("T")


@dataclass
class Kept:
    """Everything the store holds."""

    reports: dict[str, Report] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    collectors: dict[str, Collector] = field(default_factory=dict)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    uses: list[Examined] = field(default_factory=list)
    reporters: dict[str, bytes] = field(default_factory=dict)
    reveals: list[Reveal] = field(default_factory=list)
    serials: dict[tuple[str, str], int] = field(default_factory=dict)
    flow_records: list[FlowRecord] = field(default_factory=list)
    announced: list[Fact] = field(default_factory=list)
    waiting: list[tuple[str, Fact]] = field(default_factory=list)
    positions: dict[str, tuple[float, float, datetime]] = field(default_factory=dict)
    shifts: dict[str, Shift] = field(default_factory=dict)
    hand_overs: list[HandOver] = field(default_factory=list)
    wakes: dict[tuple[str, str], datetime] = field(default_factory=dict)
    counts: dict[tuple[str, datetime], int] = field(default_factory=dict)


class Collection(Generic[T]):
    """Aggregates by key; what is handed out is a copy, as from a database."""

    subject = ""

    def __init__(self, rows: dict[str, T], key: Callable[[T], str]) -> None:
        self._rows = rows
        self._key = key

    def get(self, key: str) -> T:
        found = self.find(key)
        if found is None:
            raise NotFound(f"{self.subject}/{key}")
        return found

    def find(self, key: str) -> T | None:
        return copy.deepcopy(self._rows.get(key))

    def peek(self, key: str) -> T | None:
        return self.find(key)

    def of_numbers(self, keys: Iterable[str]) -> dict[str, T]:
        found = {key: self.find(key) for key in keys}
        return {key: one for key, one in found.items() if one is not None}

    def add(self, one: T) -> None:
        assert self._key(one) not in self._rows
        self._rows[self._key(one)] = copy.deepcopy(one)

    def save(self, one: T) -> None:
        assert self._key(one) in self._rows
        self._rows[self._key(one)] = copy.deepcopy(one)

    def sorted(self, order: Callable[[T], Any] | None = None) -> list[T]:
        return sorted(copy.deepcopy(list(self._rows.values())), key=order or self._key)

    def page(
        self,
        matching: Callable[[T], bool],
        after: str | None,
        limit: int,
        place: Callable[[T], int] = lambda _: 0,
    ) -> list[T]:
        def order(one: T) -> tuple[int, str]:
            return place(one), self._key(one)

        begin = None if after is None else order(self._rows[after])
        found = [one for one in self.sorted(order) if matching(one) and (begin is None or order(one) > begin)]
        return found[:limit]


def _of_post(one: Report | Case, post: Role | None) -> bool:
    return post is None or post in (one.owner, one.called)


class InMemoryReports(Collection[Report]):
    subject = "report"

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept.reports, lambda report: report.report_number)
        self._answers = kept.answers

    def listed(
        self,
        *,
        state: ReportState | None,
        post: Role | None,
        source: Source | None = None,
        urgency: Urgency | None = None,
        after: str | None,
        limit: int,
    ) -> list[Report]:
        place = None if urgency is None else urgencies.place(urgency)
        return self.page(
            lambda report: (
                state in (None, report.state)
                and source in (None, report.source)
                and place in (None, urgencies.place(report.urgency))
                and _of_post(report, post)
            ),
            after,
            limit,
            lambda report: urgencies.place(report.urgency),
        )

    def near(self, kinds: Sequence[str] | None, lon: float, lat: float, *, metres: float) -> list[Report]:
        return [
            report
            for report in self.sorted()
            if (kinds is None or report.subcategory in kinds)
            and report.owner is not None
            and report.position is not None
            and metres_between(lon, lat, report.position.lon, report.position.lat) <= metres
        ]

    def of_person(
        self, person_id: str, *, state: ReportState | None, after: str | None, limit: int
    ) -> list[Report]:
        own = [
            report
            for report in self.sorted()
            if report.reporter == person_id
            and state in (None, report.state)
            and (after is None or report.report_number < after)
        ]
        return own[::-1][:limit]

    def with_clocks(self) -> list[Report]:
        return [report for report in self.sorted() if report.owner is not None]

    def with_unread_answer(self, person_id: str, *, limit: int) -> list[Report]:
        unread = sorted(
            (answer.due_since, answer.report_number)
            for answer in self._answers.values()
            if answer.state is AnswerState.DUE and self._rows[answer.report_number].reporter == person_id
        )
        numbers = dict.fromkeys(number for _, number in unread)
        return [self.get(number) for number in numbers][:limit]


class InMemoryCases(Collection[Case]):
    subject = "case"

    def listed(
        self, *, state: CaseState | None, post: Role | None, after: str | None, limit: int
    ) -> list[Case]:
        return self.page(
            lambda case: state in (None, case.state) and _of_post(case, post),
            after,
            limit,
            lambda case: urgencies.place(case.urgency),
        )

    def near(
        self, kinds: Sequence[str], lon: float, lat: float, *, metres: float, ended_after: datetime
    ) -> list[Case]:
        return [
            case
            for case in self.sorted()
            if case.subcategory in kinds
            and case.state not in (CaseState.VOIDED, CaseState.MERGED)
            and (case.ended_at is None or case.ended_at > ended_after)
            and metres_between(lon, lat, case.position.lon, case.position.lat) <= metres
        ]

    def with_clocks(self) -> list[Case]:
        return [case for case in self.sorted() if case.owner not in (None, Role.RESPONSIBLE_UNIT)]


class InMemoryAnswers(Collection[Answer]):
    subject = "answer"

    def listed(
        self, *, channel: Source | None, state: AnswerState | None, after: str | None, limit: int
    ) -> list[Answer]:
        return self.page(
            lambda answer: channel in (None, answer.channel) and state in (None, answer.state), after, limit
        )

    def of_report(self, report_number: str) -> list[Answer]:
        return self.of_reports([report_number])

    def held_of_report(self, report_number: str) -> list[Answer]:
        return self.of_reports([report_number])

    def of_reports(self, report_numbers: Iterable[str]) -> list[Answer]:
        wanted = set(report_numbers)
        in_order = self.sorted(lambda answer: (answer.report_number, answer.number))
        return [answer for answer in in_order if answer.report_number in wanted]


class InMemoryTasks(Collection[Task]):
    subject = "task"

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept.tasks, lambda task: task.task_id)
        self._collectors = kept.collectors

    def of_report(self, report_number: str) -> list[Task]:
        in_order = self.sorted(lambda task: (task.asked_at, task.task_id))
        return [task for task in in_order if task.report_number == report_number]

    def open_of(self, collector: str) -> list[Task]:
        return [task for task in self._open() if task.collector == collector]

    def orphaned(self) -> list[Task]:
        closed = {one.person_id for one in self._collectors.values() if not one.active}
        return [task for task in self._open() if task.collector in closed]

    def unattended(self, *, at: datetime) -> list[Task]:
        return [task for task in self._open() if task.due_at < at]

    def with_clocks(self) -> list[Task]:
        return self._open()

    def _open(self) -> list[Task]:
        in_order = self.sorted(lambda task: (task.due_at, task.task_id))
        return [task for task in in_order if task.state is TaskState.OPEN]


class InMemoryCollectors:
    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def find(self, person_id: str) -> Collector | None:
        return copy.deepcopy(self._kept.collectors.get(person_id))

    def keep(self, collector: Collector) -> None:
        known = self._kept.collectors.get(collector.person_id)
        last = known.last_asked_at if known else collector.last_asked_at
        self._kept.collectors[collector.person_id] = replace(collector, last_asked_at=last)

    def candidates(self) -> list[Candidate]:
        tasks = self._kept.tasks.values()
        return [
            Candidate(
                person_id=one.person_id,
                responsibility_grid=one.responsibility_grid,
                open_tasks=sum(t.collector == one.person_id and t.state is TaskState.OPEN for t in tasks),
                last_asked_at=one.last_asked_at,
                on_duty=one.on_duty_since is not None,
                lon=self._kept.positions.get(one.person_id, (None, None))[0],
                lat=self._kept.positions.get(one.person_id, (None, None))[1],
            )
            for one in self._kept.collectors.values()
            if one.active
        ]

    def asked(self, person_id: str, *, at: datetime) -> None:
        self._kept.collectors[person_id].last_asked_at = at

    def is_at(self, person_id: str, lon: float, lat: float, *, at: datetime) -> None:
        self._kept.positions[person_id] = (lon, lat, at)

    def forget_position(self, person_id: str) -> None:
        self._kept.positions.pop(person_id, None)


class InMemoryRosters:
    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def held(self, person_id: str) -> None:
        pass

    def add(self, shift: Shift) -> None:
        assert shift.shift_id not in self._kept.shifts
        self._kept.shifts[shift.shift_id] = shift

    def remove(self, shift_id: str) -> bool:
        return self._kept.shifts.pop(shift_id, None) is not None

    def between(self, since: datetime, until: datetime) -> list[Shift]:
        found = [one for one in self._kept.shifts.values() if one.starts_at < until and one.ends_at > since]
        return sorted(found, key=lambda one: (one.starts_at, one.post, one.person_id))

    def hand_over(self, hand_over: HandOver) -> None:
        self._kept.hand_overs.append(hand_over)

    def hand_overs(self, *, since: datetime) -> list[HandOver]:
        return [one for one in self._kept.hand_overs if one.handed_over_at >= since]


class InMemoryAttachments:
    def __init__(self, rows: dict[str, Attachment]) -> None:
        self._rows = rows

    def find(self, sha256: str) -> Attachment | None:
        return self._rows.get(sha256)

    def add(self, attachment: Attachment) -> bool:
        new = attachment.sha256 not in self._rows
        self._rows.setdefault(attachment.sha256, attachment)
        return new

    def missing(self, photos: Iterable[str]) -> list[str]:
        return [photo for photo in dict.fromkeys(photos) if photo not in self._rows]


class InMemoryEvidence:
    def __init__(self, uses: list[Examined]) -> None:
        self._uses = uses

    def note(self, uses: Sequence[Use]) -> None:
        for use in uses:
            self._uses.append(Examined(use=replace(use, use_id=len(self._uses) + 1)))

    def conclude(self, examined: Examined, *, at: datetime) -> bool:
        new = self._uses[examined.use.use_id - 1].traces is None
        if new:
            self._uses[examined.use.use_id - 1] = examined
        return new

    def of_reports(self, report_numbers: Sequence[str]) -> list[Examined]:
        return [examined for examined in self._uses if examined.use.report_number in report_numbers]


class InMemoryReporters:
    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def keep(self, reporter_ref: str, sealed: bytes) -> None:
        self._kept.reporters[reporter_ref] = sealed

    def find(self, reporter_ref: str) -> bytes | None:
        return self._kept.reporters.get(reporter_ref)

    def revealed(self, report_number: str, *, reason: str, at: datetime, person_id: str) -> None:
        made = Reveal(
            reveal_id=len(self._kept.reveals) + 1,
            report_number=report_number,
            at=at,
            person_id=person_id,
            reason=reason,
        )
        self._kept.reveals.append(made)

    def reveals(self, wanted: RevealsWanted) -> list[Reveal]:
        found = [
            one
            for one in reversed(self._kept.reveals)
            if wanted.person_id in (None, one.person_id)
            and wanted.report_number in (None, one.report_number)
            and (wanted.since is None or one.at >= wanted.since)
            and (wanted.until is None or one.at < wanted.until)
            and (wanted.before is None or one.reveal_id < wanted.before)
        ]
        return found[: wanted.limit]


class InMemoryCounts:
    def __init__(self, counts: dict[tuple[str, datetime], int]) -> None:
        self._counts = counts

    def one_more(self, what: str, *, since: datetime, at: datetime) -> int:
        self._counts[(what, since)] = self.so_far(what, since=since) + 1
        return self._counts[(what, since)]

    def so_far(self, what: str, *, since: datetime) -> int:
        return self._counts.get((what, since), 0)


class InMemoryNumbers:
    def __init__(self, serials: dict[tuple[str, str], int]) -> None:
        self._serials = serials

    def next_report(self, at: datetime) -> str:
        return numbers.report_number(at, self._next("report", at))

    def next_case(self, at: datetime, county_code: str) -> str:
        return numbers.case_number(county_code, at, self._next("case", at))

    def _next(self, kind: str, at: datetime) -> int:
        counter = (kind, numbers.county_day(at))
        self._serials[counter] = self._serials.get(counter, 0) + 1
        return self._serials[counter]


class InMemoryFlowRecords:
    def __init__(self, rows: list[FlowRecord]) -> None:
        self._rows = rows

    def add(self, record: FlowRecord) -> None:
        self._rows.append(record)

    def of(self, subject: str) -> list[FlowRecord]:
        return [record for record in self._rows if record.subject == subject]


@dataclass(frozen=True)
class Announced:
    subject: str
    sequence: int


class InMemoryTransaction:
    """One transaction: the same object sees what it has written."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.reports = InMemoryReports(kept)
        self.cases = InMemoryCases(kept.cases, lambda case: case.case_number)
        self.answers = InMemoryAnswers(kept.answers, lambda answer: answer.answer_id)
        self.tasks = InMemoryTasks(kept)
        self.collectors = InMemoryCollectors(kept)
        self.rosters = InMemoryRosters(kept)
        self.attachments = InMemoryAttachments(kept.attachments)
        self.evidence = InMemoryEvidence(kept.uses)
        self.reporters = InMemoryReporters(kept)
        self.counts = InMemoryCounts(kept.counts)
        self.numbers = InMemoryNumbers(kept.serials)
        self.flow_records = InMemoryFlowRecords(kept.flow_records)

    def announce(self, fact: Fact, *, at: datetime, first: bool = False) -> Announced:
        self._kept.announced.append(fact)
        sequence = sum(other.subject == fact.subject for other in self._kept.announced)
        assert sequence == 1 or not first, f"{fact.subject} was told of before"
        return Announced(fact.subject, sequence)

    def wake(self, kind: str, subject: str, at: datetime) -> None:
        self._kept.wakes[(kind, subject)] = at

    def cancel_wake(self, kind: str, subject: str) -> None:
        self._kept.wakes.pop((kind, subject), None)

    def open_items(self, post: Role) -> int:
        owned = [*self._kept.reports.values(), *self._kept.cases.values()]
        calls = [answer for answer in self._kept.answers.values() if answer.state is AnswerState.SENT]
        return sum(one.owner == post for one in owned) + (len(calls) if post is Role.HOTLINE_AGENT else 0)

    def released(self, key: str) -> None:
        ready = [fact for waits_for, fact in self._kept.waiting if waits_for == key]
        self._kept.waiting[:] = [entry for entry in self._kept.waiting if entry[0] != key]
        for fact in ready:
            self.read(fact)

    def read(self, fact: Fact, at: datetime | None = None) -> None:
        """What the facts process does with one message."""
        sent = facts.seal(fact, id="m", time=at or _time_of(fact), sequence=1)
        try:
            reader.apply(self, sent, at=sent.time)
        except Wait as early:
            self._kept.waiting.append((early.key, fact))


class InMemoryStore:
    """Intake without a database."""

    def __init__(self) -> None:
        self.kept = Kept()
        self._ids = count(1)

    @contextmanager
    def transaction(self) -> Iterator[InMemoryTransaction]:
        """All of it is kept, or nothing."""
        # What was said and written down is never changed: it is shared, not copied.
        said = (*self.kept.announced, *self.kept.flow_records)
        trial = copy.deepcopy(self.kept, {id(one): one for one in said})
        yield InMemoryTransaction(trial)
        self.kept = trial

    def read(self, fact: Fact, *, at: datetime) -> None:
        """A fact of another service arrives."""
        with self.transaction() as tx:
            tx.read(fact, at)

    def pass_time(self, until: datetime) -> int:
        """Every wake-up until then fires, in order and each as if at its own moment."""
        fired = 0
        while due := sorted((at, key) for key, at in self.kept.wakes.items() if at <= until):
            at, (kind, subject) = due[0]
            with self.transaction() as tx:
                tx.cancel_wake(kind, subject)
                wakes._functions[kind](tx, subject, {}, at=at)
            fired += 1
        return fired

    def announced(self) -> list[Fact]:
        """Every fact so far, in order."""
        return list(self.kept.announced)

    def waiting(self) -> list[str]:
        """The keys that facts wait under."""
        return [key for key, _ in self.kept.waiting]


def _time_of(fact: Fact) -> datetime:
    return next(value for value in vars(fact).values() if isinstance(value, datetime))
