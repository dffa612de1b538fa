"""docs/asyncapi.yaml and docs/messages.md say what case_contracts says: messages, fields, examples."""

import copy
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, FormatChecker

from case_contracts.fields import MEANINGS
from case_contracts.readers import READERS
from case_contracts.units import FROM_UNIT, TO_UNIT
from cli import contracts, topology
from cli.contracts import asyncapi, reference
from cli.contracts.catalogue import Catalogue, Undescribed, field_docstrings, read_samples
from cli.main import main
from tests.contracts.contract_kit import MESSAGES, document, field_names, sample_files

DOCUMENT: dict[str, Any] = yaml.load(contracts.ASYNCAPI.read_text(encoding="utf-8"), yaml.CSafeLoader)
PAGE = contracts.REFERENCE.read_text(encoding="utf-8")
COMPONENTS = DOCUMENT["components"]
KEYS = [f"{group}.{name}" for group, name in MESSAGES]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docs folder of its own."""
    monkeypatch.setattr(contracts, "ASYNCAPI", tmp_path / "asyncapi.yaml")
    monkeypatch.setattr(contracts, "REFERENCE", tmp_path / "messages.md")
    return tmp_path


def test_both_pages_are_what_the_contracts_say_today(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contracts", "check"]) == 0, capsys.readouterr().err


def test_a_page_that_lags_behind_is_named(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contracts", "write"]) == 0
    assert main(["contracts", "check"]) == 0
    (shelf / "messages.md").write_text(PAGE.replace("立案", "立項", 1), encoding="utf-8")

    assert main(["contracts", "check"]) == 1
    assert "messages.md" in (said := capsys.readouterr().err)
    assert "asyncapi.yaml" not in said


def test_the_pages_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contracts", "asyncapi"]) == 0
    assert yaml.load(capsys.readouterr().out, yaml.CSafeLoader) == DOCUMENT
    assert main(["contracts", "reference"]) == 0
    assert capsys.readouterr().out == PAGE


def test_every_message_is_there_with_exactly_its_fields() -> None:
    assert set(COMPONENTS["messages"]) == set(KEYS)
    for (group, name), kind in MESSAGES.items():
        schema = COMPONENTS["schemas"][f"{group}.{name}"]
        assert list(schema["properties"]) == field_names(kind)
        required = [field.name for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING]
        assert schema["required"] == required
        assert all(field["description"] for field in schema["properties"].values())


@pytest.mark.parametrize("key", KEYS)
def test_every_message_has_its_section_with_meaning_fields_and_example(key: str) -> None:
    section = re.search(rf'^<a id="{re.escape(key)}"></a>\n(.*?)(?=^<a id=|\Z)', PAGE, re.M | re.S)
    assert section
    kind = MESSAGES[tuple(key.split("."))]  # type: ignore[index]
    assert re.findall(r"^\| `(\w+)` \|", section[1], re.M) == field_names(kind)
    assert COMPONENTS["messages"][key]["summary"] in section[1]
    assert "```json" in section[1]


def test_every_link_of_the_page_leads_somewhere() -> None:
    anchors = set(re.findall(r'<a id="([^"]+)"', PAGE))
    anchors |= {title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", PAGE, re.M)}

    assert [link for link in re.findall(r"\]\(#([^)]+)\)", PAGE) if link not in anchors] == []
    for page in re.findall(r"\]\(([\w./]+\.\w+)\)", PAGE):
        assert (contracts.REFERENCE.parent / page).exists(), page


def test_the_readers_of_a_fact_are_those_whose_queue_is_bound_to_it() -> None:
    for service, read in READERS.items():
        messages = set(DOCUMENT["channels"][f"{service}.facts"]["messages"])
        assert messages == {f"{sender}.{name}" for sender, name in read}
    filed = PAGE.split('<a id="intake.case_filed"></a>')[1].split("```")[0]
    assert "read by `dispatch`, `assessment`, `console`" in filed


def test_exchanges_and_queues_are_those_of_the_broker() -> None:
    defined = topology.definitions(["{unit}"], READERS)
    exchanges = {exchange["name"]: exchange["type"] for exchange in defined["exchanges"]}
    queues = {queue["name"] for queue in defined["queues"]}
    named: dict[str, set[str]] = {"exchange": set(), "queue": set()}
    for channel in DOCUMENT["channels"].values():
        binding = channel["bindings"]["amqp"]
        kind = "queue" if binding["is"] == "queue" else "exchange"
        named[kind].add(binding[kind]["name"])
        if kind == "exchange":
            assert binding["exchange"]["type"] == exchanges[binding["exchange"]["name"]]
            assert bound(defined, binding["exchange"]["name"], channel["address"])

    assert named["exchange"] == exchanges.keys() - {"parking"}
    assert named["queue"] == {name for name in queues if ".retry." not in name} - {"parking"}


def bound(defined: dict[str, Any], exchange: str, routing_key: str) -> bool:
    """Whether a queue takes what is published with this key."""
    return any(
        binding["source"] == exchange and binding["routing_key"] in ("#", routing_key)
        for binding in defined["bindings"]
    )


def test_what_a_unit_says_is_answered_on_its_queue() -> None:
    for name in FROM_UNIT:
        operation = DOCUMENT["operations"][f"dispatch.hear.{name}"]
        assert operation["bindings"]["amqp"]["userId"] == "{unit}"
        assert operation["reply"]["channel"] == {"$ref": "#/channels/units.tasks"}
    assert set(DOCUMENT["channels"]["unit.tasks"]["messages"]) == set(TO_UNIT)


# --- the schemas --------------------------------------------------------------------------------------------


def validator(key: str) -> Draft7Validator:
    """Checks whole bodies of a message."""
    schema = {**COMPONENTS["messages"][key]["payload"], "components": COMPONENTS}
    return Draft7Validator(schema, format_checker=FormatChecker())


@pytest.mark.parametrize("path", sample_files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_sample_fits_its_schema_and_is_an_example(path: Path) -> None:
    key = f"{path.parent.name}.{path.name.split('.')[0]}"
    body = document(path)

    validator(key).validate(body)
    assert {"payload": body} in COMPONENTS["messages"][key]["examples"]


def spoilt(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The body with one thing wrong in each."""
    for attribute in ("id", "source", "type", "data"):
        yield f"no {attribute}", {name: value for name, value in body.items() if name != attribute}
    for name, value in (("type", "praise"), ("source", "stranger"), ("specversion", "0.3"), ("data", [])):
        yield f"another {name}", {**body, name: value}
    for name, value in body["data"].items():
        wrong = copy.deepcopy(body)
        wrong["data"][name] = {"anything": 1} if not isinstance(value, list) else "no list"
        yield f"wrong {name}", wrong


