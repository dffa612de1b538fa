"""Assignment (任务): what one case asks of one responsible unit, from awaiting dispatch to done."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from case_contracts.codes import Urgency
from case_contracts.dispatch import (
    CaseDispatched,
    FeedbackSubmitted,
    HandlingStarted,
    TaskWithdrawn,
)
from case_contracts.intake import CaseFiled
from case_contracts.roles import Role
from handbook.calendar import WorkCalendar
from handbook.working_time import HandlingClock, LimitUnit, TimeLimit
from services.dispatch.domain.filing import higher, what_was_filed
from services.dispatch.domain.refusals import AssignmentNotFound, MoveNotAllowed, TaskOutdated
from services.dispatch.domain.requests import ExtensionRequest, Request, SuspensionRequest
from services.dispatch.domain.states import (
    ALLOWED_MOVES,
    AWAITING_DECISION,
    WITH_UNIT,
    AssignmentState,
)

DISPATCHERS = "dispatcher"
"""Owner of what awaits a dispatcher's decision."""
SUPERVISION = "intake"
"""Owner of what has been fed back (intake verifies and closes) or returned (intake files anew or voids)."""
JUST_AFTER = timedelta(seconds=1)
"""At the due moment itself a task is still in time; a second later somebody looks."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Which task of a case is meant: its round, and which dispatch of the case."""

    round: int
    dispatch_number: int

    def __str__(self) -> str:
        return f"第{self.round}轮第{self.dispatch_number}次派遣"


