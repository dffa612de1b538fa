"""Run one process of a service: ``python -m chassis.run doors|facts|relay|work|migrate <module>``.

The module exports ``app``, for ``work`` it exports ``work`` (chassis/working.py); the relay needs only its
name (``a.counter.service`` is ``counter``) and imports nothing of it. Everything else comes from the
environment (chassis/settings.py).
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence

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
        return _ROLES[role](module, told)
    except settings.SettingMissing as missing:
        print(f"{module} {role}: {missing}", file=sys.stderr)
        return 2


def name_of(module: str) -> str:
    """The service's name, from its module's place in the tree."""
    pieces = module.split(".")
    return pieces[-2] if len(pieces) > 1 else module


def _doors(module: str, told):  # type: ignore[no-untyped-def]
    from chassis.serving import serve_doors

    return serve_doors(_app(module), told)


def _facts(module: str, told):  # type: ignore[no-untyped-def]
    from chassis.serving import serve_facts

    return serve_facts(_app(module), told)


def _relay(module: str, told):  # type: ignore[no-untyped-def]
    from chassis.relaying import relay

    return relay(name_of(module), told)


def _work(module: str, told):  # type: ignore[no-untyped-def]
    from importlib import import_module

    from chassis.working import work

    return work(import_module(module).work, told)


def _migrate(module: str, told):  # type: ignore[no-untyped-def]
    from chassis.migrating import migrate

    app = _app(module)
    migrate(told.database_url, app.migrations_folder())
    return 0


def _app(module: str):  # type: ignore[no-untyped-def]
    from importlib import import_module

    return import_module(module).app


_ROLES: dict[str, Callable[..., int]] = {
    "doors": _doors,
    "facts": _facts,
    "relay": _relay,
    "work": _work,
    "migrate": _migrate,
}


if __name__ == "__main__":
    if sys.argv[1:2] in (["doors"], ["facts"]):
        warnings.filterwarnings("ignore", message="\\s*Eventlet is")
        # Each thread keeps what its largest call needed: 19 MiB for a password.
        os.environ.setdefault("EVENTLET_THREADPOOL_SIZE", "4")
        # Addresses come from the operating system; a resolver of its own takes a fifth of the start.
        os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
        import eventlet

        eventlet.monkey_patch()  # before anything that keeps a reference to a socket, a lock or a thread
    sys.exit(main(sys.argv[1:], os.environ))
