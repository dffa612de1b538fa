"""Showing (呈现): an object in the form its schema gives it, with the way to each value found once.

marshmallow looks anew for every value: where the object keeps it, whether the field has a name of its own,
which processors there are. A doors process spent a sixth of its steps on that
(docs/performance.md). Fields of the plain kinds are written without asking; of any other, marshmallow's own
``serialize`` is called. The outcome is that of ``Schema.dump``; tests compare them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from marshmallow import Schema, fields, missing
from marshmallow.decorators import POST_DUMP, PRE_DUMP
from marshmallow.utils import ensure_text_type, get_value

Convert = Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _text(value: Any) -> Any:
    return value if type(value) is str else ensure_text_type(value)


_PLAIN: dict[type, Convert] = {
    fields.AwareDateTime: datetime.isoformat,
    fields.Boolean: _same,
    fields.Enum: attrgetter("value"),
    fields.Float: float,
    fields.Integer: int,
    fields.Raw: _same,
    fields.String: _text,
}


class _Shown(NamedTuple):
    """One field of a schema, and where its value is."""

    key: str
    name: str
    beyond: str
    """What follows a dot in the attribute; else nothing."""
    convert: Convert | None
    field: fields.Field[Any]


@cache
def shower(schema: Schema) -> Convert:
    """What brings an object into the schema's form, as ``schema.dump`` does; made once a schema."""
    own_ways = type(schema).get_attribute is not Schema.get_attribute
    if own_ways or schema._hooks[PRE_DUMP] or schema._hooks[POST_DUMP]:
        return schema.dump
    steps = [_shown(name, field) for name, field in schema.dump_fields.items()]

    def show(thing: Any) -> dict[str, Any]:
        take = _taker(thing)
        shown = {}
        for key, name, beyond, convert, field in steps:
            if convert is None:
                value = field.serialize(name, thing, accessor=schema.get_attribute)
            else:
                value = take(name, missing)
                if beyond:
                    value = get_value(value, beyond, missing)
                if value is not None and value is not missing:
                    value = convert(value)
            if value is not missing:
                shown[key] = value
        return shown

    return _each(show) if schema.many else show


def _shown(name: str, field: fields.Field[Any]) -> _Shown:
    key = name if field.data_key is None else field.data_key
    convert = None if field.dump_default is not missing else _conversion(field)
    if convert is None:
        return _Shown(key, name, "", None, field)
    first, _, beyond = (field.attribute or name).partition(".")
    return _Shown(key, first, beyond, convert, field)


def _taker(thing: Any) -> Callable[[str, Any], Any]:
    """How the values of an object are found: by key, as an attribute, or by trying both."""
    if isinstance(thing, dict):
        return thing.get
    if not hasattr(thing, "__getitem__"):
        return lambda name, default: getattr(thing, name, default)
    return lambda name, default: get_value(thing, name, default)


def _conversion(field: fields.Field[Any]) -> Convert | None:
    """What the field makes of a value that is there; None when only marshmallow knows."""
    kind: type = type(field)
    inner = _conversion(field.inner) if kind is fields.List else None
    if kind is fields.Nested:
        return _nested(field)
    if inner is not None:
        return _each(inner)
    of_another_form = (
        getattr(field, "as_string", False)
        or getattr(field, "by_value", True) is not True
        or getattr(field, "format", None) not in (None, "iso")
    )
    return None if of_another_form else _PLAIN.get(kind)


def _nested(nested: fields.Nested) -> Convert:
    def show(value: Any) -> Any:
        return shower(nested.schema)(value)  # made when first needed: a schema may hold itself

    return show


def _each(convert: Convert) -> Convert:
    def show(values: Any) -> list[Any]:
        return [None if value is None else convert(value) for value in values]

    return show
