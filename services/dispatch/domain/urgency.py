"""Urgency (轻重缓急) raised after the filing: it sorts first, and changes no due time."""

from datetime import datetime

from case_contracts.codes import Urgency
from case_contracts.dispatch import UrgencyChanged
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.filing import RANKS, higher


def raise_urgency(assignment: Assignment, urgency: Urgency, *, at: datetime) -> UrgencyChanged | None:
    """Raise it; None when it is as high already: urgency is never lowered by a fact that comes late."""
    assignment.raised_urgency = higher(urgency, assignment.raised_urgency)
    if RANKS[urgency] >= RANKS[assignment.urgency]:
        return None
    assignment.urgency = urgency
    return UrgencyChanged(
        case_number=assignment.case_number,
        round=assignment.round,
        urgency=urgency,
        changed_at=at,
        responsible_unit=assignment.responsible_unit,
    )
