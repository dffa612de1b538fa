"""What the contracts' tests share: every message there is, and the samples kept of them."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from case_contracts import wire
from case_contracts.facts import FACTS
from case_contracts.readers import READERS
from case_contracts.units import FROM_UNIT, TO_UNIT

SAMPLES = Path(__file__).parent / "samples"
assert READERS, "importing the readers fills the table of facts"

UNIT_MESSAGES = {("to_unit", name): kind for name, kind in TO_UNIT.items()} | {
    ("from_unit", name): kind for name, kind in FROM_UNIT.items()
}
MESSAGES: dict[tuple[str, str], type] = {**FACTS, **UNIT_MESSAGES}
"""Every kind of message by folder and name of its samples."""


def sample_files() -> list[Path]:
    """Every sample; a second shape of a message is kept as ``<name>.<what differs>.json``."""
    return sorted(SAMPLES.rglob("*.json"))


def kind_of(path: Path) -> type:
    """Which message a sample is of."""
    return MESSAGES[path.parent.name, path.name.split(".")[0]]


def read(path: Path) -> tuple[wire.Envelope, Any]:
    """A sample's envelope and message."""
    envelope = wire.decode(path.read_bytes())
    return envelope, wire.unpack(kind_of(path), envelope.data)


def document(path: Path) -> dict[str, Any]:
    """A sample as plain JSON."""
    loaded: dict[str, Any] = json.loads(path.read_bytes())
    return loaded


def field_names(kind: type) -> list[str]:
    """The fields of a message."""
    return [field.name for field in dataclasses.fields(kind)]
