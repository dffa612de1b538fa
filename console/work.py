"""Work counts (待办数量): how much waits for a person's roles, as the navigation shows it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from case_contracts.roles import Action, Actor, Role
from chassis.transactions import Transaction
from console.holders import of_collector
from console.matters import HANDLING
from console.words import State


@dataclass(frozen=True)
class Count:
    """One number of the navigation: its name, what a clerk reads, and whose work it is."""

    name: str
    chinese: str
    meaning: str
    needs: Action | Role

    def for_actor(self, actor: Actor) -> bool:
        """Whether the person has this work."""
        return self.needs in actor.roles if isinstance(self.needs, Role) else actor.may(self.needs)


def _of_state(state: State, needs: Action, meaning: str) -> Count:
    return Count(state.value, state.chinese, meaning, needs)


STATES = (
    _of_state(State.RECEIVED, Action.PROPOSE_FILING, "reports that nobody has accepted or refused yet"),
    _of_state(State.CONFIRMING, Action.ASK_CONFIRMATION, "reports that a collector is looking at"),
    _of_state(State.AWAITING_FILING, Action.FILE_CASE, "reports whose filing was proposed"),
    _of_state(State.SELF_HANDLED, Action.JUDGE_SELF_HANDLING, "self-handled problems to be judged"),
    _of_state(State.UNDER_REVIEW, Action.FILE_CASE, "cases that the dispatcher gave back to intake"),
    _of_state(State.AWAITING_DISPATCH, Action.DISPATCH_CASE, "cases without a responsible unit"),
    _of_state(State.COORDINATION, Action.DECIDE_RESPONSIBILITY, "cases that were sent back too often"),
    _of_state(State.RETURN_UNDER_REVIEW, Action.DECIDE_RETURN, "returns asked for by units"),
    _of_state(State.AWAITING_VERIFICATION, Action.ASK_VERIFICATION, "fed back, nobody sent to look yet"),
    _of_state(State.VERIFYING, Action.ASK_VERIFICATION, "handled cases that a collector is looking at"),
    _of_state(State.AWAITING_CLOSING, Action.CLOSE_CASE, "verified cases to be closed"),
)
MATTERS = (
    Count("extension_pending", "延期待审", "first extensions asked for", Action.DECIDE_EXTENSION),
    Count(
        "second_extension_pending",
        "二次延期待审",
        "second extensions asked for",
        Action.DECIDE_SECOND_EXTENSION,
    ),
    Count("suspension_pending", "挂账待审", "suspensions asked for", Action.DECIDE_SUSPENSION),
    Count(
        "reopening_asked", "要求重新处置", "dissatisfied reporters to be decided on", Action.DECIDE_REOPENING
    ),
    Count("supervision_open", "督办待回复", "supervision orders without a reply", Action.ORDER_SUPERVISION),
    Count("escalated", "已上报值班长", "what nobody touched in time", Role.SHIFT_SUPERVISOR),
    Count("escalated_to_leader", "已上报领导", "what the shift supervisor did not touch either", Role.LEADER),
    Count("appeal_made", "申诉待初审", "appeals that nobody has reviewed", Action.REVIEW_APPEAL),
    Count("appeal_reviewed", "申诉待决定", "reviewed appeals", Action.DECIDE_APPEAL),
    Count("call_back_due", "待回访", "callers to be rung back", Action.CALL_BACK),
)
OVERDUE = Count("overdue", "处置超时", "tasks whose unit is late", Action.URGE_UNIT)
PARKED = Count("parked", "滞留消息", "messages that failed and wait for a decision", Action.MANAGE_PARKED)
OWN_UNIT = (
    Count("own_awaiting_signature", "待签收", "tasks the unit has not signed", Action.HANDLE_TASK),
    Count("own_handling", "处置中", "signed tasks, rework and reopened cases too", Action.HANDLE_TASK),
    Count("own_overdue", "处置超时", "tasks of the unit that are late", Action.HANDLE_TASK),
    Count("own_suspended", "挂账", "tasks whose clock stands", Action.HANDLE_TASK),
    Count("own_return_under_review", "回退待审", "returns that are not decided yet", Action.HANDLE_TASK),
    Count("own_supervision_open", "督办待回复", "supervision orders to reply to", Action.HANDLE_TASK),
)
OWN_ERRANDS = (
    Count("own_confirming", "待核实", "problems the collector is to confirm", Action.ANSWER_TASK),
    Count("own_verifying", "待核查", "repairs the collector is to verify", Action.ANSWER_TASK),
)
COUNTS = (*STATES, *MATTERS, OVERDUE, PARKED, *OWN_UNIT, *OWN_ERRANDS)

_STATES = """
select state, count from state_counts
"""
_MATTERS = """
select matter, count(*) from live_rows, unnest(matters) as matter where matters <> '{}' group by matter
"""
_OVERDUE = """
select count(*) from live_rows where handling_due_at < :at
"""
_PARKED = """
select count(*) from parked_messages where status = 'open'
"""
_OF_UNIT = """
select state, count(*), count(*) filter (where handling_due_at < :at)
from live_rows where responsible_unit = :unit and state = any(:states) group by state
"""
# A reply is owed whatever state the task is in: also while the work is fed back.
_SUPERVISED = """
select count(*) from live_rows
where matters <> '{}' and 'supervision_open' = any(matters) and responsible_unit = :unit
"""
_OF_COLLECTOR = """
select state, count(*) from live_rows
where state in ('confirming', 'verifying') and holders @> array[cast(:me as text)] group by state
"""
_HANDLED = {state.value for state in HANDLING if state is not State.AWAITING_SIGNATURE}
_OF_UNITS = (*HANDLING, State.SUSPENDED, State.RETURN_UNDER_REVIEW)


def work_of(tx: Transaction, actor: Actor, *, at: datetime) -> list[dict[str, Any]]:
    """Every count of the person's roles, in the order of the journey."""
    mine = [count for count in COUNTS if count.for_actor(actor)]
    counted = _counted(tx, actor, {count.name for count in mine}, at)
    return [
        {"name": one.name, "text": one.chinese, "count": counted.get(one.name, 0)}
        for one in mine
        if one not in OWN_UNIT or actor.responsible_unit
    ]


