"""Sessions (会话): logging in with a password, staying in with a refresh token that changes at every use."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from console.accounts import Account, Accounts

# OWASP's password storage cheat sheet: argon2id with 19 MiB, two rounds, one lane.
MEMORY_KIB, ROUNDS, LANES = 19 * 1024, 2, 1

FAILURES_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=15)
REFRESHABLE_FOR = timedelta(hours=12)
"""A session nobody uses for so long is over."""
REPEATABLE_FOR = timedelta(seconds=30)
"""A refresh token may be shown once more within this time: its first answer may have been lost."""

Run = Callable[..., Any]


class Passwords:
    """口令: argon2id hashes, computed by ``run`` (in a thread where others must not wait)."""

    def __init__(self, run: Run = lambda function, *arguments: function(*arguments)) -> None:
        self._hasher = PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._run = run
        self._nobodys = self._hasher.hash("nobody's password")

    def hash(self, password: str) -> str:
        """The hash to keep."""
        return str(self._run(self._hasher.hash, password))

    def matches(self, account: Account | None, password: str) -> bool:
        """Whether it is the account's password; takes as long for an account that does not exist."""
        return bool(self._run(self._verify, account, password))

    def outdated(self, account: Account) -> bool:
        """Whether the hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(account.password_hash)

    def _verify(self, account: Account | None, password: str) -> bool:
        kept = self._nobodys if account is None else account.password_hash
        try:
            self._hasher.verify(kept, password)
        except VerificationError:
            return False
        return account is not None


@dataclass(frozen=True)
class Failures:
    """How often a login failed lately."""

    count: int
    last_at: datetime

    def locked_until(self, at: datetime) -> datetime | None:
        """Until when the login is locked; None when it is not."""
        until = self.last_at + LOCKED_FOR
        return until if self.count >= FAILURES_ALLOWED and at < until else None


@dataclass(frozen=True)
class RefreshToken:
    """A refresh token as it is kept: hashed, with its session."""

    session_id: str
    person_id: str
    expires_at: datetime
    used_at: datetime | None
    session_ended_at: datetime | None


class Guarded(Protocol):
    """Where wrong passwords are counted."""

    def lock(self, key: str) -> None: ...

    def failures(self, login: str) -> Failures | None: ...


class SessionTransaction(Guarded, Protocol):
    """What logging in and staying in needs of a transaction."""

    @property
    def accounts(self) -> Accounts: ...

    def write_down(self, person_id: str, action: str, *, by: str, at: datetime) -> None: ...

    def note_failure(self, login: str, *, at: datetime, since: datetime) -> None: ...

    def forget_failures(self, login: str) -> None: ...

    def begin_session(self, session_id: str, person_id: str, *, at: datetime) -> None: ...

    def end_session(self, session_id: str, because: str, *, at: datetime) -> None: ...

    def keep_refresh_token(
        self, session_id: str, token_hash: bytes, *, at: datetime, expires_at: datetime
    ) -> None: ...

    def refresh_token(self, token_hash: bytes) -> RefreshToken | None:
        """The token with its session locked."""

    def use_refresh_token(self, token_hash: bytes, *, at: datetime) -> None: ...


@dataclass(frozen=True)
class Entered:
    """The person is in."""

    account: Account


@dataclass(frozen=True)
class NotEntered:
    """The person stays out; ``locked_until`` says how long the login is locked."""

    locked_until: datetime | None = None
    must_choose: bool = False
    """The one-time password is right, and opens the door together with a new one only."""
    expired: bool = False
    """The one-time password was right, and nobody used it in time."""


class NotOneTime(ValueError):
    """A new password came with a password that goes on being good."""


def log_in(
    tx: SessionTransaction,
    passwords: Passwords,
    login: str,
    password: str,
    *,
    session_id: str,
    secret: str,
    at: datetime,
    new_hash: str | None = None,
) -> Entered | NotEntered:
    """登录: five wrong passwords lock the login for a quarter of an hour, whether it exists or not.

    A one-time password opens the door once, together with the hash of the one that takes its place.
    """
    if (until := locked_until(tx, login, at=at)) is not None:
        return NotEntered(until)
    account = tx.accounts.by_login(login)
    matches = passwords.matches(account, password)
    if account is None or not matches or account.closed_at is not None:
        tx.note_failure(login, at=at, since=at - LOCKED_FOR)
        return NotEntered()
    known = tx.accounts.get(
        account.person_id
    )  # locked: reset, changed or closed while the hash was computed?
    if known.password_hash != account.password_hash or known.closed_at is not None:
        return NotEntered()
    account = known
    if account.one_time_until is not None:
        if account.one_time_until <= at:
            return NotEntered(expired=True)
        if new_hash is None:
            return NotEntered(must_choose=True)
        account = replace(account, password_hash=new_hash, one_time_until=None)
        tx.accounts.save(account)
        tx.write_down(account.person_id, "password_changed", by=account.person_id, at=at)
    elif new_hash is not None:
        raise NotOneTime(login)
    tx.forget_failures(login)
    tx.begin_session(session_id, account.person_id, at=at)
    tx.keep_refresh_token(session_id, hashed(secret), at=at, expires_at=at + REFRESHABLE_FOR)
    return Entered(account)


def refresh(tx: SessionTransaction, shown: str, *, secret: str, at: datetime) -> Entered | NotEntered:
    """续期: the token shown is used up and a new one takes its place; one used long ago ends the session."""
    token = tx.refresh_token(hashed(shown))
    if token is None or token.session_ended_at is not None or token.expires_at <= at:
        return NotEntered()
    if token.used_at is not None and at - token.used_at > REPEATABLE_FOR:
        tx.end_session(token.session_id, "a used refresh token was shown again", at=at)
        return NotEntered()
    account = tx.accounts.get(token.person_id)
    if account.closed_at is not None:
        return NotEntered()
    if token.used_at is None:
        tx.use_refresh_token(hashed(shown), at=at)
    tx.keep_refresh_token(token.session_id, hashed(secret), at=at, expires_at=at + REFRESHABLE_FOR)
    return Entered(account)


def log_out(tx: SessionTransaction, shown: str, *, at: datetime) -> None:
    """退出: the session of this refresh token is over; an unknown one changes nothing."""
    token = tx.refresh_token(hashed(shown))
    if token is not None and token.session_ended_at is None:
        tx.end_session(token.session_id, "logged out", at=at)


def locked_until(tx: Guarded, login: str, *, at: datetime) -> datetime | None:
    """Until when the login is locked; from now on other guesses at it wait for this transaction."""
    # Guesses at one login come one after the other, so that none slips past the count.
    tx.lock(f"console/login/{login}")
    failures = tx.failures(login)
    return None if failures is None else failures.locked_until(at)


def hashed(secret: str) -> bytes:
    """What is kept of a refresh token; it is long and random, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def claims(account: Account) -> dict[str, Any]:
    """What a signed token says of a person."""
    return {
        "sub": account.person_id,
        "roles": [role.value for role in account.roles],
        "unit": account.responsible_unit,
        "channel": account.channel,
        "grid": account.responsibility_grid,
    }
