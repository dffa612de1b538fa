"""What the doors of dispatch share: their addresses, and how a broken rule is answered."""

from collections.abc import Iterator
from contextlib import contextmanager

from chassis.problems import invalid
from services.dispatch.domain.refusals import RuleBroken

ASSIGNMENTS = "/api/dispatch/assignments"
ONE = f"{ASSIGNMENTS}/<case_number>"


@contextmanager
def rules_named() -> Iterator[None]:
    """A broken rule is answered as 422 with the field and the rule."""
    try:
        yield
    except RuleBroken as broken:
        raise invalid((broken.field, broken.rule)) from broken
