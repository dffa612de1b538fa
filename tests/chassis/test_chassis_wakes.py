"""A service is woken when it asked to be, once, and a failure is never given up."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from message_kit import NOON, effects, opened, scalar

from chassis.wakes import Wakes, fire_due, fire_until

pytestmark = pytest.mark.infra


@pytest.fixture
def orchard(database):
    orchard = opened(database)
    yield orchard
    orchard.close()


@pytest.fixture
def wakes():
    wakes = Wakes()

    @wakes.on("water")
    def on_water(tx, subject, payload, *, at):
        tx.execute(
            "insert into effects values (:what)", {"what": f"{subject} {payload.get('litres')} {at:%H:%M}"}
        )

    @wakes.on("break")
    def on_break(tx, subject, payload, *, at):
        raise RuntimeError("broken")

    return wakes


def test_a_due_wake_up_fires_once_and_a_later_one_waits(orchard, wakes):
    orchard.now = lambda: NOON
    with orchard.transaction() as tx:
        tx.wake("water", "tree/1", NOON - timedelta(minutes=5), {"litres": 3})
        tx.wake("water", "tree/2", NOON + timedelta(minutes=5))

    assert [fire_due(orchard, wakes), fire_due(orchard, wakes)] == [1, 0]
    assert effects(orchard) == ["tree/1 3 12:00"]


def test_a_later_call_replaces_and_a_cancelled_one_never_fires(orchard, wakes):
    orchard.now = lambda: NOON
    with orchard.transaction() as tx:
        tx.wake("water", "tree/1", NOON, {"litres": 1})
        tx.wake("water", "tree/1", NOON - timedelta(hours=1), {"litres": 2})
        tx.wake("water", "tree/2", NOON)
        tx.cancel_wake("water", "tree/2")

    fire_due(orchard, wakes)

    assert effects(orchard) == ["tree/1 2 12:00"]


def test_a_wake_up_that_fails_is_put_off_and_the_others_go_on(orchard, wakes):
    orchard.now = lambda: NOON
    with orchard.transaction() as tx:
        tx.wake("break", "tree/1", NOON - timedelta(hours=1))
        tx.wake("water", "tree/2", NOON)

    assert fire_due(orchard, wakes) == 1
    with orchard.transaction() as tx:
        row = tx.execute("select * from wake_ups").one()
    assert (row.attempts, row.due_at) == (1, NOON - timedelta(hours=1))
    assert row.fire_at == NOON + timedelta(seconds=5)
    assert "broken" in row.last_error


def test_a_kind_without_function_is_left_alone(orchard, wakes):
    with orchard.transaction() as tx:
        tx.wake("unknown", "tree/1", NOON)

    assert fire_due(orchard, wakes) == 0
    assert scalar(orchard, "select count(*) from wake_ups") == 1


def test_a_replay_fires_in_the_order_of_due_times_and_as_if_at_each(orchard, wakes):
    with orchard.transaction() as tx:
        tx.wake("water", "b", NOON + timedelta(minutes=2))
        tx.wake("water", "a", NOON + timedelta(minutes=1))
        tx.wake("water", "c", NOON + timedelta(minutes=3))

    assert fire_until(orchard, wakes, NOON + timedelta(minutes=2)) == 2
    assert effects(orchard) == ["a None 12:01", "b None 12:02"]


def test_several_processes_share_the_work_without_doing_any_twice(orchard, wakes):
    with orchard.transaction() as tx:
        for number in range(60):
            tx.wake("water", f"tree/{number}", datetime.now(UTC))
    fired = []

    firing = [threading.Thread(target=lambda: fired.append(fire_due(orchard, wakes))) for _ in range(4)]
    for one in firing:
        one.start()
    for one in firing:
        one.join()

    assert sum(fired) == 60
    assert len(set(effects(orchard))) == len(effects(orchard)) == 60
