"""The county's rules (监督指挥手册) as one process of hotline holds them: all editions, one in force."""

from datetime import datetime

from case_contracts.console import HandbookPublished
from chassis.doors import in_thread
from chassis.fetching import FetchedVersions, Own
from handbook.editions import SINCE_EVER, Editions
from services.hotline.domain import Rules

editions = Editions()
shelf = FetchedVersions(
    HandbookPublished.SHELF,
    address="HANDBOOK_URL",
    path=HandbookPublished.PATH,
    own=lambda: Own(
        version=editions.bundled.version, valid_from=SINCE_EVER, content=editions.bundled.archive
    ),
    take=lambda one: in_thread(editions.take, one.version, one.valid_from, one.content, grid=False),
    has=editions.has,
)


def rules(at: datetime) -> Rules:
    """What holds for call-backs at a moment."""
    handbook = editions.in_force(at)
    settings = handbook.settings
    return Rules(
        ring_within=settings.call_back_limit,
        reopening_window=settings.reopening_window,
        calendar=handbook.calendar,
    )
