"""The nameko service of a doors process: every door of the app, and the chassis' own two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from marshmallow import Schema, fields
from nameko.extensions import register_entrypoint
from werkzeug.wrappers import Request, Response

from chassis import openapi
from chassis.app import App, Running
from chassis.door_calls import OpenDoor
from chassis.door_server import DoorEntrypoint
from chassis.doors import Door, door
from chassis.problems import Problem
from chassis.settings import SettingMissing
from chassis.tokens import TokenReader, public_keys
from chassis.wakes import fire_until


def doors_service(app: App, running: Running) -> type:
    """A class that nameko can serve."""
    opened = app.opened(running)
    opened += own_doors(app, running, [door for _, door in opened])
    claims_of = _claims_reader(running)
    members: dict[str, Any] = {"name": app.name, "problems": dict(app.problems)}
    for number, (instance, declared) in enumerate(opened):
        open_door = OpenDoor(app=app, running=running, door=declared, instance=instance, claims_of=claims_of)
        members[f"{declared.name}_{number}"] = _method(open_door)
    return type(f"DoorsOf{app.name.capitalize()}", (), members)


def own_doors(app: App, running: Running, declared: list[Door]) -> list[tuple[Any, Door]]:
    """What the chassis adds: the OpenAPI document, and in a replay the door that lets time pass."""
    found: list[Callable[..., Any]] = [_description(app, declared)]
    if running.settings.replay:
        found.append(_passing_time(app, running))
    return [(None, one) for function in found for one in function.__dict__["__doors__"]]


class WakeUntil(Schema):
    """Up to which moment wake-ups are fired."""

    to = fields.AwareDateTime(required=True)


class Woken(Schema):
    """How many wake-ups were fired."""

    fired = fields.Integer(required=True)


def _description(app: App, declared: list[Door]) -> Callable[..., Any]:
    kept: list[dict[str, Any]] = []

    @door(
        "GET",
        f"/api/{app.name}/openapi.json",
        public=True,
        transaction=False,
        summary="接口说明（OpenAPI 3.1）",
        summary_en="This document",
    )
    def openapi_document(_self: Any, *, at: datetime, by: Any) -> dict[str, Any]:
        if not kept:
            whole = [*declared, *openapi_document.__dict__["__doors__"]]
            kept.append(openapi.document(app.title or app.name, whole))
        return kept[0]

    return openapi_document


def _passing_time(app: App, running: Running) -> Callable[..., Any]:
    @door(
        "POST",
        f"/api/{app.name}/replay/wake",
        body=WakeUntil,
        answer=Woken,
        public=True,
        transaction=False,
        timed=False,
        summary="重放：触发到期的唤醒",
        summary_en="Replay: fire what is due",
    )
    def replay_wake(_self: Any, *, command: dict[str, Any], at: datetime, by: Any) -> dict[str, int]:
        fired = 0 if app.wakes is None else fire_until(running.database, app.wakes, command["to"])
        return {"fired": fired}

    return replay_wake


def _method(open_door: OpenDoor) -> Callable[..., Any]:
    def answer(_service: Any, request: Request, content: bytes | None, by: Any) -> Response | Problem:
        return open_door.call(request, content, by)

    register_entrypoint(answer, DoorEntrypoint(open_door))
    return answer


def _claims_reader(running: Running) -> Callable[[str], Any]:
    folder = running.settings.keys_dir
    if not (folder / "token.pub").exists():
        raise SettingMissing(f"KEYS_DIR 中没有公钥 / no public key in KEYS_DIR: {folder / 'token.pub'}")
    return TokenReader(public_keys(folder))
