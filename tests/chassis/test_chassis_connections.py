"""Connections are lent one after another, never more of them than may be open."""

import threading
from types import SimpleNamespace

import psycopg2
import pytest

from chassis import connections as lending
from chassis.connections import Connections, NoneFree


class Raw:
    """What psycopg2 would give: all that is known of it here is whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


def test_the_one_that_came_back_last_is_lent_first():
    connections = Connections(Raw, most=3)
    one, other = connections.take(), connections.take()
    connections.give_back(one)
    connections.give_back(other)

    assert connections.take() is other
    assert connections.take() is one


@pytest.fixture
def whoever_waits(monkeypatch):
    """One who waits for the only connection, and looks by themselves after a minute only."""
    monkeypatch.setattr(lending, "A_LOOK", 60)
    connections = Connections(Raw, most=1, patience=60)
    lent, got = connections.take(), []
    waiting = threading.Thread(target=lambda: got.append(connections.take()), daemon=True)
    waiting.start()
    while not connections._waiting:
        assert waiting.is_alive()

    def gets() -> list:
        waiting.join(10)
        return got

    return SimpleNamespace(connections=connections, lent=lent, gets=gets)


def test_whoever_waits_gets_the_one_that_comes_back(whoever_waits):
    whoever_waits.connections.give_back(whoever_waits.lent)

    assert whoever_waits.gets() == [whoever_waits.lent]


def test_whoever_waits_may_open_another_when_one_is_dropped(whoever_waits):
    whoever_waits.connections.drop(whoever_waits.lent)

    (got,) = whoever_waits.gets()
    assert whoever_waits.lent.raw.closed
    assert got is not whoever_waits.lent
    assert not got.raw.closed


class CannotClose(Raw):
    def close(self) -> None:
        raise psycopg2.InterfaceError("it is away already")


def test_one_that_cannot_even_be_closed_does_not_count():
    connections = Connections(CannotClose, most=1, patience=0.01)

    connections.drop(connections.take())

    assert connections.take()


def test_none_is_free_for_ever():
    connections = Connections(Raw, most=2, patience=0.01)
    connections.take()
    connections.take()

    with pytest.raises(NoneFree):
        connections.take()


def test_one_that_could_not_be_opened_does_not_count():
    asked = []

    def open_one() -> Raw:
        asked.append(None)
        if len(asked) < 3:
            raise OSError("away")
        return Raw()

    connections = Connections(open_one, most=1, patience=0.01)
    for _ in range(2):
        with pytest.raises(OSError):
            connections.take()

    assert connections.take().raw is not None


def test_closing_closes_those_that_nobody_has():
    connections = Connections(Raw, most=2)
    lent, idle = connections.take(), connections.take()
    connections.give_back(idle)

    connections.close()

    assert idle.raw.closed
    assert not lent.raw.closed
    assert connections.take() is not idle


def test_many_threads_never_have_more_than_may_be_open_and_none_twice():
    most, hands = 3, 9
    turns = iter(range(90 * most))  # all take from the same ones
    lent: set[int] = set()
    seen: list[int] = []
    lock = threading.Lock()
    as_many_as_may_be = threading.Barrier(most)
    connections = Connections(Raw, most=most, patience=0.5)

    def work() -> None:
        for turn in turns:
            connection = connections.take()
            with lock:
                assert id(connection) not in lent
                lent.add(id(connection))
                seen.append(len(lent))
            as_many_as_may_be.wait(10)  # each is lent, and the others wait
            with lock:
                lent.discard(id(connection))
            (connections.drop if turn % 20 == 19 else connections.give_back)(connection)

    workers = [threading.Thread(target=work) for _ in range(hands)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)

    assert len(seen) == 90 * most
    assert max(seen) == most
    all_of_them = [connections.take() for _ in range(most)]
    assert len({id(one) for one in all_of_them}) == most
    with pytest.raises(NoneFree):
        connections.take()
