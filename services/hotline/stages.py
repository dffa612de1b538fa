"""What the agents (话务员) do, each in one transaction: take a call, ring back, look up who called."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from case_contracts.codes import Satisfaction
from case_contracts.dispatch import OutageLogged
from case_contracts.facts import Fact
from case_contracts.intake import CallBackDue
from case_contracts.roles import SYSTEM, Action, Actor, Role
from services.hotline import numbers
from services.hotline.domain import ON_CALL_BACK_DUE, SHANGHAI, Call, CallState, OnFact, Rules

RING = "ring"
"""The wake-up of a call whose caller is to be rung, by its id."""


class Announced(Protocol):
    """Which fact of which aggregate an answer can be looked up by."""

    @property
    def subject(self) -> str: ...
    @property
    def sequence(self) -> int: ...


class Calls(Protocol):
    """来电 as they are kept."""

    def get(self, key: str, /) -> Call: ...
    def add(self, call: Call, /) -> None: ...
    def save(self, call: Call, /) -> None: ...


class Callers(Protocol):
    """来电人: kept sealed, apart from what they said."""

    def add(self, reporter_ref: str, call_id: str, caller: "Caller", /) -> None: ...
    def get(self, reporter_ref: str, /) -> "Caller": ...


class HotlineTransaction(Protocol):
    """What one transaction of hotline offers."""

    @property
    def calls(self) -> Calls: ...
    def announce(self, fact: Fact, *, at: datetime) -> Announced: ...
    def released(self, key: str) -> None: ...
    def wake(self, kind: str, subject: str, at: datetime) -> None: ...
    def cancel_wake(self, kind: str, subject: str) -> None: ...
    def next_serial(self, at: datetime) -> str: ...
    def to_be_rung(self) -> list[Call]: ...
    def call_of_report(self, report_number: str) -> Call | None: ...
    def record(
        self,
        call: Call,
        action: str,
        *,
        from_state: CallState,
        fact: Fact | None,
        reason: str,
        at: datetime,
        by: Actor,
    ) -> None: ...
    def record_reveal(self, call: Call, reason: str, *, at: datetime, by: Actor) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Caller:
    """来电人: who called, as only hotline knows it."""

    number: str = numbers.WITHHELD
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the agent heard: the problem and its place."""

    words: str
    address: str
    lon: float | None = None
    lat: float | None = None
    subcategory: str | None = None


@dataclass(frozen=True, kw_only=True)
class Registered:
    """The answer to the agent, who reads the number out to the caller."""

    call: Call
    announced: Announced


class UnknownCall(LookupError):
    """No call of this hotline has this report number (yet)."""


def waits_for(report_number: str) -> str:
    """Under which key an early call-back waits for its call."""
    return f"report/{report_number}"


def take_call(
    tx: HotlineTransaction, callers: Callers, call_id: str, reporter_ref: str, caller: Caller, told: Told,
    *, at: datetime, by: Actor,
) -> Registered:  # fmt: skip
    """接听并登记: the caller has a report number before the line is put down."""
    by.require(Action.TAKE_CALL)
    call = Call(
        call_id=call_id,
        reporter_ref=reporter_ref,
        agent=by.person_id,
        words=numbers.without_number(told.words, caller.number),
        address=numbers.without_number(told.address, caller.number),
        taken_at=at,
        withheld=caller.number == numbers.WITHHELD,
        lon=told.lon,
        lat=told.lat,
        subcategory=told.subcategory,
    )
    phoned_in = call.register(tx.next_serial(at), at=at)
    tx.calls.add(call)
    callers.add(reporter_ref, call_id, caller)
    tx.record(call, "take_call", from_state=CallState.TAKEN, fact=phoned_in, reason="", at=at, by=by)
    announced = tx.announce(phoned_in, at=at)
    tx.released(waits_for(call.report_number))
    return Registered(call=call, announced=announced)


def call_back_due(tx: HotlineTransaction, rules: Rules, fact: CallBackDue, *, at: datetime) -> None:
    """应回访: intake has the answer; raises :class:`UnknownCall` when the call is not here yet."""
    call = tx.call_of_report(fact.report_number)
    if call is None or ON_CALL_BACK_DUE[call.state] is OnFact.WAIT:
        raise UnknownCall(fact.report_number)
    was = call.state
    if call.knows(fact.kind, fact.due_since):
        tx.record(call, "note", from_state=was, fact=fact, reason="", at=at, by=SYSTEM)
        return
    given_up = call.ask_for_call_back(fact.kind, fact.text, due_since=fact.due_since, at=at, rules=rules)
    _keep(tx, call)
    reason = "未显示号码，无法回访" if given_up else ""
    of = given_up[0] if given_up else fact
    tx.record(call, "call_back_due", from_state=was, fact=of, reason=reason, at=at, by=SYSTEM)
    for unreachable in given_up:
        tx.announce(unreachable, at=at)


