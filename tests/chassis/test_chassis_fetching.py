"""Versions that another service publishes: fetched whole or not at all, kept for good, waited for."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from counter.language import CODEC

from chassis import fetching
from chassis.fetching import FetchedVersions, NotTheSame, Own, Version, fetch
from chassis.migrating import migrate
from chassis.reading import Wait
from chassis.transactions import Database

pytestmark = pytest.mark.infra

NOON = datetime(2020, 6, 15, 4, tzinfo=UTC)
ONE, OTHER = b"one" * 1000, b"other" * 1000


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Publisher:
    """Serves what it is told to at /books/<version>."""

    def __init__(self) -> None:
        self.books: dict[str, bytes] = {}
        publisher = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = publisher.books.get(self.path.removeprefix("/books/"))
                self.send_response(404 if content is None else 200)
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher()
    yield publisher
    publisher.server.shutdown()
    publisher.server.server_close()


class Process:
    """A process of a service, as far as it knows versions."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.taken: list[Version] = []
        self.shelf = FetchedVersions(
            "book",
            address="BOOK_URL",
            path="/books/{version}",
            own=lambda: Own(version="own", valid_from=NOON, content=lambda: b"own"),
            take=self.taken.append,
            has=lambda version: version in self.versions,
        )
        self.shelf.begin(database)

    @property
    def versions(self) -> list[str]:
        return [one.version for one in self.taken]

    def told(self, version: str, content: bytes, valid_from: datetime = NOON) -> None:
        sha256 = hash_of(content)
        self.database.run(lambda tx: self.shelf.told(tx, version, sha256=sha256, valid_from=valid_from))


@pytest.fixture
def opened(database: str) -> Iterator[Database]:
    migrate(database, None)
    opened = Database(database, codec=CODEC, service="counter")
    yield opened
    opened.close()


@pytest.fixture
def process(opened: Database) -> Process:
    return Process(opened)


def test_a_process_begins_with_its_own_version_which_is_kept_once(process, opened):
    assert Process(opened).versions == process.versions == ["own"]


def test_what_is_told_is_fetched_and_every_process_takes_it_once(process, opened, publisher):
    other = Process(opened)
    publisher.books["one"] = ONE
    process.told("one", ONE)
    process.told("one", ONE)

    process.shelf.fetch_missing(publisher.address)
    process.shelf.fetch_missing(publisher.address)
    for _ in range(2):
        process.shelf.look()
        other.shelf.look()

    assert process.versions == other.versions == ["own", "one"]
    assert process.taken[1] == Version(version="one", valid_from=NOON, content=ONE)


@pytest.mark.parametrize("served", [None, OTHER, ONE[:-1], b""])
def test_what_is_not_the_published_content_is_not_kept(process, publisher, served):
    if served is not None:
        publisher.books["one"] = served
    process.told("one", ONE)

    with pytest.raises(NotTheSame):
        process.shelf.fetch_missing(publisher.address)
    process.shelf.look()
    assert process.versions == ["own"]

    publisher.books["one"] = ONE
    process.shelf.fetch_missing(publisher.address)
    process.shelf.look()
    assert process.versions == ["own", "one"]


def test_what_is_too_large_is_not_read_to_its_end(publisher, monkeypatch):
    publisher.books["one"] = ONE
    monkeypatch.setattr(fetching, "LARGEST", 100)

    with pytest.raises(NotTheSame, match="larger than"):
        fetch(f"{publisher.address}/books/one", hash_of(ONE))


def test_a_version_may_be_published_again_for_a_later_moment(process, publisher):
    publisher.books["one"] = ONE
    process.told("one", ONE)
    process.told("one", ONE, NOON.replace(hour=9))
    process.shelf.fetch_missing(publisher.address)
    process.shelf.look()

    assert [one.valid_from.hour for one in process.taken if one.version == "one"] == [4, 9]


def test_who_needs_a_version_waits_for_it_unless_another_process_has_fetched_it(process, opened, publisher):
    with pytest.raises(Wait) as early:
        process.shelf.require("one")
    assert early.value.key == "book/one"

    fetcher = Process(opened)
    publisher.books["one"] = ONE
    fetcher.told("one", ONE)
    fetcher.shelf.fetch_missing(publisher.address)

    process.shelf.require("one")
    assert process.versions == ["own", "one"]


def test_what_waited_is_released_also_when_the_fetcher_was_killed_before_it_could(
    process, opened, publisher, monkeypatch
):
    publisher.books["one"] = ONE
    process.told("one", ONE)
    process.shelf.fetch_missing(publisher.address)  # and then it is killed

    released: list[str] = []
    monkeypatch.setattr("chassis.transactions.Transaction.released", lambda _, key: released.append(key))
    again = Process(opened)
    again.shelf.release()
    again.shelf.release()

    assert released == ["book/one", "book/own"]
