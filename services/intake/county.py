"""The county's handbook (监督指挥手册) in this process: every edition, and the one in force."""

from datetime import datetime

from case_contracts.console import HandbookPublished
from chassis.app import Running
from chassis.doors import in_thread
from chassis.fetching import FetchedVersions, Own
from handbook import Handbook
from handbook.editions import SINCE_EVER, Editions

editions = Editions()
shelf = FetchedVersions(
    HandbookPublished.SHELF,
    address="HANDBOOK_URL",
    path=HandbookPublished.PATH,
    own=lambda: Own(
        version=editions.bundled.version, valid_from=SINCE_EVER, content=editions.bundled.archive
    ),
    take=lambda one: in_thread(editions.take, one.version, one.valid_from, one.content),
    has=editions.has,
)


def handbook(at: datetime) -> Handbook:
    """The handbook in force at a moment."""
    return editions.in_force(at)


def begin(running: Running) -> None:
    """Take what has been published, and read the grid, so that the first report need not wait for it."""
    editions.bundled.grid.cell_at(0.0, 0.0)
    shelf.begin(running.database)
