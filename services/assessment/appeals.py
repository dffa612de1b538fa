"""Appeals (申诉): the unit says that it could not help being late; figures are corrected, facts never are."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from case_contracts.assessment import (
    AppealEscalated,
    AppealGranted,
    AppealMade,
    AppealRefused,
    AppealReviewed,
)
from case_contracts.dispatch import OutageLogged
from case_contracts.facts import Fact
from case_contracts.roles import Action, Actor, NotAllowed, Role
from handbook.calendar import WorkCalendar
from handbook.calling import CallingClock
from handbook.working_time import TimeLimit

DECIDE = "decide_appeal"
"""The wake-up of an appeal that somebody has to review or decide, by its case."""


class AppealState(StrEnum):
    """Where an appeal stands."""

    MADE = "made"
    REVIEWED = "reviewed"
    GRANTED = "granted"
    REFUSED = "refused"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return {"made": "待初审", "reviewed": "待决定", "granted": "申诉通过", "refused": "申诉未通过"}[
            self.value
        ]


ALLOWED_MOVES: dict[AppealState, frozenset[AppealState]] = {
    AppealState.MADE: frozenset({AppealState.REVIEWED}),
    AppealState.REVIEWED: frozenset({AppealState.GRANTED, AppealState.REFUSED}),
    AppealState.GRANTED: frozenset(),
    AppealState.REFUSED: frozenset(),
}


class MoveNotAllowed(ValueError):
    """The appeal is not in a state from which this can be done."""

    def __init__(self, case_number: str, state: AppealState, wanted: AppealState) -> None:
        super().__init__(f"案件 {case_number} 的申诉“{state.chinese}”，不能转为“{wanted.chinese}”")
        self.case_number = case_number
        self.state = state.value
        self.wanted = wanted.value


class CannotAppeal(ValueError):
    """There is nothing to appeal against: not closed, not late, or appealed once already."""

    def __init__(self, case_number: str, reason: str) -> None:
        super().__init__(f"案件 {case_number} {reason}")
        self.case_number = case_number


class NotYourCase(LookupError):
    """The unit never had the case last: it is told no more than if there were none."""

    def __init__(self, case_number: str) -> None:
        super().__init__(f"没有案件 {case_number}")


@dataclass(frozen=True, kw_only=True)
class CaseOfAppeal:
    """What the ledger knows of a case that a unit would appeal for."""

    responsible_unit: str | None
    """The unit of the last dispatch, whose figures the case is in."""
    closed: bool
    late: bool
    """Whether some feedback since the last dispatch came after its due time."""


POSTS: dict[AppealState, tuple[Role, ...]] = {
    AppealState.MADE: (Role.SHIFT_SUPERVISOR, Role.LEADER),
    AppealState.REVIEWED: (Role.LEADER,),
}
"""逐级上报: who is called, in turn, when the dispatcher does not review, or the assessor does not decide. The
shift supervisor is no post above the assessor, who assesses that post too."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What appeals ask of the handbook in force."""

    review_within: TimeLimit
    decide_within: TimeLimit
    calendar: WorkCalendar


