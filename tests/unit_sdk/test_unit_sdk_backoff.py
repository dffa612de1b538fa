"""Pauses between a unit's tries: longer each time, never for ever, and not all units at one moment."""

from unit_sdk.backoff import LONGEST, SHORTEST, pause


def test_pauses_grow_from_the_shortest_to_the_longest_and_no_further() -> None:
    longest_of = [max(pause(tries) for _ in range(200)) for tries in (0, 1, 2, 3, 4)]

    assert longest_of == sorted(longest_of)
    assert SHORTEST / 2 <= longest_of[0] <= SHORTEST
    assert longest_of[4] > 8 * longest_of[0]
    assert all(LONGEST / 2 <= pause(tries) <= LONGEST for tries in (10, 16, 1_000_000))
    assert pause(1_000_000, longest=1.0) <= 1.0


def test_chance_keeps_units_apart() -> None:
    assert len({pause(5) for _ in range(50)}) > 40
