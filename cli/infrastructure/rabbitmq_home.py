"""A home for RabbitMQ that holds the plugins we use, and none of the thirty others.

Erlang looks for each module of a boot in one library's folder after the other, and hands each look to another
thread and back: that took a third of a boot (docs/performance.md, "The latest steps").
"""

import re
from collections.abc import Collection
from pathlib import Path

_APPLICATIONS = re.compile(r"\{\s*applications\s*,\s*\[(.*?)\]", re.DOTALL)
SERVER = "rabbit"
"""The library that every plugin needs, directly or not."""


def make_home(program: Path, plugins: Collection[str], home: Path) -> dict[str, str]:
    """Link an installation of RabbitMQ into the folder ``home``, less the plugins that these do not need.

    The environment with which ``program``, its `rabbitmq-server`, lives there; an empty one, and no folder,
    where the installation is laid out in a way that we do not know.
    """
    installed = program.resolve().parents[1]
    libraries = {path.name.rpartition("-")[0] or path.name: path for path in installed.glob("plugins/*")}
    if SERVER not in libraries:
        return {}
    unused = unused_plugins(libraries, plugins)
    shelf = home / "plugins"
    shelf.mkdir(parents=True, exist_ok=True)
    for link in (*home.glob("*"), *shelf.glob("*")):
        if link.is_symlink():
            link.unlink()
    for part in ("sbin", "escript"):
        (home / part).symlink_to(installed / part)
    for name, path in libraries.items():
        if name not in unused:
            (shelf / path.name).symlink_to(path)
    return {"RABBITMQ_SCRIPTS_DIR": str(home / "sbin"), "RABBITMQ_PLUGINS_DIR": str(shelf)}


def unused_plugins(libraries: dict[str, Path], plugins: Collection[str]) -> set[str]:
    """The libraries that need the server, so are plugins, and that neither it nor these plugins need."""
    needs = {name: _needed_by(name, path) for name, path in libraries.items()}
    used = _with_all_needed({SERVER, *plugins}, needs)
    return {name for name in libraries if name not in used and SERVER in _with_all_needed({name}, needs)}


def _needed_by(name: str, library: Path) -> list[str]:
    """What a library says that it needs; nothing, where it comes in a form that we do not know."""
    about = library / "ebin" / f"{name}.app"
    found = _APPLICATIONS.search(about.read_text(encoding="utf-8")) if about.is_file() else None
    return re.findall(r"\w+", found[1]) if found else []


def _with_all_needed(names: set[str], needs: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    while names:
        found |= names
        names = {other for name in names for other in needs.get(name, ())} - found
    return found