@dataclass(kw_only=True)
class Appeal:
    """申诉: one a case."""

    case_number: str
    responsible_unit: str
    reason: str
    appealed_by: str
    appealed_at: datetime
    state: AppealState = AppealState.MADE
    reviewer: str = ""
    recommended: bool | None = None
    review: str = ""
    reviewed_at: datetime | None = None
    assessor: str = ""
    decision: str = ""
    decided_at: datetime | None = None
    clock: CallingClock | None = None
    """By when its present step is to be done; None when it is decided."""

    @property
    def called(self) -> Role | None:
        """Who was called because nobody did the present step."""
        return None if self.clock is None else self.clock.called

    def await_step(self, *, at: datetime, rules: Rules) -> None:
        """The time of whoever has to do the present step begins."""
        limit = rules.review_within if self.state is AppealState.MADE else rules.decide_within
        self.clock = CallingClock.start(limit, POSTS[self.state], at=at, calendar=rules.calendar)

    def give_back(self, outage_from: datetime, outage_until: datetime, rules: Rules) -> bool:
        """补时: the present step has as much more working time as an outage took; whether it took any."""
        if self.clock is None:
            return False
        before = self.clock
        self.clock = before.credit(outage_from, outage_until, rules.calendar)
        return self.clock.clock.credited_seconds > before.clock.credited_seconds

    def escalate(self, *, at: datetime, rules: Rules) -> AppealEscalated | None:
        """逐级上报: the present step was not done in time. None when nobody is to be called now."""
        if self.clock is None or not self.clock.is_due(at):
            return None
        self.clock = self.clock.call(rules.calendar)
        step = "初审" if self.state is AppealState.MADE else "决定"
        return AppealEscalated(
            case_number=self.case_number,
            to=str(self.clock.called),
            reason=f"申诉超时未{step}",
            escalated_at=at,
        )

    def reviewed(
        self, *, recommended: bool, reason: str, reviewer: str, at: datetime, rules: Rules
    ) -> AppealReviewed:
        """初审: the dispatcher's word, before the assessor decides."""
        self._move_to(AppealState.REVIEWED)
        self.await_step(at=at, rules=rules)
        self.recommended, self.review, self.reviewer, self.reviewed_at = recommended, reason, reviewer, at
        return AppealReviewed(
            case_number=self.case_number,
            responsible_unit=self.responsible_unit,
            recommended=recommended,
            reason=reason,
            reviewer=reviewer,
            reviewed_at=at,
        )

    def granted(self, *, reason: str, assessor: str, at: datetime) -> AppealGranted:
        """申诉通过: from now on the statistics take the case for one in time."""
        self._decide(AppealState.GRANTED, reason, assessor, at)
        return AppealGranted(
            case_number=self.case_number,
            responsible_unit=self.responsible_unit,
            assessor=assessor,
            granted_at=at,
            reason=reason,
        )

    def refused(self, *, reason: str, assessor: str, at: datetime) -> AppealRefused:
        """申诉不通过: the figures stay."""
        self._decide(AppealState.REFUSED, reason, assessor, at)
        return AppealRefused(
            case_number=self.case_number,
            responsible_unit=self.responsible_unit,
            reason=reason,
            assessor=assessor,
            refused_at=at,
        )

    def _decide(self, state: AppealState, reason: str, assessor: str, at: datetime) -> None:
        self._move_to(state)
        self.clock = None
        self.decision, self.assessor, self.decided_at = reason, assessor, at

    def _move_to(self, state: AppealState) -> None:
        if state not in ALLOWED_MOVES[self.state]:
            raise MoveNotAllowed(self.case_number, self.state, state)
        self.state = state


class Announced(Protocol):
    """Which fact of which aggregate an answer can be looked up by."""

    @property
    def subject(self) -> str: ...
    @property
    def sequence(self) -> int: ...


class Appeals(Protocol):
    """申诉 as they are kept."""

    def get(self, key: str, /) -> Appeal: ...
    def find(self, key: str, /) -> Appeal | None: ...
    def add(self, appeal: Appeal, /) -> None: ...
    def save(self, appeal: Appeal, /) -> None: ...


class AssessmentTransaction(Protocol):
    """What one transaction of assessment offers to appeals."""

    @property
    def appeals(self) -> Appeals: ...
    def lock(self, key: str) -> None: ...
    def undecided_appeals(self) -> list[Appeal]: ...
    def case_of_appeal(self, case_number: str) -> CaseOfAppeal: ...
    def announce(self, fact: Fact, *, at: datetime) -> Announced: ...
    def wake(self, kind: str, subject: str, at: datetime) -> None: ...
    def cancel_wake(self, kind: str, subject: str) -> None: ...


Moved = tuple[Appeal, Announced]


