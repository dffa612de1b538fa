"""The handbook desk (手册发布): a version is published, and new cases follow it from a moment on."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from case_contracts.console import HandbookPublished
from case_contracts.roles import Action, Actor
from chassis.transactions import Announced, Transaction
from handbook import Finding, HandbookError
from handbook.check import check_files
from handbook.files import digest, pack, unpack, unpack_changes

LOCK = "handbook"

_NEWEST = """
select v.archive from handbook_publications p join handbook_versions v using (version)
order by p.valid_from desc, p.id desc limit 1
"""
_KEEP_VERSION = """
insert into handbook_versions (version, sha256, archive) values (:version, :sha256, :archive)
on conflict (version) do nothing
"""
_PUBLISH = """
insert into handbook_publications (version, valid_from, published_at, published_by)
values (:version, :valid_from, :at, :by)
"""
_LISTED = """
select p.version, v.sha256, length(v.archive) as size, p.valid_from, p.published_at, p.published_by
from handbook_publications p join handbook_versions v using (version)
order by p.valid_from desc, p.id desc
"""
_FRESH = """
select p.id, p.version, p.valid_from, v.archive
from handbook_publications p join handbook_versions v using (version)
where p.id <> all(:taken) order by p.id
"""
_ARCHIVE = "select archive from handbook_versions where version = :version"


class HandbookRefused(ValueError):
    """手册未通过检查; `findings` says in which file and row, and why."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"{len(self.findings)} findings")


class ValidTooEarly(ValueError):
    """What has been filed already cannot follow another version."""


class AnotherPublished(ValueError):
    """Meanwhile another version was published, and what was checked would undo it."""


@dataclass(frozen=True, kw_only=True)
class CheckedVersion:
    """A version of the handbook that passed every check."""

    version: str
    sha256: str
    archive: bytes


@dataclass(frozen=True, kw_only=True)
class Published:
    """When a version holds from, and as what it was announced; None when nothing is new in it."""

    valid_from: datetime
    announced: Announced | None


class PostgresHandbooks:
    """Where versions (版本) and their publications (发布) are kept."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def newest(self) -> bytes | None:
        """The archive that holds last; None while nothing was published."""
        found = self._tx.execute(_NEWEST).scalar_one_or_none()
        return None if found is None else bytes(found)

    def archive(self, version: str) -> bytes | None:
        """A version as it travels."""
        found = self._tx.execute(_ARCHIVE, {"version": version}).scalar_one_or_none()
        return None if found is None else bytes(found)

    def listed(self) -> list[dict[str, Any]]:
        """Every publication, the one that holds last first."""
        return [row._asdict() for row in self._tx.execute(_LISTED).all()]

    def fresh(self, taken: list[int]) -> list[Any]:
        """Publications that are not among these, in their order."""
        return list(self._tx.execute(_FRESH, {"taken": taken}).all())

    def publish(self, checked: CheckedVersion, *, valid_from: datetime, at: datetime, by: Actor) -> None:
        """Keep a version and its publication."""
        self._tx.execute(_KEEP_VERSION, vars(checked))
        self._tx.execute(
            _PUBLISH,
            {"version": checked.version, "valid_from": valid_from, "at": at, "by": by.person_id},
        )


def checked_version(uploaded: bytes, newest: bytes) -> CheckedVersion:
    """The version that an upload makes: a whole handbook, or some of its files in the place of the newest's.

    Raises `HandbookRefused` with every finding of `make handbook-check`.
    """
    try:
        files = {**unpack(newest), **unpack_changes(uploaded)}
        findings: tuple[Finding, ...] = check_files(files).findings
    except HandbookError as error:
        raise HandbookRefused(error.findings) from error
    except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError) as error:
        # The checks name what a county does wrong; this is for what nobody does by mistake.
        raise HandbookRefused([Finding("archive", 0, f"cannot be read: {error}"[:200])]) from error
    if findings:
        raise HandbookRefused(findings)
    archive = pack(files)
    return CheckedVersion(
        version=f"v-{digest(files)[:12]}", sha256=hashlib.sha256(archive).hexdigest(), archive=archive
    )


def publish(
    tx: Any,
    checked: CheckedVersion,
    *,
    newest: bytes | None,
    valid_from: datetime | None,
    at: datetime,
    by: Actor,
) -> Published:
    """发布: new cases follow the version from that moment, by default from now on.

    Publishing what holds last already, or the same for the same moment again, changes nothing.
    ``newest`` is what held last when the version was made of it; raises `AnotherPublished` if that is over.
    """
    by.require(Action.PUBLISH_HANDBOOK)
    if valid_from is not None and valid_from < at:
        raise ValidTooEarly
    tx.lock(LOCK)  # of two administrators the second sees what the first published
    if known := _published_before(tx.handbooks.listed(), checked.version, valid_from):
        return Published(valid_from=known["valid_from"], announced=None)
    if tx.handbooks.newest() != newest:
        raise AnotherPublished
    holds_from = valid_from or at
    tx.handbooks.publish(checked, valid_from=holds_from, at=at, by=by)
    fact = HandbookPublished(
        version=checked.version,
        sha256=checked.sha256,
        valid_from=holds_from,
        published_at=at,
        publisher=by.person_id,
    )
    return Published(valid_from=holds_from, announced=tx.announce(fact, at=at))


def _published_before(
    listed: list[dict[str, Any]], version: str, valid_from: datetime | None
) -> Mapping[str, Any] | None:
    if valid_from is None:
        return listed[0] if listed and listed[0]["version"] == version else None
    same = (one for one in listed if (one["version"], one["valid_from"]) == (version, valid_from))
    return next(same, None)
