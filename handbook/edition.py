"""One version of the 监督指挥手册: immutable, and the only thing that the rest of the system asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from handbook import terrain
from handbook.calendar import WorkCalendar
from handbook.components import ComponentRegister
from handbook.files import HandbookFiles, pack
from handbook.grid import Grid
from handbook.responsibility import DutyTable, Where
from handbook.settings import Settings
from handbook.values import (
    Component,
    DutyDecision,
    FilingStandard,
    ResponsibleUnit,
    Subcategory,
    Village,
)


@dataclass(frozen=True, eq=False)
class Handbook:
    """Catalogue, standards, units, duties and calendar; components and grid are read when first asked for."""

    version: str
    sha256: str
    subcategories: Mapping[str, Subcategory]
    standards: Mapping[str, FilingStandard]
    units: Mapping[str, ResponsibleUnit]
    villages: Mapping[str, Village]
    duties: DutyTable
    calendar: WorkCalendar
    settings: Settings
    _files: HandbookFiles = field(repr=False)
    _others: Mapping[str, "Handbook"] = field(default_factory=dict, repr=False)

    def as_of(self, version: str) -> "Handbook":
        """The edition that a case was filed under, as far as this process knows it; else this one."""
        return self._others.get(version, self)

    def standards_of(self, subcategory_code: str) -> tuple[FilingStandard, ...]:
        """The filing conditions (立案条件) of a kind, in the handbook's order."""
        return self._standards_by_kind.get(subcategory_code, ())

    def duty(
        self, subcategory_code: str, unit_grid_code: str | None = None, component_code: str | None = None
    ) -> DutyDecision:
        """Who must act: a component's own owner, else the duty table, else the township (属地)."""
        component = self.components.get(component_code) if component_code else None
        return self.duties.decide(subcategory_code, self._where(unit_grid_code), component)

    def township(self, unit_grid_code: str) -> str | None:
        """The unit that takes what has no owner in a cell (属地兜底); None when there is none at work."""
        return self.duties.township(self._where(unit_grid_code).town_code)

    @cached_property
    def components(self) -> ComponentRegister:
        rows = terrain.settled(terrain.read_components, self._files, lambda component: component.code)
        return ComponentRegister(rows.values())

    def nearest_component(self, subcategory_code: str, lon: float, lat: float) -> Component | None:
        """The nearest standing component of a kind within the county's ``component_distance_m``, WGS-84."""
        return self.components.nearest(subcategory_code, lon, lat, self.settings.component_distance_m)

    @cached_property
    def grid(self) -> Grid:
        return Grid(
            cells=MappingProxyType(terrain.settled(terrain.read_cells, self._files, lambda cell: cell.code)),
            responsibility_grids=MappingProxyType(
                terrain.settled(terrain.read_responsibility_grids, self._files, lambda grid: grid.code)
            ),
        )

    def archive(self) -> bytes:
        """All files in one deterministic archive, which `load_archive` reads back."""
        return pack(self._files)

    def file(self, name: str) -> bytes:
        """One of the handbook's files as it stands."""
        return self._files[name]

    def _where(self, unit_grid_code: str | None) -> Where:
        if unit_grid_code is None:
            return Where()
        cell = self.grid.cells.get(unit_grid_code)
        # A cell that this version no longer has still begins with its town's code.
        return Where(unit_grid_code[:9], cell.responsibility_grid if cell else None)

    @cached_property
    def _standards_by_kind(self) -> dict[str, tuple[FilingStandard, ...]]:
        grouped: dict[str, list[FilingStandard]] = {}
        for standard in self.standards.values():
            grouped.setdefault(standard.subcategory, []).append(standard)
        return {code: tuple(standards) for code, standards in grouped.items()}
