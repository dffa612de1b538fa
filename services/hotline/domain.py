"""The call (来电): taken, registered as a report, and called back with the answer."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from case_contracts.codes import AnswerKind, Satisfaction
from case_contracts.hotline import (
    CallBackEscalated,
    CallBackTried,
    CallerDissatisfied,
    CallerInformed,
    CallerUnreachable,
    ProblemPhonedIn,
)
from case_contracts.roles import Role
from handbook.calendar import WorkCalendar
from handbook.calling import CallingClock
from handbook.half_days import HalfDay
from handbook.working_time import TimeLimit

SHANGHAI = ZoneInfo("Asia/Shanghai")
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
    # A newer answer takes the place of one that nobody has told yet, or follows one that was told.
    CallState.CALL_BACK_DUE: frozenset({CallState.CALL_BACK_DUE, CallState.INFORMED, CallState.UNREACHABLE}),
    CallState.INFORMED: frozenset({CallState.CALL_BACK_DUE}),
    CallState.UNREACHABLE: frozenset({CallState.CALL_BACK_DUE}),
}


class OnFact(StrEnum):
    """What another service's fact does to a call."""

    APPLY = "apply"
    WAIT = "wait"
    NOTE = "note"


ON_CALL_BACK_DUE: dict[CallState, OnFact] = {
    CallState.TAKEN: OnFact.WAIT,
    CallState.REGISTERED: OnFact.APPLY,
    CallState.CALL_BACK_DUE: OnFact.APPLY,
    CallState.INFORMED: OnFact.APPLY,
    CallState.UNREACHABLE: OnFact.APPLY,
}
"""What an answer does that the call does not know yet; one it knows is written down and changes nothing."""

POSTS = (Role.SHIFT_SUPERVISOR, Role.LEADER)
"""逐级上报: who is called, in turn, when no agent rings a caller (docs/domain.md, "Clocks")."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What hotline asks of the handbook in force."""

    ring_within: TimeLimit
    """回访时限: by when a caller is rung once the answer is there, and again once another try counts."""
    reopening_window: timedelta
    """So long after a closing the caller may say that the problem is not gone (docs/domain.md, "Answers")."""
    calendar: WorkCalendar

    def ring_from(self, at: datetime) -> CallingClock:
        """The agents' time to ring begins."""
        return CallingClock.start(self.ring_within, POSTS, at=at, calendar=self.calendar)


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


