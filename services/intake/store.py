"""Where intake keeps reports (上报), cases (案卷), answers (答复) and tasks: PostgreSQL."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import column, or_

from case_contracts.codes import Source
from case_contracts.console import HandbookPublished
from case_contracts.facts import Fact
from chassis.documents import Documents
from chassis.fetching import FetchedVersions
from chassis.transactions import Announced, Transaction
from services.intake.domain import numbers
from services.intake.domain.answer import Answer, AnswerState
from services.intake.domain.case import Case, CaseState
from services.intake.domain.collector import Candidate, Collector
from services.intake.domain.flow import FlowRecord
from services.intake.domain.position import degrees_around, metres_between
from services.intake.domain.refusals import NotFound
from services.intake.domain.report import Report, ReportState
from services.intake.domain.task import Task, TaskState
from services.intake.ports import Attachment

T = TypeVar("T")


class Numbered(Documents[T]):
    """Documents whose absence is said in the city's words."""

    subject = ""

    def get(self, key: str) -> T:
        """The document, locked until the transaction ends; raises NotFound."""
        found = self.find(key)
        if found is None:
            raise NotFound(f"{self.subject}/{key}")
        return found


class PostgresReports(Numbered[Report]):
    """上报."""

    subject = "report"

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx, "reports", Report, lambda report: report.report_number, _report_columns)

    def listed(self, *, state: ReportState | None, after: str | None, limit: int) -> list[Report]:
        """A page in the order of numbers."""
        return self.list(after=after, limit=limit, **_given(state=state))

    def of_person(self, person_id: str, *, limit: int) -> list[Report]:
        """What a person has reported, the newest first."""
        return self.list(reporter=person_id, descending=True, limit=limit)


class PostgresCases(Numbered[Case]):
    """案卷."""

    subject = "case"

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx, "cases", Case, lambda case: case.case_number, _case_columns)

    def listed(self, *, state: CaseState | None, after: str | None, limit: int) -> list[Case]:
        """A page in the order of numbers."""
        return self.list(after=after, limit=limit, **_given(state=state))

    def near(
        self, subcategory: str, lon: float, lat: float, *, metres: float, ended_after: datetime
    ) -> list[Case]:
        """Cases of a kind around a place that are open or were closed after that moment; no voided ones."""
        east, north = degrees_around(lat, metres)
        found = self.list(
            column("lat").between(lat - north, lat + north),
            column("lon").between(lon - east, lon + east),
            column("state") != CaseState.VOIDED.value,
            or_(column("ended_at").is_(None), column("ended_at") > ended_after),
            subcategory=subcategory,
        )
        return [
            case for case in found if metres_between(lon, lat, case.position.lon, case.position.lat) <= metres
        ]


class PostgresAnswers(Numbered[Answer]):
    """答复."""

    subject = "answer"

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx, "answers", Answer, lambda answer: answer.report_number, _answer_columns)

    def listed(
        self, *, channel: Source | None, state: AnswerState | None, after: str | None, limit: int
    ) -> list[Answer]:
        """A page in the order of report numbers."""
        return self.list(after=after, limit=limit, **_given(channel=channel, state=state))

    def of_reports(self, report_numbers: Iterable[str]) -> dict[str, Answer]:
        """The answers that these reports have, by report number."""
        wanted = list(report_numbers)
        found = self.list(key=wanted) if wanted else []
        return {answer.report_number: answer for answer in found}


class PostgresTasks(Numbered[Task]):
    """现场任务."""

    subject = "task"

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx, "tasks", Task, lambda task: task.task_id, _task_columns)

    def of_report(self, report_number: str) -> list[Task]:
        """Every task that a report and its case ever had, in the order of asking."""
        return self.list(report_number=report_number, order_by="asked_at")

    def open_of(self, collector: str) -> list[Task]:
        """What a collector still has to do, the most urgent first."""
        return self.list(collector=collector, state=TaskState.OPEN, order_by="due_at")

    def orphaned(self) -> list[Task]:
        """Open tasks of collectors whose account is closed."""
        closed = self._tx.read("select person_id from collectors where not active").scalars().all()
        return self.list(collector=closed, state=TaskState.OPEN, order_by="due_at") if closed else []


