"""The review of the light tables (目录审查): unknown codes, gaps, doubles, missing duties."""

from collections.abc import Iterable

from handbook import files as names
from handbook.reading import Finding, Numbered, by_key
from handbook.tables import DayKind, Tables

FESTIVALS = ("元旦", "春节", "清明节", "劳动节", "端午节", "国庆节")


def review_tables(tables: Tables) -> list[Finding]:
    """Everything that is wrong between the tables."""
    findings: list[Finding] = []
    _review_catalogue(tables, findings)
    _review_standards(tables, findings)
    _review_units(tables, findings)
    _review_duties(tables, findings)
    _review_calendar(tables, findings)
    _review_settings(tables, findings)
    return findings


def _review_catalogue(tables: Tables, findings: list[Finding]) -> None:
    by_key(tables.catalogue, lambda row: row.subcategory.code, findings)
    by_key(tables.villages, lambda village: village.code, findings)
    types = by_key(tables.unit_types, lambda row: row.unit_type, findings)
    for place, row in tables.catalogue:
        for unit_type in row.unit_types:
            if unit_type not in types:
                findings.append(
                    place.finding(
                        f"unit type {unit_type} is not in {names.UNIT_TYPES}", "responsible_unit_types"
                    )
                )
    for place, village in tables.villages:
        if not village.code.startswith(village.town_code):
            findings.append(
                place.finding(f"{village.code} does not lie in town {village.town_code}", "village_code")
            )


def _review_standards(tables: Tables, findings: list[Finding]) -> None:
    kinds = {row.subcategory.code for _, row in tables.catalogue}
    standards = by_key(tables.standards, lambda row: row.id, findings)
    closing = by_key(tables.closing, lambda row: row.standard, findings)
    for place, standard in tables.standards:
        if standard.subcategory not in kinds:
            findings.append(
                place.finding(
                    f"subcategory {standard.subcategory} is not in {names.CATEGORIES}", "subcategory_code"
                )
            )
        if standard.id not in closing:
            findings.append(place.finding(f"{standard.id} has no closing condition"))
        elif not (standard.condition or closing[standard.id].condition):
            findings.append(place.finding(f"{standard.id} has no filing condition", "filing_condition"))
    for place, row in tables.closing:
        if row.standard not in standards:
            findings.append(place.finding(f"standard {row.standard} is not in {names.STANDARDS}", "standard"))
    with_standards = {row.subcategory for _, row in tables.standards}
    for place, entry in tables.catalogue:
        if entry.subcategory.in_use and entry.subcategory.code not in with_standards:
            findings.append(place.finding(f"{entry.subcategory.code} has no filing standard"))


def _review_units(tables: Tables, findings: list[Finding]) -> None:
    units = by_key(tables.units, lambda unit: unit.code, findings)
    by_key(tables.territories, lambda row: row.town_code, findings)
    towns = {village.town_code for _, village in tables.villages}
    for place, types in tables.unit_types:
        _unknown_units(place, "units", types.units, units, findings)
    for place, territory in tables.territories:
        _unknown_units(place, "unit", [territory.unit], units, findings)
        if territory.town_code not in towns:
            findings.append(
                place.finding(f"town {territory.town_code} is not in {names.VILLAGES}", "town_code")
            )
    busy = {unit for _, duty in tables.duties for unit in (duty.primary, *duty.assisting)}
    for place, unit in tables.units:
        if unit.active and unit.code not in busy:
            findings.append(place.finding(f"unit {unit.code} has no duty"))


def _review_duties(tables: Tables, findings: list[Finding]) -> None:
    kinds = {row.subcategory.code for _, row in tables.catalogue}
    units = {unit.code: unit for _, unit in tables.units}
    towns = {village.town_code for _, village in tables.villages}
    by_key(tables.duties, lambda duty: (duty.subcategory, duty.area), findings)
    for place, duty in tables.duties:
        if duty.subcategory not in kinds:
            findings.append(
                place.finding(f"subcategory {duty.subcategory} is not in {names.CATEGORIES}", "subcategory")
            )
        _unknown_units(place, "primary", [duty.primary], units, findings)
        _unknown_units(place, "assisting", duty.assisting, units, findings)
        if duty.primary in units and not units[duty.primary].active:
            findings.append(place.finding(f"unit {duty.primary} is not active", "primary"))
        if duty.primary in duty.assisting:
            findings.append(place.finding(f"unit {duty.primary} cannot assist itself", "assisting"))
        if duty.area and len(duty.area) == 9 and duty.area not in towns:
            findings.append(place.finding(f"area {duty.area} is not a town in {names.VILLAGES}", "area"))
    assigned = {duty.subcategory for _, duty in tables.duties}
    for place, row in tables.catalogue:
        if row.subcategory.in_use and row.subcategory.code not in assigned:
            findings.append(place.finding(f"{row.subcategory.code} has no duty"))


def _review_calendar(tables: Tables, findings: list[Finding]) -> None:
    by_key(tables.calendar, lambda row: row.day, findings)
    for place, row in tables.calendar:
        if row.kind is DayKind.MAKE_UP_DAY and row.day.weekday() < 5:
            findings.append(place.finding(f"make-up day {row.day} is not at a weekend", "date"))
    entered = {
        (row.day.year, festival)
        for _, row in tables.calendar
        for festival in row.festival.split("、")
        if row.kind is DayKind.HOLIDAY
    }
    years = {year for year, _ in entered}
    if not years:
        findings.append(Finding(names.CALENDAR, 0, "covers no year"))
        return
    for year in range(min(years), max(years) + 1):
        # A half-entered year would be a guess about the rest of it.
        findings += [
            Finding(names.CALENDAR, 0, f"{year} lacks {festival}")
            for festival in FESTIVALS
            if (year, festival) not in entered
        ]


def _review_settings(tables: Tables, findings: list[Finding]) -> None:
    if tables.settings is None:
        return
    kinds = {row.subcategory.code for _, row in tables.catalogue}
    findings += [
        Finding(
            names.SETTINGS,
            0,
            f"automatic_dispatch: {code} is not in {names.CATEGORIES}",
            "automatic_dispatch",
        )
        for code in tables.settings.automatic_dispatch
        if code not in kinds
    ]


def _unknown_units(
    place: Numbered, column: str, codes: Iterable[str], known: Iterable[str], findings: list[Finding]
) -> None:
    findings += [
        place.finding(f"unit {code} is not in {names.UNITS}", column) for code in codes if code not in known
    ]
