"""Ports: what intake's stages need of the world in one transaction; stores keep these promises."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from case_contracts.codes import Source, Urgency
from case_contracts.facts import Fact
from case_contracts.roles import Role
from services.intake.domain.answer import Answer, AnswerState
from services.intake.domain.case import Case, CaseState
from services.intake.domain.collector import Candidate, Collector
from services.intake.domain.evidence import Examined, Use
from services.intake.domain.flow import FlowRecord
from services.intake.domain.report import Report, ReportState
from services.intake.domain.roster import HandOver, Shift
from services.intake.domain.task import Task


class Announced(Protocol):
    """What a published fact counts as."""

    @property
    def subject(self) -> str:
        """The deciding aggregate."""

    @property
    def sequence(self) -> int:
        """The how-manieth fact of it this is."""


class Reports(Protocol):
    """上报, by number."""

    def get(self, report_number: str) -> Report:
        """The report, held until the transaction ends; raises NotFound."""

    def find(self, report_number: str) -> Report | None:
        """The same, or None."""

    def peek(self, report_number: str) -> Report | None:
        """The report, only to be looked at."""

    def of_numbers(self, report_numbers: Iterable[str]) -> dict[str, Report]:
        """Those of these reports that there are, by number; only to be looked at."""

    def add(self, report: Report) -> None:
        """Keep a new one."""

    def save(self, report: Report) -> None:
        """Keep what changed."""

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
        """A page, the most urgent first: all, or what a post owns or was called to; by source or urgency."""

    def near(self, kinds: Sequence[str] | None, lon: float, lat: float, *, metres: float) -> list[Report]:
        """Open reports of these kinds around a place; with None of any kind, or of none yet."""

    def of_person(
        self, person_id: str, *, state: ReportState | None, after: str | None, limit: int
    ) -> list[Report]:
        """A page of what a person has reported, the newest first."""

    def with_clocks(self) -> list[Report]:
        """All that somebody has to act on, held until the transaction ends."""

    def with_unread_answer(self, person_id: str, *, limit: int) -> list[Report]:
        """What a person has reported and has an answer that nobody has read, the longest waiting first."""


class Cases(Protocol):
    """案卷, by number."""

    def get(self, case_number: str) -> Case:
        """The case, held until the transaction ends; raises NotFound."""

    def find(self, case_number: str) -> Case | None:
        """The same, or None."""

    def peek(self, case_number: str) -> Case | None:
        """The case, only to be looked at."""

    def of_numbers(self, case_numbers: Iterable[str]) -> dict[str, Case]:
        """Those of these cases that there are, by number; only to be looked at."""

    def add(self, case: Case) -> None:
        """Keep a new one."""

    def save(self, case: Case) -> None:
        """Keep what changed."""

    def listed(
        self, *, state: CaseState | None, post: Role | None, after: str | None, limit: int
    ) -> list[Case]:
        """A page, the most urgent first: all, or what a post owns or was called to."""

    def near(
        self, kinds: Sequence[str], lon: float, lat: float, *, metres: float, ended_after: datetime
    ) -> list[Case]:
        """Cases of these kinds around a place that are open or were closed after that moment; neither voided
        nor merged ones."""

    def with_clocks(self) -> list[Case]:
        """All that anybody but a responsible unit has to act on, held until the transaction ends."""


class Answers(Protocol):
    """答复, by their id: the report's number, from its second answer on with that one's number."""

    def get(self, answer_id: str) -> Answer:
        """The answer, held until the transaction ends; raises NotFound."""

    def add(self, answer: Answer) -> None:
        """Keep a new one."""

    def save(self, answer: Answer) -> None:
        """Keep what changed."""

    def listed(
        self, *, channel: Source | None, state: AnswerState | None, after: str | None, limit: int
    ) -> list[Answer]:
        """A page in the order of ids."""

    def of_report(self, report_number: str) -> list[Answer]:
        """The answers of a report, the first one first; only to be looked at."""

    def held_of_report(self, report_number: str) -> list[Answer]:
        """The same, held until the transaction ends."""

    def of_reports(self, report_numbers: Iterable[str]) -> list[Answer]:
        """The answers that these reports have, by report and then in order."""


class Tasks(Protocol):
    """现场任务, by task id."""

    def get(self, task_id: str) -> Task:
        """The task, held until the transaction ends; raises NotFound."""

    def peek(self, task_id: str) -> Task | None:
        """The task, only to be looked at."""

    def add(self, task: Task) -> None:
        """Keep a new one."""

    def save(self, task: Task) -> None:
        """Keep what changed."""

    def of_report(self, report_number: str) -> list[Task]:
        """Every task that a report and its case ever had, in the order of asking."""

    def open_of(self, collector: str) -> list[Task]:
        """What a collector still has to do, the most urgent first."""

    def orphaned(self) -> list[Task]:
        """Open tasks of collectors whose account is closed."""

    def unattended(self, *, at: datetime) -> list[Task]:
        """Open tasks past their due time."""

    def with_clocks(self) -> list[Task]:
        """All open tasks, held until the transaction ends."""


class Collectors(Protocol):
    """采集员, by person_id."""

    def find(self, person_id: str) -> Collector | None:
        """The collector, held until the transaction ends, or None."""

    def keep(self, collector: Collector) -> None:
        """Keep a new or changed one."""

    def candidates(self) -> list[Candidate]:
        """All active ones, and how busy each is."""

    def asked(self, person_id: str, *, at: datetime) -> None:
        """Remember when a collector was last sent."""

    def is_at(self, person_id: str, lon: float, lat: float, *, at: datetime) -> None:
        """Keep the last position of a collector on duty, and no other."""

    def forget_position(self, person_id: str) -> None:
        """Nobody need know any more where they were."""


class Rosters(Protocol):
    """排班 and 交接班."""

    def held(self, person_id: str) -> None:
        """Nobody else changes this person's shifts until the transaction ends."""

    def add(self, shift: Shift) -> None:
        """Enter a shift."""

    def remove(self, shift_id: str) -> bool:
        """Take a shift out; False when there is none."""

    def between(self, since: datetime, until: datetime) -> list[Shift]:
        """Shifts that touch a time, in order."""

    def hand_over(self, hand_over: HandOver) -> None:
        """Write a hand-over down."""

    def hand_overs(self, *, since: datetime) -> list[HandOver]:
        """Hand-overs from a moment on, in order."""


