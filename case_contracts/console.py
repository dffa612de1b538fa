"""The facts that console (accounts and the house's hall) publishes on ``console.events``."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from case_contracts.facts import Fact


@dataclass(frozen=True, kw_only=True)
class AccountOpened(Fact, subject="person/{person_id}"):
    """开户: a person may log in, with these roles. No name and no login travels."""

    person_id: str
    roles: tuple[str, ...]
    opened_at: datetime
    responsible_unit: str | None = None
    responsibility_grid: str | None = None
    """The grid a collector walks."""


@dataclass(frozen=True, kw_only=True)
class AccountChanged(Fact, subject="person/{person_id}"):
    """账号变更: from now on the person has these roles, this unit and this grid, and no others."""

    person_id: str
    roles: tuple[str, ...]
    changed_at: datetime
    responsible_unit: str | None = None
    responsibility_grid: str | None = None
    """The grid a collector walks."""


@dataclass(frozen=True, kw_only=True)
class AccountClosed(Fact, subject="person/{person_id}"):
    """销户: a person may do nothing any more."""

    person_id: str
    closed_at: datetime


@dataclass(frozen=True, kw_only=True)
class HandbookPublished(Fact, subject="handbook/{version}"):
    """手册发布: new cases follow this version of the handbook from a moment on.

    Whoever needs it fetches it from console (PATH, at the address in HANDBOOK_URL) and checks the hash.
    """

    SHELF: ClassVar[str] = "handbook"
    PATH: ClassVar[str] = "/api/console/handbook/archives/{version}"

    version: str
    """Of the handbook (监督指挥手册)."""
    sha256: str
    """Of the archive's bytes."""
    valid_from: datetime
    """When new cases begin to follow it."""
    published_at: datetime
    """When it was published."""
    publisher: str = ""
    """person_id of the administrator."""
