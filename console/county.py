"""What the console knows of the county (手册): every edition, for names in old and new case files."""

from datetime import datetime
from functools import cache

import eventlet

from chassis import logs
from chassis.app import Running
from chassis.clock import now
from chassis.doors import in_thread
from chassis.faults import is_away
from console.accounts import Places
from console.names import Names, names_of
from handbook.edition import Handbook
from handbook.editions import Editions

LOOKS_EVERY = 2.0

editions = Editions()
log = logs.get_logger()


def names() -> Names:
    """The names in all editions; where they differ, the latest to come is believed."""
    return _names(len(editions))


def places() -> Places:
    """The units and responsibility grids that an account may name now."""
    county = editions.in_force(now())
    return Places(frozenset(county.units), frozenset(county.grid.responsibility_grids))


def edition_at(at: datetime) -> Handbook:
    """The handbook that was in force at a moment."""
    return editions.in_force(at)


def keep_up(running: Running) -> None:
    """For ever: take what the handbook desk publishes."""
    taken: list[int] = []
    while True:
        try:
            for row in running.transact(lambda tx: tx.handbooks.fresh(taken)):
                in_thread(editions.take, row.version, row.valid_from, bytes(row.archive))
                taken.append(row.id)
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("database away, no handbook versions now")
        eventlet.sleep(LOOKS_EVERY)


@cache
def _names(_how_many_editions: int) -> Names:
    merged = Names()
    for edition in editions:
        merged = merged.with_those_of(names_of(edition))
    return merged