@dataclass(frozen=True, kw_only=True)
class Reveal:
    """查看记录: somebody looked at who reported, and said why."""

    reveal_id: int
    report_number: str
    at: datetime
    person_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RevealsWanted:
    """Which looks to list: of a person, at a report, in a time ``[since, until)``, before another one."""

    person_id: str | None = None
    report_number: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """附件: a stored photo, known by the SHA-256 of its bytes."""

    sha256: str
    media_type: str
    size: int
    uploaded_by: str
    uploaded_at: datetime
    case_number: str | None = None


class Attachments(Protocol):
    """What is known of the stored photos."""

    def find(self, sha256: str) -> Attachment | None:
        """The photo's entry, or None."""

    def add(self, attachment: Attachment) -> bool:
        """Enter a photo; False when it was there already."""

    def missing(self, photos: Iterable[str]) -> list[str]:
        """Those of the photos that are not stored."""


class Evidence(Protocol):
    """照片证据: where each photo was handed in, and what was found about it."""

    def note(self, uses: Sequence[Use]) -> None:
        """Keep new uses, to be examined."""

    def conclude(self, examined: Examined, *, at: datetime) -> bool:
        """Keep what was found about a use; False when that was found before."""

    def of_reports(self, report_numbers: Sequence[str]) -> list[Examined]:
        """Every use of photos with these reports and their cases, examined or not, in order."""


class Reporters(Protocol):
    """上报人: names and numbers as the doors have sealed them; nothing else of intake ever holds them."""

    def keep(self, reporter_ref: str, sealed: bytes) -> None:
        """Keep a sealed reporter."""

    def find(self, reporter_ref: str) -> bytes | None:
        """The sealed reporter, or None."""

    def revealed(self, report_number: str, *, reason: str, at: datetime, person_id: str) -> None:
        """Write down who looked at a reporter, when and why."""

    def reveals(self, wanted: RevealsWanted) -> list[Reveal]:
        """Who looked at whom, the newest first."""


class Counts(Protocol):
    """次数: how often something was done from outside, so that nobody does it without end."""

    def one_more(self, what: str, *, since: datetime, at: datetime) -> int:
        """Count once more in the window that began then; how often it was by now."""

    def so_far(self, what: str, *, since: datetime) -> int:
        """How often it was in that window."""


class Numbers(Protocol):
    """编号: counters that are held until the transaction ends."""

    def next_report(self, at: datetime) -> str:
        """The next report number of the county's day."""

    def next_case(self, at: datetime, county_code: str) -> str:
        """The next case number of the county's day."""


class FlowRecords(Protocol):
    """流转记录: written once."""

    def add(self, record: FlowRecord) -> None:
        """Write one more."""

    def of(self, subject: str) -> list[FlowRecord]:
        """The history of a report or case, in order."""


class IntakeTransaction(Protocol):
    """One transaction of intake: all of it commits, or nothing."""

    @property
    def reports(self) -> Reports:
        """上报."""

    @property
    def cases(self) -> Cases:
        """案卷."""

    @property
    def answers(self) -> Answers:
        """答复."""

    @property
    def tasks(self) -> Tasks:
        """现场任务."""

    @property
    def collectors(self) -> Collectors:
        """采集员."""

    @property
    def rosters(self) -> Rosters:
        """排班."""

    @property
    def attachments(self) -> Attachments:
        """附件."""

    @property
    def evidence(self) -> Evidence:
        """照片证据."""

    @property
    def reporters(self) -> Reporters:
        """上报人."""

    @property
    def counts(self) -> Counts:
        """次数."""

    @property
    def numbers(self) -> Numbers:
        """编号."""

    @property
    def flow_records(self) -> FlowRecords:
        """流转记录."""

    def announce(self, fact: Fact, *, at: datetime, first: bool = False) -> Announced:
        """Publish a fact when this transaction commits; the ``first`` that is told of its subject."""

    def released(self, key: str) -> None:
        """What facts have waited for is here: they take effect in this transaction."""

    def wake(self, kind: str, subject: str, at: datetime) -> None:
        """Be woken at a moment; replaces what was asked before for the same kind and subject."""

    def cancel_wake(self, kind: str, subject: str) -> None:
        """Do not be woken after all."""

    def open_items(self, post: Role) -> int:
        """How much a post has to do at this moment."""