def reached(
    tx: HotlineTransaction, call_id: str, satisfaction: Satisfaction, words: str, *, at: datetime, by: Actor
) -> tuple[Call, Announced]:
    """回访成功: the caller heard the answer."""
    by.require(Action.CALL_BACK)
    call = tx.calls.get(call_id)
    was = call.state
    informed = call.reached(agent=by.person_id, satisfaction=satisfaction, words=words, at=at)
    _keep(tx, call)
    tx.record(call, "reached", from_state=was, fact=informed[0], reason=words, at=at, by=by)
    announced = [tx.announce(one, at=at) for one in informed]
    return call, announced[0]


def ask_again(
    tx: HotlineTransaction,
    callers: Callers,
    rules: Rules,
    call_id: str,
    words: str,
    *,
    at: datetime,
    by: Actor,
) -> tuple[Call, Announced]:
    """不满意: the caller says that the problem is not gone, at the call-back or calling again."""
    by.require(Action.CALL_BACK)
    call = tx.calls.get(call_id)
    words = numbers.without_number(words, callers.get(call.reporter_ref).number)
    dissatisfied = call.ask_again(words=words, at=at, window=rules.reopening_window)
    tx.calls.save(call)
    tx.record(call, "ask_again", from_state=call.state, fact=dissatisfied, reason=words, at=at, by=by)
    return call, tx.announce(dissatisfied, at=at)


def no_answer(
    tx: HotlineTransaction, rules: Rules, call_id: str, words: str, *, at: datetime, by: Actor
) -> tuple[Call, Announced]:
    """无人接听: one try of three; whoever was called because nobody rang is called no more."""
    by.require(Action.CALL_BACK)
    call = tx.calls.get(call_id)
    was = call.state
    tried = call.no_answer(agent=by.person_id, words=words, at=at, rules=rules)
    _keep(tx, call)
    tx.record(call, "no_answer", from_state=was, fact=tried[0], reason=words, at=at, by=by)
    announced = [tx.announce(one, at=at) for one in tried]
    return call, announced[0]


def ring_was_due(tx: HotlineTransaction, rules: Rules, call_id: str, *, at: datetime) -> None:
    """逐级上报: nobody has rung in time. A caller from before there was a limit is given one from now on."""
    call = tx.calls.get(call_id)
    if call.state is not CallState.CALL_BACK_DUE:
        return
    if call.ringing is None:
        call.ringing = rules.ring_from(at)
    escalated = call.escalate(at=at, rules=rules)
    _keep(tx, call)
    if escalated is not None:
        reason = escalated.reason
        tx.record(call, "escalate", from_state=call.state, fact=escalated, reason=reason, at=at, by=SYSTEM)
        tx.announce(escalated, at=at)


def outage_logged(tx: HotlineTransaction, rules: Rules, fact: OutageLogged, *, at: datetime) -> None:
    """故障补时: every caller who is to be rung; told twice, or in another order, each moment counts once."""
    for call in tx.to_be_rung():
        if call.give_back(fact.outage_from, fact.outage_until, rules):
            _keep(tx, call)
            reason = f"系统故障补时：{_local(fact.outage_from)} 至 {_local(fact.outage_until)}"
            tx.record(
                call, "credit_outage", from_state=call.state, fact=fact, reason=reason, at=at, by=SYSTEM
            )


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def require_list_of(post: Role | None, *, by: Actor) -> None:
    """回访列表: all of it for the agents; for a post that was called, what it was called for."""
    if post is None or post not in by.roles:
        by.require(Action.CALL_BACK)


def _keep(tx: HotlineTransaction, call: Call) -> None:
    """Store a call, and be woken when the next post is to be called."""
    tx.calls.save(call)
    if call.ringing is not None and call.ringing.calls_at is not None:
        tx.wake(RING, call.call_id, call.ringing.calls_at)
    else:
        tx.cancel_wake(RING, call.call_id)


def reveal_caller(
    tx: HotlineTransaction, callers: Callers, call_id: str, reason: str, *, at: datetime, by: Actor
) -> Caller:
    """查看来电人: who called, in full; who looked, when and why is written down first."""
    by.require(Action.CALL_BACK)
    call = tx.calls.get(call_id)
    tx.record_reveal(call, reason, at=at, by=by)
    return callers.get(call.reporter_ref)
