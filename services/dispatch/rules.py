"""The county's rules (监督指挥手册) as one process of dispatch holds them: all editions, one in force."""

from case_contracts.console import HandbookPublished
from chassis.clock import now
from chassis.doors import in_thread
from chassis.fetching import FetchedVersions, Own
from chassis.settings import Settings
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


def the_handbook() -> Handbook:
    """The handbook that is in force now."""
    return editions.in_force(now())


def dispatches_by_itself(settings: Settings) -> bool:
    """Whether the duty table dispatches without a dispatcher (AUTOMATIC_DISPATCH=1)."""
    return settings.environment.get("AUTOMATIC_DISPATCH") == "1"
