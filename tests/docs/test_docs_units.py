"""docs/units.md says everything that a unit's IT department needs: no message and no field is missing."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from case_contracts import wire
from case_contracts.units import FROM_UNIT, TO_UNIT
from cli import topology
from services.dispatch.domain.presence import GONE_AFTER, SILENT_AFTER
from tests.contracts.contract_kit import SAMPLES, field_names
from tests.units.attempts import as_markdown

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "units.md").read_text(encoding="utf-8")
MESSAGES = {**TO_UNIT, **FROM_UNIT}


def section(name: str) -> str:
    """What stands below the heading of a message."""
    found = re.search(rf"^### `{name}` .*?(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/units.md has no section on {name}"
    return found[0]


def described_fields(name: str) -> list[str]:
    """The fields in the first column of the message's table."""
    first_cells = re.findall(r"^\| ((?:`\w+` ?)+)\|", section(name), re.MULTILINE)
    return [field for cell in first_cells for field in re.findall(r"`(\w+)`", cell)]


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_described_with_exactly_the_fields_that_it_has(name: str) -> None:
    assert described_fields(name) == field_names(MESSAGES[name])


def test_no_message_is_described_that_does_not_exist() -> None:
    assert re.findall(r"^### `(\w+)` ", PAGE, re.MULTILINE) == list(MESSAGES)


@pytest.mark.parametrize("name", MESSAGES)
def test_the_example_of_a_message_is_the_sample_that_is_kept_of_it(name: str) -> None:
    example = json.loads(re.findall(r"```json\n(.*?)```", section(name), re.DOTALL)[0])
    folder = "to_unit" if name in TO_UNIT else "from_unit"

    assert wire.unpack(MESSAGES[name], example)
    assert example == json.loads((SAMPLES / folder / f"{name}.json").read_text(encoding="utf-8"))["data"]


def test_the_example_of_an_envelope_can_be_read() -> None:
    envelopes = [text for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL) if "specversion" in text]

    assert [wire.decode(text.encode()).type for text in envelopes] == ["sign"]


def test_the_rights_are_those_that_the_account_is_given() -> None:
    rights = topology.unit_permission("u07")
    account = topology.unit_account("u07", "secret")["users"][0]

    for name, pattern in rights.items():
        assert f"{name} `{pattern}`" in PAGE
    assert "`^u07\\..+`" in PAGE
    assert topology.UNIT_TOPIC_PERMISSION["write"].replace("{username}", "u07") == r"^u07\..+"
    limits = account["limits"]
    assert f"{limits['max-connections']} connections and {limits['max-channels']} channels" in PAGE
    assert set(re.findall(r"`(unit\.u07\.\w+)` \| quorum", PAGE)) == set(topology.unit_queues("u07"))


def test_what_the_broker_lets_through_is_the_table_of_attempts_that_the_tests_try() -> None:
    section_of_it = PAGE.split("## What the broker lets through\n")[1].split("\n## ")[0]

    assert as_markdown() in section_of_it


def test_a_unit_is_silent_for_the_dispatcher_when_it_is_for_the_alert() -> None:
    assert timedelta(hours=12) == SILENT_AFTER
    assert timedelta(days=14) == GONE_AFTER
    assert "has not been seen for twelve hours" in PAGE


def test_the_alert_on_silence_is_as_the_page_says() -> None:
    groups = yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    (rule,) = [rule for group in groups for rule in group["rules"] if rule["alert"] == "UnitSilent"]

    assert "`UnitSilent`" in PAGE
    assert "[operations.md](operations.md#unit-silent)" in PAGE
    assert rule["for"] == "12h"
    assert "nobody has read for twelve hours" in PAGE
    assert "[14d]" in rule["expr"]
    assert "within the last fourteen days" in PAGE
