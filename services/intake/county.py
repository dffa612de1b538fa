"""The county's handbook (监督指挥手册) in this process: every edition, and the one in force."""

from datetime import datetime

from case_contracts.console import HandbookPublished
from chassis.app import Running
from chassis.doors import in_thread
from chassis.fetching import FetchedVersions, Version
from handbook import Handbook
from handbook.editions import SINCE_EVER, Editions

editions = Editions()


def _take(version: Version) -> None:
    in_thread(editions.take, version.version, version.valid_from, version.content)


shelf = FetchedVersions(
    HandbookPublished.SHELF, address="HANDBOOK_URL", path=HandbookPublished.PATH, take=_take, has=editions.has
)


def handbook(at: datetime) -> Handbook:
    """The handbook in force at a moment."""
    return editions.in_force(at)


def begin(running: Running) -> None:
    """Take what has been published, and read the grid, so that the first report need not wait for it."""
    bundled = editions.bundled
    bundled.grid.cell_at(0.0, 0.0)
    shelf.begin(running.database, bundled.version, SINCE_EVER, bundled.archive)


def keep_up(running: Running) -> None:
    """For ever: take what is published, without a restart."""
    if running.settings.role != "doors":  # whose doors have begun
        begin(running)
    shelf.background(running)
