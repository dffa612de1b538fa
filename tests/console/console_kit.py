"""What the console's tests share: a migrated database, a real story of facts, and a desk without a socket."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import orjson
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from case_contracts import console, dispatch, facts, hotline, intake
from case_contracts.codes import AnswerKind, Satisfaction, Source, Urgency
from case_contracts.wire import Envelope
from chassis import problems, sealing, settings, tokens
from chassis.app import App, Running
from chassis.door_calls import OpenDoor
from chassis.migrating import migrate
from chassis.problems import Problem
from chassis.refusals import refusal_of
from chassis.transactions import Database
from console.names import Kind, Names

EIGHT = datetime(2020, 6, 15, 0, 7, tzinfo=UTC)
"""8:07 in the city."""
REPORT = "H2020061500001"
CASE = "4105232020061500001"
BEFORE, AFTER, CHECKED = "a" * 64, "b" * 64, "c" * 64
NAMES = Names(
    subcategories={"I0203": Kind("道路破损", "市政设施", "事件")},
    responsible_units={"u03": "园林绿化中心", "u04": "市政设施管理所"},
    grids={"G07": "第七责任网格"},
    filing_conditions={"I0203-1": "路面坑洼"},
    people={"supervisor-1": "王值"},
)


class Telling:
    """Seals facts as their senders' outboxes do: an id, a moment and a sequence each."""

    def __init__(self) -> None:
        self.sequences: dict[tuple[str, str], int] = {}
        self.told: list[Envelope] = []

    def tell(self, fact: facts.Fact, minutes: float) -> Envelope:
        """One more fact, so many minutes after the beginning."""
        key = (fact.sender, fact.subject)
        self.sequences[key] = self.sequences.get(key, 0) + 1
        envelope = facts.seal(
            fact,
            id=f"{fact.sender}-{fact.subject}-{self.sequences[key]}",
            time=EIGHT + timedelta(minutes=minutes),
            sequence=self.sequences[key],
        )
        self.told.append(envelope)
        return envelope


def at(minutes: float) -> datetime:
    """So many minutes after the beginning."""
    return EIGHT + timedelta(minutes=minutes)


def a_story(report: str = REPORT, case: str = CASE, call: str = "call-1") -> list[Envelope]:
    """文王路的路面破损: confirmed, filed, sent back, dispatched anew, reworked, closed, answered."""
    told = Telling()
    said: dict[str, Any] = {"description": "道路路面有破损", "address": "文王路与志得街交叉口向西180米"}
    told.tell(
        hotline.ProblemPhonedIn(
            call_id=call, report_number=report, reporter_ref="r1", phoned_in_at=at(0), **said
        ),
        0,
    )
    told.tell(
        intake.ReportReceived(
            report_number=report, source=Source.HOTLINE, received_at=at(0), photos=(BEFORE,), **said
        ),
        0,
    )
    told.tell(intake.ConfirmationAsked(report_number=report, task_id="t1", collector="c1", due_at=at(33)), 3)
    told.tell(
        intake.ReportConfirmed(report_number=report, task_id="t1", collector="c1", confirmed_at=at(20)), 20
    )
    told.tell(
        intake.ReportAccepted(
            report_number=report,
            subcategory="I0203",
            filing_standard="I0203-1",
            operator="o1",
            accepted_at=at(22),
        ),
        22,
    )
    told.tell(
        intake.CaseFiled(
            case_number=case,
            round=1,
            report_number=report,
            source=Source.HOTLINE,
            subcategory="I0203",
            filing_standard="I0203-1",
            handbook_version="v-1",
            limit=3,
            limit_unit="working_day",
            urgency=Urgency.ORDINARY,
            closing_condition="路面平整",
            lon=114.36,
            lat=35.92,
            unit_grid_code="410523100201001",
            responsibility_grid="G07",
            supervisor="supervisor-1",
            filed_at=at(25),
            photos=(BEFORE,),
            **said,
        ),
        25,
    )
    _handled(told, case)
    _ended(told, report, case, call)
    return told.told


def _handled(told: Telling, case: str) -> None:
    def work(unit: str, number: int, round: int = 1) -> dict[str, Any]:
        return {
            "case_number": case,
            "round": round,
            "dispatch_number": number,
            "responsible_unit": unit,
        }

    told.tell(
        dispatch.CaseDispatched(
            **work("u03", 1), due_at=at(4000), dispatched_at=at(30), dispatcher="duty-table"
        ),
        30,
    )
    told.tell(dispatch.CaseSentBack(**work("u03", 1), reason="不属我单位", sent_back_at=at(40)), 40)
    told.tell(dispatch.ReturnAccepted(**work("u03", 1), dispatcher="d1", accepted_at=at(45)), 45)
    told.tell(
        dispatch.CaseDispatched(**work("u04", 2), due_at=at(4100), dispatched_at=at(50), dispatcher="d1"), 50
    )
    told.tell(dispatch.HandlingStarted(**work("u04", 2), signed_at=at(60)), 60)
    feedback = {"text": "已修补", "photos": (AFTER,), "in_time": True}
    told.tell(
        dispatch.FeedbackSubmitted(**work("u04", 2), **feedback, due_at=at(4100), fed_back_at=at(90)), 90
    )
    asked = {"case_number": case, "collector": "c2"}
    told.tell(intake.VerificationAsked(**asked, round=1, task_id="t2", due_at=at(125)), 95)
    told.tell(
        intake.VerificationFailed(
            **asked, round=2, task_id="t2", reason="仍有坑洼", failed_at=at(110), photos=(CHECKED,)
        ),
        110,
    )
    told.tell(
        dispatch.ReworkOrdered(**work("u04", 2, 2), reason="仍有坑洼", due_at=at(5000), ordered_at=at(111)),
        111,
    )
    told.tell(
        dispatch.FeedbackSubmitted(**work("u04", 2, 2), **feedback, due_at=at(5000), fed_back_at=at(150)),
        150,
    )
    told.tell(intake.VerificationAsked(**asked, round=2, task_id="t3", due_at=at(190)), 160)
    told.tell(intake.HandlingVerified(**asked, round=2, task_id="t3", verified_at=at(170)), 170)


