"""The county's handbook (监督指挥手册) in this process: read once, when it is first needed."""

from functools import cache

from handbook import Handbook, load


@cache
def handbook() -> Handbook:
    """The handbook in force."""
    return load()


def warm() -> Handbook:
    """The handbook with its grid read, so that the first report need not wait for it."""
    county = handbook()
    county.grid.cell_at(0.0, 0.0)
    return county
