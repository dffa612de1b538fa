"""What an upload changes (手册变更): rows added, changed and removed in each file of the handbook."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from handbook import files as names
from handbook.files import HandbookFiles

KEYS: Mapping[str, tuple[str, ...]] = {
    names.CATEGORIES: ("kind", "category_code", "subcategory_code"),
    names.STANDARDS: ("kind", "category_code", "subcategory_code", "condition_no"),
    names.CLOSING_CONDITIONS: ("standard",),
    names.UNITS: ("code",),
    names.UNIT_TYPES: ("unit_type",),
    names.TERRITORIES: ("town_code",),
    names.DUTIES: ("subcategory", "area"),
    names.VILLAGES: ("village_code",),
    names.CALENDAR: ("date",),
    names.COMPONENTS: ("code",),
}
"""The columns by which a row of each table is known."""

MOST_KEYS = 50


@dataclass(frozen=True)
class FileChange:
    """So many rows of a file were added, changed, removed; `keys` names the first of them."""

    file: str
    added: int
    changed: int
    removed: int
    keys: tuple[str, ...]


def changes(before: HandbookFiles, after: HandbookFiles) -> list[FileChange]:
    """The files that differ, in the order of the handbook; both have passed the check."""
    differing = (name for name in names.FILE_NAMES if before[name] != after[name])
    return [_change(name, _rows(name, before[name]), _rows(name, after[name])) for name in differing]


def _change(file: str, before: Mapping[str, object], after: Mapping[str, object]) -> FileChange:
    added = [key for key in after if key not in before]
    changed = [key for key, row in after.items() if key in before and before[key] != row]
    removed = [key for key in before if key not in after]
    keys = tuple([*added, *changed, *removed][:MOST_KEYS])
    return FileChange(file, len(added), len(changed), len(removed), keys)


def _rows(file: str, content: bytes) -> Mapping[str, object]:
    if file == names.SETTINGS:
        return dict(yaml.safe_load(content))
    if file not in KEYS:
        return {str(one["properties"]["code"]): one for one in json.loads(content)["features"]}
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    stripped = ({name: cell.strip() for name, cell in row.items()} for row in rows)
    return {" ".join(row[column] for column in KEYS[file]).strip(): row for row in stripped}
