"""Presence (在线) of the responsible units' own systems: noted every minute, and seen by the dispatcher."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.dispatch.domain.presence import Presence
from services.dispatch.ports import DispatchTransaction, Load


@dataclass(frozen=True, kw_only=True)
class UnitSeen:
    """A responsible unit as the dispatcher sees it."""

    code: str
    name: str
    presence: Presence
    unsigned: int
    """How many tasks await its signature."""
    load: Load
    """What it has in hand now."""
    silent: bool
    """Its system has not been seen for twelve hours, and tasks await its signature: somebody should call."""


def note(tx: DispatchTransaction, read_now: Collection[str], *, at: datetime) -> None:
    """The units whose queues are read now; whose messages have come is noted beside it."""
    tx.presences.note_read(sorted(read_now), at)
    tx.presences.note_spoken()


def units(tx: DispatchTransaction, handbook: Handbook, *, at: datetime, by: Actor) -> list[UnitSeen]:
    """All responsible units, by code."""
    by.require(Action.READ_CASE_FILES)
    known = {presence.responsible_unit: presence for presence in tx.presences.all()}
    unsigned = tx.presences.unsigned_tasks()
    loads = tx.assignments.loads(at)
    nothing = Load(open=0, overdue=0)
    return [
        _seen(
            code,
            unit.name,
            known.get(code) or Presence(responsible_unit=code),
            unsigned.get(code, 0),
            loads.get(code, nothing),
            at,
        )
        for code, unit in sorted(handbook.units.items())
    ]


def silent_units(tx: DispatchTransaction, *, at: datetime) -> list[str]:
    """The flag of the work lists: whose tasks lie unsigned because the unit's system is silent."""
    unsigned = tx.presences.unsigned_tasks()
    return sorted(
        presence.responsible_unit
        for presence in tx.presences.all()
        if presence.is_silent(at) and unsigned.get(presence.responsible_unit)
    )


def _seen(code: str, name: str, presence: Presence, unsigned: int, load: Load, at: datetime) -> UnitSeen:
    silent = presence.is_silent(at) and unsigned > 0
    return UnitSeen(code=code, name=name, presence=presence, unsigned=unsigned, load=load, silent=silent)
