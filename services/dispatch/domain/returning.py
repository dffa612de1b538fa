"""Return (回退): a task is not its unit's own; and whose it is when several say so (协调, 确权)."""

from datetime import datetime

from case_contracts.dispatch import (
    CaseReturnedToIntake,
    CaseSentBack,
    CoordinationCalled,
    ResponsibilityDecided,
    ReturnAccepted,
    ReturnRefused,
)
from handbook.calendar import WorkCalendar
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.refusals import RequestNotAllowed
from services.dispatch.domain.states import AssignmentState


def send_back(
    assignment: Assignment, *, reason: str, at: datetime, decide_by_at: datetime, calendar: WorkCalendar
) -> CaseSentBack:
    """回退: the clock pauses while it is decided; a unit that has it by written decision keeps it."""
    before = assignment.state
    if assignment.with_unit and assignment.decided_unit == assignment.responsible_unit:
        reason = f"案件 {assignment.case_number} 已书面确定由本单位负责，不能回退"
        raise RequestNotAllowed(assignment.case_number, reason)
    assignment.move_to(AssignmentState.RETURN_UNDER_REVIEW)
    assignment.sent_back_from = before
    assignment.clock = assignment.limit_clock.pause(at, calendar)
    assignment.sent_back_at = at
    assignment.send_back_reason = reason
    assignment.await_decision(decide_by_at)
    assignment.returns += 1
    return CaseSentBack(**assignment.named, reason=reason, sent_back_at=at)


def accept_return(
    assignment: Assignment, *, dispatcher: str, at: datetime, decide_by_at: datetime
) -> ReturnAccepted:
    """同意回退: the case was dispatched wrongly, and awaits a new dispatch in the same round."""
    assignment.move_to(AssignmentState.AWAITING_DISPATCH, only_from=AssignmentState.RETURN_UNDER_REVIEW)
    accepted = ReturnAccepted(**assignment.named, dispatcher=dispatcher, accepted_at=at)
    assignment.returned_by = (*assignment.returned_by, assignment.unit)
    assignment.responsible_unit = None
    assignment.assisting_units = ()
    assignment.due_at = None
    assignment.signed_at = None
    assignment.sent_back_from = None
    assignment.await_decision(decide_by_at)
    return accepted


def refuse_return(
    assignment: Assignment,
    *,
    reason: str,
    dispatcher: str,
    at: datetime,
    sign_by_at: datetime,
    calendar: WorkCalendar,
) -> ReturnRefused:
    """不同意回退: the task stays with the unit as it was, and its clock goes on (counted as 推诿)."""
    back_to = assignment.sent_back_from or AssignmentState.AWAITING_SIGNATURE
    assignment.move_to(back_to, only_from=AssignmentState.RETURN_UNDER_REVIEW)
    assignment.sent_back_from = None
    if back_to is AssignmentState.AWAITING_SIGNATURE:
        assignment.escalate_at = sign_by_at
    assignment.run(assignment.limit_clock.resume(at), calendar)
    return ReturnRefused(
        **assignment.named, reason=reason, dispatcher=dispatcher, due_at=assignment.due, refused_at=at
    )


def call_coordination(
    assignment: Assignment, *, after_returns: int, at: datetime
) -> CoordinationCalled | None:
    """协调: after so many accepted returns the case rests until somebody decides whose it is."""
    if len(assignment.returned_by) < after_returns:
        return None
    assignment.in_coordination = assignment.is_difficult = True
    return CoordinationCalled(
        case_number=assignment.case_number,
        round=assignment.round,
        returns=len(assignment.returned_by),
        units=assignment.returned_by,
        called_at=at,
    )


def require_no_coordination(assignment: Assignment) -> None:
    """Raise :class:`RequestNotAllowed` while it must first be decided in writing whose the case is."""
    if assignment.in_coordination:
        reason = (
            f"案件 {assignment.case_number} 已被回退 {len(assignment.returned_by)} 次，"
            "须先经协调书面确定责任单位"
        )
        raise RequestNotAllowed(assignment.case_number, reason)


def decide_responsibility(
    assignment: Assignment,
    responsible_unit: str,
    *,
    decision: str,
    dispatcher: str,
    at: datetime,
    becomes_rule: bool,
    fallback: bool,
) -> ResponsibilityDecided:
    """确权: in writing; the dispatch to that unit follows at once."""
    if assignment.state is not AssignmentState.AWAITING_DISPATCH:
        raise assignment.cannot("确定责任单位")
    assignment.in_coordination, assignment.is_difficult = False, True
    assignment.decided_unit, assignment.decision = responsible_unit, decision
    return ResponsibilityDecided(
        case_number=assignment.case_number,
        round=assignment.round,
        responsible_unit=responsible_unit,
        decision=decision,
        dispatcher=dispatcher,
        decided_at=at,
        becomes_rule=becomes_rule,
        fallback=fallback,
    )


def return_to_intake(
    assignment: Assignment, *, reason: str, dispatcher: str, at: datetime
) -> CaseReturnedToIntake:
    """退回受理: it cannot be dispatched as it was filed; intake files it anew or voids it."""
    assignment.move_to(AssignmentState.RETURNED_TO_INTAKE)
    assignment.intake_reason = reason
    assignment.in_coordination = False
    return CaseReturnedToIntake(
        case_number=assignment.case_number,
        round=assignment.round,
        reason=reason,
        dispatcher=dispatcher,
        returned_at=at,
    )
