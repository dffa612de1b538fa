"""From the Excel form into the handbook's files and back (手册导入导出)."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from handbook import files as names
from handbook.edition import Handbook
from handbook.excel_form import Form, FormRow, read_form, write_form
from handbook.files import HandbookFiles
from handbook.reading import Finding
from handbook.tables import KIND_LETTERS
from handbook.values import Kind
from handbook.working_time import LimitUnit, TimeLimit

IMPORTED = "imported"
_BETWEEN_UNITS = re.compile(r"[;；\n]")
_PERHAPS_BETWEEN_UNITS = re.compile(r"[、,，/ ]")
Cells = dict[str, str]


@dataclass(frozen=True)
class Imported:
    """The handbook's files with the form in them, and the rows that were left out."""

    files: HandbookFiles
    rows: int
    refused: tuple[Finding, ...]


def export_form(handbook: Handbook) -> bytes:
    """Every condition of every kind in use, in the county's own form."""
    return write_form(form_rows(handbook), handbook.settings.county_name)


def form_rows(handbook: Handbook) -> list[FormRow]:
    """The handbook's conditions as the form's rows."""
    catalogue = {_code(row): row for row in _read(handbook.file(names.CATEGORIES))}
    departments = {_standard_id(row): row for row in _read(handbook.file(names.STANDARDS))}
    return [
        FormRow(
            kind=kind.kind,
            category_code=kind.category_code,
            category=kind.category,
            subcategory_code=kind.code[3:],
            subcategory=kind.name,
            responsible=catalogue[kind.code]["responsible_unit_types"],
            department=departments[standard.id].get("department", ""),
            condition=standard.condition,
            closing_condition=standard.closing_condition,
            limit=standard.time_limit,
        )
        for kind in handbook.subcategories.values()
        if kind.in_use
        for standard in handbook.standards_of(kind.code)
    ]


def import_form(content: bytes, base: HandbookFiles) -> Imported:
    """The base handbook with the form's catalogue, conditions and limits.

    A kind that the form lacks is taken out of use, never deleted. What the form does not say (urgency,
    duties) stays as it is, and is derived for what is new. Raises `FormUnreadable` when the file is not
    the form at all.
    """
    form = read_form(content)
    refused = list(form.refused)
    base_tables = _Base(base)
    kinds = _by_kind(form, base_tables, refused)
    files = dict(base)
    files[names.CATEGORIES] = _categories(kinds, base_tables)
    standards, closing = _standards(kinds, base_tables)
    files[names.STANDARDS], files[names.CLOSING_CONDITIONS] = standards, closing
    files[names.UNIT_TYPES] = _write(_with_unit_types(kinds, base_tables))
    files[names.DUTIES] = _write(_with_duties(kinds, base_tables))
    return Imported(files, sum(map(len, kinds.values())), tuple(sorted(refused)))


class _Base:
    """The tables that an import begins with."""

    def __init__(self, files: HandbookFiles) -> None:
        self.categories = _read(files[names.CATEGORIES])
        self.standards = _read(files[names.STANDARDS])
        self.closing = {row["standard"]: row for row in _read(files[names.CLOSING_CONDITIONS])}
        self.unit_types = _read(files[names.UNIT_TYPES])
        self.duties = _read(files[names.DUTIES])
        self.known_types = {row["unit_type"]: row["units"].split() for row in self.unit_types}
        self.units = {row["name"]: row["code"] for row in _read(files[names.UNITS])}

    def words(self, text: str) -> list[str]:
        """The units that 处置单位 names; a comma may be part of a name that the handbook knows."""
        found: list[str] = []
        for part in (part.strip() for part in _BETWEEN_UNITS.split(text)):
            known = self.unit_of(part) is not None
            found += [part] if known else [one.strip() for one in _PERHAPS_BETWEEN_UNITS.split(part)]
        return [word for word in dict.fromkeys(found) if word]

    def unit_of(self, text: str) -> str | None:
        """The unit behind a word of 处置单位: a type of unit, or a unit's own name."""
        if text in self.known_types:
            return next(iter(self.known_types[text]), "")
        return self.units.get(text)


def _by_kind(form: Form, base: _Base, refused: list[Finding]) -> dict[str, list[FormRow]]:
    kinds: dict[str, list[FormRow]] = {}
    for place, row in form.rows:
        rows = kinds.get(row.code, [])
        unknown = [word for word in base.words(row.responsible) if base.unit_of(word) is None]
        if unknown:
            reason = f"处置单位“{unknown[0]}”不在 units.csv 和 unit_types.csv 中 / is no known unit"
        elif rows and (row.subcategory, row.category) != (rows[0].subcategory, rows[0].category):
            name = f"{rows[0].category}·{rows[0].subcategory}"
            reason = f"{row.code} 前面的名称为“{name}” / has another name above"
        elif row.condition in [other.condition for other in rows]:
            reason = f"{row.code} 的立案条件重复 / the condition occurs twice"
        else:
            kinds.setdefault(row.code, []).append(row)
            continue
        refused.append(Finding(place.file, place.row, reason))
    return kinds


