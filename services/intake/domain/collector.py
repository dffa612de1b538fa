"""Collectors (采集员): who walks which responsibility grid, and who is sent next."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from case_contracts.console import AccountClosed, AccountOpened
from case_contracts.facts import Fact
from services.intake.domain.courses import Course

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(kw_only=True)
class Collector:
    """A collector as console's accounts tell of them."""

    person_id: str
    responsibility_grid: str | None
    active: bool = True
    last_asked_at: datetime | None = None


COURSES: dict[tuple[bool | None, type[Fact]], Course] = {
    (None, AccountOpened): Course.APPLY,
    (None, AccountClosed): Course.APPLY,
    (True, AccountOpened): Course.NOTE,
    (True, AccountClosed): Course.APPLY,
    (False, AccountOpened): Course.NOTE,
    (False, AccountClosed): Course.NOTE,
}
"""What console's facts do: by whether the person is known and active. A closed account stays closed."""


def course_of(collector: Collector | None, fact: AccountOpened | AccountClosed) -> Course:
    """The table's word on an account."""
    return COURSES[(collector.active if collector else None, type(fact))]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An active collector and how busy they are."""

    person_id: str
    responsibility_grid: str | None
    open_tasks: int
    last_asked_at: datetime | None


def choose(
    candidates: Iterable[Candidate],
    *,
    responsibility_grid: str | None,
    reporter: str,
    were_there: Collection[str],
) -> str | None:
    """The collector to be sent, or None when there is nobody but the reporter.

    The grid's own collectors come before others, those who have not been there for this problem before those
    who have; among equals the one with the fewest open tasks, then the one who was asked longest ago.
    """
    eligible = [candidate for candidate in candidates if candidate.person_id != reporter]
    if not eligible:
        return None
    best = min(
        eligible,
        key=lambda candidate: (
            candidate.responsibility_grid != responsibility_grid,
            candidate.person_id in were_there,
            candidate.open_tasks,
            candidate.last_asked_at or _NEVER,
            candidate.person_id,
        ),
    )
    return best.person_id
