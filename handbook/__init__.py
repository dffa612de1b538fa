"""The county's 监督指挥手册 as data and typed values: what is a case, who acts on it, by when, and where."""

from handbook.calendar import COUNTY_TIME, CalendarYearMissing, WorkCalendar, WorkPeriod
from handbook.components import ComponentRegister
from handbook.datum import Datum, to_wgs84
from handbook.edition import Handbook
from handbook.grid import Grid
from handbook.loading import load, load_archive, load_files
from handbook.reading import Finding, HandbookError
from handbook.responsibility import DutyTable, NoResponsibleUnit
from handbook.settings import Settings
from handbook.values import (
    Component,
    ComponentState,
    Duty,
    DutyDecision,
    DutyRule,
    FilingStandard,
    Kind,
    ResponsibilityGrid,
    ResponsibleUnit,
    Subcategory,
    UnitGridCell,
    Urgency,
    Village,
)
from handbook.working_time import (
    ClockMoveNotAllowed,
    HandlingClock,
    Light,
    LimitUnit,
    Stretch,
    TimeLimit,
    add,
    due_at,
    light_of,
    remaining,
    working_seconds,
)

__all__ = [
    "COUNTY_TIME",
    "CalendarYearMissing",
    "ClockMoveNotAllowed",
    "Component",
    "ComponentRegister",
    "ComponentState",
    "Datum",
    "Duty",
    "DutyDecision",
    "DutyRule",
    "DutyTable",
    "FilingStandard",
    "Finding",
    "Grid",
    "Handbook",
    "HandbookError",
    "HandlingClock",
    "Kind",
    "Light",
    "LimitUnit",
    "NoResponsibleUnit",
    "ResponsibilityGrid",
    "ResponsibleUnit",
    "Settings",
    "Stretch",
    "Subcategory",
    "TimeLimit",
    "UnitGridCell",
    "Urgency",
    "Village",
    "WorkCalendar",
    "WorkPeriod",
    "add",
    "due_at",
    "light_of",
    "load",
    "load_archive",
    "load_files",
    "remaining",
    "to_wgs84",
    "working_seconds",
]
