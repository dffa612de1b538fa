"""All messages (消息目录) with the meaning of each field, as the docstrings of case_contracts tell it."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
import sys
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from case_contracts import units
from case_contracts.facts import FACTS, Fact
from case_contracts.fields import MEANINGS
from case_contracts.readers import READERS

TO_UNIT, FROM_UNIT = "to_unit", "from_unit"

Samples = Mapping[tuple[str, str], list[dict[str, Any]]]
"""The envelopes kept of each message, by the folder and name of its samples."""


class Undescribed(Exception):
    """A message that cannot be written down: no docstring, a field without meaning, or no sample."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a message."""

    name: str
    hint: Any
    required: bool
    default: Any
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """One kind of message; ``group`` is the sender of a fact, ``to_unit`` or ``from_unit``."""

    group: str
    name: str
    title: str
    meaning: str
    fields: tuple[Field, ...]
    subject: str
    samples: tuple[dict[str, Any], ...]

    @property
    def key(self) -> str:
        """What the message is called among all of them."""
        return f"{self.group}.{self.name}"

    @property
    def is_fact(self) -> bool:
        """Whether a service tells it to the others."""
        return self.group not in (TO_UNIT, FROM_UNIT)


class Catalogue:
    """Every message, in the order in which its module tells of it."""

    def __init__(self, samples: Samples) -> None:
        kinds: dict[tuple[str, str], type] = {
            **FACTS,
            **{(TO_UNIT, name): kind for name, kind in units.TO_UNIT.items()},
            **{(FROM_UNIT, name): kind for name, kind in units.FROM_UNIT.items()},
        }
        self.messages = [_message(group, name, kind, samples) for (group, name), kind in kinds.items()]
        self.messages.sort(key=lambda message: (not message.is_fact, _ORDER.index(message.group)))

    def of(self, group: str) -> list[Message]:
        """The messages of one sender, or of one direction."""
        return [message for message in self.messages if message.group == group]

    @property
    def facts(self) -> list[Message]:
        """What the services tell one another."""
        return [message for message in self.messages if message.is_fact]


_ORDER = [*READERS, TO_UNIT, FROM_UNIT]


def read_samples(folder: Path) -> Samples:
    """The samples below a folder, ``<group>/<name>.json`` first and further shapes of it after."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("*/*.json"), key=lambda path: (path.name.count("."), path)):
        name = path.name.split(".")[0]
        found.setdefault((path.parent.name, name), []).append(json.loads(path.read_bytes()))
    return found


def _message(group: str, name: str, kind: type, samples: Samples) -> Message:
    where = f"{kind.__module__}.{kind.__qualname__}"
    if not kind.__doc__ or kind.__doc__.startswith(f"{kind.__name__}("):
        raise Undescribed(f"{where} 没有说明 / has no docstring")
    if (group, name) not in samples:
        raise Undescribed(f"{where} 没有样例 / has no sample {group}/{name}.json")
    title, meaning = _title_and_meaning(kind.__doc__)
    return Message(
        group=group,
        name=name,
        title=title,
        meaning=meaning,
        fields=_fields(kind, where),
        subject=kind.subject_template if issubclass(kind, Fact) else "",
        samples=tuple(samples[group, name]),
    )


def _title_and_meaning(docstring: str) -> tuple[str, str]:
    """``立案: the report became a case.`` is a title and what it means; where the Chinese word is part of the
    sentence, the sentence stays whole."""
    text = plain(docstring)
    found = re.match(r"([\u4e00-\u9fff、，（）\w]*[\u4e00-\u9fff）])(: )?", text)
    if not found:
        return "", text
    meaning = text.removeprefix(found[0]) if found[2] else text
    return found[1], meaning[0].upper() + meaning[1:]


def _fields(kind: type, where: str) -> tuple[Field, ...]:
    hints, own = typing.get_type_hints(kind), field_docstrings(kind)
    described = []
    for field in dataclasses.fields(kind):
        meaning = own.get(field.name) or MEANINGS.get(field.name)
        if not meaning:
            raise Undescribed(
                f"{where}.{field.name} 没有说明 / has no meaning: "
                "write a docstring below it, or a line in case_contracts/fields.py"
            )
        required = field.default is dataclasses.MISSING
        default = None if required else field.default
        described.append(
            Field(
                name=field.name,
                hint=hints[field.name],
                required=required,
                default=default,
                meaning=plain(meaning),
            )
        )
    return tuple(described)


def field_docstrings(kind: type) -> dict[str, str]:
    """The string that stands below each field of a class, where there is one."""
    tree = _classes(kind.__module__)[kind.__name__]
    found = {}
    for field, below in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            found[field.target.id] = str(below.value.value)
    return found


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def plain(docstring: str) -> str:
    """A docstring as one paragraph of Markdown."""
    return " ".join(inspect.cleandoc(docstring).split()).replace("``", "`")
