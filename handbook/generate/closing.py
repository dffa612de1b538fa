"""Writes closing_conditions.csv (结案条件、轻重缓急): from verbs per kind and words of the condition."""

import csv
import re
from pathlib import Path

from handbook.files import STANDARDS
from handbook.generate.writing import csv_bytes
from handbook.reading import SYNTHETIC

SOURCES = Path(__file__).parent
LETTERS = {"component": "C", "incident": "I"}
# Fire, crowds and burst gas mains: more than one unit has to move.
MAJOR_KINDS = ("I0598", "I0599", "I0502")
DANGER = re.compile("堵塞消防通道|断裂、下坠")

Row = dict[str, str]


def closing_conditions_csv(data: Path) -> bytes:
    """What puts each standard's problem right, how urgent it is, and words for an empty condition."""
    verbs = {row["subcategory"]: row for row in _read(SOURCES / "closing_verbs.csv")}
    patterns = [
        (re.compile(row["pattern"]), row["put_right"]) for row in _read(SOURCES / "closing_patterns.csv")
    ]
    rows = []
    for standard in _read(data / STANDARDS):
        kind = LETTERS[standard["kind"]] + standard["category_code"] + standard["subcategory_code"]
        condition, name = standard["filing_condition"], standard["subcategory"]
        put_right = _put_right(condition, verbs[kind], patterns)
        rows.append(
            [
                f"{kind}-{standard['condition_no']}",
                f"{name}问题已处置：{put_right}；处置前后照片为同一位置",
                _urgency(kind, standard),
                "" if condition else f"发现{name}现象",
                SYNTHETIC,
            ]
        )
    return csv_bytes(["standard", "closing_condition", "urgency", "condition", "provenance"], rows)


def _put_right(condition: str, verb: Row, patterns: list[tuple[re.Pattern[str], str]]) -> str:
    if verb["by_condition"] == "yes":
        for pattern, put_right in patterns:
            if pattern.search(condition):
                return f"已{put_right}"
    return f"已{verb['put_right']}"


def _urgency(kind: str, standard: Row) -> str:
    continuous = standard["limit_unit"].startswith("emergency")
    if continuous and kind in MAJOR_KINDS:
        return "major"
    return "urgent" if continuous or DANGER.search(standard["filing_condition"]) else "ordinary"


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
