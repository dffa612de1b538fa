"""The county's rules (监督指挥手册) as one process of dispatch holds them: read once, when first needed."""

from functools import cache

from chassis.settings import Settings
from handbook import Handbook, load


@cache
def the_handbook() -> Handbook:
    """The handbook that is in force."""
    return load()


def dispatches_by_itself(settings: Settings) -> bool:
    """Whether the duty table dispatches without a dispatcher (AUTOMATIC_DISPATCH=1)."""
    return settings.environment.get("AUTOMATIC_DISPATCH") == "1"
