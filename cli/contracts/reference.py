"""The message reference (消息手册): docs/messages.md, made from the AsyncAPI document and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cli.contracts.catalogue import FROM_UNIT, TO_UNIT

Document = dict[str, Any]

_HEAD = """\
<!-- Made from case_contracts by `qianliyan contracts write`; a test fails when it lags behind. -->

# Messages

Everything that is said over RabbitMQ (消息): the facts that the services tell each other, and what goes
to and from the responsible units' own systems. [asyncapi.yaml](asyncapi.yaml) is the same for tools: an
AsyncAPI 3 document with JSON Schemas and examples. [units.md](units.md) leads a unit's IT department
through, with clients to start from.
"""
_BROKER = """\
## On the broker

All of it lies in the virtual host `{vhost}` and exists before any service starts; who connects declares
nothing.

{exchanges}

{queues}

Beside these stand `<queue>.retry.<seconds>`, where a message whose reader failed waits for its next try, and
`parking`, where operations find what nobody could read or what failed too often.

A fact's routing key is its name. Whoever else wants to listen gets an account and a durable queue of
their own from the administrator, bound to `<sender>.events` with the names of the facts, or `#`.
Listeners acknowledge when the effect is stored, drop repeats by message id, and pass over types and
fields that they do not know: messages only ever grow.
"""
_ENVELOPE = """\
## The envelope

The body is a CloudEvents 1.0 envelope in structured JSON mode, with the message proper in `data`.

{attributes}

The AMQP properties repeat some of it for tools. Of a unit's message `user_id` and `content_type` are
required.

{properties}

A whole body, of the first message below:

