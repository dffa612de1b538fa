"""SupervisionOrder (督办): a formal notice to a unit, with a number, in its own list, answered by a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from case_contracts.codes import SupervisionKind
from case_contracts.dispatch import SupervisionOrdered, SupervisionReplied
from handbook.working_time import HandlingClock
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.refusals import RequestNotAllowed
from services.dispatch.domain.states import WITH_UNIT, AssignmentState


class OrderState(StrEnum):
    """Where an order stands."""

    OPEN = "open"
    REPLIED = "replied"
    LAPSED = "lapsed"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return {"open": "待回复", "replied": "已回复", "lapsed": "已失效"}[self.value]


@dataclass(kw_only=True)
class SupervisionOrder:
    """One of a case's orders; the case's state and due time stay as they are."""

    order_number: str
    case_number: str
    round: int
    dispatch_number: int
    responsible_unit: str
    kind: SupervisionKind
    words: str
    ordered_by: str
    ordered_at: datetime
    reply_by_at: datetime
    reply_clock: HandlingClock | None = None
    """What outages gave back of the time for the reply; None before any did."""
    state: OrderState = OrderState.OPEN
    reply_text: str = ""
    replied_by: str = ""
    replied_at: datetime | None = None
    in_time: bool | None = None
    lapse_reason: str = ""

    def reply(self, *, text: str, replied_by: str, at: datetime) -> SupervisionReplied:
        """督办回复: once; a late reply is taken too, and counted as late."""
        if self.state is not OrderState.OPEN:
            reason = f"督办 {self.order_number} {self.state.chinese}"
            if self.lapse_reason:
                reason += f"：{self.lapse_reason}"
            raise RequestNotAllowed(self.case_number, reason)
        self.state = OrderState.REPLIED
        self.reply_text, self.replied_by, self.replied_at = text, replied_by, at
        self.in_time = at <= self.reply_by_at
        return SupervisionReplied(
            case_number=self.case_number,
            round=self.round,
            dispatch_number=self.dispatch_number,
            responsible_unit=self.responsible_unit,
            order_number=self.order_number,
            text=text,
            replied_at=at,
            in_time=self.in_time,
        )

    def is_overdue(self, at: datetime) -> bool:
        """Whether the reply was due before this moment, and is still owed."""
        return self.state is OrderState.OPEN and at > self.reply_by_at

    def lapse(self, *, reason: str) -> None:
        """失效: the unit no longer has the task."""
        if self.state is OrderState.OPEN:
            self.state = OrderState.LAPSED
            self.lapse_reason = reason


def order(
    assignment: Assignment,
    *,
    kind: SupervisionKind,
    words: str,
    ordered_by: str,
    at: datetime,
    reply_within: timedelta,
) -> tuple[SupervisionOrder, SupervisionOrdered]:
    """督办 a task that a unit has; orders of a case are numbered from 1."""
    require_pressable(assignment, "督办")
    assignment.supervision_orders += 1
    number = f"{assignment.case_number}-S{assignment.supervision_orders}"
    ordered = SupervisionOrdered(
        **assignment.named,
        order_number=number,
        kind=kind,
        words=words,
        ordered_by=ordered_by,
        ordered_at=at,
        reply_by_at=at + reply_within,
    )
    made = SupervisionOrder(
        **assignment.named,
        order_number=number,
        kind=kind,
        words=words,
        ordered_by=ordered_by,
        ordered_at=at,
        reply_by_at=ordered.reply_by_at,
    )
    return made, ordered


def require_pressable(assignment: Assignment, what: str) -> None:
    """A unit is pressed (催办, 督办) about what it has to do; raises ``MoveNotAllowed`` otherwise."""
    if assignment.state not in (*WITH_UNIT, AssignmentState.SUSPENDED):
        raise assignment.cannot(what)
