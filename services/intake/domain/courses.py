"""Courses (处理方式): what becomes of another service's fact, which is never refused."""

from enum import StrEnum


class Course(StrEnum):
    """Apply it, let it wait for what it speaks of, or note it in the flow record and change nothing."""

    APPLY = "apply"
    WAIT = "wait"
    NOTE = "note"


class Early(Exception):
    """The fact is here before what it speaks of: it waits under this key."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key
