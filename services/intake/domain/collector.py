"""Collectors (采集员): who walks which responsibility grid, and who is sent next."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from case_contracts.console import AccountChanged, AccountClosed, AccountOpened
from case_contracts.facts import Fact
from case_contracts.intake import CollectorWentOffDuty, CollectorWentOnDuty
from services.intake.domain.courses import Course
from services.intake.domain.refusals import RuleBroken

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(kw_only=True)
class Collector:
    """A collector as console's accounts tell of them."""

    person_id: str
    responsibility_grid: str | None
    active: bool = True
    last_asked_at: datetime | None = None
    on_duty_since: datetime | None = None
    told_at: datetime | None = None
    """The moment of the newest fact about the account; what is older and comes later changes nothing."""

    def go_on_duty(self, *, at: datetime) -> CollectorWentOnDuty:
        """上岗: errands may be sent."""
        if not self.active:
            raise RuleBroken("collector", "该账号不是在册采集员", "This is no active collector.")
        if self.on_duty_since is not None:
            raise RuleBroken("collector", "已经上岗", "You are on duty already.")
        self.on_duty_since = at
        return CollectorWentOnDuty(
            collector=self.person_id, responsibility_grid=self.responsibility_grid or "", on_duty_at=at
        )

    def go_off_duty(self, *, at: datetime) -> CollectorWentOffDuty:
        """下岗: no more errands."""
        if self.on_duty_since is None:
            raise RuleBroken("collector", "尚未上岗", "You are not on duty.")
        self.on_duty_since = None
        return CollectorWentOffDuty(collector=self.person_id, off_duty_at=at)


COURSES: dict[tuple[bool | None, type[Fact]], Course] = {
    (None, AccountOpened): Course.APPLY,
    (None, AccountChanged): Course.APPLY,
    (None, AccountClosed): Course.APPLY,
    (True, AccountOpened): Course.NOTE,
    (True, AccountChanged): Course.APPLY,
    (True, AccountClosed): Course.APPLY,
    (False, AccountOpened): Course.NOTE,
    (False, AccountChanged): Course.APPLY,
    (False, AccountClosed): Course.NOTE,
}
"""What console's facts do when nothing newer is known: by whether the person is known and active.

A closed account stays closed: it is not changed any more. One that changes may be a collector's once more.
"""


AccountFact = AccountOpened | AccountChanged | AccountClosed


def moment_of(fact: AccountFact) -> datetime:
    """When it became so at console, which may not be the order in which the facts come."""
    if isinstance(fact, AccountOpened):
        return fact.opened_at
    return fact.changed_at if isinstance(fact, AccountChanged) else fact.closed_at


def course_of(collector: Collector | None, fact: AccountFact) -> Course:
    """The table's word on an account; only a note where something newer is known already.

    Of what became so at one moment, leaving counts.
    """
    if collector and collector.told_at is not None:
        at = moment_of(fact)
        if at < collector.told_at or (at == collector.told_at and not collector.active):
            return Course.NOTE
    return COURSES[(collector.active if collector else None, type(fact))]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An active collector, how busy they are, and where they were last if they are on duty."""

    person_id: str
    responsibility_grid: str | None
    open_tasks: int
    last_asked_at: datetime | None
    on_duty: bool = False
    lon: float | None = None
    lat: float | None = None


def choose(
    candidates: Iterable[Candidate],
    *,
    responsibility_grid: str | None,
    reporter: str,
    were_there: Collection[str],
    metres_from: Callable[[float, float], float] | None = None,
    only_on_duty: bool = False,
) -> str | None:
    """The collector to be sent, or None when there is nobody but the reporter.

    Whoever is on duty comes before all others. Of those: who has not been there for this problem, then the
    nearest by last known position, then the grid's own. Where nobody is on duty, as in a centre that keeps no
    duty record: the grid's own, then who has not been there. Among equals the one with the fewest open tasks,
    then the one who was asked longest ago. docs/domain.md, "Collectors on duty".
    """
    eligible = [candidate for candidate in candidates if candidate.person_id != reporter]
    on_duty = [candidate for candidate in eligible if candidate.on_duty]
    if only_on_duty or on_duty:
        eligible = on_duty

    def rank(candidate: Candidate) -> tuple[object, ...]:
        elsewhere = candidate.responsibility_grid != responsibility_grid
        been_there = candidate.person_id in were_there
        place: tuple[object, ...] = (elsewhere, been_there)
        if candidate.on_duty:
            place = (been_there, *_distance(candidate, metres_from), elsewhere)
        busy = (candidate.open_tasks, candidate.last_asked_at or _NEVER, candidate.person_id)
        return (*place, *busy)

    best = min(eligible, key=rank, default=None)
    return None if best is None else best.person_id


def _distance(
    candidate: Candidate, metres_from: Callable[[float, float], float] | None
) -> tuple[bool, float]:
    if metres_from is None or candidate.lon is None or candidate.lat is None:
        return True, 0.0
    return False, metres_from(candidate.lon, candidate.lat)
