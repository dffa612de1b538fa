"""The county's rules (监督指挥手册) as one process of dispatch holds them: all editions, one in force."""

from case_contracts.console import HandbookPublished
from chassis.app import Running
from chassis.clock import now
from chassis.doors import in_thread
from chassis.fetching import FetchedVersions, Version
from chassis.settings import Settings
from handbook import Handbook
from handbook.editions import SINCE_EVER, Editions

editions = Editions()


def _take(version: Version) -> None:
    in_thread(editions.take, version.version, version.valid_from, version.content)


shelf = FetchedVersions(
    HandbookPublished.SHELF, address="HANDBOOK_URL", path=HandbookPublished.PATH, take=_take, has=editions.has
)


def the_handbook() -> Handbook:
    """The handbook that is in force now."""
    return editions.in_force(now())


def begin(running: Running) -> None:
    """Take what has been published so far."""
    bundled = editions.bundled
    shelf.begin(running.database, bundled.version, SINCE_EVER, bundled.archive)


def keep_up(running: Running) -> None:
    """For ever: take what is published, without a restart."""
    if running.settings.role != "doors":  # whose doors have begun
        begin(running)
    shelf.background(running)


def dispatches_by_itself(settings: Settings) -> bool:
    """Whether the duty table dispatches without a dispatcher (AUTOMATIC_DISPATCH=1)."""
    return settings.environment.get("AUTOMATIC_DISPATCH") == "1"
