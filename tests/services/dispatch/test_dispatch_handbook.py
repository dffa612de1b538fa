"""Editions of the handbook in dispatch: told once, and a case waits for the one it was filed under."""

from dataclasses import replace
from datetime import timedelta

import pytest

from case_contracts import facts, wire
from case_contracts.console import HandbookPublished
from chassis.fetching import FetchedVersions, Own
from chassis.reading import Delivery
from chassis.receiving import Outcome, Receiver
from services.dispatch.channels.facts import facts_reader
from services.dispatch.service import CODEC
from tests.services.dispatch.dispatch_kit import BOOK, Dispatch
from tests.services.dispatch.fakes import CASE, a_filed_case

pytestmark = pytest.mark.infra

CONTENT = b"the archive"


class Shelf:
    """dispatch's shelf over a small handbook, and the reader that asks it."""

    def __init__(self, dispatch: Dispatch) -> None:
        self.dispatch = dispatch
        self.known = ["bundled"]
        self.versions = FetchedVersions(
            "handbook",
            address="HANDBOOK_URL",
            path="/{version}",
            own=lambda: Own(version="bundled", valid_from=dispatch.now, content=lambda: b""),
            take=lambda version: self.known.append(version.version),
            has=lambda version: version in self.known,
        )
        database = dispatch.database
        self.versions.begin(database)
        reader = facts_reader(CODEC, lambda: BOOK, lambda: False, self.versions)
        database.readers[reader.queue] = reader
        self.receiver = Receiver(database, reader)

    def read(self, fact: facts.Fact, id: str) -> str:
        envelope = facts.seal(fact, id=id, time=self.dispatch.now, sequence=1)
        delivery = Delivery(
            queue="dispatch.facts",
            body=wire.encode(envelope),
            content_type=wire.CONTENT_TYPE,
            exchange=f"{fact.sender}.events",
            routing_key=fact.name,
        )
        return self.receiver.receive(delivery).outcome

    def count(self, query: str) -> int:
        with self.dispatch.database.transaction() as tx:
            return int(tx.execute(f"select count(*) from {query}").scalar_one())


@pytest.fixture
def shelf(dispatch: Dispatch) -> Shelf:
    with dispatch.database.transaction() as tx:
        tx.execute("truncate fetched_versions")
    return Shelf(dispatch)


def published(dispatch: Dispatch) -> HandbookPublished:
    now = dispatch.now
    return HandbookPublished(version="v-2", sha256="0" * 64, valid_from=now + timedelta(1), published_at=now)


def test_a_published_edition_is_to_be_fetched_once_however_often_it_is_told(shelf: Shelf):
    fact = published(shelf.dispatch)

    assert shelf.read(fact, "told") == Outcome.OK
    assert shelf.read(fact, "told") == Outcome.DUPLICATE
    assert shelf.read(fact, "told again") == Outcome.OK

    assert shelf.count("fetched_versions where version = 'v-2' and content is null") == 1


def test_a_case_filed_under_an_edition_that_is_not_here_waits_for_it_and_then_takes_effect(shelf: Shelf):
    filed = replace(a_filed_case(), handbook_version="v-2")

    shelf.read(filed, "filed")
    assert shelf.count("waiting_facts where key = 'handbook/v-2'") == 1
    assert shelf.count("assignments") == 0

    shelf.read(published(shelf.dispatch), "told")
    with shelf.dispatch.database.transaction() as tx:
        tx.execute("update fetched_versions set content = :content", {"content": CONTENT})
    shelf.versions.look()
    shelf.versions.release()

    assert shelf.count("waiting_facts") == 0
    assert shelf.dispatch.assignment.case_number == CASE
    assert shelf.dispatch.assignment.handbook_version == "v-2"


def test_a_case_filed_under_a_known_edition_does_not_wait(shelf: Shelf):
    assert shelf.read(replace(a_filed_case(), handbook_version="bundled"), "filed") == Outcome.OK
    assert shelf.count("waiting_facts") == 0
    assert shelf.count("assignments") == 1
