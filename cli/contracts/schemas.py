"""JSON Schemas (消息格式) of messages, from the types of their dataclasses, by the rules of the wire."""

from __future__ import annotations

import inspect
import types
import typing
from datetime import datetime
from enum import Enum
from typing import Any

from cli.contracts.catalogue import FROM_UNIT, Field, Message, plain

Schema = dict[str, Any]

_SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean"}

ENVELOPE: Schema = {
    "description": "CloudEvents 1.0 in structured JSON mode, UTF-8. What is not named here is ignored.",
    "type": "object",
    "required": ["specversion", "id", "source", "type", "time", "data"],
    "properties": {
        "specversion": {"const": "1.0", "description": "The version of CloudEvents."},
        "id": {
            "type": "string",
            "minLength": 1,
            "description": "消息编号. The same id again is the same message and takes effect once.",
        },
        "source": {
            "type": "string",
            "minLength": 1,
            "description": "Who says it: a service, or `units/<code>`.",
        },
        "type": {"type": "string", "minLength": 1, "description": "The name of the message."},
        "time": {
            "type": "string",
            "format": "date-time",
            "description": "When it was said: ISO 8601 with zone; the centre writes UTC with `Z`.",
        },
        "subject": {"type": "string", "description": "The aggregate that decided it."},
        "sequence": {
            "type": "integer",
            "minimum": 0,
            "description": "Counts per (source, subject) from 1; 0 where nothing is counted.",
        },
        "datacontenttype": {"const": "application/json"},
        "dataschema": {
            "type": "string",
            "description": "Names the message and the generation of its fields; fields are only ever added.",
        },
        "traceparent": {
            "type": "string",
            "description": "W3C Trace Context: which request or message it follows from; optional.",
        },
        "data": {"type": "object", "description": "The message proper."},
    },
}


def payload_of(message: Message) -> Schema:
    """The whole body: an envelope with this message in it."""
    said: Schema = {
        "type": {"const": message.name},
        "data": {"$ref": f"#/components/schemas/{message.key}"},
    }
    needed = []
    if message.group == FROM_UNIT:
        # The centre also compares the source with the account that the broker vouches for.
        said["source"] = {"type": "string", "pattern": "^units/[^/]+$"}
        said["id"] = {"type": "string", "maxLength": 200}
    else:
        said["source"] = {"const": message.group if message.is_fact else "dispatch"}
    if message.is_fact:
        said["subject"] = {"type": "string", "pattern": f"^{message.subject.split('/')[0]}/.+$"}
        said["sequence"] = {"type": "integer", "minimum": 1}
        needed = ["subject", "sequence", "dataschema"]
    this: Schema = {"type": "object", "properties": said}
    if needed:
        this["required"] = needed
    return {"allOf": [{"$ref": "#/components/schemas/envelope"}, this]}


def data_of(message: Message) -> Schema:
    """The message proper; fields of later releases may come in addition."""
    return {
        "type": "object",
        "description": message.meaning,
        "required": [field.name for field in message.fields if field.required],
        "properties": {field.name: _field(field) for field in message.fields},
    }


def codes_in(message: Message) -> dict[str, Schema]:
    """The code lists that the message's fields take their values from, by name."""
    found = {}
    for field in message.fields:
        kind = _without_none(field.hint)[0]
        if isinstance(kind, type) and issubclass(kind, Enum):
            found[kind.__name__] = _codes(kind)
    return found


def _field(field: Field) -> Schema:
    schema = {**_schema(field.hint), "description": field.meaning}
    if not field.required:
        schema["default"] = _plain(field.default)
    return schema


def _schema(hint: Any) -> Schema:
    kind, nullable = _without_none(hint)
    if typing.get_origin(kind) is tuple:
        return {"type": "array", "items": _schema(typing.get_args(kind)[0])}
    if isinstance(kind, type) and issubclass(kind, Enum):
        codes = {"$ref": f"#/components/schemas/{kind.__name__}"}
        # Beside a $ref nothing else would count.
        return {"anyOf": [codes, {"type": "null"}]} if nullable else {"allOf": [codes]}
    name = "string" if kind is datetime else _SIMPLE[kind]
    schema: Schema = {"type": [name, "null"] if nullable else name}
    if kind is datetime:
        schema["format"] = "date-time"
    return schema


def _without_none(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        (kind,) = (option for option in typing.get_args(hint) if option is not types.NoneType)
        return kind, True
    return hint, False


def _codes(kind: type[Enum]) -> Schema:
    values = [str(option.value) for option in kind]
    schema: Schema = {"type": "string", "enum": values, "description": plain(inspect.getdoc(kind) or "")}
    if hasattr(kind, "chinese"):
        schema["x-chinese"] = {str(option.value): option.chinese for option in kind}  # type: ignore[attr-defined]
    return schema


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value
