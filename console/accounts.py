"""Accounts (账号): who may come in, in which roles, and the facts that tell the others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from case_contracts.codes import Source
from case_contracts.console import AccountClosed, AccountOpened
from case_contracts.facts import Fact
from case_contracts.roles import Action, Actor, Role
from chassis.transactions import Announced

ADMINISTRATORS = "console/administrators"


class LoginTaken(ValueError):
    """Another account has this login."""


class LastAdministrator(ValueError):
    """Nobody would be left who can open accounts."""


class AlreadyClosed(ValueError):
    """The account has been closed before."""


class RuleBroken(ValueError):
    """A field of the account does not fit its roles."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


@dataclass(frozen=True, kw_only=True)
class Account:
    """账号 of one person, or of a channel's gateway."""

    person_id: str
    login: str
    name: str
    password_hash: str
    roles: tuple[Role, ...]
    responsible_unit: str | None = None
    responsibility_grid: str | None = None
    channel: str | None = None
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None = None
    closed_by: str | None = None
    one_time_until: datetime | None = None
    """Until when the password opens the door, once; None for one that the person chose."""

    def close(self, *, at: datetime, by: Actor) -> "Account":
        """销户."""
        if self.closed_at is not None:
            raise AlreadyClosed(self.login)
        return replace(self, closed_at=at, closed_by=by.person_id)


class Accounts(Protocol):
    """Where accounts are kept."""

    def get(self, person_id: str) -> Account: ...

    def by_login(self, login: str) -> Account | None: ...

    def add(self, account: Account) -> bool:
        """Keep a new account; False when its login is taken."""

    def save(self, account: Account) -> None: ...

    def open_administrators(self) -> Sequence[str]:
        """person_id of everybody who can open accounts now."""


class ConsoleTransaction(Protocol):
    """What opening and closing accounts needs of a transaction."""

    @property
    def accounts(self) -> Accounts: ...

    def lock(self, key: str) -> None: ...

    def announce(self, fact: Fact, *, at: datetime) -> Announced: ...

    def end_sessions_of(self, person_id: str, because: str, *, at: datetime) -> object: ...

    def write_down(self, person_id: str, action: str, *, by: str, at: datetime) -> None: ...


@dataclass(frozen=True)
class Places:
    """What an account may name: the units and responsibility grids of the handbook."""

    responsible_units: frozenset[str]
    responsibility_grids: frozenset[str]


def check(account: Account, places: Places) -> None:
    """Raise :class:`RuleBroken` when unit, grid or channel do not fit the roles."""
    if not account.roles:
        raise RuleBroken("roles", "Missing data for required field.")
    _fits(account, Role.RESPONSIBLE_UNIT, "responsible_unit", places.responsible_units)
    _fits(account, Role.COLLECTOR, "responsibility_grid", places.responsibility_grids)
    _fits(account, Role.CHANNEL, "channel", frozenset(source.value for source in Source))


def open_account(tx: ConsoleTransaction, account: Account, places: Places, *, by: Actor) -> Announced:
    """开户: from now on the person may log in."""
    by.require(Action.MANAGE_ACCOUNTS)
    check(account, places)
    if not tx.accounts.add(account):
        raise LoginTaken(account.login)
    tx.write_down(account.person_id, "opened", by=by.person_id, at=account.opened_at)
    fact = AccountOpened(
        person_id=account.person_id,
        roles=tuple(role.value for role in account.roles),
        responsible_unit=account.responsible_unit,
        responsibility_grid=account.responsibility_grid,
        opened_at=account.opened_at,
    )
    return tx.announce(fact, at=account.opened_at)


def close_account(tx: ConsoleTransaction, person_id: str, *, at: datetime, by: Actor) -> Announced:
    """销户: the person's sessions end, and nobody can log in with it again; the last administrator stays."""
    by.require(Action.MANAGE_ACCOUNTS)
    # Two administrators who close each other at the same moment come one after the other here.
    tx.lock(ADMINISTRATORS)
    account = tx.accounts.get(person_id).close(at=at, by=by)
    if set(tx.accounts.open_administrators()) == {person_id}:
        raise LastAdministrator(account.login)
    tx.accounts.save(account)
    tx.end_sessions_of(person_id, "account closed", at=at)
    tx.write_down(person_id, "closed", by=by.person_id, at=at)
    return tx.announce(AccountClosed(person_id=person_id, closed_at=at), at=at)


def _fits(account: Account, role: Role, field: str, known: frozenset[str]) -> None:
    given = getattr(account, field)
    if role in account.roles and given is None:
        raise RuleBroken(field, "Missing data for required field.")
    if role not in account.roles and given is not None:
        raise RuleBroken(field, "Unknown field.")
    if given is not None and given not in known:
        raise RuleBroken(field, "Invalid value.")
