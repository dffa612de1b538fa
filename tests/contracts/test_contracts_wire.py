"""The wire format: whatever goes out comes back, and all else that comes in is unreadable or malformed."""

import dataclasses
import json
import typing
from datetime import UTC, datetime
from types import NoneType

import pytest
from contract_kit import MESSAGES, SAMPLES, document, read, sample_files
from hypothesis import given, settings
from hypothesis import strategies as st

from case_contracts import facts, wire
from case_contracts.wire import Envelope, Malformed, Unreadable, decode, encode, unpack

FEW = settings(max_examples=60, deadline=None)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
MOMENTS = st.datetimes(
    datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.sampled_from([UTC])
)  # fmt: skip
VALUES = {
    str: TEXT,
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    datetime: MOMENTS,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
SAMPLED = {path: document(path) for path in sample_files()}
A_FACT = SAMPLED[SAMPLES / "intake" / "case_filed.json"]


def values_of(hint: typing.Any) -> st.SearchStrategy[typing.Any]:
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if NoneType in arguments:
        return st.none() | values_of(next(one for one in arguments if one is not NoneType))
    return VALUES[hint] if hint in VALUES else st.sampled_from(list(hint))


def messages_of(kind: type) -> st.SearchStrategy[typing.Any]:
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{field.name: values_of(hints[field.name]) for field in dataclasses.fields(kind)})


@pytest.mark.parametrize("kind", MESSAGES.values(), ids=lambda kind: kind.__qualname__)
def test_every_message_comes_back_as_it_went_out(kind):
    @settings(max_examples=8, deadline=None)
    @given(messages_of(kind))
    def comes_back(message):
        noon = datetime(2020, 6, 15, 4, tzinfo=UTC)
        envelope = Envelope(id="m", source="s", type="t", time=noon, subject="x", data=wire.pack(message))
        assert unpack(kind, decode(encode(envelope)).data) == message

    comes_back()


def is_wire_safe(value: typing.Any) -> bool:
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return False
    return True


@FEW
@given(
    st.builds(
        Envelope,
        id=TEXT.filter(bool),
        source=TEXT.filter(bool),
        type=TEXT.filter(bool),
        time=MOMENTS,
        subject=TEXT,
        data=st.dictionaries(TEXT, JSON.filter(is_wire_safe), max_size=3),
        sequence=st.integers(0, 2**53),
        traceparent=TEXT,
    )
)
def test_every_envelope_comes_back_as_it_went_out(envelope):
    assert decode(encode(envelope)) == envelope


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_envelope_are_unreadable_and_nothing_else(body):
    with pytest.raises(Unreadable):
        decode(body)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(A_FACT)), JSON)
def test_an_envelope_with_any_value_anywhere_is_read_or_unreadable(key, value):
    try:
        envelope = decode(json.dumps(A_FACT | {key: value}).encode(errors="surrogatepass"))
        facts.unseal(envelope)
    except (Unreadable, Malformed):
        return
    assert envelope.time.tzinfo is UTC


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_message_with_any_value_in_any_field_is_read_or_malformed_with_that_field(data):
    path = data.draw(st.sampled_from(sorted(SAMPLED)))
    _, message = read(path)
    field = data.draw(st.sampled_from([field.name for field in dataclasses.fields(message)]))
    broken = SAMPLED[path]["data"] | {field: data.draw(JSON)}
    named = field
    try:
        unpack(type(message), broken)
    except Malformed as refused:
        named = refused.field
    assert named == field


@FEW
@given(st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_envelope_is_read_or_refused(place, byte):
    body = bytearray(json.dumps(A_FACT, ensure_ascii=False).encode())
    body[place % len(body)] = byte
    try:
        facts.unseal(decode(bytes(body)))
    except (Unreadable, Malformed):
        return


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b'{"specversion":"1.0"}',
        json.dumps(A_FACT | {"time": "2020-06-15T00:00:00"}).encode(),
        json.dumps(A_FACT | {"time": "0001-01-01T00:00:00+14:00"}).encode(),
        json.dumps(A_FACT | {"time": "yesterday"}).encode(),
        json.dumps(A_FACT | {"sequence": -1}).encode(),
        json.dumps(A_FACT | {"sequence": True}).encode(),
        json.dumps(A_FACT | {"id": "a\x00b"}).encode(),
        json.dumps(A_FACT | {"data": None}).encode(),
        json.dumps(A_FACT | {"data": {"lon": float("nan")}}).encode(),
        json.dumps(A_FACT | {"data": "NUMBER"}).replace('"NUMBER"', "9" * 5000).encode(),
    ],
    ids=lambda body: repr(body[:24]),
)  # fmt: skip
def test_hostile_bytes_are_unreadable(body):
    with pytest.raises(Unreadable):
        decode(body)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("case_number", None), ("case_number", 4105), ("case_number", "a\x00b"), ("round", "1"),
        ("round", 1.5),
        ("round", True), ("lon", "east"), ("lon", False), ("source", "pigeon"), ("urgency", None),
        ("photos", "one"), ("photos", [1]), ("filed_at", "2020-06-15"), ("filed_at", "2020-06-15T08:00:00"),
        ("filed_at", "0001-01-01T00:00:00+14:00"), ("filed_at", 1592180000), ("source", {}), ("source", []),
    ],
)  # fmt: skip
def test_a_field_that_breaks_a_rule_is_named(field, value):
    with pytest.raises(Malformed) as refused:
        facts.unseal(decode(json.dumps(A_FACT | {"data": A_FACT["data"] | {field: value}}).encode()))

    assert refused.value.field == field


def test_a_whole_number_is_a_number_and_a_time_of_any_zone_becomes_utc():
    data = A_FACT["data"] | {"lon": 114, "filed_at": "2020-06-15T08:37:00+08:00"}

    filed = facts.unseal(decode(json.dumps(A_FACT | {"data": data}).encode()))

    assert (filed.lon, filed.filed_at) == (114.0, datetime(2020, 6, 15, 0, 37, tzinfo=UTC))


def test_a_fact_of_a_later_release_is_not_known_and_no_mistake():
    assert facts.unseal(decode(json.dumps(A_FACT | {"type": "case_praised"}).encode())) is None


def test_a_time_without_zone_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="zone"):
        wire.time_text(datetime(2020, 6, 15))
