"""The AsyncAPI 3 document (消息接口文档): the centre, what it sends and receives, and where on the broker."""

from __future__ import annotations

import tomllib
from typing import Any

import yaml

from case_contracts import wire
from case_contracts.readers import READERS, SERVICES
from cli import topology
from cli.contracts import schemas
from cli.contracts.catalogue import FROM_UNIT, TO_UNIT, Catalogue, Message
from cli.process_table import ROOT

Document = dict[str, Any]

UNIT = "{unit}"
BINDING_VERSION = "0.3.0"
NEVER_URGENT = ("request_accepted", "request_refused")
"""Answers to a unit's messages; they lie in the queue for everything that is not urgent."""

_HEADER = """\
# Made from case_contracts by `qianliyan contracts write`; a test fails when it lags behind.
"""
_ABOUT = """\
Qianliyan (千里眼) is a city's digital management centre (数字化城市管理指挥中心). Its services tell each
other facts over RabbitMQ, and speak with the systems of the responsible units (责任单位) through two
queues a unit. This document speaks from the centre's side: what it sends, you receive.

Every message is a CloudEvents 1.0 envelope in structured JSON mode (`application/cloudevents+json`) with
the message proper in `data`. Messages only ever grow: pass over fields and types that you do not know.
The same message may come twice; its `id` tells. docs/messages.md is the same for reading; docs/units.md
leads a unit's IT department through.
"""


def document(catalogue: Catalogue) -> Document:
    """The whole document."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    broker = _Broker()
    return {
        "asyncapi": "3.0.0",
        "id": "urn:qianliyan",
        "info": {
            "title": "千里眼 Qianliyan",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "MIT"},
        },
        "defaultContentType": wire.CONTENT_TYPE,
        "servers": {"centre": _server()},
        "channels": _channels(catalogue, broker),
        "operations": _operations(catalogue),
        "components": _components(catalogue),
    }


def written(document: Document) -> str:
    """The document as YAML."""
    text: str = yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    return _HEADER + text


class _Dumper(yaml.CSafeDumper):
    """Paragraphs as blocks, no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        """Everything is written where it belongs."""
        return True


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


class _Broker:
    """The exchanges and queues that the broker really has, for one unit called ``{unit}``."""

    def __init__(self) -> None:
        defined = topology.definitions([UNIT], READERS)
        self._exchanges = {exchange["name"]: exchange for exchange in defined["exchanges"]}
        self._queues = {queue["name"]: queue for queue in defined["queues"]}

    def exchange(self, name: str) -> Document:
        """Binding of a channel whose address is a routing key."""
        exchange = self._exchanges[name]
        return _amqp(
            {
                "is": "routingKey",
                "exchange": {
                    "name": name,
                    "type": exchange["type"],
                    "durable": exchange["durable"],
                    "autoDelete": exchange["auto_delete"],
                    "vhost": exchange["vhost"],
                },
            }
        )

    def queue(self, name: str) -> Document:
        """Binding of a channel whose address is a queue."""
        queue = self._queues[name]
        return _amqp(
            {
                "is": "queue",
                "queue": {
                    "name": name,
                    "durable": queue["durable"],
                    "exclusive": False,
                    "autoDelete": queue["auto_delete"],
                    "vhost": queue["vhost"],
                },
            }
        )


def _amqp(binding: Document) -> Document:
    return {"amqp": {**binding, "bindingVersion": BINDING_VERSION}}


def _server() -> Document:
    return {
        "host": "centre.example:5671",
        "pathname": f"/{topology.VHOST}",
        "protocol": "amqps",
        "protocolVersion": "0-9-1",
        "title": "消息服务器",
        "description": "RabbitMQ, virtual host `city`. A responsible unit's account is its code and may only "
        "read its own two queues and write to `units.feedback` under its own name.",
        "security": [{"$ref": "#/components/securitySchemes/account"}],
    }


# --- channels -----------------------------------------------------------------------------------------------


def _channels(catalogue: Catalogue, broker: _Broker) -> Document:
    to_unit, from_unit = catalogue.of(TO_UNIT), catalogue.of(FROM_UNIT)
    urgent = [message for message in to_unit if message.name not in NEVER_URGENT]
    channels: Document = {}
    for fact in catalogue.facts:
        channels[fact.key] = {
            "address": fact.name,
            "title": fact.title,
            "summary": fact.meaning,
            "messages": _named([fact]),
            "bindings": broker.exchange(f"{fact.group}.events"),
        }
    for service in SERVICES:
        channels[f"{service}.facts"] = {
            "address": f"{service}.facts",
            "summary": f"The queue of the facts that {service} reads. A quorum queue.",
            "messages": _named(_read_by(service, catalogue)),
            "bindings": broker.queue(f"{service}.facts"),
        }
    for kind, told in (("tasks", to_unit), ("urgent", urgent)):
        where = _WHAT_COMES[kind]
        channels[f"units.{kind}"] = {
            "address": f"{UNIT}.{kind}",
            "summary": f"Where the centre puts {where}.",
            "messages": _named(told),
            "parameters": _unit(),
            "bindings": broker.exchange("units.tasks"),
        }
        channels[f"unit.{kind}"] = {
            "address": f"unit.{UNIT}.{kind}",
            "summary": f"Where the unit reads {where}. A quorum queue.",
            "messages": _named(told),
            "parameters": _unit(),
            "bindings": broker.queue(f"unit.{UNIT}.{kind}"),
        }
    for message in from_unit:
        about_case = any(field.name == "case_number" for field in message.fields)
        number = {"case_number": {"description": "案件号", "examples": ["4105232020061500001"]}}
        channels[f"units.feedback.{message.name}"] = {
            "address": f"{UNIT}.{message.name}" + (".{case_number}" if about_case else ""),
            "title": message.title,
            "summary": message.meaning,
            "messages": _named([message]),
            "parameters": {**_unit(), **(number if about_case else {})},
            "bindings": broker.exchange("units.feedback"),
        }
    channels[topology.FEEDBACK_QUEUE] = {
        "address": topology.FEEDBACK_QUEUE,
        "summary": "The queue of all that units say. A quorum queue.",
        "messages": _named(from_unit),
        "bindings": broker.queue(topology.FEEDBACK_QUEUE),
    }
    return channels


