"""Urgency (轻重缓急) raised after the filing: it sorts first, and changes no due time."""

from datetime import datetime

from case_contracts.codes import Urgency
from case_contracts.dispatch import UrgencyChanged
from services.dispatch.domain.assignment import Assignment

RANKS = {Urgency.MAJOR: 0, Urgency.URGENT: 1, Urgency.ORDINARY: 2}
"""重大 before 紧急 before 一般 in every list."""


def raise_urgency(assignment: Assignment, urgency: Urgency, *, at: datetime) -> UrgencyChanged | None:
    """Raise it; None when it is as high already: urgency is never lowered by a fact that comes late."""
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
