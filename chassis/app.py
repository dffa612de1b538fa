"""App: everything a service hands to the chassis, and what the chassis hands back to it when it runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from chassis.clock import Clock, now

if TYPE_CHECKING:
    from chassis.codec import Codec
    from chassis.doors import Door
    from chassis.problems import Wording
    from chassis.reading import Reader
    from chassis.settings import Settings
    from chassis.transactions import Database, Transaction
    from chassis.wakes import Wakes

R = TypeVar("R")

Measured = tuple[str, Mapping[str, str], float]
"""One reading of a service's own gauge: its name, its labels, its value."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """What a door's class, a background task or a gauge may use in a running process."""

    settings: Settings
    database: Database
    clock: Clock = now

    def transact(self, function: Callable[[Any], R]) -> R:
        """What the function does with the service's own transaction, committed."""
        return self.database.run(lambda tx: function(tx.bound))


def _nobody(_claims: Mapping[str, Any]) -> Any:
    raise LookupError("this app knows no people")


def _anything(_actor: Any, _action: Any) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class App:
    """One service.

    ``bind`` wraps the chassis' transaction in the service's own; ``binding``, in its place, makes it of a
    process's settings. ``readers`` may be made of the settings too. ``doors`` are classes; one instance each
    lives in the doors process, made with a :class:`Running` if the constructor takes an argument.
    ``actor_of`` makes the acting person from verified claims (a ValueError or LookupError means 401);
    ``authorise`` raises PermissionError; ``person_of`` names the person for idempotency keys. ``background``
    tasks run for ever in the doors and in the facts process. ``gauges`` are read in the facts process when
    metrics are scraped.
    """

    name: str
    codec: Codec
    bind: Callable[[Transaction], Any] = lambda tx: tx
    binding: Callable[[Settings], Callable[[Transaction], Any]] | None = None
    doors: type | Sequence[type] = ()
    readers: Sequence[Reader] | Callable[[Settings], Sequence[Reader]] = ()
    wakes: Wakes | None = None
    migrations: str | None = None
    actor_of: Callable[[Mapping[str, Any]], Any] = _nobody
    authorise: Callable[[Any, Any], None] = _anything
    person_of: Callable[[Any], str] = attrgetter("person_id")
    problems: Mapping[type[Exception], Wording] = field(default_factory=dict)
    gauges: Sequence[Callable[[Any], Iterable[Measured]]] = ()
    background: Sequence[Callable[[Running], None]] = ()
    title: str = ""

    def migrations_folder(self) -> Path | None:
        """Where the service's own migrations are; a relative path starts beside the chassis."""
        return None if self.migrations is None else Path(__file__).parents[1] / self.migrations

    def bind_of(self, settings: Settings) -> Callable[[Transaction], Any]:
        """What wraps the transactions of a process with these settings."""
        return self.bind if self.binding is None else self.binding(settings)

    def readers_of(self, settings: Settings) -> Sequence[Reader]:
        """What a process with these settings reads."""
        return self.readers(settings) if callable(self.readers) else self.readers

    def door_classes(self) -> Sequence[type]:
        """The classes whose methods are doors."""
        return (self.doors,) if isinstance(self.doors, type) else tuple(self.doors)

    def opened(self, running: Running) -> list[tuple[Any, Door]]:
        """Every door with the instance it is called on."""
        from chassis.doors import doors_of

        return [
            (instance, door)
            for kind in self.door_classes()
            for instance in [_made(kind, running)]
            for door in doors_of(kind)
        ]


def _made(kind: type, running: Running) -> Any:
    takes_one = kind.__init__ is not object.__init__ and len(inspect.signature(kind).parameters) > 0
    return kind(running) if takes_one else kind()
