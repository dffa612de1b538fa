"""Flow records (流转记录): who moved what from where to where, and why; written once and never changed."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class FlowRecord:
    """One line of a report's or case's history; equal states mean that a fact was only noted."""

    subject: str
    at: datetime
    actor: str
    action: str
    from_state: str
    to_state: str
    round: int = 0
    reason: str = ""
    fact_type: str = ""