```json
{example}
```
"""
_GROUPS = {
    TO_UNIT: ("To a unit", "Sent by dispatch. Routing key `<code>.tasks`, or `<code>.urgent` for {urgent}."),
    FROM_UNIT: (
        "From a unit",
        "Sent by a responsible unit's system to `units.feedback`, read by dispatch. Answered once, with "
        "[`request_accepted`](#to_unit.request_accepted) or [`request_refused`](#to_unit.request_refused).",
    ),
}


def page(document: Document) -> str:
    """The whole page."""
    messages: Document = document["components"]["messages"]
    groups: dict[str, list[str]] = {}
    for key in messages:
        groups.setdefault(key.split(".")[0], []).append(key)
    parts = [_HEAD, _contents(document, groups), _broker(document), _envelope(document), _codes(document)]
    for group, keys in groups.items():
        parts.append(_group_head(document, group))
        parts.extend(_section(document, key) for key in keys)
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


# --- the whole ----------------------------------------------------------------------------------------------


def _contents(document: Document, groups: dict[str, list[str]]) -> str:
    messages = document["components"]["messages"]
    top = "Contents: [on the broker](#on-the-broker) · [the envelope](#the-envelope) · [codes](#codes)"
    rows = []
    for group, keys in groups.items():
        links = " · ".join(f"[{messages[key]['name']}](#{key})" for key in keys)
        rows.append((f"**{_title(group)}**", links))
    return f"{top}\n\n" + _table(("", "messages"), rows)


def _title(group: str) -> str:
    return _GROUPS[group][0] if group in _GROUPS else f"Facts of {group}"


def _broker(document: Document) -> str:
    exchanges: dict[str, str] = {}
    queues = []
    for channel in document["channels"].values():
        binding = channel["bindings"]["amqp"]
        if binding["is"] == "queue":
            said = sorted({_group_of(reference) for reference in channel["messages"].values()})
            queues.append((f"`{channel['address']}`", channel["summary"], ", ".join(said)))
        else:
            exchanges[binding["exchange"]["name"]] = binding["exchange"]["type"]
    vhost = next(iter(document["channels"].values()))["bindings"]["amqp"]["exchange"]["vhost"]
    return _BROKER.format(
        vhost=vhost,
        exchanges=_table(("exchange", "kind"), [(f"`{name}`", kind) for name, kind in exchanges.items()]),
        queues=_table(("queue", "holds", "messages of"), queues),
    )


def _group_of(reference: Document) -> str:
    return _title(reference["$ref"].rsplit("/", 1)[-1].split(".")[0]).lower()


def _envelope(document: Document) -> str:
    components = document["components"]
    envelope = components["schemas"]["envelope"]
    first = next(iter(components["messages"].values()))
    traits = components["messageTraits"]
    properties = traits[FROM_UNIT]["x-amqp-properties"]
    rows = [
        (f"`{name}`", text if name in traits["from_centre"]["x-amqp-properties"] else f"From a unit: {text}")
        for name, text in properties.items()
    ]
    return _ENVELOPE.format(
        attributes=_field_table(document, envelope, ("attribute", "type", "meaning")),
        properties=_table(("property", "value"), rows),
        example=json.dumps(first["examples"][0]["payload"], ensure_ascii=False, indent=2),
    )


def _codes(document: Document) -> str:
    rows = []
    for name, schema in document["components"]["schemas"].items():
        if "enum" in schema:
            chinese = schema.get("x-chinese", {})
            values = " · ".join(f"`{value}` {chinese.get(value, '')}".strip() for value in schema["enum"])
            rows.append((f'<a id="{name}"></a>{name}', schema["description"], values))
    return "## Codes\n\n" + _table(("list", "meaning", "values"), rows)


# --- one message --------------------------------------------------------------------------------------------


def _group_head(document: Document, group: str) -> str:
    if group not in _GROUPS:
        return f"## {_title(group)}\n\nPublished on `{group}.events`.\n"
    title, words = _GROUPS[group]
    urgent = document["channels"]["units.urgent"]["summary"].removeprefix("Where the centre puts ")
    return f"## {title}\n\n{words.format(urgent=urgent.rstrip('.'))}\n"


def _section(document: Document, key: str) -> str:
    message = document["components"]["messages"][key]
    heading = f"### `{message['name']}` {message['title']}".rstrip()
    schema = document["components"]["schemas"][key]
    example = json.dumps(message["examples"][0]["payload"]["data"], ensure_ascii=False, indent=2)
    return "\n\n".join(
        [
            f'<a id="{key}"></a>',
            heading,
            message["summary"],
            _whereabouts(document, key),
            _field_table(document, schema, ("field", "type", "meaning")),
            f"```json\n{example}\n```\n",
        ]
    )


def _whereabouts(document: Document, key: str) -> str:
    """Where the message is sent to, about what, and who reads it."""
    keys: dict[str, list[str]] = {}
    for channel in _channels_of(document, key):
        binding = channel["bindings"]["amqp"]
        if binding["is"] == "routingKey":
            keys.setdefault(binding["exchange"]["name"], []).append(f"`{channel['address']}`")
    words = [f"Exchange `{exchange}`, routing key {' or '.join(some)}" for exchange, some in keys.items()]
    said = document["components"]["messages"][key]["payload"]["allOf"][1]["properties"]
    if "subject" in said:
        words.append(f"subject `{said['subject']['pattern'].strip('^$').removesuffix('.+')}…`")
    readers = [
        channel["address"].removesuffix(".facts")
        for channel in _channels_of(document, key)
        if channel["bindings"]["amqp"]["is"] == "queue"
    ]
    words.append("read by " + ", ".join(f"`{reader}`" for reader in readers))
    return " · ".join(words)


def _channels_of(document: Document, key: str) -> Iterator[Document]:
    reference = {"$ref": f"#/components/messages/{key}"}
    for channel in document["channels"].values():
        if reference in channel["messages"].values():
            yield channel


def _field_table(document: Document, schema: Document, head: tuple[str, ...]) -> str:
    rows = []
    for name, field in schema["properties"].items():
        optional = "" if name in schema["required"] else ", optional"
        rows.append((f"`{name}`", _type(field) + optional, field.get("description", "")))
    return _table(head, rows)


def _type(field: Document) -> str:
    """A field's type in words."""
    for words in ("allOf", "anyOf"):
        if words in field:
            name = field[words][0]["$ref"].rsplit("/", 1)[-1]
            return f"[{name}](#{name})" + (" or null" if words == "anyOf" else "")
    if "const" in field:
        return f"`{field['const']}`"
    kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
    if kinds[0] == "array":
        return f"list of {_type(field['items'])}"
    word = "time" if field.get("format") == "date-time" else _WORDS[kinds[0]]
    return word + (" or null" if "null" in kinds else "")


_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
}


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