def _categories(kinds: dict[str, list[FormRow]], base: _Base) -> bytes:
    before = {_code(row): row for row in base.categories}
    rows = []
    for code, row in before.items():
        if code not in kinds:
            rows.append({**row, "in_use": "no"})
        else:
            rows.append(_category(kinds[code][0], row, base))
    rows += [_category(found[0], {}, base) for code, found in kinds.items() if code not in before]
    if (
        all(row.get("in_use", "yes") == "yes" for row in rows)
        and "in_use" not in (base.categories or [{}])[0]
    ):
        for row in rows:
            row.pop("in_use", None)
    return _write(rows)


def _category(row: FormRow, before: Cells, base: _Base) -> Cells:
    new = {
        "kind": row.kind.value,
        "category_code": row.category_code,
        "category": row.category,
        "subcategory_code": row.subcategory_code,
        "subcategory": row.subcategory,
        "responsible_unit_types": "; ".join(base.words(row.responsible)),
    }
    told = {
        "provenance": before.get("provenance", IMPORTED),
        "confidence": before.get("confidence", "county"),
    }
    return {**before, **new, **told, "in_use": "yes"}


def _standards(kinds: dict[str, list[FormRow]], base: _Base) -> tuple[bytes, bytes]:
    old: dict[str, list[Cells]] = {}
    for cells in base.standards:
        old.setdefault(_code(cells), []).append(cells)
    standards: list[Cells] = []
    closing: list[Cells] = []
    for code in dict.fromkeys((*old, *kinds)):
        if code not in kinds:
            standards += old[code]
            closing += [base.closing[_standard_id(cells)] for cells in old[code]]
        for number, row in enumerate(kinds.get(code, []), 1):
            before = _same_condition(row, old.get(code, []), base)
            standards.append(_standard(row, number, before))
            closing.append(_closing(row, number, before, base))
    return _write(standards), _write(closing)


def _same_condition(row: FormRow, old: Sequence[Cells], base: _Base) -> Cells | None:
    for cells in old:
        told = cells["filing_condition"] or base.closing[_standard_id(cells)]["condition"]
        if told == row.condition:
            return cells
    return None


def _standard(row: FormRow, number: int, before: Cells | None) -> Cells:
    kept = before or {"basis": "county table"}
    limit_text = str(row.limit)
    if before and _limit_of(before) == row.limit:
        limit_text = before.get("limit_text", limit_text)
    # A condition that stands beside the closing condition stays there.
    condition = row.condition if before is None or before["filing_condition"] else ""
    cells = {
        **kept,
        "kind": row.kind.value,
        "category_code": row.category_code,
        "subcategory_code": row.subcategory_code,
        "subcategory": row.subcategory,
        "condition_no": str(number),
        "filing_condition": condition,
        "limit": str(row.limit.amount),
        "limit_unit": row.limit.unit.value,
        "limit_text": limit_text,
    }
    return {**cells, "department": row.department} if row.department else cells


def _closing(row: FormRow, number: int, before: Cells | None, base: _Base) -> Cells:
    standard = f"{row.code}-{number}"
    urgency = "urgent" if row.limit.unit.is_continuous else "ordinary"
    kept = base.closing[_standard_id(before)] if before else {"urgency": urgency, "condition": ""}
    same = kept.get("closing_condition") == row.closing_condition
    provenance = kept["provenance"] if same else IMPORTED
    return {
        **kept,
        "standard": standard,
        "closing_condition": row.closing_condition,
        "provenance": provenance,
    }


def _with_unit_types(kinds: dict[str, list[FormRow]], base: _Base) -> list[Cells]:
    words = dict.fromkeys(word for rows in kinds.values() for word in base.words(rows[0].responsible))
    return [
        *base.unit_types,
        *(
            {"unit_type": word, "units": base.units[word], "meaning": word, "provenance": IMPORTED}
            for word in words
            if word not in base.known_types
        ),
    ]


def _with_duties(kinds: dict[str, list[FormRow]], base: _Base) -> list[Cells]:
    assigned = {row["subcategory"] for row in base.duties}
    new = []
    for code, rows in kinds.items():
        units = list(dict.fromkeys(filter(None, map(base.unit_of, base.words(rows[0].responsible)))))
        if code not in assigned and units:
            row = {"subcategory": code, "area": "", "primary": units[0], "assisting": " ".join(units[1:])}
            new.append({**row, "provenance": IMPORTED})
    return [*base.duties, *new]


def _limit_of(row: Cells) -> TimeLimit:
    return TimeLimit(int(row["limit"]), LimitUnit(row["limit_unit"]))


def _code(row: Cells) -> str:
    return KIND_LETTERS[Kind(row["kind"])] + row["category_code"] + row["subcategory_code"]


def _standard_id(row: Cells) -> str:
    return f"{_code(row)}-{row['condition_no']}"


def _read(content: bytes) -> list[Cells]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _write(rows: Iterable[Cells]) -> bytes:
    listed = list(rows)
    columns = list(dict.fromkeys(column for row in listed for column in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue().encode()
