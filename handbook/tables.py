"""The handbook's light tables (目录、标准、单位、职责、日历): read into numbered rows of typed values."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from typing import TypeVar

import yaml

from handbook import files as names
from handbook.files import HandbookFiles
from handbook.reading import CellWrong, Finding, Numbered, Row, read_table
from handbook.settings import Settings, SettingWrong, read_settings
from handbook.values import Duty, Kind, ResponsibleUnit, Subcategory, Urgency, Village
from handbook.working_time import LimitUnit

T = TypeVar("T")
Rows = list[tuple[Numbered, T]]

LONGEST_LIMIT = 1000
"""A longer one is a slip of the pen: no calendar reaches that far."""

KIND_LETTERS = {Kind.COMPONENT: "C", Kind.INCIDENT: "I"}


class DayKind(StrEnum):
    """法定节假日 or 调休上班."""

    HOLIDAY = "holiday"
    MAKE_UP_DAY = "make_up_day"


@dataclass(frozen=True)
class CatalogueRow:
    """A kind, and the types of unit that the catalogue thinks of for it."""

    subcategory: Subcategory
    unit_types: tuple[str, ...]


@dataclass(frozen=True)
class StandardRow:
    """A filing condition with its limit, as the catalogue has it."""

    id: str
    subcategory: str
    condition: str
    limit: int
    limit_unit: LimitUnit
    basis: str


@dataclass(frozen=True)
class ClosingRow:
    """What puts a standard's problem right, its urgency, and the condition where the catalogue has none."""

    standard: str
    closing_condition: str
    urgency: Urgency
    condition: str | None
    synthetic: bool


@dataclass(frozen=True)
class UnitTypeRow:
    """Which units stand behind a type of unit."""

    unit_type: str
    units: tuple[str, ...]


@dataclass(frozen=True)
class TerritoryRow:
    """Which unit acts for a town (属地)."""

    town_code: str
    town: str
    unit: str


@dataclass(frozen=True)
class CalendarRow:
    """One day that is not what its weekday says."""

    day: date
    kind: DayKind
    festival: str


@dataclass(frozen=True)
class Tables:
    """Everything that is light, still with file and row."""

    catalogue: Rows[CatalogueRow]
    standards: Rows[StandardRow]
    closing: Rows[ClosingRow]
    units: Rows[ResponsibleUnit]
    unit_types: Rows[UnitTypeRow]
    territories: Rows[TerritoryRow]
    duties: Rows[Duty]
    villages: Rows[Village]
    calendar: Rows[CalendarRow]
    settings: Settings | None


def read_tables(files: HandbookFiles, findings: list[Finding]) -> Tables:
    """Read all light tables, noting every row that cannot be read."""

    def rows(file: str, columns: str, build: Callable[[Row], T]) -> Rows[T]:
        return read_table(file, files[file], columns.split(), build, findings)

    return Tables(
        catalogue=rows(
            names.CATEGORIES,
            "kind category_code category subcategory_code subcategory responsible_unit_types"
            " provenance confidence",
            _catalogue_row,
        ),
        standards=rows(
            names.STANDARDS,
            "kind category_code subcategory_code condition_no filing_condition limit limit_unit basis",
            _standard_row,
        ),
        closing=rows(
            names.CLOSING_CONDITIONS, "standard closing_condition urgency condition provenance", _closing_row
        ),
        units=rows(names.UNITS, "code name unit_type group active provenance", _unit),
        unit_types=rows(names.UNIT_TYPES, "unit_type units", _unit_type_row),
        territories=rows(names.TERRITORIES, "town_code town unit", _territory_row),
        duties=rows(names.DUTIES, "subcategory area primary assisting provenance", _duty),
        villages=rows(names.VILLAGES, "town_code town village_code village", _village),
        calendar=rows(names.CALENDAR, "date kind festival", _calendar_row),
        settings=_settings(files[names.SETTINGS], findings),
    )


