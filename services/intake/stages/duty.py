"""Duty (上下岗): collectors join and leave the centre, go on duty and off, and are sent while they are on."""

from datetime import datetime, timedelta

from case_contracts.console import AccountChanged, AccountClosed, AccountOpened
from case_contracts.roles import Action, Actor, Role
from handbook import Handbook
from services.intake.domain import collector as collectors
from services.intake.domain.collector import Candidate, Collector
from services.intake.domain.courses import Course
from services.intake.domain.flow import FlowRecord
from services.intake.domain.position import Reading
from services.intake.domain.refusals import RuleBroken
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages.giving_on import LEFT, OVERDUE, give_on
from services.intake.stages.locating import located

FORGET_POSITION = "forget_position"
"""The wake-up after which nobody knows any more where a collector was."""


def on_account_opened(
    tx: IntakeTransaction, handbook: Handbook, fact: AccountOpened, *, at: datetime
) -> None:
    """A collector has joined; tasks that nobody could take are given out again."""
    if Role.COLLECTOR not in fact.roles:
        return
    known = tx.collectors.find(fact.person_id)
    if collectors.course_of(known, fact) is not Course.APPLY:
        return
    joined = Collector(person_id=fact.person_id, responsibility_grid=fact.responsibility_grid)
    joined.told_at = collectors.moment_of(fact)
    tx.collectors.keep(joined)
    give_on(tx, handbook, tx.tasks.orphaned(), because=LEFT, at=at)


def on_account_closed(
    tx: IntakeTransaction, handbook: Handbook, fact: AccountClosed, *, at: datetime
) -> None:
    """A collector has left; what they had to do is given to others, as far as there are any."""
    known = tx.collectors.find(fact.person_id)
    if collectors.course_of(known, fact) is not Course.APPLY:
        return
    collector = known or Collector(person_id=fact.person_id, responsibility_grid=None)
    collector.told_at = collectors.moment_of(fact)
    _leaves(tx, handbook, collector, at=at)


def on_account_changed(
    tx: IntakeTransaction, handbook: Handbook, fact: AccountChanged, *, at: datetime
) -> None:
    """Somebody became a collector, is none any more, or walks another grid, with the tasks they have."""
    known = tx.collectors.find(fact.person_id)
    if collectors.course_of(known, fact) is not Course.APPLY:
        return
    collector = known or Collector(person_id=fact.person_id, responsibility_grid=None, active=False)
    joins = not collector.active
    collector.told_at = collectors.moment_of(fact)
    if Role.COLLECTOR not in fact.roles:
        if not collector.active:
            tx.collectors.keep(collector)  # even of a stranger: older facts may still be on their way
        else:
            _leaves(tx, handbook, collector, at=at)
        return
    collector.active, collector.responsibility_grid = True, fact.responsibility_grid
    tx.collectors.keep(collector)
    if joins:
        give_on(tx, handbook, tx.tasks.orphaned(), because=LEFT, at=at)


def on_the_books(tx: IntakeTransaction, *, by: Actor) -> list[Candidate]:
    """在册采集员: for whoever sends them, and for whoever makes up the roster."""
    if not by.may(Action.MANAGE_ROSTER):
        by.require(Action.ASK_CONFIRMATION)
    return sorted(tx.collectors.candidates(), key=lambda one: one.person_id)


def go_on_duty(tx: IntakeTransaction, handbook: Handbook, *, at: datetime, by: Actor) -> Announced:
    """上岗: errands may be sent, first those that nobody on duty has answered in time."""
    by.require(Action.GO_ON_DUTY)
    collector = _own(tx, by)
    fact = collector.go_on_duty(at=at)
    tx.collectors.keep(collector)
    _moved(tx, by, fact.name, at=at, on_duty=True)
    sent = tx.announce(fact, at=at)
    on_duty = {one.person_id for one in tx.collectors.candidates() if one.on_duty}
    late = [task for task in tx.tasks.unattended(at=at) if task.collector not in on_duty]
    give_on(tx, handbook, late, because=OVERDUE, only_on_duty=True, at=at)
    return sent


def go_off_duty(tx: IntakeTransaction, handbook: Handbook, *, at: datetime, by: Actor) -> Announced:
    """下岗: what is open goes to others on duty; with nobody on duty it stays, and its clock goes on."""
    by.require(Action.GO_ON_DUTY)
    collector = _own(tx, by)
    fact = collector.go_off_duty(at=at)
    tx.collectors.keep(collector)
    _forget(tx, by.person_id)
    _moved(tx, by, fact.name, at=at, on_duty=False)
    sent = tx.announce(fact, at=at)
    own = tx.tasks.open_of(by.person_id)
    give_on(tx, handbook, own, because=LEFT, only_on_duty=True, at=at)
    return sent


def is_at(
    tx: IntakeTransaction,
    handbook: Handbook,
    reading: Reading,
    *,
    kept_for: timedelta,
    at: datetime,
    by: Actor,
) -> Collector:
    """报告位置: only the last one is kept, only on duty, and not for long."""
    by.require(Action.GO_ON_DUTY)
    collector = _own(tx, by)
    if collector.on_duty_since is None:
        raise RuleBroken("collector", "尚未上岗，不记录位置", "You are not on duty.")
    position = located(handbook, reading)
    tx.collectors.is_at(by.person_id, position.lon, position.lat, at=at)
    tx.wake(FORGET_POSITION, by.person_id, at + kept_for)
    return collector


def forget_position(tx: IntakeTransaction, person_id: str) -> None:
    """The last position has been kept for long enough."""
    tx.collectors.forget_position(person_id)


def own_duty(tx: IntakeTransaction, *, by: Actor) -> Collector:
    """Whether one is on duty, and since when."""
    by.require(Action.GO_ON_DUTY)
    return _own(tx, by)


def _own(tx: IntakeTransaction, by: Actor) -> Collector:
    collector = tx.collectors.find(by.person_id)
    if collector is None:
        raise RuleBroken("collector", "该账号不是在册采集员", "This is no active collector.")
    return collector


def _leaves(tx: IntakeTransaction, handbook: Handbook, collector: Collector, *, at: datetime) -> None:
    collector.active, collector.on_duty_since = False, None
    tx.collectors.keep(collector)
    _forget(tx, collector.person_id)
    give_on(tx, handbook, tx.tasks.open_of(collector.person_id), because=LEFT, at=at)


def _forget(tx: IntakeTransaction, person_id: str) -> None:
    tx.collectors.forget_position(person_id)
    tx.cancel_wake(FORGET_POSITION, person_id)


def _moved(tx: IntakeTransaction, by: Actor, fact_type: str, *, at: datetime, on_duty: bool) -> None:
    tx.flow_records.add(
        FlowRecord(
            subject=f"person/{by.person_id}",
            at=at,
            actor=by.person_id,
            action="go_on_duty" if on_duty else "go_off_duty",
            from_state="off_duty" if on_duty else "on_duty",
            to_state="on_duty" if on_duty else "off_duty",
            fact_type=fact_type,
        )
    )
