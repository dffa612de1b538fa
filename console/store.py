"""Where the console keeps accounts (账号), sessions (会话) and parked messages (滞留消息): PostgreSQL."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from case_contracts.facts import Fact
from case_contracts.roles import Actor, Role
from case_contracts.wire import Envelope
from chassis.documents import NotFound
from chassis.transactions import Announced, Transaction
from console.account_desk import OpenSession
from console.accounts import Account
from console.case_files import CaseFiles
from console.handbook_desk import PostgresHandbooks
from console.names import Names
from console.parked import ParkedMessage, Status
from console.past_cases import newest_cases
from console.sessions import FAILURES_ALLOWED, Failures, RefreshToken
from console.standing_reports import standing_of
from console.work import work_of
from handbook.duty_trial import PastCase

_ACCOUNT = """
select person_id, login, name, password_hash, roles, responsible_unit, responsibility_grid, channel,
       opened_at, opened_by, closed_at, closed_by, one_time_until from accounts
"""
_ADD_ACCOUNT = """
insert into accounts (person_id, login, name, password_hash, roles, responsible_unit, responsibility_grid,
                      channel, opened_at, opened_by, one_time_until)
values (:person_id, :login, :name, :password_hash, :roles, :responsible_unit, :responsibility_grid,
        :channel, :opened_at, :opened_by, :one_time_until)
on conflict (login) do nothing
"""
_SAVE_ACCOUNT = """
update accounts set closed_at = :closed_at, closed_by = :closed_by, password_hash = :password_hash,
    name = :name, roles = :roles, responsible_unit = :responsible_unit,
    responsibility_grid = :responsibility_grid, channel = :channel, one_time_until = :one_time_until
where person_id = :person_id
"""
_ADMINISTRATORS = """
select person_id from accounts where closed_at is null and :role = any(roles)
"""
_NOTE_FAILURE = """
insert into failed_logins as f (login, failures, last_failed_at) values (:login, 1, :at)
on conflict (login) do update set last_failed_at = :at,
    failures = case when f.last_failed_at <= :since then 1 else f.failures + 1 end
"""
_REFRESHER = """
select t.session_id, s.person_id, t.expires_at, t.used_at, s.ended_at
from refresh_tokens t join sessions s using (session_id) where t.token_hash = :token_hash for update
"""
_KEEP_REFRESHER = """
insert into refresh_tokens (token_hash, session_id, issued_at, expires_at)
values (:token_hash, :session_id, :at, :expires_at)
"""
# A session in use gets a token every few minutes; those that expired are no proof of anything.
_FORGET_REFRESHERS = """
delete from refresh_tokens where session_id = :session_id and expires_at <= :at
"""
_END_EXPIRED = """
update sessions set ended_at = :at, ended_because = 'expired'
where person_id = :person and ended_at is null and not exists (
    select from refresh_tokens as token
    where token.session_id = sessions.session_id and token.expires_at > :at)
"""
_END_SESSIONS = """
update sessions set ended_at = :at, ended_because = :because
where ended_at is null and (session_id = :session_id or person_id = :person_id)
    and session_id is distinct from :but
"""
# A session that nobody can renew any more is over, though nobody has ended it.
_OPEN_SESSIONS = """
select session_id, person_id, began_at, max(issued_at) as last_used_at
from sessions join refresh_tokens using (session_id)
where ended_at is null
    and (cast(:person_id as text) is null or person_id = :person_id)
    and (cast(:session_id as text) is null or session_id = :session_id)
group by session_id, person_id, began_at having max(expires_at) > :at
order by last_used_at desc, session_id
"""
_LOGINS = """
select person_id, max(began_at) from sessions group by person_id
"""
_LOCKED = """
select login, failures, last_failed_at from failed_logins where failures >= :failures
"""
_WRITE_DOWN = """
insert into account_journal (person_id, action, by_person, at, changes)
values (:person_id, :action, :by, :at, cast(:changes as jsonb))
"""
_JOURNAL = """
select action, by_person, at, changes from account_journal where person_id = :person_id order by id desc
"""
_KEEP_PARKED = """
insert into parked_messages (id, queue, exchange, routing_key, message_id, content_type, error_type, error,
                             traceback, frame, fingerprint, headers, body, parked_at)