@pytest.mark.parametrize("key", KEYS)
def test_a_body_with_one_thing_wrong_does_not_fit(key: str) -> None:
    checker = validator(key)
    body = COMPONENTS["messages"][key]["examples"][0]["payload"]

    assert [what for what, wrong in spoilt(body) if checker.is_valid(wrong)] == []


def test_a_field_of_a_later_release_fits() -> None:
    body = copy.deepcopy(COMPONENTS["messages"]["to_unit.task"]["examples"][0]["payload"])
    body["data"]["added_later"] = {"anything": [1]}

    assert validator("to_unit.task").is_valid(body)


# --- what cannot be written down ----------------------------------------------------------------------------


def test_a_field_without_meaning_is_refused_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(MEANINGS, "closing_condition")

    with pytest.raises(Undescribed, match=r"case_contracts\.intake\.CaseFiled\.closing_condition"):
        Catalogue(read_samples(contracts.SAMPLES))


def test_a_message_without_sample_is_refused_with_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contracts", "asyncapi", "--samples", str(tmp_path)]) == 1
    assert "no sample" in capsys.readouterr().err


def test_every_shared_meaning_is_some_fields() -> None:
    used = {
        name for kind in MESSAGES.values() for name in field_names(kind) if name not in field_docstrings(kind)
    }

    assert sorted(MEANINGS.keys() - used) == []


def test_the_page_is_made_of_the_document_alone() -> None:
    document = asyncapi.document(Catalogue(read_samples(contracts.SAMPLES)))
    document["components"]["messages"]["intake.case_filed"]["summary"] = "Said by the document."

    assert "Said by the document." in reference.page(document)
