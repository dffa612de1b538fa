"""Flow record (流转记录): one immutable line for each move of an assignment, and for each fact noted."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class FlowRecord:
    """Who did what, when, and what it changed."""

    case_number: str
    at: datetime
    actor: str
    """person_id, ``unit/<code>`` for a unit's own system, ``duty-table``, or the sender of the fact."""
    action: str
    from_state: str
    """Empty when the assignment began with this."""
    to_state: str
    round: int
    dispatch_number: int
    reason: str = ""
    fact_type: str = ""
    """The fact that was published or, for one that changed nothing, noted."""
