"""Hotline (话务): the doors of the agents' desk, and what hotline reads from intake."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from case_contracts import facts, wire
from case_contracts.codes import Satisfaction
from case_contracts.console import HandbookPublished
from case_contracts.dispatch import OutageLogged
from case_contracts.intake import CallBackDue
from case_contracts.roles import Action, Actor, Role
from chassis.app import App, Measured, Running
from chassis.codec import Codec
from chassis.documents import NotFound
from chassis.doors import door
from chassis.outbox import new_id
from chassis.reading import Reader, Wait
from chassis.wakes import Wakes
from services.hotline import rules, schemas, stages
from services.hotline.domain import Call, CannotAskAgain, MoveNotAllowed, TriedThisHalfDay
from services.hotline.stages import Caller, Told
from services.hotline.store import PostgresStore, SealedCallers, Vault

codec = Codec(
    content_type=wire.CONTENT_TYPE,
    encode=wire.encode,
    decode=wire.decode,
    seal=facts.seal,
    unseal=facts.unseal,
    unreadable=(wire.Unreadable, wire.Malformed),
)


class CallDoors:
    """来电: what an agent does while the caller is on the line, and looks up afterwards."""

    def __init__(self, running: Running) -> None:
        self.vault = Vault.from_file(running.settings.keys_dir / "personal.key")

    @door("POST", "/api/hotline/calls", body=schemas.TakeCall, answer=schemas.Registered, status=201,
          action=Action.TAKE_CALL, creates=True, tags=["来电"], summary="登记来电",
          summary_en="Register a call")  # fmt: skip
    def take_call(
        self, tx: PostgresStore, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        position = command["position"] or {}
        told = Told(
            words=command["words"], address=command["address"], subcategory=command["subcategory"], **position
        )
        caller = Caller(number=command["caller_number"], name=command["caller_name"])
        registered = stages.take_call(
            tx, tx.callers(self.vault), new_id(), uuid4().hex, caller, told, at=at, by=by
        )
        return schemas.registered(registered)

    @door("GET", "/api/hotline/calls", query=schemas.CallsQuery, answer=schemas.TakenCalls,
          action=Action.TAKE_CALL, tags=["来电"], summary="来电列表", summary_en="List calls")  # fmt: skip
    def calls(self, tx: PostgresStore, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        number = query["caller_number"]
        marks = None if number is None else self.vault.marks(number)
        of_report = query.get("report_number")
        page = tx.recent_calls(
            marks=marks, report_number=of_report, after=query.get("after"), limit=query["limit"]
        )
        callers = _callers(tx.callers(self.vault), page)
        window = rules.rules(at).reopening_window
        shown = [schemas.taken_call(call, callers[call.reporter_ref], window=window) for call in page]
        return {"calls": shown, "after": _last(page, query["limit"])}

    @door("GET", "/api/hotline/calls/<call_id>", answer=schemas.TakenCall,
          action=Action.TAKE_CALL, tags=["来电"], summary="查看来电", summary_en="One call")  # fmt: skip
    def call(self, tx: PostgresStore, call_id: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        call = tx.call(call_id)
        caller = tx.callers(self.vault).get(call.reporter_ref)
        return schemas.taken_call(call, caller, window=rules.rules(at).reopening_window)

    @door("GET", "/api/hotline/calls/<call_id>/caller", query=schemas.RevealQuery, answer=schemas.Revealed,
          action=Action.CALL_BACK, tags=["来电"], summary="查看来电人（记录在案）",
          summary_en="Reveal the caller (logged)")  # fmt: skip
    def caller(
        self, tx: PostgresStore, call_id: str, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        caller = stages.reveal_caller(tx, tx.callers(self.vault), call_id, query["reason"], at=at, by=by)
        return schemas.revealed(call_id, caller)


class RevealDoors:
    """查看记录: for who answers for what others look at."""

    @door("GET", "/api/hotline/reveals", query=schemas.RevealsQuery, answer=schemas.Reveals,
          action=Action.READ_REVEALS, tags=["来电"], summary="查看来电人的记录",
          summary_en="Who looked at which caller, and why")  # fmt: skip
    def reveals(self, tx: PostgresStore, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        page = tx.reveals(query)
        return {"reveals": page, "before": page[-1]["id"] if len(page) == query["limit"] else None}


class CallBackDoors:
    """回访: the callers to be rung back, and what came of it."""

    def __init__(self, running: Running) -> None:
        self.vault = Vault.from_file(running.settings.keys_dir / "personal.key")
        rules.shelf.begin(running.database)

    @door("GET", "/api/hotline/call-backs", query=schemas.CallBacksQuery, answer=schemas.CallBacks,
          tags=["回访"], summary="回访列表（上报到的岗位只见上报给它的）",
          summary_en="List call-backs; a post that was called sees what it was called for")  # fmt: skip
    def call_backs(
        self, tx: PostgresStore, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        post = query["post"]
        stages.require_list_of(post, by=by)
        page = tx.call_backs(
            due=query["state"] == "due", post=post, after=query.get("after"), limit=query["limit"]
        )
        callers = _callers(tx.callers(self.vault), page)
        window = rules.rules(at).reopening_window
        shown = [schemas.call_back(call, callers[call.reporter_ref], window=window) for call in page]
        return {"call_backs": shown, "after": _last(page, query["limit"])}

    @door("POST", "/api/hotline/call-backs/<call_back_id>/attempts", body=schemas.AttemptMade,
          answer=schemas.AttemptKept, action=Action.CALL_BACK, tags=["回访"], summary="登记一次回访",
          summary_en="Record an attempt")  # fmt: skip
    def attempt(
        self, tx: PostgresStore, call_back_id: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        words, county = command["words"], rules.rules(at)
        if command["outcome"] == "no_answer":
            return schemas.attempt_kept(*stages.no_answer(tx, county, call_back_id, words, at=at, by=by))
        said = command["satisfaction"] or Satisfaction.NOT_SAID
        kept = stages.reached(tx, call_back_id, said, words, at=at, by=by)
        if command["handle_again"]:
            callers = tx.callers(self.vault)
            kept = stages.ask_again(tx, callers, county, call_back_id, words, at=at, by=by)
        return schemas.attempt_kept(*kept)

    @door("POST", "/api/hotline/calls/<call_id>/dissatisfied", body=schemas.Dissatisfied,
          answer=schemas.AttemptKept, action=Action.CALL_BACK, tags=["回访"], summary="要求重新处置",
          summary_en="The caller wants it handled again")  # fmt: skip
    def dissatisfied(
        self, tx: PostgresStore, call_id: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        callers, county, words = tx.callers(self.vault), rules.rules(at), command["words"]
        return schemas.attempt_kept(*stages.ask_again(tx, callers, county, call_id, words, at=at, by=by))


reader = Reader("hotline.facts", codec=codec)


@reader.on(CallBackDue)
def on_call_back_due(tx: PostgresStore, fact: CallBackDue, *, at: datetime) -> None:
    """应回访: early when its call is not here yet."""
    try:
        stages.call_back_due(tx, rules.rules(at), fact, at=at)
    except stages.UnknownCall as early:
        raise Wait(stages.waits_for(fact.report_number)) from early


@reader.on(OutageLogged)
def on_outage_logged(tx: PostgresStore, fact: OutageLogged, *, at: datetime) -> None:
    """故障补时."""
    stages.outage_logged(tx, rules.rules(at), fact, at=at)


@reader.on(HandbookPublished)
def on_handbook_published(tx: PostgresStore, fact: HandbookPublished, *, at: datetime) -> None:
    """发布手册: the edition is fetched in the background."""
    tx.will_fetch(rules.shelf, fact)


wakes = Wakes()


@wakes.on(stages.RING)
def on_ring_due(tx: PostgresStore, subject: str, payload: dict[str, Any], *, at: datetime) -> None:
    """回访未按时: nobody has rung the caller."""
    stages.ring_was_due(tx, rules.rules(at), subject, at=at)


def call_backs_waiting(tx: PostgresStore) -> Iterable[Measured]:
    """How many callers are still to be told, and since when the first of them waits."""
    due, oldest = tx.waiting_call_backs()
    return [("hotline_call_backs_due", {}, float(due)), ("hotline_call_back_oldest_seconds", {}, oldest)]


def actor_of(claims: Mapping[str, Any]) -> Actor:
    """The acting person from the claims of their token."""
    return Actor(
        person_id=claims["sub"],
        roles=frozenset(Role(role) for role in claims["roles"]),
        responsible_unit=claims.get("unit"),
        channel=claims.get("channel"),
    )


def _callers(sealed: SealedCallers, page: list[Call]) -> dict[str, Caller]:
    return sealed.of([call.reporter_ref for call in page])


def _last(page: list[Call], limit: int) -> str | None:
    return page[-1].call_id if len(page) == limit else None


app = App(
    name="hotline",
    title="话务",
    codec=codec,
    bind=PostgresStore,
    doors=(CallDoors, CallBackDoors, RevealDoors),
    readers=(reader,),
    wakes=wakes,
    migrations="services/hotline/migrations",
    actor_of=actor_of,
    authorise=Actor.require,
    problems={
        MoveNotAllowed: (409, "move-not-allowed", "当前状态不允许此操作", "Not allowed in this state"),
        TriedThisHalfDay: (409, "tried-this-half-day", "本半日已经回访过", "Tried in this half-day already"),
        CannotAskAgain: (409, "cannot-ask-again", "不能要求重新处置", "Cannot be handled again"),
        NotFound: (404, "not-found", "没有找到", "Not found"),
    },
    background=(rules.shelf.keep_up,),
    gauges=(call_backs_waiting,),
)
