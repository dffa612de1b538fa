"""Bad input for every door, made from the doors' own OpenAPI documents."""

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

from case_contracts.roles import RIGHTS, Action
from tests.run.run_kit import Clerk

HOSTILE_VALUES: tuple[Any, ...] = ("\x00", "x" * 20_000, -1, 1e308, [], {"$ne": None}, None, True, "\ud800")
HOSTILE_BODIES = (b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"a":' * 2000, b'{"limit": NaN}', b"null")


@dataclass(frozen=True)
class WritingDoor:
    """A door that takes a JSON body."""

    service: str
    method: str
    path: str
    action: str | None
    fields: tuple[str, ...]

    @property
    def wants_nothing(self) -> bool:
        """Neither a field nor a number: an empty body is all that there is to say, as when going on duty."""
        return not self.fields and "{" not in self.path

    @property
    def address(self) -> str:
        """The path with numbers that nobody was given."""
        return re.sub(r"\{[^}]+\}", "R2000010100001", self.path)


def writing_doors(service: str, document: dict[str, Any]) -> Iterator[WritingDoor]:
    """Every door of a service that takes a JSON body."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                schema = _resolved(content["application/json"]["schema"], document)
                yield WritingDoor(
                    service,
                    method.upper(),
                    path,
                    operation.get("x-action"),
                    tuple(schema.get("properties", {})),
                )


def entitled_role(door: WritingDoor) -> str:
    """A role that has the right to what the door does."""
    if not door.action or door.action == "None":
        return "intake_operator"
    return next(str(role) for role, actions in RIGHTS.items() if Action(door.action) in actions)


def complaints(clerk: Clerk, door: WritingDoor) -> list[str]:
    """Everything that a door does wrong when it is given nonsense."""
    found = []
    for body in HOSTILE_BODIES:
        if body == b"" and door.wants_nothing:
            continue
        answer = _send(clerk, door, body)
        found += _wrong(door, answer, repr(body[:20]), named=False)
    for field in door.fields:
        for value in HOSTILE_VALUES:
            # Every other field is missing, so the command is wrong whatever this value counts as.
            body = json.dumps({field: value, "no_such_field": 1}).encode()
            answer = _send(clerk, door, body)
            found += _wrong(door, answer, f"{field}={str(value)[:20]!r}", named=True)
    return found


def _send(clerk: Clerk, door: WritingDoor, body: bytes) -> requests.Response:
    headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
    return clerk.ask(door.method, door.address, data=body, headers=headers)


def _wrong(door: WritingDoor, answer: requests.Response, what: str, *, named: bool) -> list[str]:
    where = f"{door.method} {door.path} {what}: {answer.status_code} {answer.text[:200]}"
    if (
        not 400 <= answer.status_code < 500
        or answer.headers.get("Content-Type") != "application/problem+json"
    ):
        return [where]
    problem = answer.json()
    if "Traceback" in answer.text or not problem.get("title"):
        return [where]
    errors = problem.get("errors") or []
    if named and not (errors and all(error.get("field") and error.get("rule") for error in errors)):
        return [where]
    return []


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        schema = document["components"]["schemas"][name]
    return schema
