"""Writes duties.csv (职责分工): from the catalogue's types of unit, their table, and exceptions."""

import csv
from collections.abc import Iterator
from pathlib import Path

from handbook.files import CATEGORIES, TERRITORIES, UNIT_TYPES
from handbook.generate.writing import csv_bytes
from handbook.reading import SYNTHETIC

EXCEPTIONS = Path(__file__).parent / "duty_exceptions.csv"
LETTERS = {"component": "C", "incident": "I"}
TOWNSHIPS = "乡镇/街道"
BY_TERRITORY = "territory"

Row = dict[str, str]


def duties_csv(data: Path) -> bytes:
    """One row a kind; where the township takes part, one more a town."""
    types = {row["unit_type"]: row["units"].split() for row in _read(data / UNIT_TYPES)}
    towns = {row["town_code"]: row["unit"] for row in _read(data / TERRITORIES)}
    exceptions = {row["subcategory"]: row["primary"] for row in _read(EXCEPTIONS)}
    rows = [
        duty
        for kind in _read(data / CATEGORIES)
        for duty in _duties_of(kind, types, towns, exceptions.get(_code(kind)))
    ]
    return csv_bytes(["subcategory", "area", "primary", "assisting", "provenance"], rows)


def _duties_of(
    kind: Row, types: dict[str, list[str]], towns: dict[str, str], exception: str | None
) -> Iterator[list[str]]:
    code = _code(kind)
    named = [name.strip() for name in kind["responsible_unit_types"].split(";")]
    candidates = list(dict.fromkeys(u for name in named if name != TOWNSHIPS for u in types[name]))
    if exception == BY_TERRITORY:
        # Nobody knows the town where a case lies outside the grid: the next candidate takes it there.
        yield [code, "", candidates[0], " ".join(candidates[1:]), SYNTHETIC]
        for town, township in towns.items():
            yield [code, town, township, " ".join(candidates), SYNTHETIC]
        return
    primary = exception or candidates[0]
    others = [unit for unit in candidates if unit != primary]
    yield [code, "", primary, " ".join(others), SYNTHETIC]
    if TOWNSHIPS in named:
        for town, township in towns.items():
            yield [code, town, primary, " ".join([*others, township]), SYNTHETIC]


def _code(kind: Row) -> str:
    return LETTERS[kind["kind"]] + kind["category_code"] + kind["subcategory_code"]


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
