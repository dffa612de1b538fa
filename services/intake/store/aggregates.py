"""Reports (上报), cases (案卷), answers (答复) and tasks as documents beside what they are looked up by."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, column, or_

from case_contracts.codes import Source, Urgency
from case_contracts.roles import Role
from chassis.documents import Documents
from chassis.transactions import Transaction
from services.intake.domain import urgency as urgencies
from services.intake.domain.answer import Answer, AnswerState
from services.intake.domain.case import Case, CaseState
from services.intake.domain.position import Position, degrees_around, metres_between
from services.intake.domain.refusals import NotFound
from services.intake.domain.report import Report, ReportState
from services.intake.domain.task import Task, TaskState

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

    def of_numbers(self, keys: Iterable[str]) -> dict[str, T]:
        """Those that there are, by number; only to be looked at."""
        wanted = sorted(set(keys))
        return {self._key(one): one for one in self.list(key=wanted)} if wanted else {}


_UNREAD = """
select reports.key from answers join reports on reports.key = answers.report_number
where answers.state = 'due' and reports.reporter = :reporter
group by reports.key order by min(answers.due_since), reports.key limit :limit
"""


class PostgresReports(Numbered[Report]):
    """上报."""

    subject = "report"

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx, "reports", Report, lambda report: report.report_number, _report_columns)

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
        """A page, the most urgent first and then in the order of numbers."""
        place = None if urgency is None else urgencies.place(urgency)
        wanted = _given(state=state, source=source, place=place)
        return self.list(*_of_post(post), order_by="place", after=after, limit=limit, **wanted)

    def near(self, kinds: Sequence[str] | None, lon: float, lat: float, *, metres: float) -> list[Report]:
        """Open reports of these kinds around a place; with None of any kind, or of none yet."""
        is_open = column("owner").is_not(None)  # as the index reports_open_by_place says it
        of_kind = {} if kinds is None else {"subcategory": list(kinds)}
        found = self.list(is_open, *_around(lon, lat, metres), **of_kind)
        return [report for report in found if _within(report.position, lon, lat, metres)]

    def of_person(
        self, person_id: str, *, state: ReportState | None, after: str | None, limit: int
    ) -> list[Report]:
        """A page of what a person has reported, the newest first."""
        return self.list(reporter=person_id, descending=True, after=after, limit=limit, **_given(state=state))

    def with_clocks(self) -> list[Report]:
        """All that somebody has to act on, held until the transaction ends."""
        return self.list(column("owner").is_not(None), lock=True)

    def with_unread_answer(self, person_id: str, *, limit: int) -> list[Report]:
        """What a person has reported and has an answer that nobody has read, the longest waiting first."""
        numbers = self._tx.read(_UNREAD, {"reporter": person_id, "limit": limit}).scalars().all()
        found = self.of_numbers(numbers)
        return [found[number] for number in numbers]


class PostgresCases(Numbered[Case]):
    """案卷."""

    subject = "case"

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx, "cases", Case, lambda case: case.case_number, _case_columns)

    def listed(
        self, *, state: CaseState | None, post: Role | None, after: str | None, limit: int
    ) -> list[Case]:
        """A page, the most urgent first and then in the order of numbers."""
        return self.list(*_of_post(post), order_by="place", after=after, limit=limit, **_given(state=state))

    def near(
        self, kinds: Sequence[str], lon: float, lat: float, *, metres: float, ended_after: datetime
    ) -> list[Case]:
        """Cases of these kinds around a place that are open or were closed after that moment; neither voided
        nor merged ones."""
        found = self.list(
            *_around(lon, lat, metres),
            column("state").notin_([CaseState.VOIDED.value, CaseState.MERGED.value]),
            or_(column("ended_at").is_(None), column("ended_at") > ended_after),
            subcategory=list(kinds),
        )
        return [case for case in found if _within(case.position, lon, lat, metres)]

    def with_clocks(self) -> list[Case]:
        """All that anybody but a responsible unit has to act on, held until the transaction ends."""
        theirs = column("owner") != Role.RESPONSIBLE_UNIT.value
        return self.list(column("owner").is_not(None), theirs, lock=True)


class PostgresAnswers(Numbered[Answer]):
    """答复."""

    subject = "answer"

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx, "answers", Answer, lambda answer: answer.answer_id, _answer_columns)

    def listed(
        self, *, channel: Source | None, state: AnswerState | None, after: str | None, limit: int
    ) -> list[Answer]:
        """A page in the order of report numbers."""
        return self.list(after=after, limit=limit, **_given(channel=channel, state=state))

    def of_report(self, report_number: str) -> list[Answer]:
        """The answers of a report, the first one first."""
        return _in_order(self.list(report_number=report_number))

    def held_of_report(self, report_number: str) -> list[Answer]:
        """The same, held until the transaction ends."""
        return _in_order(self.list(report_number=report_number, lock=True))

    def of_reports(self, report_numbers: Iterable[str]) -> list[Answer]:
        """The answers that these reports have, by report and then in order."""
        wanted = list(report_numbers)
        return _in_order(self.list(report_number=wanted)) if wanted else []


class PostgresTasks(Numbered[Task]):
    """现场任务."""

    subject = "task"

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx, "tasks", Task, lambda task: task.task_id, _task_columns)

    def of_report(self, report_number: str) -> list[Task]:
        """Every task that a report and its case ever had, in the order of asking."""
        return self.list(report_number=report_number, order_by="asked_at")

    def open_of(self, collector: str) -> list[Task]:
        """What a collector still has to do, what is due soonest first."""
        return self.list(collector=collector, state=TaskState.OPEN, order_by="due_at")

    def orphaned(self) -> list[Task]:
        """Open tasks of collectors whose account is closed."""
        closed = self._tx.read("select person_id from collectors where not active").scalars().all()
        return self.list(collector=closed, state=TaskState.OPEN, order_by="due_at") if closed else []

    def unattended(self, *, at: datetime) -> list[Task]:
        """Open tasks past their due time."""
        return self.list(column("due_at") < at, state=TaskState.OPEN, order_by="due_at")

    def with_clocks(self) -> list[Task]:
        """All open tasks, held until the transaction ends."""
        return self.list(state=TaskState.OPEN, lock=True)


def _in_order(answers: Sequence[Answer]) -> list[Answer]:
    return sorted(answers, key=lambda answer: (answer.report_number, answer.number))


def _of_post(post: Role | None) -> list[ColumnElement[bool]]:
    if post is None:
        return []
    mine = or_(column("owner") == post.value, column("called") == post.value)
    return [column("owner").is_not(None), mine]


def _around(lon: float, lat: float, metres: float) -> list[ColumnElement[bool]]:
    east, north = degrees_around(lat, metres)
    return [
        column("lat").between(lat - north, lat + north),
        column("lon").between(lon - east, lon + east),
    ]


def _within(position: Position | None, lon: float, lat: float, metres: float) -> bool:
    return position is not None and metres_between(lon, lat, position.lon, position.lat) <= metres


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
        "called": report.called,
        "place": urgencies.place(report.urgency),
        "subcategory": report.subcategory,
        "lon": report.position.lon if report.position else None,
        "lat": report.position.lat if report.position else None,
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
        "called": case.called,
        "place": urgencies.place(case.urgency),
        "ended_at": case.ended_at,
    }


def _answer_columns(answer: Answer) -> dict[str, Any]:
    return {
        "report_number": answer.report_number,
        "channel": answer.channel,
        "state": answer.state,
        "due_since": answer.due_since,
    }


def _task_columns(task: Task) -> dict[str, Any]:
    return {
        "report_number": task.report_number,
        "collector": task.collector,
        "state": task.state,
        "asked_at": task.asked_at,
        "due_at": task.due_at,
    }
