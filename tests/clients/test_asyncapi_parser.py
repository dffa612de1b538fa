"""docs/asyncapi.yaml is an AsyncAPI 3 document in the eyes of AsyncAPI's own parser.

That every example fits its schema is tested in tests/docs: the parser does not look.
"""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from cli.contracts import ASYNCAPI
from tests.clients.client_kit import ROOT, install
from tests.contracts.contract_kit import MESSAGES

pytestmark = pytest.mark.infra

ROOM = ROOT / "tests" / "clients" / "asyncapi"


def checked(path: Path) -> subprocess.CompletedProcess[str]:
    """The parser's opinion."""
    install(ROOM)
    command = ["node", str(ROOM / "check.mjs"), str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240)


def test_the_document_is_valid_and_every_message_is_found_in_it() -> None:
    opinion = checked(ASYNCAPI)

    assert opinion.returncode == 0, opinion.stderr
    assert "warning" not in opinion.stderr
    counts = json.loads(opinion.stdout)
    assert counts["version"] == "3.0.0"
    document = yaml.load(ASYNCAPI.read_text(encoding="utf-8"), yaml.CSafeLoader)
    assert counts["channels"] == len(document["channels"])
    assert counts["operations"] == len(document["operations"])
    assert counts["messages"] >= len(MESSAGES)


def test_the_parser_finds_what_is_wrong_with_a_document(tmp_path: Path) -> None:
    document = yaml.load(ASYNCAPI.read_text(encoding="utf-8"), yaml.CSafeLoader)
    document["operations"]["intake.publish.case_filed"]["action"] = "shout"
    (tmp_path / "wrong.yaml").write_text(yaml.dump(document, Dumper=yaml.CSafeDumper), encoding="utf-8")

    opinion = checked(tmp_path / "wrong.yaml")

    assert opinion.returncode == 1
    assert "operations.intake.publish.case_filed.action" in opinion.stderr
