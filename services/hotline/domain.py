"""The call (来电): taken, registered as a report, and called back with the answer."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from case_contracts.codes import AnswerKind, Satisfaction
from case_contracts.hotline import CallerInformed, CallerUnreachable, ProblemPhonedIn

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = time(12)
MORNING_BEGINS = time(8)
TRIES = 3
"""No answer on so many different half-days, and the caller counts as unreachable."""


class CallState(StrEnum):
    """Where a call stands."""

    TAKEN = "taken"
    REGISTERED = "registered"
    CALL_BACK_DUE = "call_back_due"
    INFORMED = "informed"
    UNREACHABLE = "unreachable"

    @property
    def chinese(self) -> str:
        """What an agent reads."""
        return _STATES[self]


_STATES = {
    CallState.TAKEN: "已接听",
    CallState.REGISTERED: "已登记",
    CallState.CALL_BACK_DUE: "待回访",
    CallState.INFORMED: "已回访",
    CallState.UNREACHABLE: "未能接通",
}

ALLOWED_MOVES: dict[CallState, frozenset[CallState]] = {
    CallState.TAKEN: frozenset({CallState.REGISTERED}),
    CallState.REGISTERED: frozenset({CallState.CALL_BACK_DUE}),
    CallState.CALL_BACK_DUE: frozenset({CallState.INFORMED, CallState.UNREACHABLE}),
    CallState.INFORMED: frozenset(),
    CallState.UNREACHABLE: frozenset(),
}


class OnFact(StrEnum):
    """What another service's fact does to a call."""

    APPLY = "apply"
    WAIT = "wait"
    NOTE = "note"


ON_CALL_BACK_DUE: dict[CallState, OnFact] = {
    CallState.TAKEN: OnFact.WAIT,
    CallState.REGISTERED: OnFact.APPLY,
    CallState.CALL_BACK_DUE: OnFact.NOTE,
    CallState.INFORMED: OnFact.NOTE,
    CallState.UNREACHABLE: OnFact.NOTE,
}
"""A report is answered once: what comes again is written down and changes nothing."""


class MoveNotAllowed(ValueError):
    """The call is not in a state from which this can be done."""

    def __init__(self, call_id: str, state: CallState, wanted: CallState) -> None:
        super().__init__(f"来电 {call_id} 处于“{state.chinese}”，不能转为“{wanted.chinese}”")
        self.call_id = call_id
        self.state = state.value
        self.wanted = wanted.value


class TriedThisHalfDay(ValueError):
    """Nobody answered in this half-day already; another try counts from ``next_attempt_at``."""

    def __init__(self, call_id: str, next_attempt_at: datetime) -> None:
        local = next_attempt_at.astimezone(SHANGHAI)
        super().__init__(f"本半日已回访过一次，请在 {local:%Y-%m-%d %H:%M} 之后再试")
        self.call_id = call_id
        self.next_attempt_at = next_attempt_at.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, order=True)
