"""A filing as intake announces it, for processes of dispatch that run on a real broker."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pika

import handbook
from case_contracts import facts, wire
from case_contracts.intake import CaseFiled
from tests.services.dispatch.fakes import a_filed_case


def a_case_for(code: str, **more: Any) -> CaseFiled:
    """立案 of a kind and place for which the county's own duty table names the unit."""
    book = handbook.load()
    cell = next(iter(book.grid.cells.values()))
    kind = next(
        standard
        for standard in book.standards.values()
        if book.duty(standard.subcategory, cell.code).primary == code
    )
    return a_filed_case(
        handbook_version=book.version,
        subcategory=kind.subcategory,
        filing_standard=kind.id,
        limit=2,
        limit_unit="emergency_hour",
        unit_grid_code=cell.code,
        filed_at=datetime.now(UTC),
        **more,
    )


def publish(uri: str, fact: facts.Fact, *, id: str, times: int = 1) -> None:
    """The fact is published so often, as a broker may deliver it twice."""
    envelope = facts.seal(fact, id=id, time=datetime.now(UTC), sequence=1)
    properties = pika.BasicProperties(
        message_id=envelope.id, content_type=wire.CONTENT_TYPE, delivery_mode=2, type=envelope.type
    )
    with closing(pika.BlockingConnection(pika.URLParameters(uri))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for _ in range(times):
            channel.basic_publish("intake.events", fact.name, wire.encode(envelope), properties)
