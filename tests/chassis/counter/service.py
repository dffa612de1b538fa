"""The counter service: doors, one reader, one wake-up, its own migration and one gauge."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from marshmallow import Schema, fields, validate
from werkzeug.wrappers import Request, Response

from chassis.app import App, Running
from chassis.doors import Answer, door, in_thread
from chassis.problems import Problem
from chassis.reading import Reader
from chassis.tokens import TokenRefused
from chassis.wakes import Wakes
from counter.language import CODEC, Counted

CROWD = {"inside": 0, "most": 0}
TOO_MANY = (409, "too-many", "计数过大", "The counter is full")


@dataclass(frozen=True)
class Person:
    """Who counts."""

    person_id: str
    roles: tuple[str, ...] = ()


class Full(Exception):
    """A counter ends at a thousand."""

    def __init__(self, counter: str) -> None:
        super().__init__(f"{counter} is full")
        self.counter = counter


class Step(Schema):
    """How far to count."""

    by = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=1000))
    note = fields.String(validate=validate.Length(max=20))
    seen_at = fields.AwareDateTime()
    weight = fields.Float(load_default=0)


class Page(Schema):
    """Which counters."""

    starting = fields.String()
    name = fields.List(fields.String())
    limit = fields.Integer(load_default=10, validate=validate.Range(min=1, max=100))


class Now(Schema):
    """A counter's value, and where the fact about it stands."""

    value = fields.Integer()
    subject = fields.String()
    sequence = fields.Integer()
    at = fields.AwareDateTime()


class Doors:
    """The doors."""

    def __init__(self, running: Running) -> None:
        self.running = running

    @door(
        "POST",
        "/api/counter/counters/<name>/count",
        body=Step,
        answer=Now,
        status=201,
        action="count",
        creates=True,
        tags=["counters"],
        summary="计数",
        summary_en="Count on",
    )
    def count(self, tx, name: str, command: dict, *, at: datetime, by: Person):
        value = tx.execute(
            "insert into counters values (:name, :by) on conflict (name)"
            " do update set value = counters.value + :by returning value",
            {"name": name, "by": command["by"]},
        ).scalar_one()
        if value > 1000:
            raise Full(name)
        if command.get("note") == "careless":
            raise ZeroDivisionError("13800138000")
        announced = tx.announce(Counted(counter=name, value=value), at=at)
        tx.wake("ring", name, at + timedelta(seconds=0.5))
        return {"value": value, "subject": announced.subject, "sequence": announced.sequence, "at": at}

    @door(
        "POST", "/api/counter/insert", body=Step, action="count", summary="插入", summary_en="Insert one row"
    )
    def insert(self, tx, command: dict, *, at: datetime, by: Person):
        tx.execute("insert into heard values ('i', :by, now())", {"by": command["by"]})
        return {"done": True}

    @door("POST", "/api/counter/nodb", body=Step, action="count", transaction=False, summary="无库")
    def without_database(self, command: dict, *, at: datetime, by: Person):
        return {"by": command["by"]}

    @door("GET", "/api/counter/counters", query=Page, action="look", summary="查询", summary_en="Look")
    def counters(self, tx, query: dict, *, at: datetime, by: Person):
        rows = tx.execute("select name, value from counters order by name limit :limit", query)
        return {"by": by.person_id, "counters": [row._asdict() for row in rows], "names": query.get("name")}

    @door("DELETE", "/api/counter/counters/<name>", action="count", summary="删除", summary_en="Remove")
    def remove(self, tx, name: str, *, at: datetime, by: Person):
        tx.execute("delete from counters where name = :name", {"name": name})

    @door("GET", "/api/counter/slow/<float:seconds>", public=True, summary="慢", summary_en="Slow")
    def slow(self, tx, seconds: float, *, at: datetime, by: None):
        tx.execute("select pg_sleep(:seconds)", {"seconds": seconds})
        return {"slept": seconds}

    @door(
        "GET", "/api/counter/together", public=True, transaction=False, summary="同时", summary_en="At once"
    )
    def together(self, *, at: datetime, by: None):
        """How many were called at the same time, at most, so far."""
        CROWD["inside"] += 1
        CROWD["most"] = max(CROWD.values())
        time.sleep(0.1)  # of a green thread: the others go on
        CROWD["inside"] -= 1
        return CROWD

    @door("POST", "/api/counter/raw", raw=True, action="count", limit=2000, summary="原样", summary_en="Raw")
    def raw(self, tx, request: Request, *, at: datetime, by: Person) -> Response:
        return Response(request.get_data()[::-1], content_type="application/octet-stream")

    @door("POST", "/api/counter/lock", action="look", transaction=True, summary="锁", summary_en="Lock")
    def failed_but_kept(self, tx, *, at: datetime, by: Person):
        tx.execute("insert into counters values ('kept', 1) on conflict do nothing")
        return Problem(TOO_MANY)

    @door("POST", "/api/counter/once/<name>", action="count", summary="一次", summary_en="Once only")
    def once(self, tx, name: str, *, at: datetime, by: Person):
        tx.execute("insert into heard values (:name, 1, :at)", {"name": name, "at": at})
        made = tx.execute("insert into counters values (:name, 1) on conflict do nothing", {"name": name})
        return {"done": True} if made.rowcount else Problem(TOO_MANY)

    @door(
        "GET",
        "/api/counter/ticket",
        authenticate=lambda bearer: ticket(bearer),
        transaction=False,
        summary="票",
        summary_en="Ticket",
    )
    def with_ticket(self, *, at: datetime, by: Person):
        return Answer(body={"by": by.person_id}, status=202, headers={"X-Counter": "1"})

    @door("GET", "/api/counter/thread", public=True, transaction=False, summary="线程", summary_en="Thread")
    def threaded(self, *, at: datetime, by: None):
        return {"sum": in_thread(sum, range(1000))}

    @door("POST", "/api/counter/unguarded", body=Schema.from_dict({"text": fields.Raw()}), public=True)
    def unguarded(self, tx, command: dict, *, at: datetime, by: None):
        tx.execute("insert into counters values ('x', cast(:text as bigint))", command)


def ticket(bearer: str) -> Person:
    """Another kind of bearer."""
    if bearer != "good":
        raise TokenRefused("no ticket")
    return Person("ticket")


def authorise(person: Person, action: str) -> None:
    """Whoever has the role may."""
    if action not in person.roles:
        raise PermissionError(action)


reader = Reader("counter.facts", codec=CODEC)
wakes = Wakes()


@reader.on(Counted)
def on_counted(tx, fact: Counted, *, at: datetime) -> None:
    """Remember what was heard."""
    tx.execute(
        "insert into heard values (:name, :value, :at)", {"name": fact.counter, "value": fact.value, "at": at}
    )


@wakes.on("ring")
def on_ring(tx, subject: str, payload: dict, *, at: datetime) -> None:
    """Ring."""
    tx.execute("insert into rung values (:name, :at)", {"name": subject, "at": at})


def totals(tx):
    """How many counters there are."""
    yield "counter_total", {"kind": "all"}, tx.execute("select count(*) from counters").scalar_one()


app = App(
    name="counter",
    codec=CODEC,
    doors=Doors,
    readers=[reader],
    wakes=wakes,
    migrations=str(Path(__file__).parent / "migrations"),
    actor_of=lambda claims: Person(claims["sub"], tuple(claims["roles"])),
    authorise=authorise,
    problems={Full: TOO_MANY},
    gauges=[totals],
)