@dataclass(kw_only=True)
class Assignment:
    """One a case; born with the filing, kept through return, rework, reopening and filing anew."""

    case_number: str
    subcategory: str
    filing_standard: str
    limit: int
    limit_unit: LimitUnit
    urgency: Urgency
    closing_condition: str
    description: str
    address: str
    lon: float
    lat: float
    unit_grid_code: str
    responsibility_grid: str
    handbook_version: str
    filed_at: datetime
    decide_by_at: datetime
    """By when the dispatcher must decide, while a dispatch or a return awaits decision."""
    decision_clock: HandlingClock | None = None
    """What outages gave back of the dispatcher's minutes; None before any did."""
    sign_clock: HandlingClock | None = None
    """签收: since when the unit could sign, in which kind of time, and what outages gave back of that."""
    return_clock: HandlingClock | None = None
    """回退期限: the same of the time for sending it back."""
    raised_urgency: Urgency | None = None
    """轻重缓急 as somebody raised it; a filing anew does not lower it."""
    component_code: str | None = None
    photos: tuple[str, ...] = ()
    state: AssignmentState = AssignmentState.AWAITING_DISPATCH
    round: int = 1
    dispatch_number: int = 0
    responsible_unit: str | None = None
    assisting_units: tuple[str, ...] = ()
    earlier_units: tuple[str, ...] = ()
    """Every unit that was ever given the case, the latest last; its time is what the clock holds."""
    clock: HandlingClock | None = None
    due_at: datetime | None = None
    dispatched_at: datetime | None = None
    signed_at: datetime | None = None
    # Returns, and whose the case is
    return_until_at: datetime | None = None
    sent_back_at: datetime | None = None
    sent_back_from: AssignmentState | None = None
    send_back_reason: str = ""
    returns: int = 0
    returned_by: tuple[str, ...] = ()
    """The units whose return was accepted since the filing, in order."""
    in_coordination: bool = False
    is_difficult: bool = False
    """疑难案件: coordination was called once, or its unit decided in writing."""
    decided_unit: str | None = None
    """The unit that has it by written decision, and cannot send it back."""
    decision: str = ""
    intake_reason: str = ""
    """退回受理: why it went back to intake last."""
    # What the unit asked for
    extension_request: ExtensionRequest | None = None
    extensions_granted: int = 0
    suspension_request: SuspensionRequest | None = None
    suspensions: int = 0
    suspended_at: datetime | None = None
    suspended_until_at: datetime | None = None
    suspension_reason: str = ""
    suspension_photos: tuple[str, ...] = ()
    # Feedback and what follows it
    rework_reason: str = ""
    reworks: int = 0
    reopened: bool = False
    """Whether the latest round began by a reopening (重新处置), which is no rework."""
    feedback_text: str = ""
    feedback_photos: tuple[str, ...] = ()
    fed_back_at: datetime | None = None
    withdrawal_reason: str = ""
    # Clocks that call others
    escalate_at: datetime | None = None
    """When it goes to the next higher post if nobody touches it until then."""
    escalated_to: str | None = None
    """Who was called for the task itself; what is asked for beside it has its own (``called``)."""
    supervision_orders: int = 0
    overdue_ordered_in_round: int = 0
    watched_at: datetime | None = None
    """The moment for which a wake-up is set."""

    @classmethod
    def of(cls, filed: CaseFiled, *, decide_by_at: datetime) -> "Assignment":
        """A case was filed: somebody has to be chosen."""
        return cls(
            case_number=filed.case_number,
            round=filed.round,
            decide_by_at=decide_by_at,
            escalate_at=decide_by_at,
            **what_was_filed(filed),
        )

    @property
    def turn(self) -> Turn:
        """The task that counts now."""
        return Turn(round=self.round, dispatch_number=self.dispatch_number)

    @property
    def named(self) -> dict[str, Any]:
        """What every fact and message about the current task says of it."""
        return {
            "case_number": self.case_number,
            "round": self.round,
            "dispatch_number": self.dispatch_number,
            "responsible_unit": self.unit,
        }

    @property
    def unit(self) -> str:
        """The unit that has the task."""
        assert self.responsible_unit is not None, "a dispatched task has its unit"
        return self.responsible_unit

    @property
    def due(self) -> datetime:
        """When the limit ends; for a paused clock, as if it went on at the moment of pausing."""
        assert self.due_at is not None, "a dispatched task has its due time"
        return self.due_at

    @property
    def limit_clock(self) -> HandlingClock:
        """The handling clock of a task that was dispatched."""
        assert self.clock is not None, "a dispatched task has a clock"
        return self.clock

    @property
    def time_limit(self) -> TimeLimit:
        """处置时限 of the filing standard."""
        return TimeLimit(self.limit, self.limit_unit)

    @property
    def is_urgent(self) -> bool:
        """Whether the task goes to the unit's urgent queue."""
        return self.urgency is not Urgency.ORDINARY

    @property
    def runs_day_and_night(self) -> bool:
        """Whether signing, sending back and deciding a request have minutes that no night stops."""
        return self.is_urgent or self.limit_unit.is_continuous

    @property
    def with_unit(self) -> bool:
        """Whether the responsible unit has to act."""
        return self.state in WITH_UNIT

    @property
    def owner(self) -> str | None:
        """Who has to act now; None only after the end."""
        if self.with_unit or self.state is AssignmentState.SUSPENDED:
            return self.responsible_unit
        if self.state in (AssignmentState.FED_BACK, AssignmentState.RETURNED_TO_INTAKE):
            return SUPERVISION
        return DISPATCHERS if self.state.is_open else None

    @property
    def act_by_at(self) -> datetime | None:
        """By when the owner must have acted, as far as dispatch keeps that clock."""
        if self.with_unit:
            return self.due_at
        if self.state is AssignmentState.SUSPENDED:
            return self.suspended_until_at
        return self.decide_by_at if self.state in AWAITING_DECISION else None

    @property
    def requests(self) -> tuple[Request, ...]:
        """What the unit asked for and nobody has decided."""
        return tuple(one for one in (self.extension_request, self.suspension_request) if one is not None)

    @property
    def called(self) -> str | None:
        """逐级上报: the highest post that was called, for the task or for what is asked beside it."""
        posts = {self.escalated_to, *(request.called for request in self.requests)}
        return next((post for post in (Role.LEADER, Role.SHIFT_SUPERVISOR) if post in posts), None)

    @property
    def next_look_at(self) -> datetime | None:
        """When a clock of this assignment runs out next, and something happens by itself."""
        moments = [self.escalate_at, *(request.calls_at for request in self.requests)]
        if self.with_unit and self.overdue_ordered_in_round < self.round:
            moments.append(self.due + JUST_AFTER)
        if self.state is AssignmentState.SUSPENDED:
            moments.append(self.suspended_until_at)
        return min((moment for moment in moments if moment is not None), default=None)

    def require(self, turn: Turn | None, responsible_unit: str | None) -> None:
        """The unit may act only on a task that it was given, and only on the latest one."""
        if responsible_unit is None or responsible_unit not in self.earlier_units:
            raise AssignmentNotFound(self.case_number)
        if (turn is not None and turn != self.turn) or responsible_unit != self.earlier_units[-1]:
            if self.state is AssignmentState.WITHDRAWN:
                raise self.cannot("办理")
            raise TaskOutdated(self.case_number, str(turn or "较早的派遣"), str(self.turn))

    def dispatch_to(
        self,
        responsible_unit: str,
        *,
        dispatcher: str,
        at: datetime,
        calendar: WorkCalendar,
        assisting_units: tuple[str, ...] = (),
        reason: str = "",
    ) -> CaseDispatched:
        """派遣: the handling clock starts; for the unit that just had the case, what was left goes on."""
        self.move_to(AssignmentState.AWAITING_SIGNATURE, only_from=AssignmentState.AWAITING_DISPATCH)
        if self.clock is not None and self.earlier_units[-1:] == (responsible_unit,):
            self.run(self.clock.resume(at), calendar)
        else:
            self.run(HandlingClock.start(self.time_limit, at), calendar)
        self.dispatch_number += 1
        self.responsible_unit = responsible_unit
        self.earlier_units = (*self.earlier_units, responsible_unit)
        self.assisting_units = assisting_units
        self.dispatched_at = at
        return CaseDispatched(
            **self.named,
            due_at=self.due,
            dispatched_at=at,
            dispatcher=dispatcher,
            reason=reason,
            assisting_units=assisting_units,
        )

    def sign(self, *, at: datetime) -> HandlingStarted:
        """签收: the unit has taken the task; its clock runs since the dispatch."""
        self.move_to(AssignmentState.HANDLING, only_from=AssignmentState.AWAITING_SIGNATURE)
        self.signed_at = at
        return HandlingStarted(**self.named, signed_at=at)

    def feed_back(
        self, *, text: str, photos: tuple[str, ...], at: datetime, calendar: WorkCalendar
    ) -> FeedbackSubmitted:
        """反馈: the unit says that the problem is gone; its clock stops."""
        self.move_to(AssignmentState.FED_BACK)
        self.clock = self.limit_clock.pause(at, calendar)
        self.feedback_text = text
        self.feedback_photos = photos
        self.fed_back_at = at
        return FeedbackSubmitted(
            **self.named,
            text=text,
            photos=photos,
            due_at=self.due,
            fed_back_at=at,
            in_time=at <= self.due,
            limit_share=round(self.clock.used_share(at, calendar), 4),
        )

    def file_anew(self, filed: CaseFiled, *, decide_by_at: datetime) -> None:
        """重新立案: intake filed it again under its number; it awaits dispatch under the new standard."""
        self.move_to(AssignmentState.AWAITING_DISPATCH, only_from=AssignmentState.RETURNED_TO_INTAKE)
        vars(self).update(what_was_filed(filed))
        self.urgency = higher(self.urgency, self.raised_urgency)
        self.round = filed.round
        self.clock = None
        self.returned_by, self.in_coordination, self.decided_unit = (), False, None
        self.await_decision(decide_by_at)

    def finish(self) -> None:
        """办结: intake has closed the case; no more is asked of anybody here."""
        self.move_to(AssignmentState.DONE)

    def withdraw(self, *, reason: str, at: datetime) -> TaskWithdrawn:
        """撤回: the case has ended otherwise; whoever has the task need do nothing more."""
        self.move_to(AssignmentState.WITHDRAWN)
        self.withdrawal_reason = reason
        self.in_coordination = False
        return TaskWithdrawn(
            case_number=self.case_number,
            round=self.round,
            reason=reason,
            withdrawn_at=at,
            responsible_unit=self.responsible_unit,
        )

    def await_decision(self, decide_by_at: datetime) -> None:
        """The dispatcher's minutes begin."""
        self.decide_by_at = self.escalate_at = decide_by_at
        self.decision_clock = None

    def run(self, clock: HandlingClock, calendar: WorkCalendar) -> None:
        """Let this clock be the task's, and the due time what it says."""
        self.clock = clock
        self.due_at = clock.due_at(calendar)

    def move_to(self, wanted: AssignmentState, *, only_from: AssignmentState | None = None) -> None:
        """Change the state by the table; whoever was called because nobody moved it is called no more."""
        # Two different moves may lead to one state: the second argument tells them apart.
        if wanted not in ALLOWED_MOVES[self.state] or only_from not in (None, self.state):
            raise self.not_allowed(wanted)
        self.state = wanted
        self.escalate_at, self.escalated_to = None, None

    def not_allowed(self, wanted: AssignmentState) -> MoveNotAllowed:
        """The refusal of a move, in the words that the asker reads."""
        return self._refusal(f"转为“{wanted.chinese}”", wanted)

    def cannot(self, what: str) -> MoveNotAllowed:
        """The refusal of something that the present state does not allow."""
        return self._refusal(what, "")

    def _refusal(self, what: str, wanted: str) -> MoveNotAllowed:
        reason = f"案件 {self.case_number} 当前为“{self.state.chinese}”，不能{what}"
        if self.state is AssignmentState.WITHDRAWN:
            reason = f"案件 {self.case_number} 已撤回：{self.withdrawal_reason}"
        return MoveNotAllowed(self.case_number, self.state, wanted, reason)
