"""The clocks of a story (计时): when each post's time began, rested, was lengthened, ended, and if in time.

docs/domain.md, "Clocks". Facts say the collector's and the unit's due times; those of the other posts are
limits of the handbook that was in force when they began, as is what an outage gave back of working time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from case_contracts.codes import Urgency
from case_contracts.roles import Role
from case_contracts.wire import time_text
from console.clock_table import CLOCKS, CREDITED, NOTED, PAUSED, Clock
from console.names import Names
from console.told import Told
from handbook.calendar import CalendarYearMissing
from handbook.calling import CallingClock
from handbook.edition import Handbook
from handbook.half_days import HalfDay
from handbook.working_time import LimitUnit

EditionAt = Callable[[datetime], Handbook]
"""The handbook in force at a moment."""

OUTAGE = "outage_logged"
"""故障: what gives back the time of clocks for which nobody tells it singly."""
_URGENCY_SAID = ("case_filed", "urgency_raised", "urgency_changed")


@dataclass
class _Run:
    """One run of a clock."""

    clock: Clock
    round: int
    unit: str | None
    began_at: datetime
    due_at: datetime | None
    ended_at: datetime | None = None
    done: bool = False
    waiting: CallingClock | None = None
    """The same clock as its service keeps it, where its time is working time."""
    edition: Handbook | None = None
    pauses: list[list[Any]] = field(default_factory=list)
    marks: list[tuple[datetime, str, str]] = field(default_factory=list)

    @property
    def resting(self) -> bool:
        return bool(self.pauses) and self.pauses[-1][1] is None

    def take(self, fact: Told) -> None:
        if fact.type in self.clock.ends | self.clock.drops:
            self._end(fact)
        elif fact.type == OUTAGE:
            self._give_back(fact)
        elif fact.type in self.clock.pauses and not self.resting:
            self.pauses.append([fact.time, None, PAUSED[fact.type]])
        elif fact.type in self.clock.resumes and self.resting:
            self._resume(fact)
        elif fact.type in self.clock.starts:  # another collector was asked
            self.due_at = _named(fact) or self.due_at
        elif self.clock.name == "handle" and fact.type in NOTED:
            self.marks.append((fact.time, *NOTED[fact.type]))
            self.due_at = _named(fact) or self.due_at
        elif fact.type in CREDITED and self.clock.name in CREDITED[fact.type][bool(fact.data.get("task_id"))]:
            self._credit(fact)

    def _credit(self, fact: Told) -> None:
        self.marks.append((fact.time, *NOTED["outage_credited"]))
        if self.due_at is not None:
            self.due_at += timedelta(seconds=_seconds(fact))
        self.due_at = _named(fact) or self.due_at

    def _give_back(self, outage: Told) -> None:
        """补时: what the outage took of this clock while it ran; what is told twice counts once."""
        if self.waiting is None or self.edition is None:
            return
        began, ended = (_moment(outage, name) for name in ("outage_from", "outage_until"))
        try:
            credited = self.waiting.credit(began, ended, self.edition.calendar)
        except CalendarYearMissing:
            return
        if credited.clock.credited_seconds > self.waiting.clock.credited_seconds:
            self.waiting, self.due_at = credited, credited.calls_at
            self.marks.append((outage.time, *NOTED["outage_credited"]))

    def _resume(self, fact: Told) -> None:
        pause = self.pauses[-1]
        pause[1] = fact.time
        if self.clock.minutes and self.due_at is not None:
            self.due_at += fact.time - pause[0]
        self.due_at = _named(fact) or self.due_at

    def _end(self, fact: Told) -> None:
        if self.resting:
            self._resume(fact)
        elif self.pauses and self.pauses[-1][1] > fact.time:
            self.pauses[-1][1] = fact.time
        self.ended_at, self.done = fact.time, fact.type in self.clock.ends and not _lapsed(fact)
        if self.clock.name == "handle" and self.done:
            self.due_at = _named(fact) or self.due_at

    def _in_time(self) -> bool | None:
        if not self.done or self.ended_at is None or self.due_at is None:
            return None
        return self.ended_at <= self.due_at

    def shown(self, names: Names) -> dict[str, Any]:
        return {
            "name": self.clock.name,
            "text": self.clock.chinese,
            "round": self.round,
            "unit_name": names.responsible_unit(self.unit),
            "began_at": time_text(self.began_at),
            "due_at": _text(None if self.resting else self.due_at),
            "ended_at": _text(self.ended_at),
            "in_time": self._in_time(),
            "pauses": [
                {"began_at": time_text(began), "ended_at": _text(ended), "text": text}
                for began, ended, text in self.pauses
            ],
            "marks": [{"at": time_text(at), "name": name, "text": text} for at, name, text in self.marks],
        }


def clocks(
    flow: Iterable[Told], outages: Iterable[Told], names: Names, edition_at: EditionAt
) -> list[dict[str, Any]]:
    """Every run of every clock in the order of its beginning; ``outages``: what dispatch told of them."""
    runs: list[_Run] = []
    open_runs: dict[str, _Run] = {}
    urgent = False
    for fact in sorted([*flow, *outages], key=lambda fact: fact.in_the_story):
        for name, run in list(open_runs.items()):
            run.take(fact)
            if run.ended_at is not None:
                del open_runs[name]
        if fact.type in _URGENCY_SAID:
            urgent = _hurries(fact, urgent)
        for clock in CLOCKS:
            if fact.type in clock.starts and clock.name not in open_runs and _begins(clock, fact):
                open_runs[clock.name] = run = _begun(clock, fact, edition_at(fact.time), urgent=urgent)
                runs.append(run)
    return [run.shown(names) for run in runs]


def _hurries(fact: Told, before: bool) -> bool:
    """Whether the task's minutes run day and night; no urgency is ever lowered."""
    if fact.data.get("urgency") in (Urgency.URGENT, Urgency.MAJOR):
        return True
    unit = fact.data.get("limit_unit")
    return before or (unit in list(LimitUnit) and LimitUnit(unit).is_continuous)


