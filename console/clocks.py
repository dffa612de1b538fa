"""The clocks of a story (计时): when each post's time began, rested, was lengthened, ended, and if in time.

docs/domain.md, "Clocks". Facts say the collector's and the unit's due times; those of the other posts are
minutes of the handbook that was in force when they began.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from case_contracts.wire import time_text
from console.names import Names
from console.told import Told
from handbook.settings import Settings

SettingsAt = Callable[[datetime], Settings]
"""The settings in force at a moment."""


@dataclass(frozen=True, kw_only=True)
class _Clock:
    """计时器 of one post: which facts start, pause, resume and end it."""

    name: str
    chinese: str
    starts: frozenset[str]
    ends: frozenset[str]
    minutes: str = ""
    """The setting that limits it; empty where the fact names its due time."""
    pauses: frozenset[str] = frozenset()
    resumes: frozenset[str] = frozenset()
    drops: frozenset[str] = frozenset()
    """Facts that end it without its post having done anything."""


def _types(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OVER = _types("case_voided case_force_closed case_merged")
_COUNTED = (
    _Clock(
        name="accept",
        chinese="受理",
        minutes="accept_minutes",
        starts=_types("report_received report_returned self_handling_judged"),
        ends=_types("report_accepted report_not_accepted report_linked"),
        pauses=_types("confirmation_asked"),
        resumes=_types("report_confirmed report_denied"),
    ),
    _Clock(
        name="judge",
        chinese="自处置审核",
        minutes="close_minutes",
        starts=_types("problem_self_handled"),
        ends=_types("self_handling_judged"),
    ),
    _Clock(
        name="confirm",
        chinese="核实",
        starts=_types("confirmation_asked"),
        ends=_types("report_confirmed report_denied"),
    ),
    _Clock(
        name="file",
        chinese="立案",
        minutes="accept_minutes",
        starts=_types("report_accepted"),
        ends=_types("case_filed filing_declined report_returned"),
    ),
    _Clock(
        name="review",
        chinese="退回复核",
        minutes="accept_minutes",
        starts=_types("case_returned_to_intake"),
        ends=_types("case_filed case_voided"),
        drops=_OVER,
    ),
    _Clock(
        name="dispatch",
        chinese="派遣",
        minutes="dispatch_minutes",
        starts=_types("case_filed return_accepted responsibility_decided"),
        ends=_types("case_dispatched case_returned_to_intake coordination_called"),
        drops=_OVER,
    ),
    _Clock(
        name="handle",
        chinese="处置",
        starts=_types("case_dispatched rework_ordered"),
        ends=_types("feedback_submitted"),
        pauses=_types("case_sent_back case_suspended"),
        resumes=_types("return_refused case_resumed"),
        drops=_OVER | _types("return_accepted task_withdrawn"),
    ),
    _Clock(
        name="ask",
        chinese="派核查",
        minutes="accept_minutes",
        starts=_types("feedback_submitted verification_unclear"),
        ends=_types("verification_asked verification_failed"),
        drops=_OVER,
    ),
    _Clock(
        name="verify",
        chinese="核查",
        starts=_types("verification_asked"),
        ends=_types("handling_verified verification_failed verification_unclear"),
        drops=_OVER,
    ),
    _Clock(
        name="close",
        chinese="结案",
        minutes="close_minutes",
        starts=_types("handling_verified"),
        ends=_types("case_closed verification_asked case_reopened verification_failed"),
        drops=_OVER,
    ),
    _Clock(
        name="reopen",
        chinese="重新处置审批",
        minutes="close_minutes",
        starts=_types("reopening_asked"),
        ends=_types("case_reopened reopening_declined"),
    ),
)
_NOTED = {
    "handling_started": ("signed", "签收"),
    "extension_granted": ("extended", "延期"),
    "outage_credited": ("credited", "补时"),
    "unit_urged": ("urged", "催办"),
    "supervision_ordered": ("supervised", "督办"),
}
"""What is seen on the handling clock beside its pauses."""
_CREDITED = {
    "report_time_credited": (_types("accept judge file"), _types("confirm")),
    "case_time_credited": (_types("review ask close reopen"), _types("verify")),
    "decision_time_credited": (_types("dispatch"), _types("dispatch")),
}
"""补时: which clocks each fact is about, a post's and, when it names an errand, a collector's."""
_PAUSED = {"confirmation_asked": "核实", "case_sent_back": "回退待审", "case_suspended": "挂账"}


@dataclass
class _Run:
    """One run of a clock."""

    clock: _Clock
    round: int
    unit: str | None
    began_at: datetime
    due_at: datetime | None
    ended_at: datetime | None = None
    done: bool = False
    pauses: list[list[Any]] = field(default_factory=list)
    marks: list[tuple[datetime, str, str]] = field(default_factory=list)

    @property
    def resting(self) -> bool:
        return bool(self.pauses) and self.pauses[-1][1] is None

    def take(self, fact: Told) -> None:
        if fact.type in self.clock.ends | self.clock.drops:
            self._end(fact)
        elif fact.type in self.clock.pauses and not self.resting:
            self.pauses.append([fact.time, None, _PAUSED[fact.type]])
        elif fact.type in self.clock.resumes and self.resting:
            self._resume(fact)
        elif fact.type in self.clock.starts:  # another collector was asked
            self.due_at = _named(fact) or self.due_at
        elif self.clock.name == "handle" and fact.type in _NOTED:
            self.marks.append((fact.time, *_NOTED[fact.type]))
            self.due_at = _named(fact) or self.due_at
        elif (
            fact.type in _CREDITED and self.clock.name in _CREDITED[fact.type][bool(fact.data.get("task_id"))]
        ):
            self._credit(fact)

    def _credit(self, fact: Told) -> None:
        self.marks.append((fact.time, *_NOTED["outage_credited"]))
        if self.due_at is not None:
            self.due_at += timedelta(seconds=_seconds(fact))
        self.due_at = _named(fact) or self.due_at

    def _resume(self, fact: Told) -> None:
        pause = self.pauses[-1]
        pause[1] = fact.time
        if self.clock.minutes and self.due_at is not None:
            self.due_at += fact.time - pause[0]
        self.due_at = _named(fact) or self.due_at

    def _end(self, fact: Told) -> None:
        if self.resting:
            self._resume(fact)
        self.ended_at, self.done = fact.time, fact.type in self.clock.ends
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


def clocks(flow: Iterable[Told], names: Names, settings_at: SettingsAt) -> list[dict[str, Any]]:
    """Every run of every clock in the order of its beginning."""
    runs: list[_Run] = []
    open_runs: dict[str, _Run] = {}
    for fact in flow:
        for name, run in list(open_runs.items()):
            run.take(fact)
            if run.ended_at is not None:
                del open_runs[name]
        for clock in _COUNTED:
            if fact.type in clock.starts and clock.name not in open_runs and _begins(clock, fact):
                open_runs[clock.name] = run = _begun(clock, fact, settings_at)
                runs.append(run)
    return [run.shown(names) for run in runs]


def _begins(clock: _Clock, fact: Told) -> bool:
    if fact.type == "self_handling_judged":
        return not fact.data.get("valid")
    return clock.name != "accept" or not fact.data.get("self_handled")


def _begun(clock: _Clock, fact: Told, settings_at: SettingsAt) -> _Run:
    due = _named(fact)
    if clock.minutes:
        due = fact.time + timedelta(minutes=getattr(settings_at(fact.time), clock.minutes))
    unit = fact.data.get("responsible_unit") if clock.name == "handle" else None
    return _Run(clock, fact.round, unit, fact.time, due)


def _named(fact: Told) -> datetime | None:
    due = fact.data.get("due_at")
    return datetime.fromisoformat(due) if isinstance(due, str) else None


def _credited(fact: Told) -> frozenset[str]:
    posts, collectors = _CREDITED.get(fact.type, (frozenset(), frozenset()))
    return collectors if fact.data.get("task_id") else posts


def _seconds(fact: Told) -> float:
    given = fact.data.get("credited_seconds")
    return given if isinstance(given, int | float) else 0.0


def _text(at: datetime | None) -> str | None:
    return None if at is None else time_text(at)
