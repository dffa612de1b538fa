"""How many streams are too many is counted when a place is given, not when it was asked for."""

import pytest

from chassis.problems import Problem
from chassis.streams import MOST_OF_A_PERSON, MOST_STREAMS, Hub, Listener


class HubThatLetsOthersIn(Hub):
    """While somebody waits for it to hear, so many others take a place."""

    def __init__(self, *others: str) -> None:
        super().__init__("", "", newest=lambda: 0, after=lambda position, limit: ())
        self._others = others

    def _await_hearing(self) -> None:
        self._listeners.update(Listener(person) for person in self._others)


def test_who_took_a_place_while_one_waited_is_counted() -> None:
    with pytest.raises(Problem):
        HubThatLetsOthersIn(*["leader"] * MOST_OF_A_PERSON).join("leader")
    with pytest.raises(Problem):
        HubThatLetsOthersIn(*map(str, range(MOST_STREAMS))).join("leader")

    assert HubThatLetsOthersIn(*["leader"] * (MOST_OF_A_PERSON - 1)).join("leader").person == "leader"
