"""Filing (立案) as dispatch takes it over: what intake says of the problem and of how to handle it."""

from typing import Any

from case_contracts.codes import Urgency
from case_contracts.intake import CaseFiled
from handbook.working_time import LimitUnit

RANKS = {Urgency.MAJOR: 0, Urgency.URGENT: 1, Urgency.ORDINARY: 2}
"""重大 before 紧急 before 一般 in every list."""

_TAKEN_OVER = (
    "subcategory",
    "filing_standard",
    "limit",
    "urgency",
    "closing_condition",
    "description",
    "address",
    "lon",
    "lat",
    "unit_grid_code",
    "responsibility_grid",
    "handbook_version",
    "filed_at",
    "component_code",
    "photos",
)


def higher(one: Urgency, other: Urgency | None) -> Urgency:
    """The one that stands first in lists."""
    return one if other is None else min(one, other, key=RANKS.__getitem__)


def what_was_filed(filed: CaseFiled) -> dict[str, Any]:
    """The values of an assignment that its filing, or its filing anew, gives it."""
    return {name: getattr(filed, name) for name in _TAKEN_OVER} | {"limit_unit": LimitUnit(filed.limit_unit)}