def _ended(told: Telling, report: str, case: str, call: str) -> None:
    told.tell(
        intake.CaseClosed(
            case_number=case, round=2, report_numbers=(report,), supervisor="supervisor-1", closed_at=at(180)
        ),
        180,
    )
    kind = AnswerKind.CLOSED
    told.tell(intake.CallBackDue(report_number=report, kind=kind, text="路面已修好", due_since=at(180)), 180)
    told.tell(
        hotline.CallerInformed(
            call_id=call,
            report_number=report,
            kind=kind,
            attempts=1,
            satisfaction=Satisfaction.SATISFIED,
            informed_at=at(200),
        ),
        200,
    )
    told.tell(
        intake.AnswerDelivered(report_number=report, kind=kind, channel=Source.HOTLINE, delivered_at=at(200)),
        200,
    )


def linked_report(number: str = "R2020061500009", case: str = CASE) -> list[Envelope]:
    """A second report of the same problem, linked to the case."""
    told = Telling()
    told.tell(
        intake.ReportReceived(
            report_number=number,
            source=Source.WECHAT,
            description="路上有坑",
            address="文王路",
            received_at=at(100),
        ),
        100,
    )
    told.tell(intake.ReportLinked(report_number=number, case_number=case, linked_at=at(105)), 105)
    return told.told


def an_account_fact() -> Envelope:
    """A fact that belongs to no case."""
    return Telling().tell(console.AccountOpened(person_id="p1", roles=("dispatcher",), opened_at=at(0)), 0)


_keys = count(1)


@dataclass
class Answered:
    """What a door answered."""

    status: int
    document: Any
    headers: Mapping[str, str]
    body: bytes = b""


class Desk:
    """Every door, called as the web server calls them; bearers are claims instead of signed tokens."""

    def __init__(self, app: App, database: Database, keys_dir: Path) -> None:
        tokens.make_keys(keys_dir)
        sealing.make_key(keys_dir / "personal.key")
        self.app = app
        self.now = EIGHT
        environment = {"DATABASE_URL": "x", "HTTP_PORT": "1", "METRICS_PORT": "1", "KEYS_DIR": str(keys_dir)}
        running = Running(
            settings=settings.read("doors", environment), database=database, clock=lambda: self.now
        )
        self.opened = [
            OpenDoor(app=app, running=running, door=door, instance=instance, claims_of=json.loads)
            for instance, door in app.opened(running)
        ]
        self.routes = Map(
            [
                Rule(one.door.route, methods=[one.door.method], endpoint=place)
                for place, one in enumerate(self.opened)
            ]
        )

    def get(self, path: str, *, claims: Any = None, **headers: str) -> Answered:
        """GET a path."""
        return self._send("GET", path, None, claims, headers)

    def post(self, path: str, document: Any = None, *, claims: Any = None, **headers: str) -> Answered:
        """POST a document, with a fresh idempotency key."""
        given = {"Idempotency-Key": f"key-{next(_keys)}", **headers}
        return self._send("POST", path, {} if document is None else document, claims, given)

    def upload(self, path: str, content: bytes, *, claims: Any = None) -> Answered:
        """POST bytes to a raw door."""
        return self._send("POST", path, content, claims, {"Content-Type": "application/zip"})

    def _send(
        self, method: str, path: str, document: Any, claims: Any, headers: Mapping[str, str]
    ) -> Answered:
        if claims is not None:
            headers = {**headers, "Authorization": f"Bearer {json.dumps(claims)}"}
        path, _, query = path.partition("?")
        body = {"data": document} if isinstance(document, bytes) else {"json": document}
        builder = EnvironBuilder(
            method=method, path=path, query_string=query, headers=list(headers.items()), **body
        )
        request = Request(builder.get_environ())
        response = self._answer(request)
        if isinstance(response, Problem):
            response = problems.answer(response, "")
        body = response.get_data()
        document = orjson.loads(body) if "json" in response.content_type and body else None
        return Answered(response.status_code, document, dict(response.headers), body)

    def _answer(self, request: Request) -> Any:
        try:
            place, values = self.routes.bind_to_environ(request.environ).match()
            opened = self.opened[place]
            request.path_values = values  # type: ignore[attr-defined]
            by = opened.admit(request)
            return opened.call(request, None if opened.door.raw else request.get_data(), by)
        except (NotFound, MethodNotAllowed) as error:
            return refusal_of(error, {}, route="")
        except Exception as error:
            return refusal_of(error, self.app.problems, route="test")


def migrated(url: str, app: App) -> Database:
    """The console's database with all its tables."""
    migrate(url, app.migrations_folder())
    return Database(url, codec=app.codec, service=app.name, bind=app.bind, readers=app.readers)


def posted(database: Database) -> list[dict[str, Any]]:
    """What lies in the outbox, as documents."""
    with database.transaction() as tx:
        return [
            json.loads(bytes(body))
            for body in tx.execute("select body from outbox order by position").scalars()
        ]


def in_batches(envelopes: Iterable[Envelope], sizes: Iterable[int]) -> Iterable[list[Envelope]]:
    """The envelopes cut into batches of these sizes, the rest in one."""
    left = list(envelopes)
    for size in sizes:
        if left:
            yield left[:size]
            left = left[size:]
    if left:
        yield left