_COLLECTOR = """
select person_id, responsibility_grid, active, last_asked_at from collectors
where person_id = :person_id for update
"""
_KEEP_COLLECTOR = """
insert into collectors (person_id, responsibility_grid, active, last_asked_at)
values (:person_id, :responsibility_grid, :active, :last_asked_at)
on conflict (person_id) do update
set responsibility_grid = excluded.responsibility_grid, active = excluded.active
"""
_CANDIDATES = """
select person_id, responsibility_grid, last_asked_at,
       (select count(*) from tasks where tasks.collector = person_id and tasks.state = 'open') as open_tasks
from collectors where active
"""
_ASKED = """
update collectors set last_asked_at = :at where person_id = :person_id
"""


class PostgresCollectors:
    """采集员."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def find(self, person_id: str) -> Collector | None:
        """The collector, held until the transaction ends, or None."""
        row = self._tx.execute(_COLLECTOR, {"person_id": person_id}).mappings().one_or_none()
        return None if row is None else Collector(**row)

    def keep(self, collector: Collector) -> None:
        """Keep a new or changed one."""
        self._tx.write(_KEEP_COLLECTOR, vars(collector))

    def candidates(self) -> list[Candidate]:
        """All active ones, and how busy each is."""
        return [Candidate(**row) for row in self._tx.read(_CANDIDATES).mappings()]

    def asked(self, person_id: str, *, at: datetime) -> None:
        """Remember when a collector was last sent."""
        self._tx.write(_ASKED, {"person_id": person_id, "at": at})


_ATTACHMENT = """
select sha256, media_type, size, uploaded_by, uploaded_at, case_number from attachments where sha256 = :sha256
"""
_ADD_ATTACHMENT = """
insert into attachments (sha256, media_type, size, uploaded_by, uploaded_at, case_number)
values (:sha256, :media_type, :size, :uploaded_by, :uploaded_at, :case_number)
on conflict (sha256) do nothing
"""
_STORED = """
select sha256 from attachments where sha256 = any(:photos)
"""


class PostgresAttachments:
    """附件: the entries; the bytes lie beside, under their hash."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def find(self, sha256: str) -> Attachment | None:
        """The photo's entry, or None."""
        row = self._tx.read(_ATTACHMENT, {"sha256": sha256}).mappings().one_or_none()
        return None if row is None else Attachment(**row)

    def add(self, attachment: Attachment) -> bool:
        """Enter a photo; False when it was there already."""
        return self._tx.execute(_ADD_ATTACHMENT, vars(attachment)).rowcount == 1

    def missing(self, photos: Iterable[str]) -> list[str]:
        """Those of the photos that are not stored; one query for all."""
        wanted = list(dict.fromkeys(photos))
        stored = set(self._tx.read(_STORED, {"photos": wanted}).scalars())
        return [photo for photo in wanted if photo not in stored]


_KEEP_REPORTER = """
insert into reporters (reporter_ref, sealed) values (:reporter_ref, :sealed)
"""
_REPORTER = """
select sealed from reporters where reporter_ref = :reporter_ref
"""
_REVEALED = """
insert into reveals (report_number, at, person_id, reason) values (:report_number, :at, :person_id, :reason)
"""