class CannotAskAgain(ValueError):
    """The caller cannot ask for handling again: too late, a second time, or nothing was handled."""

    def __init__(self, call_id: str, reason: str) -> None:
        super().__init__(reason)
        self.call_id = call_id


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
    """The newest answer, told or to be told."""
    superseded: list[CallBack] = field(default_factory=list)
    """Answers that a newer one came upon before the caller was reached: both end with the same ring."""
    told: list[CallBack] = field(default_factory=list)
    """Earlier answers, done with."""
    dissatisfied_at: datetime | None = None
    """When the caller asked for handling again; once a report."""
    ringing: CallingClock | None = None
    """回访计时: by when an agent has to ring; None when nobody has to."""

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

    def knows(self, kind: AnswerKind, due_since: datetime) -> bool:
        """Whether this answer has reached the call already."""
        known = [*self.told, *self.superseded, *([self.call_back] if self.call_back else ())]
        return any((one.kind, one.due_since) == (kind, due_since) for one in known)

    def ask_for_call_back(
        self, kind: AnswerKind, text: str, *, due_since: datetime, at: datetime, rules: Rules
    ) -> list[CallerUnreachable]:
        """应回访: an answer is there. Whoever withheld their number is unreachable at once.

        A newer answer does not give the agents more time for the caller who waits already.
        """
        before, was = self.call_back, self.state
        self._move_to(CallState.CALL_BACK_DUE)
        self.call_back = CallBack(kind=kind, text=text, due_since=due_since)
        if before is not None and was is CallState.CALL_BACK_DUE:
            older, self.call_back = sorted((before, self.call_back), key=lambda one: one.due_since)
            self.superseded.append(older)
        elif before is not None:
            self.told.append(before)
        self.ringing = self.ringing or rules.ring_from(at)
        return self._give_up(self.call_back, at=at) if self.withheld else []

    def reached(
        self, *, agent: str, satisfaction: Satisfaction, words: str = "", at: datetime
    ) -> list[CallerInformed]:
        """回访成功: the caller heard the newest answer, and with it those that it took the place of."""
        call_back = self._open_call_back(CallState.INFORMED)
        self._move_to(CallState.INFORMED)
        self.ringing = None
        call_back.attempts.append(
            Attempt(at=at, agent=agent, reached=True, satisfaction=satisfaction, words=words)
        )
        return [
            CallerInformed(
                call_id=self.call_id,
                report_number=self.report_number,
                kind=kind,
                attempts=len(call_back.attempts),
                # Said of the newest answer only: nobody is asked twice in one call.
                satisfaction=satisfaction if number == 0 else Satisfaction.NOT_SAID,
                informed_at=at,
            )
            for number, kind in enumerate(self._kinds_ended(call_back))
        ]

    def no_answer(
        self, *, agent: str, words: str = "", at: datetime, rules: Rules
    ) -> list[CallerUnreachable] | list[CallBackTried]:
        """无人接听: counts once a half-day; after the third half-day the caller is unreachable."""
        call_back = self._open_call_back(CallState.UNREACHABLE)
        if HalfDay.of(at) in call_back.half_days():
            raise TriedThisHalfDay(self.call_id, call_back.next_attempt_at())
        call_back.attempts.append(Attempt(at=at, agent=agent, reached=False, words=words))
        if len(call_back.half_days()) >= TRIES:
            return self._give_up(call_back, at=at)
        self.ringing = rules.ring_from(call_back.next_attempt_at())
        return [
            CallBackTried(
                call_id=self.call_id,
                report_number=self.report_number,
                kind=call_back.kind,
                attempts=len(call_back.attempts),
                tried_at=at,
            )
        ]

    def give_back(self, outage_from: datetime, outage_until: datetime, rules: Rules) -> bool:
        """补时: the agents have as much more working time to ring as an outage took; whether it took any."""
        if self.ringing is None:
            return False
        before = self.ringing
        self.ringing = before.credit(outage_from, outage_until, rules.calendar)
        return self.ringing.clock.credited_seconds > before.clock.credited_seconds

    def escalate(self, *, at: datetime, rules: Rules) -> CallBackEscalated | None:
        """逐级上报: no agent has rung in time; the next higher post is called. None when it is not due."""
        if self.ringing is None or not self.ringing.is_due(at):
            return None
        self.ringing = self.ringing.call(rules.calendar)
        return CallBackEscalated(
            call_id=self.call_id,
            report_number=self.report_number,
            to=str(self.ringing.called),
            reason="超时未回访",
            escalated_at=at,
        )

    def may_ask_again_until(self, window: timedelta) -> datetime | None:
        """Until when the caller may ask for handling again; None when they may not."""
        answer = self.call_back
        ended = self.state in (CallState.INFORMED, CallState.UNREACHABLE, CallState.CALL_BACK_DUE)
        if answer is None or not ended or answer.kind is not AnswerKind.CLOSED or self.dissatisfied_at:
            return None
        return answer.due_since + window

    def ask_again(self, *, words: str, at: datetime, window: timedelta) -> CallerDissatisfied:
        """不满意: the caller says that the problem is not gone; once a report, after the answer."""
        if self.state is CallState.CALL_BACK_DUE:
            raise CannotAskAgain(self.call_id, "请先登记本次答复，再登记重新处置要求")
        if self.dissatisfied_at is not None:
            raise CannotAskAgain(self.call_id, f"受理号 {self.report_number} 已要求过一次重新处置")
        if self.call_back is not None and self.call_back.kind is AnswerKind.FORCE_CLOSED:
            raise CannotAskAgain(self.call_id, "强制结案的案件不再重新处置，请作为新问题登记")
        until = self.may_ask_again_until(window)
        if until is None:
            raise CannotAskAgain(self.call_id, f"受理号 {self.report_number} 没有结案，不能要求重新处置")
        if at > until:
            raise CannotAskAgain(self.call_id, f"结案已超过 {window.days} 天，请作为新问题登记")
        self.dissatisfied_at = at
        return CallerDissatisfied(
            call_id=self.call_id, report_number=self.report_number, words=words, said_at=at
        )

    def _give_up(self, call_back: CallBack, *, at: datetime) -> list[CallerUnreachable]:
        self._move_to(CallState.UNREACHABLE)
        self.ringing = None
        return [
            CallerUnreachable(
                call_id=self.call_id,
                report_number=self.report_number,
                kind=kind,
                attempts=len(call_back.attempts),
                given_up_at=at,
            )
            for kind in self._kinds_ended(call_back)
        ]

    def _kinds_ended(self, newest: CallBack) -> list[AnswerKind]:
        # One word for each answer, also for two of a kind: intake waits for every one of them.
        kinds = [newest.kind, *(one.kind for one in self.superseded)]
        self.told += self.superseded
        self.superseded = []
        return kinds

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
