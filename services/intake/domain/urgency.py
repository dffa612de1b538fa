"""轻重缓急: which urgency is the greater; it is raised by people and never lowered by them."""

from case_contracts.codes import Urgency
from services.intake.domain.refusals import RuleBroken

_RISING = (Urgency.ORDINARY, Urgency.URGENT, Urgency.MAJOR)


def place(urgency: Urgency | None) -> int:
    """Where it stands in lists: the greatest is 0; what is not known yet counts as ordinary."""
    return len(_RISING) - 1 - _RISING.index(urgency or Urgency.ORDINARY)


def greatest(*urgencies: Urgency | None) -> Urgency:
    """The greatest of those that are known."""
    return min((urgency for urgency in urgencies if urgency is not None), key=place)


def check_raised(present: Urgency | None, wanted: Urgency) -> None:
    """Raise RuleBroken unless the wanted one is greater than the present one."""
    if place(wanted) >= place(present):
        now = (present or Urgency.ORDINARY).chinese
        raise RuleBroken("urgency", f"应高于现在的“{now}”", "It must be greater than the present one.")
