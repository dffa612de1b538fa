"""The main job end to end: a day of reports through the public doors of a running system."""

from pathlib import Path

import pytest

from tests.journey.run import play
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


def test_every_report_lands_somewhere_and_every_voice_gets_an_answer(tmp_path: Path) -> None:
    with Stack(tmp_path / "state") as stack:
        figures = play(stack, reports=200, seed=20200615)

    assert figures.pop("differences") == []
    assert figures["reports"] == 200
    assert figures["answered"] + figures["unreachable"] == 200
    assert figures["unreachable"] >= 2
    assert figures["rework"] >= 5
    assert figures["sent_back"] >= 15
    for turn in ("merged", "reopened", "reopenings_declined", "self_handled", "coordinated"):
        assert figures[turn] >= 5, turn
    for turn in ("extended_twice", "extensions_refused", "suspensions_refused", "urged"):
        assert figures[turn] >= 5, turn
    assert figures["urgency_raised"] >= 10
    assert figures["visits"] >= 150
    assert (figures["on_duty"], figures["posts_handed_over"]) == (8, 3)