def _kind_code(row: Row) -> str:
    letter = KIND_LETTERS[row.choice("kind", Kind)]
    return letter + row.digits("category_code", 2) + row.digits("subcategory_code", 2)


def _catalogue_row(row: Row) -> CatalogueRow:
    subcategory = Subcategory(
        code=_kind_code(row),
        kind=row.choice("kind", Kind),
        category_code=row.digits("category_code", 2),
        category=row.text("category"),
        name=row.text("subcategory"),
        in_use=row.yes("in_use") if "in_use" in row.cells else True,
        provenance=row.text("provenance"),
        confidence=row.text("confidence"),
    )
    types = tuple(part.strip() for part in row.text("responsible_unit_types").split(";"))
    return CatalogueRow(subcategory, types)


def _standard_row(row: Row) -> StandardRow:
    code = _kind_code(row)
    limit = row.whole("limit")
    if limit < 1:
        raise CellWrong(f"limit {limit} is less than 1", "limit")
    if limit > LONGEST_LIMIT:
        raise CellWrong(f"limit {limit} is more than {LONGEST_LIMIT}", "limit")
    return StandardRow(
        id=f"{code}-{row.whole('condition_no')}",
        subcategory=code,
        condition=row.cells["filing_condition"],
        limit=limit,
        limit_unit=row.choice("limit_unit", LimitUnit),
        basis=row.text("basis"),
    )


def _closing_row(row: Row) -> ClosingRow:
    return ClosingRow(
        standard=row.text("standard"),
        closing_condition=row.text("closing_condition"),
        urgency=row.choice("urgency", Urgency),
        condition=row.optional("condition"),
        synthetic=row.is_synthetic(),
    )


def _unit(row: Row) -> ResponsibleUnit:
    code = row.text("code")
    # The code becomes part of queue names and broker accounts.
    if not (code.isascii() and code.isalnum() and code == code.lower()):
        raise CellWrong(f"code {code!r} is not lower-case letters and digits", "code")
    return ResponsibleUnit(
        code=code,
        name=row.text("name"),
        unit_type=row.text("unit_type"),
        active=row.yes("active"),
        group=row.text("group"),
        synthetic=row.is_synthetic(),
    )


def _unit_type_row(row: Row) -> UnitTypeRow:
    return UnitTypeRow(row.text("unit_type"), row.words("units"))


def _territory_row(row: Row) -> TerritoryRow:
    return TerritoryRow(row.digits("town_code", 9), row.text("town"), row.text("unit"))


def _duty(row: Row) -> Duty:
    return Duty(
        subcategory=row.text("subcategory"),
        area=row.optional("area"),
        primary=row.text("primary"),
        assisting=row.words("assisting"),
        synthetic=row.is_synthetic(),
    )


def _village(row: Row) -> Village:
    return Village(
        code=row.digits("village_code", 12),
        name=row.text("village"),
        town_code=row.digits("town_code", 9),
        town=row.text("town"),
    )


def _calendar_row(row: Row) -> CalendarRow:
    try:
        day = date.fromisoformat(row.cells["date"])
    except ValueError as error:
        raise CellWrong(f"date {row.cells['date']!r} is not a date", "date") from error
    return CalendarRow(day, row.choice("kind", DayKind), row.text("festival"))


def _settings(content: bytes, findings: list[Finding]) -> Settings | None:
    complain = partial(Finding, names.SETTINGS)
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(content)):
            raise SettingWrong("an alias (*) has no place in settings")
        return read_settings(yaml.safe_load(content))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        findings.append(complain(line, f"is not YAML: {error.problem}"))
    except yaml.YAMLError as error:
        findings.append(complain(0, f"is not YAML: {error}"))
    except SettingWrong as error:
        findings.append(complain(_line_of(content, str(error)), str(error)))
    return None


def _line_of(content: bytes, complaint: str) -> int:
    """The line of the key that a complaint begins or ends with; 0 when it is not there."""
    keys = {complaint.split(":")[0], complaint.rsplit(" ", 1)[-1]}
    lines = content.decode().splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.split(":")[0] in keys), 0)
