"""Versions of something that another service publishes: told by a fact, fetched by HTTP, kept for good."""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import eventlet
import requests

from chassis import logs
from chassis.app import Running
from chassis.faults import is_away
from chassis.reading import Wait
from chassis.transactions import Database, Transaction

LARGEST = 64 * 1024 * 1024
LOOKS_EVERY = 1.0
TRIES_EVERY = 5.0
ANSWERS_WITHIN = 30.0

_TELL = """
insert into fetched_versions (kind, version, sha256, valid_from) values (%s, %s, %s, %s)
on conflict (kind, version, valid_from) do nothing
"""
_KEEP = """
update fetched_versions set content = %s where kind = %s and version = %s and content is null
"""
_IS_KEPT = """
select count(*) from fetched_versions where kind = %s and version = %s and valid_from = %s
"""
_KEEP_OWN = """
insert into fetched_versions (kind, version, sha256, valid_from, content) values (%s, %s, %s, %s, %s)
on conflict (kind, version, valid_from) do nothing
"""
_MISSING = """
select distinct version, sha256 from fetched_versions where kind = %s and content is null
"""
_KEPT = """
select id, version, valid_from, content from fetched_versions
where kind = %s and content is not null and id <> all(%s) order by id
"""

log = logs.get_logger()


class NotTheSame(Exception):
    """What was fetched is not what was published."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version with its content, and the moment from which it is to be used."""

    version: str
    valid_from: datetime
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Own:
    """The version that a release brings along; its content is asked for when it is not kept yet."""

    version: str
    valid_from: datetime
    content: Callable[[], bytes]


class FetchedVersions:
    """The versions of one kind of thing, as one process of a service knows them.

    ``address`` names the setting that holds the publisher's address, ``path`` is where it serves a
    ``{version}``. ``own`` tells what this release brings along. ``take`` is called once in each process with
    each publication, in their order; ``has`` says whether a version has been taken.
    """

    def __init__(
        self,
        kind: str,
        *,
        address: str,
        path: str,
        own: Callable[[], Own],
        take: Callable[[Version], None],
        has: Callable[[str], bool],
    ) -> None:
        self._kind = kind
        self._address = address
        self._path = path
        self._own = own
        self._take = take
        self._has = has
        self._taken: set[int] = set()
        self._to_release: set[str] = set()
        self._looking = threading.Lock()
        self._database: Database | None = None
        self._tries_again_at = 0.0

    def begin(self, database: Database) -> None:
        """Keep the version that this release brings along, and take all that are here."""
        self._database = database
        try:
            self._keep_own(database, self._own())
            self.look()
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("database away, versions are looked at later", kind=self._kind)

    def told(self, tx: Transaction, version: str, *, sha256: str, valid_from: datetime) -> None:
        """A version was published: it is to be fetched. Telling it again changes nothing."""
        tx.statements.write(_TELL, (self._kind, version, sha256, valid_from))

    def require(self, version: str) -> None:
        """Raise :class:`Wait` when a fact needs a version that has not come yet."""
        if not self._has(version):
            self.look()  # another process of the service may have fetched it
        if not self._has(version):
            raise Wait(self._key(version))

    def look(self) -> None:
        """Take what has been kept since, by whichever process of the service."""
        with self._looking:  # taking may let other green threads go on
            self._look(self._begun())

    def _look(self, database: Database) -> None:
        taken = sorted(self._taken)
        for row in database.run(lambda tx: tx.statements.read(_KEPT, (self._kind, taken)).all()):
            content = bytes(row.content)
            self._take(Version(version=row.version, valid_from=row.valid_from, content=content))
            self._taken.add(row.id)
            self._to_release.add(row.version)
            log.info("version taken", kind=self._kind, version=row.version)

    def fetch_missing(self, address: str) -> None:
        """Fetch and keep what was told of and is not here."""
        database = self._begun()
        for row in database.run(lambda tx: tx.statements.read(_MISSING, (self._kind,)).all()):
            content = fetch(address.rstrip("/") + self._path.format(version=row.version), row.sha256)
            database.run(lambda tx, row=row, content=content: self._keep(tx, row.version, content))
            log.info("version fetched", kind=self._kind, version=row.version)

    def release(self) -> None:
        """Let facts take effect that waited for what was taken.

        Also after a start: whoever fetched it may have been killed before this.
        """
        for version in sorted(self._to_release):
            self._begun().run(lambda tx, version=version: tx.released(self._key(version)))
            self._to_release.discard(version)

    def keep_up(self, running: Running) -> None:
        """For ever: look, and in the process that reads facts, fetch. Doors have begun before they open."""
        if running.settings.role != "doors":
            self.begin(running.database)
        fetches = running.settings.role == "facts"
        address = running.settings.need(self._address) if fetches else ""
        while True:
            eventlet.sleep(LOOKS_EVERY)
            try:
                self.look()
                if fetches:
                    self.release()
                    self._fetch_now_and_then(address)
            except (requests.RequestException, NotTheSame) as error:
                log.warning("version not fetched", kind=self._kind, error=str(error))
            except Exception as error:
                if not is_away(error):
                    raise
                log.warning("database away, no versions now", kind=self._kind)

    def _fetch_now_and_then(self, address: str) -> None:
        if time.monotonic() >= self._tries_again_at:
            self._tries_again_at = time.monotonic() + TRIES_EVERY
            self.fetch_missing(address)
            self._tries_again_at = 0.0

    def _keep(self, tx: Transaction, version: str, content: bytes) -> None:
        tx.statements.write(_KEEP, (content, self._kind, version))

    def _keep_own(self, database: Database, own: Own) -> None:
        key = (self._kind, own.version, own.valid_from)
        if database.run(lambda tx: tx.statements.read(_IS_KEPT, key).scalar_one()):
            return
        content = own.content()
        values = (self._kind, own.version, hashlib.sha256(content).hexdigest(), own.valid_from, content)
        database.run(lambda tx: tx.statements.write(_KEEP_OWN, values))

    def _begun(self) -> Database:
        assert self._database is not None, "begin comes first"
        return self._database

    def _key(self, version: str) -> str:
        return f"{self._kind}/{version}"


def fetch(url: str, sha256: str) -> bytes:
    """The content at an address, whole and with this hash; raises ``NotTheSame`` or a RequestException."""
    content = bytearray()
    with requests.get(url, timeout=ANSWERS_WITHIN, stream=True) as answer:
        if answer.status_code != HTTPStatus.OK:
            raise NotTheSame(f"{url}: {answer.status_code}")
        for piece in answer.iter_content(64 * 1024):
            content += piece
            if len(content) > LARGEST:
                raise NotTheSame(f"{url}: larger than {LARGEST} bytes")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise NotTheSame(f"{url}: its hash is not the published one")
    return bytes(content)
