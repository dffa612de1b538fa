"""The names behind the codes (名称): what a person reads for a unit, a kind, a grid or a colleague."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from console.words import KINDS
from handbook import Handbook


@dataclass(frozen=True)
class Kind:
    """小类 with what it belongs to."""

    name: str = ""
    category: str = ""
    kind: str = ""
    """部件 or 事件."""


@dataclass(frozen=True)
class Names:
    """Names by code; a code that nobody knows stands for itself, a person nobody knows stays nameless."""

    subcategories: Mapping[str, Kind] = field(default_factory=dict)
    responsible_units: Mapping[str, str] = field(default_factory=dict)
    grids: Mapping[str, str] = field(default_factory=dict)
    filing_conditions: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)

    def subcategory(self, code: str | None) -> Kind:
        """小类, 大类 and 部件/事件 of a code."""
        return self.subcategories.get(code or "", Kind(name=code or ""))

    def responsible_unit(self, code: str | None) -> str:
        """The name of a responsible unit."""
        return self.responsible_units.get(code or "", code or "")

    def grid(self, code: str | None) -> str:
        """The name of a responsibility grid."""
        return self.grids.get(code or "", code or "")

    def person(self, person_id: str) -> str:
        """The name of one of the centre's people."""
        return self.people.get(person_id, "")

    def with_people(self, people: Mapping[str, str]) -> "Names":
        """The same names, and those of these people."""
        return Names(self.subcategories, self.responsible_units, self.grids, self.filing_conditions, people)

    def with_those_of(self, later: "Names") -> "Names":
        """The same names, and those of a later edition, which is believed where they differ."""
        return Names(
            {**self.subcategories, **later.subcategories},
            {**self.responsible_units, **later.responsible_units},
            {**self.grids, **later.grids},
            {**self.filing_conditions, **later.filing_conditions},
            self.people,
        )


def names_of(handbook: Handbook) -> Names:
    """The names that the handbook gives."""
    return Names(
        subcategories={
            code: Kind(one.name, one.category, KINDS[one.kind])
            for code, one in handbook.subcategories.items()
        },
        responsible_units={code: unit.name for code, unit in handbook.units.items()},
        grids={code: grid.name for code, grid in handbook.grid.responsibility_grids.items()},
        filing_conditions={one.id: one.condition for one in handbook.standards.values()},
    )