values (:id, :queue, :exchange, :routing_key, :message_id, :content_type, :error_type, :error,
        :traceback, :frame, :fingerprint, cast(:headers as jsonb), :body, :parked_at)
on conflict (id) do nothing
"""
_PARKED = """
select id, queue, exchange, routing_key, message_id, content_type, error_type, error, traceback, frame,
       headers, body, parked_at, status from parked_messages where id = :id
"""
_GROUPS = """
select fingerprint, queue, error_type as reason, frame, count(*) as count, min(parked_at) as first_at,
       max(parked_at) as last_at, (array_agg(error order by parked_at desc))[1] as error
from parked_messages where status = :status
group by fingerprint, queue, error_type, frame order by last_at desc
"""
_LISTED = """
select id, fingerprint, queue, message_id, error_type as reason, error, parked_at, status from parked_messages
where status = :status and (cast(:fingerprint as text) is null or fingerprint = :fingerprint)
order by parked_at desc, id limit :limit
"""
_ACTIONS = """
select action, person_id, reason, at from parked_actions where parked_id = :id order by id
"""
_RECORD = """
insert into parked_actions (parked_id, action, person_id, reason, at)
values (:parked_id, :action, :person_id, :reason, :at)
"""


class PostgresAccounts:
    """账号 in PostgreSQL."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def get(self, person_id: str) -> Account:
        """The account, locked; raise NotFound."""
        found = self._one("where person_id = :key for update", person_id)
        if found is None:
            raise NotFound("accounts", person_id)
        return found

    def find(self, person_id: str) -> Account | None:
        """The account, only to be looked at."""
        return self._one("where person_id = :key", person_id)

    def by_login(self, login: str) -> Account | None:
        """The account with this login."""
        return self._one("where login = :key", login)

    def all(self) -> list[Account]:
        """Every account, open ones first."""
        rows = self._tx.execute(f"{_ACCOUNT} order by closed_at is not null, login")
        return [_account(one) for one in rows]

    def add(self, account: Account) -> bool:
        """Keep a new account; False when its login is taken."""
        values = {**vars(account), "roles": [role.value for role in account.roles]}
        return bool(self._tx.execute(_ADD_ACCOUNT, values).rowcount)

    def save(self, account: Account) -> None:
        """Keep what was changed; the login never is."""
        values = {**vars(account), "roles": [role.value for role in account.roles]}
        self._tx.execute(_SAVE_ACCOUNT, values)

    def open_administrators(self) -> Sequence[str]:
        """person_id of everybody who can open accounts now."""
        return list(self._tx.execute(_ADMINISTRATORS, {"role": Role.ADMINISTRATOR.value}).scalars())

    def names(self) -> dict[str, str]:
        """Every person's name by person_id."""
        return {one[0]: one[1] for one in self._tx.execute("select person_id, name from accounts")}

    def _one(self, where: str, key: str) -> Account | None:
        found = self._tx.execute(f"{_ACCOUNT} {where}", {"key": key}).one_or_none()
        return None if found is None else _account(found)