class PostgresReporters:
    """上报人: only what the doors have sealed."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def keep(self, reporter_ref: str, sealed: bytes) -> None:
        """Keep a sealed reporter."""
        self._tx.write(_KEEP_REPORTER, {"reporter_ref": reporter_ref, "sealed": sealed})

    def find(self, reporter_ref: str) -> bytes | None:
        """The sealed reporter, or None."""
        sealed = self._tx.read(_REPORTER, {"reporter_ref": reporter_ref}).scalar_one_or_none()
        return None if sealed is None else bytes(sealed)

    def revealed(self, report_number: str, *, reason: str, at: datetime, person_id: str) -> None:
        """Write down who looked at a reporter, when and why."""
        row = {"report_number": report_number, "at": at, "person_id": person_id, "reason": reason}
        self._tx.write(_REVEALED, row)


_NEXT = """
insert into numbers as n (kind, day, last) values (:kind, :day, 1)
on conflict (kind, day) do update set last = n.last + 1
returning last
"""


class PostgresNumbers:
    """编号: a counter a kind and day, locked until the transaction ends, so that no number is skipped."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def next_report(self, at: datetime) -> str:
        """The next report number of the county's day."""
        return numbers.report_number(at, self._next("report", at))

    def next_case(self, at: datetime, county_code: str) -> str:
        """The next case number of the county's day."""
        return numbers.case_number(county_code, at, self._next("case", at))

    def _next(self, kind: str, at: datetime) -> int:
        return int(self._tx.execute(_NEXT, {"kind": kind, "day": numbers.county_day(at)}).scalar_one())


_ADD_RECORD = """
insert into flow_records (subject, at, actor, action, from_state, to_state, round, reason, fact_type)
values (:subject, :at, :actor, :action, :from_state, :to_state, :round, :reason, :fact_type)
"""
_RECORDS = """
select subject, at, actor, action, from_state, to_state, round, reason, fact_type
from flow_records where subject = :subject order by id
"""


class PostgresFlowRecords:
    """流转记录."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, record: FlowRecord) -> None:
        """Write one more."""
        self._tx.write(_ADD_RECORD, vars(record))

    def of(self, subject: str) -> list[FlowRecord]:
        """The history of a report or case, in order."""
        return [FlowRecord(**row) for row in self._tx.read(_RECORDS, {"subject": subject}).mappings()]


class PostgresStore:
    """One transaction of intake."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.reports = PostgresReports(tx)
        self.cases = PostgresCases(tx)
        self.answers = PostgresAnswers(tx)
        self.tasks = PostgresTasks(tx)
        self.collectors = PostgresCollectors(tx)
        self.attachments = PostgresAttachments(tx)
        self.reporters = PostgresReporters(tx)
        self.numbers = PostgresNumbers(tx)
        self.flow_records = PostgresFlowRecords(tx)

    def announce(self, fact: Fact, *, at: datetime) -> Announced:
        """Publish a fact when this transaction commits."""
        return self._tx.announce(fact, at=at)

    def will_fetch(self, shelf: FetchedVersions, published: HandbookPublished) -> None:
        """An edition of the handbook was published, and is to be fetched."""
        shelf.told(self._tx, published.version, sha256=published.sha256, valid_from=published.valid_from)

    def released(self, key: str) -> None:
        """What facts have waited for is here: they take effect in this transaction."""
        self._tx.released(key)

    def figures(self, query: str) -> list[Any]:
        """Rows of a query for gauges."""
        return list(self._tx.read(query).all())


def _given(**wanted: Any) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if value is not None}


def _report_columns(report: Report) -> dict[str, Any]:
    return {
        "state": report.state,
        "source": report.source,
        "reporter": report.reporter,
        "received_at": report.received_at,
        "owner": report.owner,
        "due_at": report.due_at,
    }


def _case_columns(case: Case) -> dict[str, Any]:
    return {
        "state": case.state,
        "report_number": case.report_number,
        "subcategory": case.subcategory,
        "lon": case.position.lon,
        "lat": case.position.lat,
        "owner": case.owner,
        "due_at": case.due_at,
        "ended_at": case.ended_at,
    }


def _answer_columns(answer: Answer) -> dict[str, Any]:
    return {"channel": answer.channel, "state": answer.state, "due_since": answer.due_since}


def _task_columns(task: Task) -> dict[str, Any]:
    return {
        "report_number": task.report_number,
        "collector": task.collector,
        "state": task.state,
        "asked_at": task.asked_at,
        "due_at": task.due_at,
    }
