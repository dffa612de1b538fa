"""`python -m tests.mutation`: each entry of each table of moves and courses is changed once; tests must fail.

mutmut changes functions only. Here each allowed move is taken away, each other one allowed, and each course
replaced by the next; each change lives in a forked process, in which a service's tests run until one fails.
"""

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from importlib import import_module
from typing import Any

import pytest

MOVES = "tests/machines/test_moves.py"
TABLES = {
    "services.dispatch.domain.assignment.ALLOWED_MOVES": [MOVES],
    "services.dispatch.domain.reactions.REACTIONS": ["tests/services/dispatch/test_dispatch_reactions.py"],
    "services.intake.domain.report.ALLOWED_MOVES": [MOVES],
    "services.intake.domain.case.ALLOWED_MOVES": [MOVES],
    "services.intake.domain.answer.ALLOWED_MOVES": [MOVES],
    "services.intake.domain.task.ALLOWED_MOVES": [MOVES],
    "services.intake.domain.report_states.COURSES": ["tests/services/intake/test_intake_courses.py"],
    "services.intake.domain.case_courses.COURSES": ["tests/services/intake/test_intake_courses.py"],
    "services.intake.domain.reopening.COURSES": ["tests/services/intake/test_intake_courses.py"],
    "services.intake.domain.answer.COURSES": ["tests/services/intake/test_intake_courses.py"],
    "services.intake.domain.collector.COURSES": ["tests/services/intake/test_intake_courses.py"],
    "services.intake.domain.outage.COURSES": ["tests/services/intake/test_intake_courses.py"],
    "services.hotline.domain.ALLOWED_MOVES": [MOVES],
    "services.assessment.appeals.ALLOWED_MOVES": [MOVES],
}
Change = tuple[str, Callable[[], None]]


def changes(table: dict[Any, Any]) -> Iterator[Change]:
    """Every change of a table, with its name."""
    for key, value in table.items():
        if isinstance(value, frozenset | set):
            for state in table:
                yield (
                    f"{_named(key)} {'-' if state in value else '+'} {_named(state)}",
                    _set(table, key, value ^ {state}),
                )
        elif isinstance(value, Enum):
            others = list(type(value))
            other = others[(others.index(value) + 1) % len(others)]
            yield f"{_named(key)} = {_named(other)}", _set(table, key, other)


def unchanged() -> None:
    """No change: the tests must pass before one can mean anything."""


def survives(change: Callable[[], None], tests: list[str]) -> bool:
    """Whether the tests pass all the same, in a process that has made the change.

    Raises RuntimeError when they neither pass nor fail: a file is gone, or nothing was collected.
    """
    child = os.fork()
    if child == 0:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            change()
            code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])
        os._exit(int(code))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"{tests}: pytest ended with {code}")
    return code == pytest.ExitCode.OK


def main(wanted: list[str]) -> int:
    """Try every change of the wanted tables, by default of all; 1 when one survives."""
    survivors, tried = [], 0
    for path, tests in TABLES.items():
        if wanted and not any(word in path for word in wanted):
            continue
        module, name = path.rsplit(".", 1)
        table = getattr(import_module(module), name)
        if not survives(unchanged, tests):
            raise RuntimeError(f"{tests} fail before anything is changed")
        before = tried
        for what, change in changes(table):
            tried += 1
            if survives(change, tests):
                survivors.append(f"{path}: {what}")
                print(f"survived  {survivors[-1]}", flush=True)
        if tried == before:
            raise RuntimeError(f"{path}: nothing in it that could be changed")
        print(f"{tried - before:4} changes of {path}", flush=True)
    print(f"{tried} changes, {len(survivors)} survived")
    return 1 if survivors else 0


def _set(table: dict[Any, Any], key: Any, value: Any) -> Callable[[], None]:
    return lambda: table.__setitem__(key, value)


def _named(key: Any) -> str:
    parts = key if isinstance(key, tuple) else (key,)
    return "/".join(getattr(part, "value", None) or getattr(part, "__name__", str(part)) for part in parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