class PostgresParked:
    """滞留消息 in PostgreSQL."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def keep(self, message: ParkedMessage) -> None:
        """Keep a message that was parked; the same delivery twice is kept once."""
        values = {**vars(message), "fingerprint": message.fingerprint, "headers": json.dumps(message.headers)}
        self._tx.execute(_KEEP_PARKED, values)

    def get(self, parked_id: str) -> ParkedMessage:
        """The message, locked; raise NotFound."""
        found = self._tx.execute(f"{_PARKED} for update", {"id": parked_id}).one_or_none()
        if found is None:
            raise NotFound("parked_messages", parked_id)
        values = {**found._asdict(), "body": bytes(found.body), "status": Status(found.status)}
        return ParkedMessage(**values)

    def settle(self, parked_id: str, status: Status) -> None:
        """The message has been dealt with."""
        statement = "update parked_messages set status = :status where id = :id"
        self._tx.execute(statement, {"id": parked_id, "status": status.value})

    def record(self, parked_id: str, action: str, person_id: str, reason: str, *, at: datetime) -> None:
        """Who did what with it, and why."""
        values = {
            "parked_id": parked_id,
            "action": action,
            "person_id": person_id,
            "reason": reason,
            "at": at,
        }
        self._tx.execute(_RECORD, values)

    def actions(self, parked_id: str) -> list[dict[str, Any]]:
        """What was done with it."""
        return [dict(one) for one in self._tx.execute(_ACTIONS, {"id": parked_id}).mappings()]

    def groups(self, status: Status) -> list[dict[str, Any]]:
        """Messages that failed in the same way, counted together."""
        return [dict(one) for one in self._tx.execute(_GROUPS, {"status": status.value}).mappings()]

    def listed(self, status: Status, fingerprint: str | None, limit: int) -> list[dict[str, Any]]:
        """The newest messages of a status."""
        values = {"status": status.value, "fingerprint": fingerprint, "limit": limit}
        return [dict(one) for one in self._tx.execute(_LISTED, values).mappings()]

    def open_of_group(self, fingerprint: str) -> Sequence[str]:
        """The open messages of a group, oldest first."""
        query = "select id from parked_messages where fingerprint = :f and status = 'open' order by parked_at"
        return list(self._tx.execute(query, {"f": fingerprint}).scalars())

    def counts(self) -> dict[str, int]:
        """How many there are of each status."""
        rows = self._tx.execute("select status, count(*) from parked_messages group by status")
        return {one[0]: one[1] for one in rows}


class PostgresStore:
    """One transaction of the console."""

    def __init__(self, tx: Transaction, names: Callable[[], Names]) -> None:
        self._tx = tx
        self._names = names
        self.accounts = PostgresAccounts(tx)
        self.parked = PostgresParked(tx)
        self.handbooks = PostgresHandbooks(tx)

    @cached_property
    def case_files(self) -> CaseFiles:
        """The read model."""
        return CaseFiles(self._tx, self._names())

    def work_of(self, actor: Actor, *, at: datetime) -> list[dict[str, Any]]:
        """How much waits for this person."""
        return work_of(self._tx, actor, at=at)

    def names_with_people(self) -> Names:
        """Names of codes and of our own people."""
        return self._names().with_people(self.accounts.names())

    def standing_of(self, numbers: list[str]) -> list[dict[str, Any]]:
        """How these reports stand."""
        return standing_of(self._tx, numbers)

    def past_cases(self, how_many: int) -> list[PastCase]:
        """The cases that were dispatched last."""
        return newest_cases(self._tx, how_many)

    def lock(self, key: str) -> None:
        """Hold everyone else who locks the same key until this transaction ends."""
        self._tx.lock(key)

    def announce(self, fact: Fact, *, at: datetime) -> Announced:
        """Publish a fact when this transaction commits."""
        return self._tx.announce(fact, at=at)

    def post(self, *, message: Envelope, **where: Any) -> None:
        """Send any other message when this transaction commits."""
        self._tx.post(message=message, **where)

    def failures(self, login: str) -> Failures | None:
        """How often this login failed lately."""
        query = "select failures, last_failed_at from failed_logins where login = :login"
        found = self._tx.execute(query, {"login": login}).one_or_none()
        return None if found is None else Failures(*found)

    def note_failure(self, login: str, *, at: datetime, since: datetime) -> None:
        """One more wrong password; older failures than ``since`` are forgotten, whosever they are."""
        self._tx.execute(_NOTE_FAILURE, {"login": login, "at": at, "since": since})
        self._tx.execute("delete from failed_logins where last_failed_at <= :since", {"since": since})

    def forget_failures(self, login: str) -> None:
        """The right password was given."""
        self._tx.execute("delete from failed_logins where login = :login", {"login": login})

    def begin_session(self, session_id: str, person_id: str, *, at: datetime) -> None:
        """The person is in; earlier sessions that nobody can renew any more are over."""
        self._tx.execute(_END_EXPIRED, {"person": person_id, "at": at})
        statement = "insert into sessions (session_id, person_id, began_at) values (:session, :person, :at)"
        self._tx.execute(statement, {"session": session_id, "person": person_id, "at": at})

    def end_session(self, session_id: str, because: str, *, at: datetime) -> None:
        """No token of this session is good any more."""
        self._end(session_id, None, because, at)

    def end_sessions_of(self, person_id: str, because: str, *, at: datetime, but: str | None = None) -> int:
        """No token of this person is good any more, but for those of one session; how many were ended."""
        return self._end(None, person_id, because, at, but)

    def open_sessions(
        self, *, at: datetime, person_id: str | None = None, session_id: str | None = None
    ) -> list[OpenSession]:
        """Who is in, whoever was heard of last first."""
        values = {"at": at, "person_id": person_id, "session_id": session_id}
        return [OpenSession(**one._asdict()) for one in self._tx.read(_OPEN_SESSIONS, values)]

    def session_of(self, token_hash: bytes) -> str | None:
        """The session that a refresh token belongs to."""
        token = self.refresh_token(token_hash)
        return None if token is None else token.session_id

    def last_logins(self) -> dict[str, datetime]:
        """When each person logged in last."""
        return dict(self._tx.read(_LOGINS))

    def locked_logins(self, *, at: datetime) -> dict[str, datetime]:
        """Until when each locked login is locked."""
        found = self._tx.read(_LOCKED, {"failures": FAILURES_ALLOWED})
        until = {login: Failures(count, last_at).locked_until(at) for login, count, last_at in found}
        return {login: moment for login, moment in until.items() if moment is not None}

    def write_down(
        self,
        person_id: str,
        action: str,
        *,
        by: str,
        at: datetime,
        changes: Sequence[dict[str, Any]] = (),
    ) -> None:
        """What was done with an account, by whom; for ever."""
        values = {"person_id": person_id, "action": action, "by": by, "at": at}
        self._tx.execute(_WRITE_DOWN, {**values, "changes": json.dumps(list(changes), ensure_ascii=False)})

    def journal(self, person_id: str) -> list[dict[str, Any]]:
        """What was done with an account, the last first."""
        return [dict(one) for one in self._tx.read(_JOURNAL, {"person_id": person_id}).mappings()]

    def keep_refresh_token(
        self, session_id: str, token_hash: bytes, *, at: datetime, expires_at: datetime
    ) -> None:
        """A new refresh token of the session."""
        values = {"token_hash": token_hash, "session_id": session_id, "at": at, "expires_at": expires_at}
        self._tx.execute(_FORGET_REFRESHERS, {"session_id": session_id, "at": at})
        self._tx.execute(_KEEP_REFRESHER, values)

    def refresh_token(self, token_hash: bytes) -> RefreshToken | None:
        """The token with its session, both locked."""
        found = self._tx.execute(_REFRESHER, {"token_hash": token_hash}).one_or_none()
        return None if found is None else RefreshToken(*found)

    def use_refresh_token(self, token_hash: bytes, *, at: datetime) -> None:
        """The token has been used up."""
        statement = "update refresh_tokens set used_at = :at where token_hash = :token_hash"
        self._tx.execute(statement, {"token_hash": token_hash, "at": at})

    def _end(
        self,
        session_id: str | None,
        person_id: str | None,
        because: str,
        at: datetime,
        but: str | None = None,
    ) -> int:
        values = {"session_id": session_id, "person_id": person_id, "because": because, "at": at, "but": but}
        return self._tx.execute(_END_SESSIONS, values).rowcount


def _account(row: Any) -> Account:
    return Account(**{**row._asdict(), "roles": tuple(Role(role) for role in row.roles)})