def _begins(clock: Clock, fact: Told) -> bool:
    if fact.type == "self_handling_judged":
        return not fact.data.get("valid")
    return clock.name != "accept" or not fact.data.get("self_handled")


def _begun(clock: Clock, fact: Told, edition: Handbook, *, urgent: bool) -> _Run:
    due = _named(fact)
    if clock.minutes:
        due = fact.time + timedelta(minutes=getattr(edition.settings, clock.minutes))
    unit = fact.data.get("responsible_unit") if clock.name == "handle" else None
    run = _Run(clock, fact.round, unit, fact.time, due)
    within = clock.urgent_within if urgent and clock.urgent_within else clock.within
    if within:
        begins = fact.time
        if fact.type == "call_back_tried":
            begins = HalfDay.of(fact.time).following_begins_at().astimezone(fact.time.tzinfo)
            run.pauses.append([fact.time, begins, PAUSED[fact.type]])
        limit = getattr(edition.settings, within)
        # Its first call is when it is due: who is called does not matter here.
        run.edition = edition
        run.waiting = CallingClock.start(limit, (Role.LEADER,), at=begins, calendar=edition.calendar)
        run.due_at = run.waiting.calls_at
    return run


def _lapsed(fact: Told) -> bool:
    """Whether a request was refused by nobody: it had become pointless."""
    return fact.data.get("decided_by") == "clock"


def _moment(fact: Told, name: str) -> datetime:
    return datetime.fromisoformat(str(fact.data[name]))


def _named(fact: Told) -> datetime | None:
    due = fact.data.get("due_at")
    return datetime.fromisoformat(due) if isinstance(due, str) else None


def _seconds(fact: Told) -> float:
    given = fact.data.get("credited_seconds")
    return given if isinstance(given, int | float) else 0.0


def _text(at: datetime | None) -> str | None:
    return None if at is None else time_text(at)
