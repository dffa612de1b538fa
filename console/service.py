"""Console (大厅): sessions, accounts, case files, parked messages and the live page behind their doors."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from case_contracts import console, dispatch, facts, hotline, intake, wire
from case_contracts.roles import Action, Actor, Role
from chassis import tokens
from chassis.app import App, Measured, Running
from chassis.codec import Codec
from chassis.documents import NotFound
from chassis.doors import door, in_thread
from chassis.problems import Problem, invalid, problem
from chassis.reading import Delivery, Reader
from chassis.transactions import Announced, Transaction
from console import account_desk, accounts, county, parked, schemas, sessions
from console.account_desk import ONE_TIME_FOR, WrongPassword
from console.account_doors import AccountDeskDoors, refusal
from console.account_shown import person
from console.accounts import Account
from console.handbook_desk import AnotherPublished
from console.handbook_doors import HandbookDoors
from console.handbook_reading_doors import HandbookReadingDoors
from console.live_push import LivePushDoors
from console.page import Page
from console.parked import Status
from console.people_doors import PeopleDoors
from console.remaking import remake
from console.search import Criteria
from console.sessions import Entered, NotEntered, Passwords
from console.standing_reports import StandingReportDoors
from console.store import PostgresStore
from console.waiting import wait_for
from console.words import State, stage_counts

SENDERS = (console, dispatch, hotline, intake)
"""Imported so that their facts can be read."""


codec = Codec(
    content_type=wire.CONTENT_TYPE,
    encode=wire.encode,
    decode=wire.decode,
    seal=facts.seal,
    unseal=facts.unseal,
    unreadable=(wire.Unreadable, wire.Malformed),
)

_WRONG_LOGIN = (401, "wrong-login", "登录名或密码不正确", "Wrong login or password")
_MUST_CHOOSE = (403, "password-to-be-chosen", "请设置新口令", "A new password must be chosen")
_EXPIRED = (
    403,
    "password-expired",
    "一次性口令已过期，请联系管理员",
    "The one-time password is over, ask an administrator",
)
_NOT_YET = (409, "not-yet", "案卷尚未更新到所要求的进度，请稍后重试", "The case file is not that far yet")


county_names = county.names
county_places = county.places


def bind(tx: Transaction) -> PostgresStore:
    """The console's own transaction."""
    return PostgresStore(tx, county_names)


