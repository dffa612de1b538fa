"""Fitting (立案要件): what must hold of a problem before it is filed under a standard, first or anew."""

from handbook.values import FilingStandard
from services.intake.domain.position import Position
from services.intake.domain.refusals import RuleBroken


def check_fits(standard: FilingStandard, subcategory: str | None, position: Position | None) -> None:
    """Raise RuleBroken unless the standard is one of the kind, and the place inside the city's grid."""
    if subcategory != standard.subcategory:
        raise RuleBroken(
            "filing_standard", "立案条件不属于所选小类", "The standard is not one of the subcategory."
        )
    if position is None or position.unit_grid_code is None:
        raise RuleBroken("position", "位置不在城市网格范围内", "The position is not inside the city's grid.")
