"""The county's rules (监督指挥手册) as one process of dispatch holds them: read once, when first needed."""

import os
from functools import cache

from handbook import Handbook, load


@cache
def the_handbook() -> Handbook:
    """The handbook that is in force."""
    return load()


@cache
def dispatches_by_itself() -> bool:
    """Whether the duty table dispatches without a dispatcher (AUTOMATIC_DISPATCH=1)."""
    return os.environ.get("AUTOMATIC_DISPATCH") == "1"
