"""dispatch (指挥): everything that its processes are made of, for the chassis to run."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from case_contracts import facts, wire
from case_contracts.roles import Action, Actor, Role
from chassis.app import App, Measured
from chassis.clock import now
from chassis.codec import Codec
from chassis.reading import Reader
from chassis.settings import Settings
from chassis.transactions import Transaction
from handbook import COUNTY_TIME, CalendarYearMissing, NoResponsibleUnit
from services.dispatch.channels.decision_doors import DecisionDoors
from services.dispatch.channels.dispatcher_doors import DispatcherDoors
from services.dispatch.channels.facts import facts_reader
from services.dispatch.channels.supervision_doors import SupervisionDoors
from services.dispatch.channels.unit_doors import UnitDoors
from services.dispatch.channels.unit_presence import UnitPresenceDoors, watch_units
from services.dispatch.channels.units import units_reader
from services.dispatch.channels.wake_ups import wake_ups
from services.dispatch.channels.work_list_doors import WorkListDoors
from services.dispatch.domain.refusals import (
    AssignmentNotFound,
    MoveNotAllowed,
    NothingAsked,
    OrderNotFound,
    RequestNotAllowed,
    RuleBroken,
    RuleNotFound,
    TaskOutdated,
)
from services.dispatch.evidence import SignedEvidence
from services.dispatch.rules import dispatches_by_itself, shelf, the_handbook
from services.dispatch.store import PostgresStore

CODEC = Codec(
    content_type=wire.CONTENT_TYPE,
    encode=wire.encode,
    decode=wire.decode,
    seal=facts.seal,
    unseal=facts.unseal,
    unreadable=(wire.Unreadable, wire.Malformed),
)

PROBLEMS = {
    AssignmentNotFound: (404, "assignment-not-found", "没有找到该任务", "No such assignment"),
    OrderNotFound: (404, "order-not-found", "没有找到该督办", "No such supervision order"),
    RuleNotFound: (404, "rule-not-found", "没有找到该规则", "No such rule"),
    MoveNotAllowed: (409, "move-not-allowed", "当前状态不允许此操作", "Not allowed in the present state"),
    RequestNotAllowed: (409, "request-not-allowed", "规则不允许此操作", "A rule forbids it"),
    NothingAsked: (409, "nothing-asked", "没有待审批的申请", "Nothing awaits this decision"),
    TaskOutdated: (409, "task-outdated", "任务已更新，请刷新", "Another task of the case is current now"),
    RuleBroken: (422, "invalid", "填写的内容不符合要求", "The content breaks a rule"),
    NoResponsibleUnit: (409, "no-responsible-unit", "没有责任主体", "Nobody is responsible by rule"),
    CalendarYearMissing: (409, "calendar-year-missing", "工作日历缺少该年", "No working calendar"),
}


def binding(settings: Settings) -> Callable[[Transaction], PostgresStore]:
    """How dispatch's stages know a transaction; evidence is signed with the key that intake holds too."""
    settings.need("KEYS_DIR")
    evidence = SignedEvidence((settings.keys_dir / "attachments.key").read_text().strip(), now)
    return lambda tx: PostgresStore(tx, evidence)


def readers(settings: Settings) -> tuple[Reader, ...]:
    """What dispatch hears, in a process with these settings."""
    automatic = dispatches_by_itself(settings)
    return (
        facts_reader(CODEC, the_handbook, lambda: automatic, shelf),
        units_reader(CODEC, the_handbook),
    )


def actor_of(claims: Mapping[str, Any]) -> Actor:
    """The acting person from the claims of their token."""
    return Actor(
        person_id=claims["sub"],
        roles=frozenset(Role(role) for role in claims["roles"]),
        responsible_unit=claims.get("unit"),
        channel=claims.get("channel"),
    )


def authorise(actor: Actor, action: Action) -> None:
    """Whether the person has the right at all; each stage looks again, and closer."""
    actor.require(action)


def assignments_measured(tx: PostgresStore) -> Iterable[Measured]:
    """Work without owner and its age (0 by construction), the units' open tasks, and what is overdue."""
    count, oldest = tx.open_without_owner()
    yield "city_open_work_without_owner", {"service": "dispatch"}, float(count)
    yield "city_oldest_without_owner_seconds", {"service": "dispatch"}, oldest
    for code, count, oldest in tx.open_by_unit():
        yield "unit_task_open", {"responsible_unit": code}, float(count)
        yield "unit_task_oldest_seconds", {"responsible_unit": code}, oldest
    for code, seen in tx.presences.seen():
        yield "unit_last_seen_timestamp_seconds", {"responsible_unit": code}, seen
    for state, count in tx.overdue_by_state():
        yield "city_overdue", {"state": state}, float(count)


def calendar_ahead(_tx: PostgresStore) -> Iterable[Measured]:
    """工作日历: the first year within sixty days that was not entered; 0 when there is none."""
    missing = the_handbook().calendar.missing_year_ahead(now().astimezone(COUNTY_TIME).date())
    yield "city_calendar_year_missing", {}, float(missing or 0)


app = App(
    name="dispatch",
    title="指挥",
    codec=CODEC,
    binding=binding,
    doors=(WorkListDoors, DispatcherDoors, DecisionDoors, SupervisionDoors, UnitDoors, UnitPresenceDoors),
    readers=readers,
    wakes=wake_ups(the_handbook),
    migrations="services/dispatch/migrations",
    actor_of=actor_of,
    authorise=authorise,
    problems=PROBLEMS,
    background=(shelf.keep_up, watch_units),
    gauges=(assignments_measured, calendar_ahead),
)
