"""Doors: methods of a plain class that answer HTTP requests, declared with :func:`door`.

A door's method is called with what its declaration asks for, by name::

    @door("POST", "/api/counters/<name>/count", body=Step, answer=Counted, action="count", creates=True)
    def count(self, tx, name: str, command: dict, *, at: datetime, by: Actor) -> Announced: ...

``tx`` is the service's own transaction (absent with ``transaction=False``), ``command`` the loaded body,
``query`` the loaded query string, ``request`` the bare request of a ``raw`` door, ``at`` the moment and
``by`` who acts (None at a public door). The answer is anything the answer schema can dump, an
:class:`Answer`, or, from a raw door, a werkzeug Response. A raised problem undoes the transaction; a
*returned* ``Problem`` keeps it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from eventlet import tpool
from marshmallow import Schema

MEGABYTE = 1024 * 1024
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
WRITING = ("POST", "PUT", "PATCH", "DELETE")

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")


class DoorMisdeclared(TypeError):
    """A door's declaration and its method do not fit together."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer with a status or headers of its own; the body goes through the answer schema."""

    body: Any = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Door:
    """One declared door."""

    method: str
    route: str
    name: str
    function: Callable[..., Any]
    body: Schema | None = None
    query: Schema | None = None
    answer: Schema | None = None
    status: int = 200
    action: Any = None
    creates: bool = False
    public: bool = False
    raw: bool = False
    transaction: bool = True
    authenticate: Callable[[str], Any] | None = None
    limit: int = MEGABYTE
    timed: bool = True
    media_type: str = "application/json"
    cached: bool = False
    address: bool = False
    secret: bool = False
    tags: tuple[str, ...] = ()
    summary: str = ""
    summary_en: str = ""

    @property
    def writes(self) -> bool:
        """Whether the method may change something."""
        return self.method in WRITING

    @property
    def path_names(self) -> list[str]:
        """The names between angle brackets in the route, in order."""
        pieces = self.route.split("<")[1:]
        return [piece.split(">")[0].split(":")[-1] for piece in pieces]


def door(
    method: str,
    route: str,
    *,
    body: type[Schema] | Schema | None = None,
    query: type[Schema] | Schema | None = None,
    answer: type[Schema] | Schema | None = None,
    status: int = 200,
    action: Any = None,
    creates: bool = False,
    public: bool = False,
    raw: bool = False,
    transaction: bool = True,
    authenticate: Callable[[str], Any] | None = None,
    limit: int = MEGABYTE,
    timed: bool = True,
    media_type: str = "application/json",
    cached: bool = False,
    address: bool = False,
    secret: bool = False,
    tags: Iterable[str] = (),
    summary: str = "",
    summary_en: str = "",
) -> Callable[[F], F]:
    """Declare a method as a door.

    ``creates``: the Idempotency-Key header is required. ``action``: what ``authorise`` is asked about (None:
    whoever is signed in). ``authenticate``: reads another kind of bearer than the people's token and returns
    who it is, or raises ``tokens.TokenRefused``. ``limit``: bytes of the body. ``timed``: in a
    replay a writing door asks for the moment (False: it does not matter here). ``media_type``: of the good
    answer, which a raw door with an ``answer`` makes by itself. ``cached``: the reader may keep the answer,
    and ask with its ETag whether it still holds. ``address``: the method is also given the network address of
    who asks. ``secret``: the request or the answer tells a secret: the answer is kept for repeats sealed with
    the personal key, and the request is known by a mark of that key.
    """

    def declare(function: F) -> F:
        declared = Door(
            method=method,
            route=route,
            name=function.__name__,
            function=function,
            body=_instance(body),
            query=_instance(query),
            answer=_instance(answer),
            status=status,
            action=action,
            creates=creates,
            public=public,
            raw=raw,
            transaction=transaction,
            authenticate=authenticate,
            limit=limit,
            timed=timed,
            media_type=media_type,
            cached=cached,
            address=address,
            secret=secret,
            tags=tuple(tags),
            summary=summary,
            summary_en=summary_en or function.__name__.replace("_", " "),
        )
        _check(declared)
        function.__dict__.setdefault("__doors__", []).append(declared)
        return function

    return declare


def doors_of(kind: type) -> list[Door]:
    """Every door declared in a class and its bases, in the order of declaration."""
    found: list[Door] = []
    for name in dict.fromkeys(name for base in reversed(kind.__mro__) for name in vars(base)):
        found.extend(getattr(getattr(kind, name, None), "__doors__", ()))
    return found


def in_thread(function: Callable[..., R], *arguments: Any, **named: Any) -> R:
    """Run a long C call (argon2, image work, a big PDF) in a real thread, so that the other workers go on."""
    result: R = tpool.execute(function, *arguments, **named)
    return result


def _instance(schema: type[Schema] | Schema | None) -> Schema | None:
    return schema() if isinstance(schema, type) else schema


def _check(declared: Door) -> None:
    where = f"{declared.method} {declared.route} ({declared.function.__qualname__})"
    if declared.method not in METHODS:
        raise DoorMisdeclared(f"{where}: no such method")
    if declared.creates and (declared.raw or not declared.transaction or not declared.writes):
        raise DoorMisdeclared(
            f"{where}: creates=True needs a writing door with a transaction and no raw=True"
        )
    if declared.body is not None and (declared.raw or not declared.writes):
        raise DoorMisdeclared(f"{where}: only a writing door that is not raw has a body schema")
    if declared.secret and (declared.raw or not declared.transaction or not declared.writes):
        raise DoorMisdeclared(f"{where}: secret=True is for what is kept for repeats, in a transaction")
    if declared.cached and declared.writes:
        raise DoorMisdeclared(f"{where}: only what is read can be cached")
    if declared.public and (declared.action is not None or declared.authenticate is not None):
        raise DoorMisdeclared(f"{where}: a public door asks nobody")
    _check_arguments(declared, where)


def _check_arguments(declared: Door, where: str) -> None:
    given = [*declared.path_names, "at", "by"]
    given += ["address"] if declared.address else []
    given += [name for name in ("body", "query") if getattr(declared, name) is not None]
    given = ["command" if name == "body" else name for name in given] + (["request"] if declared.raw else [])
    positional = [None, None] if declared.transaction else [None]
    try:
        inspect.signature(declared.function).bind(*positional, **dict.fromkeys(given))
    except TypeError as error:
        raise DoorMisdeclared(f"{where}: is called with {', '.join(given)}: {error}") from error
