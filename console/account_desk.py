"""The account desk (账号管理): accounts change, passwords are reset, sessions end; all is written down."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from case_contracts.console import AccountChanged
from case_contracts.facts import Fact
from case_contracts.roles import Action, Actor, Role
from chassis.transactions import Announced
from console.accounts import (
    ADMINISTRATORS,
    Account,
    Accounts,
    AlreadyClosed,
    LastAdministrator,
    Places,
    check,
)
from console.sessions import LOCKED_FOR, Failures, Passwords, hashed, locked_until

ONE_TIME_FOR = timedelta(days=3)
"""A one-time password that nobody has used by then opens nothing."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are easily taken for one another."""

ACTIONS = {
    "opened": "开户",
    "changed": "修改",
    "closed": "销户",
    "password_reset": "重置口令",
    "password_changed": "修改口令",
    "unlocked": "解除锁定",
    "session_ended": "结束会话",
    "sessions_ended": "结束全部会话",
}
"""What the journal knows, in a clerk's words."""


class SessionOver(ValueError):
    """The session has ended already, or there never was one."""


class WrongPassword(Exception):
    """The old password is not right; ``locked_until`` when it was guessed too often."""

    def __init__(self, locked_until: datetime | None = None) -> None:
        super().__init__(locked_until)
        self.locked_until = locked_until


@dataclass(frozen=True, kw_only=True)
class OpenSession:
    """会话: somebody who is in."""

    session_id: str
    person_id: str
    began_at: datetime
    last_used_at: datetime


class DeskTransaction(Protocol):
    """What the desk needs of a transaction."""

    @property
    def accounts(self) -> Accounts: ...

    def lock(self, key: str) -> None: ...

    def announce(self, fact: Fact, *, at: datetime) -> Announced: ...

    def write_down(
        self, person_id: str, action: str, *, by: str, at: datetime, changes: list[dict[str, Any]] = ...
    ) -> None: ...

    def failures(self, login: str) -> Failures | None: ...

    def note_failure(self, login: str, *, at: datetime, since: datetime) -> None: ...

    def forget_failures(self, login: str) -> None: ...

    def open_sessions(
        self, *, at: datetime, person_id: str | None = ..., session_id: str | None = ...
    ) -> list[OpenSession]: ...

    def session_of(self, token_hash: bytes) -> str | None: ...

    def end_session(self, session_id: str, because: str, *, at: datetime) -> None: ...

    def end_sessions_of(
        self, person_id: str, because: str, *, at: datetime, but: str | None = ...
    ) -> int: ...


def change(
    tx: DeskTransaction, person_id: str, fields: Mapping[str, Any], places: Places, *, at: datetime, by: Actor
) -> Account:
    """修改账号: name, roles and what goes with them; tokens follow when they are renewed, in five minutes."""
    by.require(Action.MANAGE_ACCOUNTS)
    tx.lock(ADMINISTRATORS)
    account = _open(tx, person_id)
    changed = replace(account, **fields)
    check(changed, places)
    if Role.ADMINISTRATOR not in changed.roles and set(tx.accounts.open_administrators()) == {person_id}:
        raise LastAdministrator(account.login)
    changes = [
        {"field": name, "before": _plain(getattr(account, name)), "after": _plain(value)}
        for name, value in fields.items()
        if getattr(account, name) != value
    ]
    if not changes:
        return account
    tx.accounts.save(changed)
    tx.write_down(person_id, "changed", by=by.person_id, at=at, changes=changes)
    if any(one["field"] != "name" for one in changes):  # names do not travel
        tx.announce(_fact(changed, at), at=at)
    return changed


def reset_password(
    tx: DeskTransaction, person_id: str, password_hash: str, *, at: datetime, by: Actor
) -> Account:
    """重置口令: the new one opens the door once, to choose another; who was in is out, nothing is locked."""
    by.require(Action.MANAGE_ACCOUNTS)
    account = replace(_open(tx, person_id), password_hash=password_hash, one_time_until=at + ONE_TIME_FOR)
    tx.accounts.save(account)
    tx.forget_failures(account.login)
    tx.end_sessions_of(person_id, "password reset", at=at)
    tx.write_down(person_id, "password_reset", by=by.person_id, at=at)
    return account


def change_password(
    tx: DeskTransaction,
    passwords: Passwords,
    *,
    old: str,
    new_hash: str,
    kept_token: str | None,
    at: datetime,
    by: Actor,
) -> WrongPassword | None:
    """修改口令: by the person, who shows the old one; other sessions end. A wrong guess counts."""
    account = _open(tx, by.person_id)
    if (locked := locked_until(tx, account.login, at=at)) is not None:
        return WrongPassword(locked)
    if not passwords.matches(account, old):
        tx.note_failure(account.login, at=at, since=at - LOCKED_FOR)
        return WrongPassword()
    tx.forget_failures(account.login)
    tx.accounts.save(replace(account, password_hash=new_hash, one_time_until=None))
    kept = tx.session_of(hashed(kept_token)) if kept_token else None
    tx.end_sessions_of(account.person_id, "password changed", at=at, but=kept)
    tx.write_down(account.person_id, "password_changed", by=by.person_id, at=at)
    return None


def unlock(tx: DeskTransaction, person_id: str, *, at: datetime, by: Actor) -> None:
    """解除锁定: the person may try again at once."""
    by.require(Action.MANAGE_ACCOUNTS)
    account = _open(tx, person_id)
    tx.forget_failures(account.login)
    tx.write_down(person_id, "unlocked", by=by.person_id, at=at)


def end_session(tx: DeskTransaction, session_id: str, *, at: datetime, by: Actor) -> OpenSession:
    """结束会话: it is not renewed any more; its token is good for five minutes at most."""
    by.require(Action.MANAGE_ACCOUNTS)
    open_now = tx.open_sessions(at=at, session_id=session_id)
    if not open_now:
        raise SessionOver(session_id)
    session = open_now[0]
    tx.end_session(session_id, "ended by an administrator", at=at)
    tx.write_down(session.person_id, "session_ended", by=by.person_id, at=at)
    return session


def end_sessions(tx: DeskTransaction, person_id: str, *, at: datetime, by: Actor) -> int:
    """结束全部会话: every session of one person; how many there were."""
    by.require(Action.MANAGE_ACCOUNTS)
    account = tx.accounts.get(person_id)
    ended = tx.end_sessions_of(account.person_id, "ended by an administrator", at=at)
    if ended:
        tx.write_down(person_id, "sessions_ended", by=by.person_id, at=at)
    return ended


def one_time_password(choose: Callable[[str], str] = secrets.choice) -> str:
    """A password to be told once: three groups of five letters and digits, 74 bits."""
    return "-".join("".join(choose(_LETTERS) for _ in range(5)) for _ in range(3))


def _open(tx: DeskTransaction, person_id: str) -> Account:
    account = tx.accounts.get(person_id)
    if account.closed_at is not None:
        raise AlreadyClosed(account.login)
    return account


def _fact(account: Account, at: datetime) -> AccountChanged:
    return AccountChanged(
        person_id=account.person_id,
        roles=tuple(role.value for role in account.roles),
        responsible_unit=account.responsible_unit,
        responsibility_grid=account.responsibility_grid,
        changed_at=at,
    )


def _plain(value: Any) -> list[str]:
    if isinstance(value, tuple):
        return [str(one.value) for one in value]
    return [] if value is None else [str(value)]
