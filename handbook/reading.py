"""Reading the handbook's tables (读表): typed rows out of CSV, every complaint with file and row."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

SYNTHETIC = "synthetic"


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong. Rows count as in a spreadsheet: the heading is 1; 0 is the whole file."""

    file: str
    row: int
    message: str
    column: str = ""
    """The cell's column; empty when no single cell is to blame."""

    def __str__(self) -> str:
        return f"{self.file}:{self.row}: {self.message}"


class HandbookError(ValueError):
    """The handbook cannot be used; `findings` says where and why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        shown = [str(finding) for finding in self.findings[:5]]
        more = len(self.findings) - len(shown)
        super().__init__("\n".join([*shown, *([f"… and {more} more"] if more else [])]))


class CellWrong(ValueError):
    """A cell does not hold what its column promises."""

    def __init__(self, complaint: str, column: str = "") -> None:
        super().__init__(complaint)
        self.column = column


@dataclass(frozen=True)
class Numbered:
    """Where a value was read."""

    file: str
    row: int

    def finding(self, message: str, column: str = "") -> Finding:
        return Finding(self.file, self.row, message, column)


@dataclass(frozen=True)
class Row:
    """One row, by column."""

    cells: dict[str, str]

    def text(self, column: str) -> str:
        value = self.cells[column]
        if not value:
            raise CellWrong(f"{column} is empty", column)
        return value

    def optional(self, column: str) -> str | None:
        return self.cells[column] or None

    def words(self, column: str) -> tuple[str, ...]:
        return tuple(self.cells[column].split())

    def digits(self, column: str, length: int) -> str:
        value = self.cells[column]
        if len(value) != length or not (value.isascii() and value.isdigit()):
            raise CellWrong(f"{column} {value!r} is not {length} digits", column)
        return value

    def whole(self, column: str) -> int:
        value = self.cells[column]
        if not (value.isascii() and value.isdigit()):
            raise CellWrong(f"{column} {value!r} is not a whole number", column)
        return int(value)

    def degrees(self, column: str, limit: int) -> float:
        try:
            value = float(self.cells[column])
        except ValueError as error:
            raise CellWrong(f"{column} {self.cells[column]!r} is not a number", column) from error
        if not -limit <= value <= limit:
            raise CellWrong(f"{column} {value} is out of range", column)
        return value

    def choice(self, column: str, choices: type[E]) -> E:
        value = self.cells[column]
        try:
            return choices(value)
        except ValueError as error:
            allowed = ", ".join(choices)
            raise CellWrong(f"{column} {value!r} is none of {allowed}", column) from error

    def yes(self, column: str) -> bool:
        value = self.cells[column]
        if value not in ("yes", "no"):
            raise CellWrong(f"{column} {value!r} is neither yes nor no", column)
        return value == "yes"

    def is_synthetic(self) -> bool:
        return self.text("provenance") == SYNTHETIC


def read_table(
    file: str, content: bytes, columns: Sequence[str], build: Callable[[Row], T], findings: list[Finding]
) -> list[tuple[Numbered, T]]:
    """Every readable row as a value with its place; what cannot be read becomes a finding."""
    values: list[tuple[Numbered, T]] = []
    for place, row in _rows(file, content, columns, findings):
        try:
            values.append((place, build(row)))
        except CellWrong as error:
            findings.append(place.finding(str(error), error.column))
    return values


def _rows(
    file: str, content: bytes, columns: Sequence[str], findings: list[Finding]
) -> Iterator[tuple[Numbered, Row]]:
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        heading = next(reader, [])
        if missing := [column for column in columns if column not in heading]:
            findings.append(Finding(file, 1, f"column {missing[0]} is missing"))
            return
        for cells in reader:
            place = Numbered(file, reader.line_num)
            if len(cells) == len(heading):
                stripped = (cell.strip() for cell in cells)
                yield place, Row(dict(zip(heading, stripped, strict=True)))
            elif cells:
                findings.append(place.finding(f"has {len(cells)} cells, the heading has {len(heading)}"))
    except UnicodeDecodeError:
        findings.append(Finding(file, 0, "is not UTF-8"))
    except csv.Error as error:
        findings.append(Finding(file, 0, f"is not CSV: {error}"))


def by_key(
    rows: Sequence[tuple[Numbered, T]], key: Callable[[T], Any], findings: list[Finding]
) -> dict[Any, T]:
    """The values by key; a key that occurs twice is a finding."""
    values: dict[Any, T] = {}
    for place, value in rows:
        if key(value) in values:
            findings.append(place.finding(f"{key(value)} occurs twice"))
        else:
            values[key(value)] = value
    return values
