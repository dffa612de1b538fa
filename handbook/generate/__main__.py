"""`python -m handbook.generate [folder]`: writes the default handbook's generated files (示例手册)."""

import sys
from collections.abc import Iterator
from pathlib import Path

from handbook import files
from handbook.generate.calendar import calendar_csv
from handbook.generate.closing import closing_conditions_csv
from handbook.generate.components import components_csv
from handbook.generate.duties import duties_csv
from handbook.generate.grid import lay_out, responsibility_grids_geojson, unit_grid_geojson


def generated(data: Path) -> Iterator[tuple[str, bytes]]:
    """Each generated file, in the order in which they build on one another and on what `data` holds."""
    yield files.CALENDAR, calendar_csv()
    yield files.CLOSING_CONDITIONS, closing_conditions_csv(data)
    yield files.DUTIES, duties_csv(data)
    layout = lay_out(data)
    yield files.UNIT_GRID, unit_grid_geojson(layout)
    yield files.RESPONSIBILITY_GRIDS, responsibility_grids_geojson(layout)
    yield files.COMPONENTS, components_csv(data, layout)


def main(arguments: list[str]) -> None:
    data = Path(arguments[0]) if arguments else files.BUNDLED
    for name, content in generated(data):
        (data / name).write_bytes(content)
        sys.stdout.write(f"{data / name}: {len(content)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
