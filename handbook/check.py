"""`python -m handbook.check [folder]`: every finding with file and row, then counts (手册检查)."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from handbook.files import BUNDLED, HandbookFiles, digest, read_folder
from handbook.reading import Finding, HandbookError
from handbook.review import review_tables
from handbook.tables import Tables, read_tables
from handbook.terrain import read_cells, read_components, read_responsibility_grids
from handbook.values import Component, Kind, ResponsibilityGrid, UnitGridCell


@dataclass(frozen=True)
class Count:
    """How many there are of something, and how many of them are synthetic (示例、合成)."""

    what: str
    total: int
    synthetic: int = 0


@dataclass(frozen=True)
class Verdict:
    """What a check found."""

    findings: tuple[Finding, ...]
    counts: tuple[Count, ...] = ()
    notes: tuple[str, ...] = field(default=())


def check(folder: Path) -> Verdict:
    """Read and review everything in a folder."""
    try:
        files = read_folder(folder)
    except HandbookError as error:
        return Verdict(error.findings)
    return check_files(files)


def check_files(files: HandbookFiles) -> Verdict:
    findings: list[Finding] = []
    tables = read_tables(files, findings)
    components = read_components(files, findings)
    cells = read_cells(files, findings)
    grids = read_responsibility_grids(files, findings)
    findings += review_tables(tables)
    # Shapely takes over 0.1 s to import: only who reviews places pays.
    from handbook.ground import review_ground

    findings += review_ground(tables, components, cells, grids)
    counts = _counts(
        tables,
        [component for _, component in components],
        [cell for _, cell in cells],
        [grid for _, grid in grids],
    )
    return Verdict(tuple(sorted(set(findings))), counts, _notes(files, tables, [cell for _, cell in cells]))


def _counts(
    tables: Tables,
    components: list[Component],
    cells: list[UnitGridCell],
    grids: list[ResponsibilityGrid],
) -> tuple[Count, ...]:
    catalogue = [row.subcategory for _, row in tables.catalogue]
    closing = [row for _, row in tables.closing]
    kinds = {
        kind: [subcategory.confidence == "low" for subcategory in catalogue if subcategory.kind is kind]
        for kind in Kind
    }
    return (
        Count("部件小类 component kinds", *_tally(kinds[Kind.COMPONENT])),
        Count("事件小类 incident kinds", *_tally(kinds[Kind.INCIDENT])),
        Count(
            "立案条件 filing standards",
            *_tally(row.basis in ("suggested", "analogy") for _, row in tables.standards),
        ),
        Count("结案条件 closing conditions", *_tally(row.synthetic for row in closing)),
        Count("责任单位 responsible units", *_tally(unit.synthetic for _, unit in tables.units)),
        Count("职责分工 duties", *_tally(duty.synthetic for _, duty in tables.duties)),
        Count("部件 components", *_tally(component.synthetic for component in components)),
        Count("单元网格 unit grid cells", *_tally(cell.synthetic for cell in cells)),
        Count("责任网格 responsibility grids", *_tally(grid.synthetic for grid in grids)),
        Count("村和社区 villages", len(tables.villages)),
        Count("节假日和调休 calendar days", len(tables.calendar)),
    )


def _tally(marks: Iterable[bool]) -> tuple[int, int]:
    counted = Counter(marks)
    return counted.total(), counted[True]


def _notes(files: HandbookFiles, tables: Tables, cells: list[UnitGridCell]) -> tuple[str, ...]:
    years = sorted({row.day.year for _, row in tables.calendar})
    area = sum(cell.area_m2 for cell in cells) / 1e6
    return (
        f"网格面积 area: {area:.2f} km2",
        f"工作日历 calendar: {years[0]}–{years[-1]}" if years else "工作日历 calendar: none",
        f"版本 version: v-{digest(files)[:12]}",
    )


def main(arguments: list[str]) -> int:
    """Print the verdict; 1 when there is anything to put right."""
    parser = argparse.ArgumentParser(
        prog="python -m handbook.check", description="检查监督指挥手册数据 / check the handbook's data"
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=BUNDLED, help="数据目录 / folder of the data (%(default)s)"
    )
    verdict = check(parser.parse_args(arguments).folder)
    lines = [str(finding) for finding in verdict.findings]
    lines += [f"{count.what}: {count.total} (synthetic {count.synthetic})" for count in verdict.counts]
    if verdict.counts:
        lines.append(f"合成数据合计 synthetic in all: {sum(count.synthetic for count in verdict.counts)}")
    lines += [*verdict.notes, f"问题 findings: {len(verdict.findings)}"]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if verdict.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
