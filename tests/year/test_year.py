"""One historical month through the doors of a system started for replay."""

from datetime import date
from pathlib import Path

import pytest

from tests.stack import Stack
from tests.year.run import play

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1200)]

JULY = {"cases": 1_340, "begin": date(2019, 7, 1), "end": date(2019, 8, 1), "seed": 20190701}


def test_a_month_replayed_gives_the_figures_of_its_log_and_of_the_oracle(tmp_path: Path) -> None:
    with Stack(tmp_path / "state", replay=True) as stack:
        figures = play(stack, **JULY)

    assert figures.pop("differences") == []
    assert 0 < figures["disposed"] < figures["problems"]
    for turn in (
        *("appeals_granted", "appeals_refused", "urged", "extensions_refused", "suspensions_refused"),
        *("escalated_to_supervisor", "escalated_to_leader"),
    ):
        assert figures["counts"][turn] > 0, turn
    assert 0 < figures["on_time_rate"] < figures["disposal_rate"]


def test_some_days_at_half_the_speed_gives_the_same_figures(tmp_path: Path) -> None:
    days = {"cases": 130, "begin": date(2019, 7, 1), "end": date(2019, 7, 4), "seed": 20190701}
    with Stack(tmp_path / "fast", replay=True) as stack:
        fast = play(stack, **days, hands=4)
    with Stack(tmp_path / "slow", replay=True) as stack:
        slow = play(stack, **days, hands=1)

    assert fast["differences"] == slow["differences"] == []
    assert fast["counts"] == slow["counts"]
    assert fast["counts"]["handled"] > 0