def make_appeal(
    tx: AssessmentTransaction, rules: Rules, case_number: str, reason: str, *, at: datetime, by: Actor
) -> Moved:
    """申诉: by the unit that has the case last, once, after its closing, and only when it was late."""
    by.require(Action.APPEAL)
    case = tx.case_of_appeal(case_number)
    if by.responsible_unit is None or case.responsible_unit != by.responsible_unit:
        raise NotYourCase(case_number)
    tx.lock(f"appeal/{case_number}")
    if tx.appeals.find(case_number) is not None:
        raise CannotAppeal(case_number, "已经申诉过一次")
    if not case.closed:
        raise CannotAppeal(case_number, "尚未结案，结案后才能申诉")
    if not case.late:
        raise CannotAppeal(case_number, "没有超时，无须申诉")
    appeal = Appeal(
        case_number=case_number,
        responsible_unit=by.responsible_unit,
        reason=reason,
        appealed_by=by.person_id,
        appealed_at=at,
    )
    appeal.await_step(at=at, rules=rules)
    tx.appeals.add(appeal)
    _watch(tx, appeal)
    made = AppealMade(
        case_number=case_number, responsible_unit=by.responsible_unit, reason=reason, appealed_at=at
    )
    return appeal, tx.announce(made, at=at)


def review_appeal(
    tx: AssessmentTransaction,
    rules: Rules,
    case_number: str,
    *,
    recommended: bool,
    reason: str,
    at: datetime,
    by: Actor,
) -> Moved:
    """初审: the dispatcher, who knows how the work went, recommends."""
    by.require(Action.REVIEW_APPEAL)
    appeal = tx.appeals.get(case_number)
    fact = appeal.reviewed(recommended=recommended, reason=reason, reviewer=by.person_id, at=at, rules=rules)
    tx.appeals.save(appeal)
    _watch(tx, appeal)
    return appeal, tx.announce(fact, at=at)


def decide_appeal(
    tx: AssessmentTransaction, case_number: str, *, granted: bool, reason: str, at: datetime, by: Actor
) -> Moved:
    """决定: the assessor grants or refuses."""
    by.require(Action.DECIDE_APPEAL)
    appeal = tx.appeals.get(case_number)
    decide = appeal.granted if granted else appeal.refused
    fact = decide(reason=reason, assessor=by.person_id, at=at)
    tx.appeals.save(appeal)
    _watch(tx, appeal)
    return appeal, tx.announce(fact, at=at)


def step_was_due(tx: AssessmentTransaction, rules: Rules, case_number: str, *, at: datetime) -> None:
    """逐级上报. An appeal from before there was a limit is given one from now on."""
    appeal = tx.appeals.get(case_number)
    if appeal.state not in POSTS:
        return
    if appeal.clock is None:
        appeal.await_step(at=at, rules=rules)
    escalated = appeal.escalate(at=at, rules=rules)
    tx.appeals.save(appeal)
    _watch(tx, appeal)
    if escalated is not None:
        tx.announce(escalated, at=at)


def outage_logged(tx: AssessmentTransaction, rules: Rules, fact: OutageLogged) -> None:
    """故障补时: every appeal that awaits a step; told twice, or in another order, each moment counts once."""
    for appeal in tx.undecided_appeals():
        if appeal.give_back(fact.outage_from, fact.outage_until, rules):
            tx.appeals.save(appeal)
            _watch(tx, appeal)


def _watch(tx: AssessmentTransaction, appeal: Appeal) -> None:
    """Be woken when the next post is to be called."""
    if appeal.clock is not None and appeal.clock.calls_at is not None:
        tx.wake(DECIDE, appeal.case_number, appeal.clock.calls_at)
    else:
        tx.cancel_wake(DECIDE, appeal.case_number)


def readable_unit(by: Actor) -> str | None:
    """Whose appeals a person may read: everybody's (None), or those of their own unit."""
    if any(by.may(action) for action in (Action.REVIEW_APPEAL, Action.DECIDE_APPEAL, Action.READ_FIGURES)):
        return None
    if by.may(Action.APPEAL) and by.responsible_unit is not None:
        return by.responsible_unit
    raise NotAllowed(by, Action.APPEAL)