class SessionDoors:
    """登录、续期、退出. Their answers are secrets, so none is kept for an idempotency key."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.key = tokens.private_key(running.settings.keys_dir)
        self.passwords = Passwords(in_thread)

    @door("POST", "/api/console/login", body=schemas.Login, answer=schemas.LoggedIn, public=True,
          transaction=False, timed=False, tags=["会话"], summary="登录", summary_en="Log in")  # fmt: skip
    def login(self, command: dict[str, Any], *, at: datetime, by: None) -> dict[str, Any] | Problem:
        secret, session_id = secrets.token_urlsafe(32), uuid4().hex
        chosen = command.pop("new_password")
        if chosen is not None and chosen == command["password"]:
            raise invalid(("new_password", "Must differ from the old password."))
        new_hash = None if chosen is None else self.passwords.hash(chosen)
        outcome = self.running.transact(
            lambda tx: sessions.log_in(
                tx, self.passwords, **command, session_id=session_id, secret=secret, at=at, new_hash=new_hash
            ),
        )
        return self._entered(outcome, secret, at)

    @door("POST", "/api/console/refresh", body=schemas.RefreshGiven, answer=schemas.LoggedIn, public=True,
          transaction=False, timed=False, tags=["会话"], summary="续期",
          summary_en="Stay logged in")  # fmt: skip
    def refresh(self, command: dict[str, Any], *, at: datetime, by: None) -> dict[str, Any] | Problem:
        secret, shown = secrets.token_urlsafe(32), command["refresh_token"]
        outcome = self.running.transact(lambda tx: sessions.refresh(tx, shown, secret=secret, at=at))
        if isinstance(outcome, NotEntered):
            return problem("not-authenticated")
        return self._entered(outcome, secret, at)

    @door("POST", "/api/console/logout", body=schemas.RefreshGiven, public=True,
          transaction=False, timed=False, tags=["会话"], summary="退出", summary_en="Log out")  # fmt: skip
    def logout(self, command: dict[str, Any], *, at: datetime, by: None) -> None:
        self.running.transact(lambda tx: sessions.log_out(tx, command["refresh_token"], at=at))

    @door("GET", "/api/console/me", answer=schemas.Person, tags=["会话"], summary="当前用户",
          summary_en="Who I am")  # fmt: skip
    def me(self, tx: PostgresStore, *, at: datetime, by: Actor) -> dict[str, Any]:
        account = tx.accounts.find(by.person_id)
        if account is None or account.closed_at is not None:
            raise problem("not-authenticated")
        return _person(account)

    def _entered(self, outcome: Entered | NotEntered, secret: str, at: datetime) -> dict[str, Any] | Problem:
        if isinstance(outcome, NotEntered):
            return _refusal(outcome, at)
        now = self.running.clock()  # a token holds from now on, also where a replay says that it is 2020
        return {
            "token": tokens.sign(sessions.claims(outcome.account), self.key, at=now),
            "expires_at": now + tokens.LIFETIME,
            "refresh_token": secret,
            "person": _person(outcome.account),
        }


class AccountDoors:
    """账号: the administrator's desk."""

    def __init__(self) -> None:
        self.passwords = Passwords(in_thread)

    @door("GET", "/api/console/accounts", answer=schemas.AccountList, action=Action.MANAGE_ACCOUNTS,
          tags=["账号"], summary="账号列表", summary_en="List accounts")  # fmt: skip
    def accounts(self, tx: PostgresStore, *, at: datetime, by: Actor) -> dict[str, Any]:
        last, locked = tx.last_logins(), tx.locked_logins(at=at)
        return {
            "accounts": [
                {
                    **_person(account),
                    "last_login_at": last.get(account.person_id),
                    "locked_until": locked.get(account.login),
                }
                for account in tx.accounts.all()
            ]
        }

    # Its request tells a password: nothing but a mark of the personal key stands for it under the key.
    @door("POST", "/api/console/accounts", body=schemas.OpenAccount, answer=schemas.AccountKept, status=201,
          action=Action.MANAGE_ACCOUNTS, secret=True, tags=["账号"], summary="开户",
          summary_en="Open an account")  # fmt: skip
    def open_account(
        self, tx: PostgresStore, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        about = {name: value for name, value in command.items() if name not in ("password", "one_time")}
        account = Account(
            **{**about, "roles": tuple(sorted(set(command["roles"])))},
            person_id=str(uuid4()),
            password_hash=self.passwords.hash(command["password"]),
            opened_at=at,
            opened_by=by.person_id,
            one_time_until=at + ONE_TIME_FOR if command["one_time"] else None,
        )
        try:
            announced = accounts.open_account(tx, account, county_places(), by=by)
        except accounts.RuleBroken as broken:
            raise invalid((broken.field, broken.rule)) from broken
        return _announced(account.person_id, announced)

    @door("POST", "/api/console/accounts/<person_id>/close", answer=schemas.AccountKept,
          action=Action.MANAGE_ACCOUNTS, tags=["账号"], summary="销户",
          summary_en="Close an account")  # fmt: skip
    def close_account(self, tx: PostgresStore, person_id: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        announced = accounts.close_account(tx, person_id, at=at, by=by)
        return _announced(person_id, announced)


class CaseFileDoors:
    """案卷: what everybody may read; who must act on it asks the owner."""

    def __init__(self, running: Running) -> None:
        self.running = running

    @door("GET", "/api/console/live", query=schemas.LiveQuery, answer=schemas.Live,
          action=Action.READ_CASE_FILES, tags=["案卷"], summary="实时列表",
          summary_en="What has changed")  # fmt: skip
    def live(self, tx: PostgresStore, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        page = tx.case_files.live(query["after"], query["limit"])
        return {
            "rows": page.rows,
            "cursor": page.cursor,
            "stages": stage_counts(tx.case_files.state_counts()),
        }

    @door("GET", "/api/console/case-files", query=schemas.SearchQuery, answer=schemas.Found,
          action=Action.READ_CASE_FILES, tags=["案卷"], summary="查找案卷",
          summary_en="Search case files")  # fmt: skip
    def search(self, tx: PostgresStore, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        words, states, overdue = query.pop("q"), query.pop("state"), query.pop("overdue")
        before, limit = query.pop("before"), query.pop("limit")
        criteria = Criteria(words=words, states=states, overdue_at=at if overdue else None, **query)
        return vars(tx.case_files.search(criteria, before, limit))

    @door("GET", "/api/console/work", answer=schemas.Work, tags=["待办"], summary="待办数量",
          summary_en="How much waits for whom")  # fmt: skip
    def work(self, tx: PostgresStore, *, at: datetime, by: Actor) -> dict[str, Any]:
        return {"counts": tx.work_of(by, at=at)}

    @door("GET", "/api/console/case-files/<case_number>", query=schemas.FileQuery, answer=schemas.CaseFile,
          action=Action.READ_CASE_FILES, transaction=False, tags=["案卷"], summary="查看案卷",
          summary_en="One case file")  # fmt: skip
    def case_file(
        self, case_number: str, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        return self._file(
            query,
            lambda tx: tx.case_files.of_case(case_number, tx.names_with_people(), county.edition_at),
            case_number,
        )

    @door("GET", "/api/console/reports/<report_number>", query=schemas.FileQuery, answer=schemas.CaseFile,
          action=Action.READ_CASE_FILES, transaction=False, tags=["案卷"], summary="按受理编号查看",
          summary_en="The file of a report")  # fmt: skip
    def report(self, report_number: str, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        return self._file(
            query,
            lambda tx: tx.case_files.of_report(report_number, tx.names_with_people(), county.edition_at),
            report_number,
        )

    def _file(
        self, query: dict[str, Any], read: Callable[[PostgresStore], dict[str, Any] | None], number: str
    ) -> dict[str, Any]:
        if query["at_least"] is not None:
            subject, _, sequence = query["at_least"].rpartition(":")
            if not wait_for(
                lambda: self.running.transact(lambda tx: tx.case_files.reached(subject, int(sequence)))
            ):
                raise Problem(_NOT_YET, members={"at_least": query["at_least"]}, headers={"Retry-After": "1"})
        found = self.running.transact(read)
        if found is None:
            raise NotFound("case_files", number)
        return found


class ParkedDoors:
    """滞留消息: operations' desk."""

    @door("GET", "/api/console/parked", query=schemas.ParkedQuery, answer=schemas.ParkedList,
          action=Action.MANAGE_PARKED, tags=["滞留消息"], summary="滞留消息列表",
          summary_en="List parked messages")  # fmt: skip
    def parked(self, tx: PostgresStore, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        return {"groups": tx.parked.groups(query["status"]), "messages": tx.parked.listed(**query)}

    @door("GET", "/api/console/parked/<parked_id>", answer=schemas.ParkedShown,
          action=Action.MANAGE_PARKED, tags=["滞留消息"], summary="查看滞留消息",
          summary_en="One parked message")  # fmt: skip
    def parked_message(self, tx: PostgresStore, parked_id: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        message = tx.parked.get(parked_id)
        return {
            **vars(message),
            "fingerprint": message.fingerprint,
            "reason": message.error_type,
            "status": message.status.value,
            "headers": parked.masked(message.headers),
            "body": parked.masked_body(message.body),
            "size": len(message.body),
            "actions": tx.parked.actions(parked_id),
        }

    @door("POST", "/api/console/parked/<parked_id>/replay", answer=schemas.Settled,
          action=Action.MANAGE_PARKED, tags=["滞留消息"], summary="重发",
          summary_en="Send again")  # fmt: skip
    def replay(self, tx: PostgresStore, parked_id: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        parked.replay(tx, parked_id, at=at, by=by)
        return {"id": parked_id, "status": Status.REPLAYED.value}

    @door("POST", "/api/console/parked/groups/<fingerprint>/replay", answer=schemas.GroupReplayed,
          action=Action.MANAGE_PARKED, tags=["滞留消息"], summary="重发一组",
          summary_en="Send a group again")  # fmt: skip
    def replay_group(self, tx: PostgresStore, fingerprint: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        return {
            "fingerprint": fingerprint,
            "replayed": parked.replay_group(tx, fingerprint, at=at, by=by),
        }

    @door("POST", "/api/console/parked/<parked_id>/discard", body=schemas.Discard, answer=schemas.Settled,
          action=Action.MANAGE_PARKED, tags=["滞留消息"], summary="丢弃", summary_en="Discard")  # fmt: skip
    def discard(
        self, tx: PostgresStore, parked_id: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        parked.discard(tx, parked_id, command["reason"], at=at, by=by)
        return {"id": parked_id, "status": Status.DISCARDED.value}


class PageDoors:
    """实时页: the page itself asks for nothing; its login form opens the doors above."""

    def __init__(self) -> None:
        self.page = Page()

    @door("GET", "/", raw=True, public=True, transaction=False, tags=["页面"], summary="实时页",
          summary_en="The live page")  # fmt: skip
    def home(self, request: Request, *, at: datetime, by: None) -> Response | None:
        return self.page.answer("index.html", request)

    @door("GET", "/static/<name>", raw=True, public=True, transaction=False, tags=["页面"],
          summary="页面文件", summary_en="A file of the page")  # fmt: skip
    def static(self, name: str, request: Request, *, at: datetime, by: None) -> Response:
        answer = self.page.answer(name, request)
        if answer is None:
            raise problem("not-found")
        return answer


reader = Reader("console.facts", codec=codec, batch=200, pause=0.5, remembers=True)


@reader.on_batch
def on_facts(tx: PostgresStore, envelopes: list[wire.Envelope]) -> set[str]:
    """Every fact of every service, for the case files."""
    return tx.case_files.take(envelopes)


parking = Reader("parking", codec=codec)


@parking.on_delivery
def on_parked(tx: PostgresStore, delivery: Delivery, *, at: datetime) -> None:
    """Whatever was parked, readable or not."""
    tx.parked.keep(parked.read(delivery, now=at))


def parked_by_status(tx: PostgresStore) -> Iterable[Measured]:
    """How many messages are parked, replayed, discarded."""
    counts = tx.parked.counts()
    return [("parked_messages", {"status": one.value}, float(counts.get(one, 0))) for one in Status]


def cases_by_state(tx: PostgresStore) -> Iterable[Measured]:
    """How many reports and cases stand in each state."""
    counts = tx.case_files.state_counts()
    return [("city_case_files", {"state": one.value}, float(counts.get(one, 0))) for one in State]


def actor_of(claims: Mapping[str, Any]) -> Actor:
    """The acting person from the claims of their token."""
    return Actor(
        person_id=claims["sub"],
        roles=frozenset(Role(role) for role in claims["roles"]),
        responsible_unit=claims.get("unit"),
        channel=claims.get("channel"),
    )


def _refusal(outcome: NotEntered, at: datetime) -> Problem:
    if outcome.must_choose:
        return Problem(_MUST_CHOOSE)
    if outcome.expired:
        return Problem(_EXPIRED)
    if outcome.locked_until is None:
        return Problem(_WRONG_LOGIN)
    return refusal(WrongPassword(outcome.locked_until), at)


def _announced(person_id: str, announced: Announced) -> dict[str, Any]:
    return {"person_id": person_id, "subject": announced.subject, "sequence": announced.sequence}


def _person(account: Account) -> dict[str, Any]:
    return person(account, county_names())


app = App(
    name="console",
    title="大厅",
    codec=codec,
    bind=bind,
    doors=(
        SessionDoors,
        AccountDoors,
        AccountDeskDoors,
        CaseFileDoors,
        LivePushDoors,
        StandingReportDoors,
        PeopleDoors,
        ParkedDoors,
        HandbookDoors,
        HandbookReadingDoors,
        PageDoors,
    ),
    readers=(reader, parking),
    migrations="console/migrations",
    actor_of=actor_of,
    authorise=Actor.require,
    problems={
        NotFound: (404, "not-found", "没有找到", "Not found"),
        accounts.LoginTaken: (409, "login-taken", "该登录名已被使用", "The login is taken"),
        account_desk.SessionOver: (404, "session-over", "会话已结束", "The session is over"),
        sessions.NotOneTime: (
            409,
            "password-not-one-time",
            "口令不是一次性的，请登录后再修改",
            "The password is no one-time password: log in, and change it then",
        ),
        accounts.AlreadyClosed: (409, "already-closed", "该账号已经销户", "Closed already"),
        accounts.LastAdministrator: (
            409,
            "last-administrator",
            "这是最后一个系统管理员账号，不能销户或取消其角色",
            "The last administrator stays",
        ),
        AnotherPublished: (
            409,
            "handbook-changed",
            "手册刚有新版本发布，请核对后重新上传",
            "Another version was published meanwhile: look at it, and upload again",
        ),
        parked.NotOpen: (409, "not-open", "该消息已经处理过", "Dealt with already"),
        parked.NotReplayable: (409, "not-replayable", "该消息不能重发", "It cannot be sent again"),
    },
    background=(county.keep_up, remake),
    gauges=(parked_by_status, cases_by_state),
)
