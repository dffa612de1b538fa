"""The table of attempts (越权尝试): what a unit may try on the broker, what is expected of it, and why."""

import csv
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("attempts.csv")


@dataclass(frozen=True)
class Attempt:
    """One row of the table."""

    attempt: str
    expected: str
    why: str


def attempts() -> list[Attempt]:
    """Every row, in the table's order."""
    with TABLE.open(encoding="utf-8", newline="") as opened:
        return [Attempt(**row) for row in csv.DictReader(opened)]


def expecting(*expected: str) -> list[str]:
    """The attempts of which this is expected."""
    return [row.attempt for row in attempts() if row.expected in expected]


def as_markdown() -> str:
    """The table as docs/units.md shows it: ``python -m tests.units.attempts`` prints it."""
    rows = ["| attempt | expected | why |", "|---|---|---|"]
    rows += [f"| {row.attempt} | {row.expected} | {row.why} |" for row in attempts()]
    return "\n".join(rows)


if __name__ == "__main__":
    print(as_markdown())
