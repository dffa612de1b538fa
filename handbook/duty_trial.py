"""A draft of duties (职责分工草案) tried against past cases: how many would have gone elsewhere."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from handbook.edition import Handbook
from handbook.responsibility import NoResponsibleUnit

K = TypeVar("K")


@dataclass(frozen=True)
class PastCase:
    """As much of a case as the duty table asks for, and the unit that had it last."""

    case_number: str
    subcategory: str
    unit_grid_code: str | None
    component_code: str | None
    responsible_unit: str


@dataclass(frozen=True)
class Moved:
    """So many cases of a kind that one unit had would have gone to another; None: to nobody by rule."""

    subcategory: str
    from_unit: str
    to_unit: str | None
    cases: int


@dataclass(frozen=True)
class DutyTrial:
    """What would have been different."""

    tried: int
    moved: tuple[Moved, ...]

    @property
    def elsewhere(self) -> int:
        """How many cases would have gone elsewhere."""
        return sum(one.cases for one in self.moved)

    def gained(self) -> dict[str | None, int]:
        """How many cases each unit would have got from others."""
        return _most_first((one.to_unit, one.cases) for one in self.moved)

    def lost(self) -> dict[str, int]:
        """How many cases each unit would have had less."""
        return _most_first((one.from_unit, one.cases) for one in self.moved)


def try_duties(draft: Handbook, past: Iterable[PastCase]) -> DutyTrial:
    """Ask the draft about every past case; what a dispatcher decided otherwise counts as what happened."""
    moved: Counter[tuple[str, str, str | None]] = Counter()
    tried = 0
    for case in past:
        tried += 1
        wanted = _wanted(draft, case)
        if wanted != case.responsible_unit:
            moved[case.subcategory, case.responsible_unit, wanted] += 1
    listed = [Moved(*key, cases) for key, cases in moved.items()]
    order = sorted(listed, key=lambda one: (-one.cases, one.subcategory, one.from_unit, one.to_unit or ""))
    return DutyTrial(tried, tuple(order))


def _wanted(draft: Handbook, case: PastCase) -> str | None:
    try:
        component = case.component_code if case.component_code in draft.components else None
        return draft.duty(case.subcategory, case.unit_grid_code, component).primary
    except NoResponsibleUnit:
        return None


def _most_first(counted: Iterable[tuple[K, int]]) -> dict[K, int]:
    totals: Counter[K] = Counter()
    for key, cases in counted:
        totals[key] += cases
    return dict(totals.most_common())
