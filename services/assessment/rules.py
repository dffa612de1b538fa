"""The county's rules (监督指挥手册) as one process of assessment holds them: all editions, one in force."""

from datetime import datetime

from case_contracts.console import HandbookPublished
from chassis.doors import in_thread
from chassis.fetching import FetchedVersions, Own
from handbook.editions import SINCE_EVER, Editions
from services.assessment.appeals import Rules

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
    """What holds for appeals at a moment."""
    handbook = editions.in_force(at)
    settings = handbook.settings
    return Rules(
        review_within=settings.appeal_review_limit,
        decide_within=settings.appeal_decision_limit,
        calendar=handbook.calendar,
    )
