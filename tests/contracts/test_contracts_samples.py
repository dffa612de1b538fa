"""Every message ever sent has a sample, and every sample can still be read."""

import dataclasses
import json
import re
import typing
from pathlib import Path

import pytest
from contract_kit import MESSAGES, SAMPLES, document, field_names, kind_of, read, sample_files

from case_contracts import facts, wire
from case_contracts.facts import FACTS
from case_contracts.units import FROM_UNIT, TO_UNIT

ALL = pytest.mark.parametrize("path", sample_files(), ids=lambda path: str(path.relative_to(SAMPLES)))
KINDS = pytest.mark.parametrize("kind", MESSAGES.values(), ids=lambda kind: kind.__qualname__)

PERSONAL_FIELDS = re.compile(
    r"(reporter|caller|citizen|collector)_?(name|phone|telephone|number|openid|sex|address)"
    r"|^(name|phone|telephone|mobile|openid|caller|login|password)$"
)
MOBILE = re.compile(r"(?<![0-9a-f])1[3-9]\d{9}(?![0-9a-f])")
LANDLINE = re.compile(r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)")
OPENID = re.compile(r"\bo[A-Za-z0-9_-]{27}\b")


def test_every_message_has_a_sample_and_every_sample_is_of_a_message():
    sampled = {(path.parent.name, path.name.split(".")[0]) for path in sample_files()}

    assert sampled == set(MESSAGES)


@ALL
def test_a_sample_can_still_be_read(path: Path):
    envelope, message = read(path)

    assert envelope.type == path.name.split(".")[0]
    assert isinstance(message, kind_of(path))


@ALL
def test_a_sample_says_nothing_that_is_not_understood_any_more(path: Path):
    assert set(document(path)["data"]) <= set(field_names(kind_of(path)))


@ALL
def test_a_message_is_written_as_its_sample_was(path: Path):
    envelope, message = read(path)
    again = json.loads(wire.encode(dataclasses.replace(envelope, data=wire.pack(message))))
    kept = document(path)

    for name, value in kept.pop("data").items():
        assert again["data"][name] == value, name
    again.pop("data")
    assert again == kept


@pytest.mark.parametrize("path", [path for path in sample_files() if (path.parent.name, path.stem) in FACTS])
def test_a_facts_envelope_names_its_sender_and_deciding_aggregate(path: Path):
    envelope, message = read(path)

    assert envelope.source == path.parent.name == message.sender
    assert envelope.subject == message.subject
    assert envelope.sequence >= 1
    assert facts.unseal(envelope) == message


@ALL
def test_a_field_of_a_later_release_is_ignored(path: Path):
    envelope, message = read(path)

    assert wire.unpack(kind_of(path), envelope.data | {"added_later": {"anything": [1]}}) == message


@ALL
def test_what_an_older_sender_does_not_say_takes_its_default(path: Path):
    envelope, _ = read(path)
    kind = kind_of(path)

    for field in dataclasses.fields(kind):
        data = {name: value for name, value in envelope.data.items() if name != field.name}
        if field.default is dataclasses.MISSING:
            with pytest.raises(wire.Malformed) as refused:
                wire.unpack(kind, data)
            assert refused.value.field == field.name
        else:
            assert getattr(wire.unpack(kind, data), field.name) == field.default


@KINDS
def test_a_message_is_flat_frozen_and_by_keyword(kind: type):
    assert kind.__dataclass_params__.frozen
    assert all(field.kw_only for field in dataclasses.fields(kind))
    for name, hint in typing.get_type_hints(kind).items():
        if typing.get_origin(hint) is not typing.ClassVar:
            options = [option for option in typing.get_args(hint) if option not in (type(None), ...)] or [
                hint
            ]
            assert not any(dataclasses.is_dataclass(option) for option in options), name
            assert all(option is not dict for option in options), name


def test_unit_messages_are_named_as_their_classes():
    for name, kind in (TO_UNIT | FROM_UNIT).items():
        assert name == re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


@KINDS
def test_no_message_has_a_field_for_who_reported(kind: type):
    assert [name for name in field_names(kind) if PERSONAL_FIELDS.search(name)] == []


@ALL
def test_no_sample_holds_a_telephone_number_or_openid(path: Path):
    text = path.read_text(encoding="utf-8")

    for pattern in (MOBILE, LANDLINE, OPENID):
        assert pattern.search(text) is None


@pytest.mark.parametrize("name", ["reporter_name", "caller_number", "telephone", "openid", "caller"])
def test_the_search_for_personal_fields_finds_one(name: str):
    assert PERSONAL_FIELDS.search(name)


@pytest.mark.parametrize("text", ["请联系13800138000。", '"0372-6212319"'])
def test_the_search_for_telephone_numbers_finds_one(text: str):
    assert MOBILE.search(text) or LANDLINE.search(text)
