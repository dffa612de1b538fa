"""What stands beside a row: its place in the order of arrival."""

from datetime import UTC, datetime, timedelta

from console.columns import PLACES, place, place_of, serial_of
from console.story import Story
from tests.console.console_kit import a_story
from tests.console.test_console_story import told

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def of(report: str) -> int:
    return place(Story(map(told, a_story(report, "41", "call-9")[:2])))


def test_reports_of_one_second_stand_in_the_order_of_their_serial_numbers():
    assert of("H2020061500001") < of("R2020061500002") < of("H2020061500010") < of("H2020061599999")
    assert of("H2020061500001") != of("R2020061500001")


def test_the_last_serial_number_of_a_second_comes_before_the_next_second():
    assert place_of(NOON) + 99_999 * 8 + 7 < place_of(NOON + timedelta(seconds=1))
    assert (serial_of("H2020061500017"), serial_of("R7"), serial_of("?")) == (17, 7, 0)


def test_a_place_is_a_number_that_a_browser_can_hold():
    assert place_of(NOON.replace(year=2200)) + PLACES < 2**53
