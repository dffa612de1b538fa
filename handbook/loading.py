"""Loading the handbook (装载手册): from a folder, from the bundled default, or from an archive."""

from pathlib import Path
from types import MappingProxyType

from handbook.calendar import WorkCalendar
from handbook.edition import Handbook
from handbook.files import BUNDLED, HandbookFiles, digest, read_folder, unpack
from handbook.reading import Finding, HandbookError
from handbook.responsibility import DutyTable
from handbook.review import review_tables
from handbook.settings import Settings
from handbook.tables import DayKind, Tables, read_tables
from handbook.values import FilingStandard


def load(path: Path | None = None) -> Handbook:
    """The handbook of a folder, by default the bundled one; raises `HandbookError` with every finding."""
    return load_files(read_folder(path or BUNDLED))


def load_archive(archive: bytes) -> Handbook:
    """The handbook that `Handbook.archive` packed."""
    return load_files(unpack(archive))


def load_files(files: HandbookFiles) -> Handbook:
    findings: list[Finding] = []
    tables = read_tables(files, findings)
    findings += review_tables(tables)
    if findings or tables.settings is None:
        raise HandbookError(sorted(findings))
    sha256 = digest(files)
    units = MappingProxyType({unit.code: unit for _, unit in tables.units})
    return Handbook(
        version=f"v-{sha256[:12]}",
        sha256=sha256,
        subcategories=MappingProxyType(
            {row.subcategory.code: row.subcategory for _, row in tables.catalogue}
        ),
        standards=MappingProxyType({standard.id: standard for standard in _standards(tables)}),
        units=units,
        villages=MappingProxyType({village.code: village for _, village in tables.villages}),
        duties=DutyTable(
            by_kind_and_area={(duty.subcategory, duty.area): duty for _, duty in tables.duties},
            townships={row.town_code: row.unit for _, row in tables.territories},
            units=units,
            kind_names={row.subcategory.code: row.subcategory.name for _, row in tables.catalogue},
        ),
        calendar=_calendar(tables, tables.settings),
        settings=tables.settings,
        _files=MappingProxyType(dict(files)),
    )


def _standards(tables: Tables) -> list[FilingStandard]:
    closing = {row.standard: row for _, row in tables.closing}
    return [
        FilingStandard(
            id=row.id,
            subcategory=row.subcategory,
            condition=row.condition or closing[row.id].condition or "",
            limit=row.limit,
            limit_unit=row.limit_unit,
            closing_condition=closing[row.id].closing_condition,
            urgency=closing[row.id].urgency,
            basis=row.basis,
            synthetic=closing[row.id].synthetic,
        )
        for _, row in tables.standards
    ]


def _calendar(tables: Tables, settings: Settings) -> WorkCalendar:
    days = [row for _, row in tables.calendar]
    years = [row.day.year for row in days if row.kind is DayKind.HOLIDAY]
    return WorkCalendar(
        years=range(min(years), max(years) + 1),
        holidays={row.day: row.festival for row in days if row.kind is DayKind.HOLIDAY},
        make_up_days={row.day: row.festival for row in days if row.kind is DayKind.MAKE_UP_DAY},
        periods=settings.work_periods,
    )