def _counted(tx: Transaction, actor: Actor, names: set[str], at: datetime) -> Mapping[str, int]:
    found: dict[str, int] = {}
    if names & _names(STATES):
        found |= dict(tx.read(_STATES))
    if names & _names(MATTERS):
        found |= dict(tx.read(_MATTERS))
    if OVERDUE.name in names:
        found[OVERDUE.name] = tx.read(_OVERDUE, {"at": at}).scalar_one()
    if PARKED.name in names:
        found[PARKED.name] = tx.read(_PARKED).scalar_one()
    if names & _names(OWN_UNIT) and actor.responsible_unit:
        found |= _of_unit(tx, actor.responsible_unit, at)
    if names & _names(OWN_ERRANDS):
        me = {"me": of_collector(actor.person_id)}
        found |= {f"own_{state}": count for state, count in tx.read(_OF_COLLECTOR, me)}
    return found


def _of_unit(tx: Transaction, unit: str, at: datetime) -> dict[str, int]:
    values = {"unit": unit, "states": [state.value for state in _OF_UNITS], "at": at}
    rows = list(tx.read(_OF_UNIT, values))
    by_state = {state: count for state, count, _ in rows}
    return {
        "own_awaiting_signature": by_state.get(State.AWAITING_SIGNATURE.value, 0),
        "own_handling": sum(count for state, count in by_state.items() if state in _HANDLED),
        "own_overdue": sum(overdue for _, _, overdue in rows),
        "own_suspended": by_state.get(State.SUSPENDED.value, 0),
        "own_return_under_review": by_state.get(State.RETURN_UNDER_REVIEW.value, 0),
        "own_supervision_open": tx.read(_SUPERVISED, {"unit": unit}).scalar_one(),
    }


def _names(counts: Iterable[Count]) -> set[str]:
    return {count.name for count in counts}
