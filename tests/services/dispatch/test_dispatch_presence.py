"""A unit's silence is seen by the dispatcher: who reads, who spoke, and whose tasks lie unsigned."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from case_contracts.roles import Actor, NotAllowed
from case_contracts.units import Resync
from services.dispatch.domain.presence import Presence
from services.dispatch.service import app
from services.dispatch.stages import dispatching, handling, unit_presence
from tests.services.dispatch.dispatch_kit import BOOK, Dispatch
from tests.services.dispatch.fakes import CASE, DISPATCHER, a_filed_case, at, worker_of
from tests.services.hotline.hotline_kit import Desk

MORNING = at("06-15 08:37")
NIGHT = MORNING + timedelta(hours=12)


class Bound:
    """dispatch's database with the looks of a store."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._database = dispatch.database

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._database.transaction() as tx:
            yield tx.bound


def with_task(store: Any, unit: str = "u04") -> None:
    """The unit has a task that it has not signed."""
    with store.transaction() as tx:
        dispatching.open_assignment(tx, BOOK, a_filed_case(), at=MORNING, automatic=False)
        dispatching.dispatch_case(tx, BOOK, CASE, responsible_unit=unit, at=MORNING, by=DISPATCHER)


def look(store: Any, *read_now: str, moment: Any = MORNING) -> None:
    with store.transaction() as tx:
        unit_presence.note(tx, set(read_now), at=moment)


def silent(store: Any, moment: Any) -> list[str]:
    with store.transaction() as tx:
        return unit_presence.silent_units(tx, at=moment)


def test_a_unit_with_an_unsigned_task_whose_system_was_not_seen_for_twelve_hours_is_silent(store: Any):
    with_task(store)
    look(store, "u04", "u02")
    look(store, "u02", moment=MORNING + timedelta(hours=6))

    assert silent(store, NIGHT - timedelta(seconds=1)) == []
    assert silent(store, NIGHT) == ["u04"]
    look(store, "u04", moment=NIGHT)
    assert silent(store, NIGHT) == []


def test_a_unit_that_has_signed_everything_may_be_silent(store: Any):
    with_task(store)
    look(store, "u04")
    with store.transaction() as tx:
        handling.sign(tx, CASE, at=MORNING, by=worker_of("u04"))

    assert silent(store, NIGHT) == []


def test_a_unit_that_never_had_a_system_and_one_that_gave_it_up_are_not_silent(store: Any):
    with_task(store)
    assert silent(store, NIGHT) == []

    look(store, "u04")

    assert silent(store, MORNING + timedelta(days=13)) == ["u04"]
    assert silent(store, MORNING + timedelta(days=14)) == []


def test_the_dispatcher_sees_every_unit_with_its_unsigned_tasks(store: Any):
    with_task(store)
    look(store, "u04")

    with store.transaction() as tx:
        units = unit_presence.units(tx, BOOK, at=NIGHT, by=DISPATCHER)

    assert [(one.code, one.unsigned, one.silent) for one in units] == [
        ("u01", 0, False),
        ("u02", 0, False),
        ("u04", 1, True),
        ("u09", 0, False),
        ("u28", 0, False),
    ]
    assert units[2].presence == Presence(responsible_unit="u04", read_at=MORNING)
    with store.transaction() as tx, pytest.raises(NotAllowed):
        unit_presence.units(tx, BOOK, at=NIGHT, by=Actor(person_id="nobody", roles=frozenset()))


def test_the_dispatcher_sees_what_each_unit_has_in_hand_and_what_is_overdue(store: Any):
    with_task(store)

    def loads(moment: Any) -> dict[str, tuple[int, int]]:
        with store.transaction() as tx:
            seen = unit_presence.units(tx, BOOK, at=moment, by=DISPATCHER)
        return {one.code: (one.load.open, one.load.overdue) for one in seen}

    assert (loads(NIGHT)["u04"], loads(NIGHT)["u02"]) == ((1, 0), (0, 0))
    assert loads(MORNING + timedelta(days=30))["u04"] == (1, 1)


def test_no_unit_sees_the_others(store: Any):
    with store.transaction() as tx, pytest.raises(PermissionError):
        unit_presence.units(tx, BOOK, at=NIGHT, by=worker_of("u04"))


def test_a_message_counts_as_much_as_reading():
    presence = Presence(responsible_unit="u04", read_at=MORNING, spoke_at=MORNING + timedelta(hours=3))

    assert presence.seen_at == MORNING + timedelta(hours=3)
    assert not presence.is_silent(NIGHT)
    assert presence.is_silent(NIGHT + timedelta(hours=3))


@pytest.mark.infra
def test_what_a_unit_says_is_noted_once_with_the_time_of_its_receipt(dispatch: Dispatch):
    dispatch.say(Resync(responsible_unit="u04"))
    dispatch.say(Resync(responsible_unit="u04"), user_id="u02", source="units/u02")
    look(Bound(dispatch))
    with dispatch.database.transaction() as tx:
        first = {one.responsible_unit: one.spoke_at for one in tx.bound.presences.all()}

    look(Bound(dispatch))
    dispatch.say(Resync(responsible_unit="u04"))
    look(Bound(dispatch))

    with dispatch.database.transaction() as tx:
        later = {one.responsible_unit: one.spoke_at for one in tx.bound.presences.all()}
    assert set(first) == set(later) == {"u02", "u04"}
    assert later["u04"] > first["u04"]
    assert later["u02"] == first["u02"]


@pytest.mark.infra
def test_the_desk_shows_silent_units_to_the_centre_and_to_no_unit(dispatch: Dispatch, tmp_path: Path):
    dispatch.file_and_dispatch()
    look(Bound(dispatch), "u04", moment=dispatch.now)
    desk = Desk(app, dispatch.database, tmp_path)
    desk.now = dispatch.now + timedelta(hours=13)
    dispatcher = {"sub": "dispatcher-1", "roles": ["dispatcher"]}
    worker = {"sub": "worker-1", "roles": ["responsible_unit"], "unit": "u04"}

    assert desk.get("/api/dispatch/assignments", dispatcher).document["silent_units"] == ["u04"]
    assert desk.get("/api/dispatch/assignments", worker).document["silent_units"] == []
    shown = {unit["code"]: unit for unit in desk.get("/api/dispatch/units", dispatcher).document["units"]}
    assert shown["u04"]["silent"] is True
    assert shown["u04"]["unsigned"] == 1
    assert shown["u04"]["seen_at"].startswith("2020-06-15T00:37:00")
    assert desk.get("/api/dispatch/units", worker).status == 403