_WHAT_COMES = {
    "tasks": "everything that is not urgent, and the answer to each message of the unit",
    "urgent": "what belongs to tasks of urgency `urgent` and `major`",
}


def _read_by(service: str, catalogue: Catalogue) -> list[Message]:
    return [fact for fact in catalogue.facts if (fact.group, fact.name) in READERS[service]]


def _named(messages: list[Message]) -> Document:
    return {_short(message): {"$ref": f"#/components/messages/{message.key}"} for message in messages}


def _short(message: Message) -> str:
    return message.key if message.is_fact else message.name


def _unit() -> Document:
    return {"unit": {"description": "单位编码: the unit's code and broker account.", "examples": ["u07"]}}


# --- operations ---------------------------------------------------------------------------------------------


def _operations(catalogue: Catalogue) -> Document:
    operations: Document = {}
    for fact in catalogue.facts:
        operations[f"{fact.group}.publish.{fact.name}"] = _operation(
            "send", fact.key, [fact], f"{fact.group} publishes `{fact.name}`.", mandatory=True, deliveryMode=2
        )
    for service in SERVICES:
        read = _read_by(service, catalogue)
        operations[f"{service}.read"] = _operation(
            "receive", f"{service}.facts", read, f"{service} reads its facts.", ack=True
        )
    for kind in ("tasks", "urgent"):
        told = [m for m in catalogue.of(TO_UNIT) if kind == "tasks" or m.name not in NEVER_URGENT]
        words = f"dispatch tells a unit {_WHAT_COMES[kind]}."
        operations[f"dispatch.tell.{kind}"] = _operation(
            "send", f"units.{kind}", told, words, mandatory=True, deliveryMode=2
        )
    for message in catalogue.of(FROM_UNIT):
        name = f"units.feedback.{message.name}"
        words = f"A unit says `{message.name}`, and is answered once."
        asked = _operation("receive", name, [message], words, mandatory=True, deliveryMode=2, userId=UNIT)
        asked["reply"] = {
            "channel": {"$ref": "#/channels/units.tasks"},
            "messages": [{"$ref": f"#/channels/units.tasks/messages/{answer}"} for answer in NEVER_URGENT],
        }
        operations[f"dispatch.hear.{message.name}"] = asked
    return operations


def _operation(action: str, channel: str, messages: list[Message], summary: str, **binding: Any) -> Document:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{_short(message)}"} for message in messages],
        "bindings": _amqp(binding),
    }


# --- components ---------------------------------------------------------------------------------------------


def _components(catalogue: Catalogue) -> Document:
    codes: Document = {}
    for message in catalogue.messages:
        codes.update(schemas.codes_in(message))
    return {
        "messages": {message.key: _message(message) for message in catalogue.messages},
        "schemas": {
            "envelope": schemas.ENVELOPE,
            **dict(sorted(codes.items())),
            **{message.key: schemas.data_of(message) for message in catalogue.messages},
        },
        "messageTraits": {
            "from_centre": {"headers": _TRACED, "x-amqp-properties": _properties()},
            "from_unit": {"x-amqp-properties": _properties(user_id=_USER_ID, correlation_id=_CASE)},
        },
        "securitySchemes": {
            "account": {"type": "userPassword", "description": "The account that the centre has opened."}
        },
    }


def _message(message: Message) -> Document:
    trait = FROM_UNIT if message.group == FROM_UNIT else "from_centre"
    return {
        "name": message.name,
        "title": message.title,
        "summary": message.meaning,
        "contentType": wire.CONTENT_TYPE,
        "payload": schemas.payload_of(message),
        "traits": [{"$ref": f"#/components/messageTraits/{trait}"}],
        "bindings": _amqp({"messageType": message.name}),
        "examples": [{"payload": sample} for sample in message.samples],
    }


_TRACED = {
    "type": "object",
    "properties": {"traceparent": {"type": "string", "description": "As in the envelope."}},
}
_USER_ID = (
    "The unit's code. Required: the broker compares it with the login, and the centre believes nothing else."
)
_CASE = "The case number; for tools."


def _properties(**more: str) -> Document:
    return {
        "content_type": f"`{wire.CONTENT_TYPE}`. Required.",
        "delivery_mode": "2: persistent.",
        "message_id": "The envelope's `id`.",
        "type": "The envelope's `type`.",
        "app_id": "The envelope's `source`.",
        "timestamp": "The envelope's `time`, in seconds.",
        **more,
    }
