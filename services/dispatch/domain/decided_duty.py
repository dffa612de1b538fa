"""Decided duty (确权规则): a written decision that holds for the next case of its kind in its area."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(kw_only=True)
class DecidedDuty:
    """A rule of dispatch's own, consulted before the handbook's duties; removed, it is still kept."""

    subcategory: str
    area: str
    """Code of a responsibility grid."""
    responsible_unit: str
    decision: str
    case_number: str
    decided_by: str
    decided_at: datetime
    removed_by: str = ""
    removed_at: datetime | None = None

    @property
    def key(self) -> str:
        """What the rule is about; a later decision about the same takes its place."""
        return key_of(self.subcategory, self.area)

    @property
    def holds(self) -> bool:
        """Whether it is in force."""
        return self.removed_at is None


def key_of(subcategory: str, area: str) -> str:
    """The key of the rule about a subcategory in an area."""
    return f"{subcategory}/{area}"
