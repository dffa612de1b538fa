"""The county's rules (监督指挥手册) as one process of hotline holds them: all editions, one in force."""

from datetime import datetime

from case_contracts.console import HandbookPublished
from chassis.app import Running
from chassis.doors import in_thread
from chassis.fetching import FetchedVersions, Version
from handbook.editions import SINCE_EVER, Editions
from handbook.working_time import LimitUnit, TimeLimit
from services.hotline.domain import Rules

editions = Editions()


def _take(version: Version) -> None:
    in_thread(_take_without_grid, version)


def _take_without_grid(version: Version) -> None:
    editions.take(version.version, version.valid_from, version.content, grid=False)


shelf = FetchedVersions(
    HandbookPublished.SHELF, address="HANDBOOK_URL", path=HandbookPublished.PATH, take=_take, has=editions.has
)


def rules(at: datetime) -> Rules:
    """What holds for call-backs at a moment."""
    handbook = editions.in_force(at)
    settings = handbook.settings
    return Rules(
        ring_within=TimeLimit(settings.call_back_working_hours, LimitUnit.WORKING_HOUR),
        reopening_window=settings.reopening_window,
        calendar=handbook.calendar,
    )


def begin(running: Running) -> None:
    """Take what has been published so far."""
    bundled = editions.bundled
    shelf.begin(running.database, bundled.version, SINCE_EVER, bundled.archive)


def keep_up(running: Running) -> None:
    """For ever: take what is published, without a restart."""
    if running.settings.role != "doors":  # whose doors have begun
        begin(running)
    shelf.background(running)