class HalfDay:
    """半日: before or after noon of a day in the city's own time."""

    day: date
    afternoon: bool

    @classmethod
    def of(cls, at: datetime) -> "HalfDay":
        """The half-day of a moment."""
        local = at.astimezone(SHANGHAI)
        return cls(local.date(), local.time() >= NOON)

    def following_begins_at(self) -> datetime:
        """When one may decently ring again: noon, or eight the next morning."""
        if not self.afternoon:
            return datetime.combine(self.day, NOON, SHANGHAI)
        return datetime.combine(self.day + timedelta(days=1), MORNING_BEGINS, SHANGHAI)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One ring (一次回访): who, when, and whether anybody answered."""

    at: datetime
    agent: str
    reached: bool
    satisfaction: Satisfaction | None = None
    words: str = ""


@dataclass(kw_only=True)
class CallBack:
    """回访: what the caller is to be told, and the attempts so far."""

    kind: AnswerKind
    text: str
    due_since: datetime
    attempts: list[Attempt] = field(default_factory=list)

    def half_days(self) -> frozenset[HalfDay]:
        """The half-days on which nobody answered."""
        return frozenset(HalfDay.of(attempt.at) for attempt in self.attempts if not attempt.reached)

    def next_attempt_at(self) -> datetime:
        """From when a further try counts."""
        return max((half.following_begins_at() for half in self.half_days()), default=self.due_since)


@dataclass(kw_only=True)
class Call:
    """来电: one citizen on the line, and the report that came of it."""

    call_id: str
    reporter_ref: str
    agent: str
    words: str
    address: str
    taken_at: datetime
    withheld: bool = False
    """The number was not displayed: nobody can ring back."""
    lon: float | None = None
    lat: float | None = None
    subcategory: str | None = None
    state: CallState = CallState.TAKEN
    report_number: str = ""
    call_back: CallBack | None = None

    def register(self, report_number: str, *, at: datetime) -> ProblemPhonedIn:
        """登记: the caller is given the report number while on the line."""
        self._move_to(CallState.REGISTERED)
        self.report_number = report_number
        return ProblemPhonedIn(
            call_id=self.call_id,
            report_number=report_number,
            reporter_ref=self.reporter_ref,
            description=self.words,
            address=self.address,
            phoned_in_at=at,
            lon=self.lon,
            lat=self.lat,
            subcategory=self.subcategory,
        )

    def ask_for_call_back(
        self, kind: AnswerKind, text: str, *, due_since: datetime, at: datetime
    ) -> CallerUnreachable | None:
        """应回访: the answer is there. Whoever withheld their number is unreachable at once."""
        self._move_to(CallState.CALL_BACK_DUE)
        self.call_back = CallBack(kind=kind, text=text, due_since=due_since)
        return self._give_up(self.call_back, at=at) if self.withheld else None

    def reached(
        self, *, agent: str, satisfaction: Satisfaction, words: str = "", at: datetime
    ) -> CallerInformed:
        """回访成功: the caller heard the answer."""
        call_back = self._open_call_back(CallState.INFORMED)
        self._move_to(CallState.INFORMED)
        call_back.attempts.append(
            Attempt(at=at, agent=agent, reached=True, satisfaction=satisfaction, words=words)
        )
        return CallerInformed(
            call_id=self.call_id,
            report_number=self.report_number,
            kind=call_back.kind,
            attempts=len(call_back.attempts),
            satisfaction=satisfaction,
            informed_at=at,
        )

    def no_answer(self, *, agent: str, words: str = "", at: datetime) -> CallerUnreachable | None:
        """无人接听: counts once a half-day; after the third half-day the caller is unreachable."""
        call_back = self._open_call_back(CallState.UNREACHABLE)
        if HalfDay.of(at) in call_back.half_days():
            raise TriedThisHalfDay(self.call_id, call_back.next_attempt_at())
        call_back.attempts.append(Attempt(at=at, agent=agent, reached=False, words=words))
        return self._give_up(call_back, at=at) if len(call_back.half_days()) >= TRIES else None

    def _give_up(self, call_back: CallBack, *, at: datetime) -> CallerUnreachable:
        self._move_to(CallState.UNREACHABLE)
        return CallerUnreachable(
            call_id=self.call_id,
            report_number=self.report_number,
            kind=call_back.kind,
            attempts=len(call_back.attempts),
            given_up_at=at,
        )

    def _open_call_back(self, wanted: CallState) -> CallBack:
        if self.state is not CallState.CALL_BACK_DUE or self.call_back is None:
            raise MoveNotAllowed(self.call_id, self.state, wanted)
        return self.call_back

    def _move_to(self, state: CallState) -> None:
        if state not in ALLOWED_MOVES[self.state]:
            raise MoveNotAllowed(self.call_id, self.state, state)
        self.state = state


def report_number(day_of: datetime, serial: int) -> str:
    """受理号 as the hotline gives it: H, the day in the city's own time, five digits."""
    return f"H{day_of.astimezone(SHANGHAI):%Y%m%d}{serial:05d}"
