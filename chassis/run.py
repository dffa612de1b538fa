"""Run one process of a service: ``python -m chassis.run doors|facts|relay|work|migrate <module>``.

The module exports ``app``, for ``work`` it exports ``work`` (chassis/working.py). The relay needs only its
name (``a.counter.service`` is ``counter``), and migrating only the ``migrations`` beside it: both import
nothing of it. Everything else comes from the environment (chassis/settings.py).
"""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from chassis.processor import interrupt_nobody

if TYPE_CHECKING:
    from chassis.settings import Settings

    Run = Callable[[Settings], int]

GARBAGE_EVERY = 10_000
"""Objects that may be made, less those that are gone, before garbage in circles is looked for."""

USAGE = "usage: python -m chassis.run doors|facts|relay|work|migrate <module>"


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the role until it is asked to leave; the exit code."""
    from chassis import settings

    if len(arguments) != 2 or arguments[0] not in settings.ROLES:
        print(USAGE, file=sys.stderr)
        return 2
    role, module = arguments
    try:
        told = settings.read(role, environment)
        run = _ROLES[role](module)
        # What modules hold stays for ever: it need not be looked through for garbage again.
        gc.freeze()
        gc.set_threshold(GARBAGE_EVERY)
        gc.enable()
        return run(told)
    except settings.SettingMissing as missing:
        print(f"{module} {role}: {missing}", file=sys.stderr)
        return 2


def name_of(module: str) -> str:
    """The service's name, from its module's place in the tree."""
    pieces = module.split(".")
    return pieces[-2] if len(pieces) > 1 else module


def _doors(module: str) -> Run:
    from chassis.serving import serve_doors

    return partial(serve_doors, _app(module))


def _facts(module: str) -> Run:
    from chassis.serving import serve_facts

    return partial(serve_facts, _app(module))


def _relay(module: str) -> Run:
    from chassis.relaying import relay

    return partial(relay, name_of(module))


def _work(module: str) -> Run:
    from importlib import import_module

    from chassis.working import work

    return partial(work, import_module(module).work)


def _migrate(module: str) -> Run:
    from importlib.util import find_spec
    from pathlib import Path

    from chassis.migrating import migrate

    found = find_spec(module)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"no module named {module}", name=module)
    folder = Path(found.origin).parent / "migrations"

    def run(told: Settings) -> int:
        migrate(told.database_url, folder if folder.is_dir() else None)
        return 0

    return run


def _app(module: str):  # type: ignore[no-untyped-def]
    from importlib import import_module

    return import_module(module).app


def _count_under_real_locks() -> None:
    """Metrics add up under their locks and wait for nothing there: the system's cost less than green ones."""
    from eventlet import patcher
    from prometheus_client import metrics, values

    metrics.Lock = values.Lock = patcher.original("threading").Lock


_ROLES: dict[str, Callable[[str], Run]] = {
    "doors": _doors,
    "facts": _facts,
    "relay": _relay,
    "work": _work,
    "migrate": _migrate,
}


if __name__ == "__main__":
    interrupt_nobody()
    # structlog would load it to draw tracebacks on a terminal: a quarter of a relay's start.
    sys.modules["rich"] = None  # type: ignore[assignment]
    gc.disable()  # while modules are read there is no garbage, and looking for it takes a fifth of the time
    if sys.argv[1:2] in (["doors"], ["facts"]):
        warnings.filterwarnings("ignore", message="\\s*Eventlet is")
        # Each thread keeps what its largest call needed: 19 MiB for a password.
        os.environ.setdefault("EVENTLET_THREADPOOL_SIZE", "4")
        # Addresses come from the operating system; a resolver of its own takes a fifth of the start.
        os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
        import eventlet

        eventlet.monkey_patch()  # before anything that keeps a reference to a socket, a lock or a thread
        from chassis.green_database import wait_like_this

        wait_like_this()
        _count_under_real_locks()
    sys.exit(main(sys.argv[1:], os.environ))
