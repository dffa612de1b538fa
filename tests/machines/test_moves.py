"""The tables of moves, written a second time by hand in tests/moves.csv, and compared."""

import csv
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import pytest

from services.assessment import appeals
from services.dispatch.domain import assignment
from services.hotline import domain as call
from services.intake.domain import answer, case, report, task

MACHINES: Mapping[str, Mapping[StrEnum, frozenset[StrEnum]]] = {
    "report": report.ALLOWED_MOVES,
    "case": case.ALLOWED_MOVES,
    "assignment": assignment.ALLOWED_MOVES,
    "answer": answer.ALLOWED_MOVES,
    "task": task.ALLOWED_MOVES,
    "call_back": call.ALLOWED_MOVES,
    "appeal": appeals.ALLOWED_MOVES,
}


def written() -> dict[str, set[tuple[str, str]]]:
    """The moves of each machine as they stand in the file."""
    moves: dict[str, set[tuple[str, str]]] = {}
    with (Path(__file__).parents[1] / "moves.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            moves.setdefault(row["machine"], set()).add((row["from"], row["to"]))
    return moves


@pytest.mark.parametrize("machine", MACHINES)
def test_a_machine_moves_as_it_is_written_down_and_in_no_other_way(machine: str) -> None:
    table = MACHINES[machine]

    assert {(str(a), str(b)) for a, moves in table.items() for b in moves} == written()[machine]
