"""What hotline's tests share: a migrated database, an agent's desk without a socket, and valid calls."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import orjson
from werkzeug.routing import Map, Rule
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from case_contracts import facts, wire
from case_contracts.codes import AnswerKind
from case_contracts.intake import CallBackDue
from chassis import problems, settings
from chassis.app import App, Running
from chassis.door_calls import OpenDoor
from chassis.migrating import migrate
from chassis.problems import Problem
from chassis.reading import Delivery, Reader
from chassis.receiving import Outcome, Receiver
from chassis.refusals import refusal_of
from chassis.transactions import Database

MONDAY_MORNING = datetime(2020, 6, 15, 0, 7, tzinfo=UTC)
"""8:07 in the city."""
AGENT = {"sub": "agent-1", "roles": ["hotline_agent"]}
OPERATOR = {"sub": "operator-1", "roles": ["intake_operator"]}
LEADER = {"sub": "leader-1", "roles": ["leader"]}

_keys = count(1)


@dataclass
class Answered:
    """What a door answered."""

    status: int
    document: Any
    headers: Mapping[str, str]


class Desk:
    """Every door of a service, called as the web server calls them, with claims instead of a signed token."""

    def __init__(self, app: App, database: Database, keys_dir: Path) -> None:
        self.app = app
        self.now = MONDAY_MORNING
        environment = {"DATABASE_URL": "x", "HTTP_PORT": "1", "METRICS_PORT": "1", "KEYS_DIR": str(keys_dir)}
        running = Running(
            settings=settings.read("doors", environment), database=database, clock=lambda: self.now
        )
        opened = [
            OpenDoor(app=app, running=running, door=door, instance=instance, claims_of=json.loads)
            for instance, door in app.opened(running)
        ]
        rules = [
            Rule(one.door.route, methods=[one.door.method], endpoint=at) for at, one in enumerate(opened)
        ]
        self.routes = Map(rules)
        self.doors = opened

    def get(self, path: str, by: Mapping[str, Any] = AGENT, **query: Any) -> Answered:
        """Read."""
        return self._call("GET", path, by, query=query)

    def post(
        self, path: str, body: Any, by: Mapping[str, Any] = AGENT, key: str | None = None, **headers: str
    ) -> Answered:
        """Write, under a key of its own unless one is given."""
        return self._call("POST", path, by, body=body, key=key or f"key-{next(_keys)}", headers=headers)

    def delete(self, path: str, by: Mapping[str, Any] = AGENT) -> Answered:
        """Take away."""
        return self._call("DELETE", path, by, key=f"key-{next(_keys)}")

    def _call(
        self, method: str, path: str, by: Mapping[str, Any], *, query: Any = None, body: Any = None,
        key: str = "", headers: Mapping[str, str] | None = None,
    ) -> Answered:  # fmt: skip
        content = b"" if body is None else orjson.dumps(body)
        sent = {"Authorization": f"Bearer {json.dumps(by)}", **(headers or {})}
        if key:
            sent["Idempotency-Key"] = key
        builder = EnvironBuilder(
            path,
            method=method,
            query_string=query,
            data=content,
            headers=sent,
            content_type="application/json",
        )
        request = Request(builder.get_environ())
        try:
            place, request.path_values = self.routes.bind_to_environ(request.environ).match()
            door = self.doors[place]
            outcome = door.call(request, content, door.admit(request))
        except Exception as error:
            outcome = refusal_of(error, self.app.problems, route=path)
        if isinstance(outcome, Problem):
            outcome = problems.answer(outcome, "zh-CN")
        document = orjson.loads(outcome.data) if outcome.data else None
        return Answered(outcome.status_code, document, outcome.headers)


def opened(url: str, app: App) -> Database:
    """A migrated database of the service."""
    migrate(url, app.migrations)
    return Database(
        url, codec=app.codec, service=app.name, bind=app.bind, readers=app.readers, now=lambda: MONDAY_MORNING
    )


def announced(database: Database) -> list[wire.Envelope]:
    """Everything that waits in the outbox, in its order."""
    with database.transaction() as tx:
        rows = tx.execute("select body from outbox order by position").scalars()
        return [wire.decode(bytes(body)) for body in rows]


def a_call(**changed: Any) -> dict[str, Any]:
    """A call as an agent types it."""
    return {
        "caller_number": "138-0013-8000",
        "caller_name": "张某某",
        "words": "文王路路面破损，积水很深",
        "address": "文王路与志得街交叉口向西180米北侧",
        "position": {"lon": 114.36, "lat": 35.92},
        **changed,
    }


def a_call_back_due(report_number: str, **changed: Any) -> CallBackDue:
    """The answer to a report, for the telephone."""
    told = {"kind": AnswerKind.CLOSED, "text": "您反映的问题已处理完毕", "due_since": MONDAY_MORNING}
    return CallBackDue(report_number=report_number, **(told | changed))


def receive(database: Database, reader: Reader, fact: facts.Fact, *, id: str) -> Outcome:
    """What the facts process does with one message."""
    envelope = facts.seal(fact, id=id, time=MONDAY_MORNING, sequence=1)
    delivery = Delivery(
        queue=reader.queue, body=wire.encode(envelope), content_type=wire.CONTENT_TYPE,
        exchange=f"{fact.sender}.events", routing_key=fact.name,
    )  # fmt: skip
    return Receiver(database, reader).receive(delivery).outcome
