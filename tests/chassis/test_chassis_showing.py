"""What a door shows of an object is what marshmallow would dump of it."""

from collections import namedtuple
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, StrEnum
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, fields, post_dump

from chassis.showing import shower


class Colour(StrEnum):
    """With a name in another language, as the services' enumerations have."""

    RED = "red"
    GREEN = "green"

    @property
    def chinese(self) -> str:
        return {"red": "红", "green": "绿"}[self.value]


class Size(Enum):
    SMALL = 1
    LARGE = 2


class Leaf(Schema):
    word = fields.String()
    weight = fields.Float(allow_none=True)


class Tree(Schema):
    name = fields.String()
    id = fields.String(attribute="tree_id")
    begin = fields.String(data_key="from")
    rings = fields.Integer(allow_none=True)
    written = fields.Integer(as_string=True)
    old = fields.Boolean(allow_none=True)
    colour = fields.Enum(Colour, by_value=True, allow_none=True)
    colour_text = fields.String(attribute="colour.chinese")
    size = fields.Enum(Size)
    size_value = fields.Enum(Size, by_value=True)
    size_number = fields.Enum(Size, by_value=fields.Integer)
    planted = fields.AwareDateTime(allow_none=True)
    felled = fields.AwareDateTime(format="rfc")
    day = fields.Date(attribute="planted_day")
    leaf = fields.Nested(Leaf, allow_none=True)
    leaves = fields.List(fields.Nested(Leaf))
    many = fields.Nested(Leaf, many=True)
    words = fields.List(fields.String())
    days = fields.List(fields.Date())
    only_word = fields.Pluck(Leaf, "word")
    half = fields.Nested(Leaf(only=("word",)))
    anything = fields.Raw()
    constant = fields.Constant("c")
    made = fields.Function(lambda tree: f"made of {type(tree).__name__}")
    fallback = fields.String(dump_default="nothing said")
    secret = fields.String(load_only=True)
    below = fields.Nested(lambda: Tree(only=("name", "below")), allow_none=True)


WORDS = st.text(max_size=5)
MOMENTS = st.datetimes(
    datetime(2000, 1, 1),
    datetime(2100, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]),
)
LEAVES = st.fixed_dictionaries(
    {"word": WORDS}, optional={"weight": st.none() | st.floats(allow_nan=False) | st.integers(-9, 9)}
)
BELOW = st.fixed_dictionaries({"name": WORDS, "below": st.fixed_dictionaries({"name": WORDS})})
WHOLE: dict[str, st.SearchStrategy[Any]] = {
    "name": WORDS | st.integers() | st.just(b"oak"),
    "tree_id": WORDS,
    "begin": WORDS,
    "rings": st.none() | st.integers() | st.booleans(),
    "written": st.integers(),
    "old": st.none() | st.booleans(),
    "colour": st.none() | st.sampled_from(Colour),
    "size": st.sampled_from(Size),
    "size_value": st.sampled_from(Size),
    "size_number": st.sampled_from(Size),
    "planted": st.none() | MOMENTS,
    "felled": MOMENTS,
    "planted_day": st.dates(),
    "leaf": st.none() | LEAVES | LEAVES.map(lambda one: SimpleNamespace(**one)),
    "leaves": st.lists(LEAVES | st.none(), max_size=3) | st.lists(LEAVES, max_size=2).map(tuple),
    "many": st.lists(LEAVES, max_size=3),
    "words": st.lists(WORDS | st.none(), max_size=3) | st.none(),
    "days": st.lists(st.dates(), max_size=3),
    "only_word": LEAVES,
    "half": LEAVES,
    "anything": st.none() | WORDS | st.dictionaries(WORDS, WORDS, max_size=2),
    "fallback": WORDS,
    "secret": WORDS,
    "below": st.none() | BELOW,
}
TREE = Tree()
TREES = st.fixed_dictionaries({}, optional=WHOLE)


def as_row(tree: dict[str, Any]) -> Any:
    return namedtuple("Row", tree)(**tree)


@given(TREES, st.sampled_from([dict, lambda tree: SimpleNamespace(**tree), as_row]))
def test_an_object_of_any_form_is_shown_as_marshmallow_dumps_it(tree, form):
    thing = form(tree)

    # Compared by their words: 1 equals True and 1.0, and a member its value.
    assert repr(shower(TREE)(thing)) == repr(TREE.dump(thing))


def test_what_is_shown_keeps_the_order_of_the_schema():
    tree = {"rings": 1, "name": "oak", "begin": "here"}

    assert list(shower(TREE)(tree)) == list(TREE.dump(tree))


def test_a_schema_of_many_shows_each():
    trees = Leaf(many=True)

    assert shower(trees)([{"word": "a"}, {"word": "b"}]) == [{"word": "a"}, {"word": "b"}]


class Loud(Schema):
    word = fields.String()

    @post_dump
    def louder(self, shown: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"word": shown["word"].upper()}


class Elsewhere(Schema):
    word = fields.String()

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        return f"{attr} of {obj}"


class Around(Schema):
    loud = fields.Nested(Loud)
    elsewhere = fields.Nested(Elsewhere)


def test_a_schema_with_ways_of_its_own_keeps_them():
    assert shower(Loud())({"word": "hush"}) == {"word": "HUSH"}
    assert shower(Around())({"loud": {"word": "hush"}, "elsewhere": "x"}) == {
        "loud": {"word": "HUSH"},
        "elsewhere": {"word": "word of x"},
    }
