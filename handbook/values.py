"""The typed values of the 监督指挥手册: kinds, filing standards, units, duties, components and grids."""

from dataclasses import dataclass
from enum import StrEnum

from case_contracts.codes import Urgency
from handbook.working_time import LimitUnit, TimeLimit

Position = tuple[float, float]


class Kind(StrEnum):
    """部件 or 事件."""

    COMPONENT = "component"
    INCIDENT = "incident"


class ComponentState(StrEnum):
    """部件状态: 完好, 破损, 丢失, 废弃, 移除."""

    INTACT = "intact"
    DAMAGED = "damaged"
    LOST = "lost"
    ABANDONED = "abandoned"
    REMOVED = "removed"


class DutyRule(StrEnum):
    """Why a unit is responsible: 产权 (owner), 职责分工 (duty), 属地 (territorial)."""

    OWNER = "owner"
    DUTY = "duty"
    TERRITORIAL = "territorial"


@dataclass(frozen=True)
class Subcategory:
    """小类: one kind of component or incident, such as C0101 上水井盖."""

    code: str
    kind: Kind
    category_code: str
    category: str
    name: str
    in_use: bool
    provenance: str
    confidence: str


@dataclass(frozen=True)
class FilingStandard:
    """立案标准: a condition for filing a problem of this kind, its limit, and when it is put right."""

    id: str
    subcategory: str
    condition: str
    limit: int
    limit_unit: LimitUnit
    closing_condition: str
    urgency: Urgency
    basis: str
    synthetic: bool

    @property
    def time_limit(self) -> TimeLimit:
        return TimeLimit(self.limit, self.limit_unit)


@dataclass(frozen=True)
class ResponsibleUnit:
    """责任单位; `group` is the group (评价分组) it is ranked in."""

    code: str
    name: str
    unit_type: str
    active: bool
    group: str
    synthetic: bool


@dataclass(frozen=True)
class Duty:
    """职责分工: who acts on a kind; `area` is a responsibility grid, a town, or None for everywhere."""

    subcategory: str
    area: str | None
    primary: str
    assisting: tuple[str, ...]
    synthetic: bool


@dataclass(frozen=True)
class DutyDecision:
    """Who must act (主办, 协办), with the reason in words."""

    primary: str
    assisting: tuple[str, ...]
    reason: str
    rule: DutyRule


@dataclass(frozen=True)
class Component:
    """部件: one thing in the street, with its 16-digit code."""

    code: str
    subcategory: str
    name: str
    lon: float
    lat: float
    unit_grid_code: str
    owner: str | None
    keeper: str | None
    state: ComponentState
    synthetic: bool


@dataclass(frozen=True)
class Village:
    """村 or 社区 with its 12-digit code, the first part of a cell's code."""

    code: str
    name: str
    town_code: str
    town: str


VILLAGE_DIGITS = 12
"""Of a unit grid cell's fifteen digits, those that name its village or community."""


def village_of(cell_code: str) -> str:
    """The village's code (社区) with which a cell's begins."""
    return cell_code[:VILLAGE_DIGITS]


@dataclass(frozen=True)
class UnitGridCell:
    """单元网格: the smallest area of city management; `polygon` is its outer ring in longitude, latitude."""

    code: str
    responsibility_grid: str
    area_m2: float
    polygon: tuple[Position, ...]
    synthetic: bool

    @property
    def village_code(self) -> str:
        return village_of(self.code)

    @property
    def town_code(self) -> str:
        return self.code[:9]


@dataclass(frozen=True)
class ResponsibilityGrid:
    """责任网格: the cells one collector patrols."""

    code: str
    name: str
    town: str
    town_code: str
    polygon: tuple[Position, ...]
    synthetic: bool


__all__ = [
    "Component",
    "ComponentState",
    "Duty",
    "DutyDecision",
    "DutyRule",
    "FilingStandard",
    "Kind",
    "Position",
    "ResponsibilityGrid",
    "ResponsibleUnit",
    "Subcategory",
    "UnitGridCell",
    "Urgency",
    "Village",
]
