"""What a process of dispatch takes from its settings, and from nowhere else."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

import handbook
from case_contracts import facts, wire
from chassis import tokens
from chassis.reading import Delivery
from chassis.receiving import Outcome, Receiver
from chassis.settings import SettingMissing, Settings
from services.dispatch.service import app
from tests.services.dispatch.dispatch_kit import Dispatch
from tests.services.dispatch.fakes import a_filed_case


def settings(**environment: str) -> Settings:
    return Settings(
        role="facts",
        database_url="",
        keys_dir=Path(environment.get("KEYS_DIR", "")),
        environment=environment,
    )


def a_filing() -> Delivery:
    """立案 of a kind and place for which the county's own duty table names a unit."""
    book = handbook.load()
    cell = next(iter(book.grid.cells.values()))
    kind = next(one for one in book.standards.values() if book.duty(one.subcategory, cell.code).primary)
    now = datetime.now(UTC)
    fact = a_filed_case(
        subcategory=kind.subcategory,
        filing_standard=kind.id,
        limit=2,
        limit_unit="emergency_hour",
        unit_grid_code=cell.code,
        handbook_version=book.version,
        filed_at=now,
    )
    return Delivery(
        queue="dispatch.facts",
        body=wire.encode(facts.seal(fact, id="the-filing", time=now, sequence=1)),
        content_type=wire.CONTENT_TYPE,
        exchange="intake.events",
        routing_key=fact.name,
    )


@pytest.mark.infra
@pytest.mark.parametrize(
    ("environment", "state"),
    [
        ({}, "awaiting_dispatch"),
        ({"AUTOMATIC_DISPATCH": "0"}, "awaiting_dispatch"),
        ({"AUTOMATIC_DISPATCH": "1"}, "awaiting_signature"),
    ],
)
def test_the_duty_table_dispatches_by_itself_when_the_settings_say_so(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], state: str
):
    monkeypatch.setenv("AUTOMATIC_DISPATCH", "1")  # of another process than the settings are
    reader = next(one for one in app.readers_of(settings(**environment)) if one.queue == "dispatch.facts")

    verdict = Receiver(dispatch.database, reader).receive(a_filing())

    assert (verdict.outcome, verdict.error) == (Outcome.OK, None)
    assert dispatch.assignment.state == state


def test_evidence_is_signed_with_the_key_in_the_folder_of_the_settings(tmp_path: Path):
    tokens.make_keys(tmp_path)
    bind = app.bind_of(settings(KEYS_DIR=str(tmp_path)))

    assert bind(None).evidence.photo_link("ab" * 32).startswith("/api/intake/attachments/abab")
    with pytest.raises(SettingMissing, match="KEYS_DIR"):
        app.bind_of(settings())
