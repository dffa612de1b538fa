"""The doors of the account desk (账号管理): one's own password, and what administrators do with accounts."""

from datetime import datetime
from typing import Any

from case_contracts.roles import Action, Actor
from chassis.app import Running
from chassis.doors import door, in_thread
from chassis.problems import Problem, invalid
from console import account_desk, county, schemas
from console.account_desk import ACTIONS, OpenSession, WrongPassword
from console.account_shown import person
from console.accounts import RuleBroken
from console.sessions import Passwords
from console.store import PostgresStore

WRONG_PASSWORD = (403, "wrong-password", "原口令不正确", "The old password is wrong")
LOCKED = (429, "login-locked", "连续输错密码，请稍后再试", "Too many wrong passwords, try again later")

county_names = county.names
county_places = county.places


class AccountDeskDoors:
    """账号管理. A reset password is kept sealed for repeats; one that a person chooses is not kept at all."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.passwords = Passwords(in_thread)

    @door("POST", "/api/console/password", body=schemas.ChangePassword, transaction=False, timed=False,
          tags=["会话"], summary="修改自己的口令", summary_en="Change one's own password")  # fmt: skip
    def change_password(self, command: dict[str, Any], *, at: datetime, by: Actor) -> Problem | None:
        if command["new_password"] == command["old_password"]:
            raise invalid(("new_password", "Must differ from the old password."))
        new_hash = self.passwords.hash(command["new_password"])
        wrong = self.running.transact(
            lambda tx: account_desk.change_password(
                tx,
                self.passwords,
                old=command["old_password"],
                new_hash=new_hash,
                kept_token=command["refresh_token"],
                at=at,
                by=by,
            )
        )
        return None if wrong is None else refusal(wrong, at)

    @door("POST", "/api/console/accounts/<person_id>/change", body=schemas.ChangeAccount,
          answer=schemas.Person, action=Action.MANAGE_ACCOUNTS, tags=["账号"], summary="修改账号",
          summary_en="Change an account")  # fmt: skip
    def change_account(
        self, tx: PostgresStore, person_id: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        fields = {**command, "roles": tuple(sorted(set(command["roles"])))}
        try:
            changed = account_desk.change(tx, person_id, fields, county_places(), at=at, by=by)
        except RuleBroken as broken:
            raise invalid((broken.field, broken.rule)) from broken
        return person(changed, county_names())

    @door("POST", "/api/console/accounts/<person_id>/reset-password", answer=schemas.OneTimePassword,
          action=Action.MANAGE_ACCOUNTS, secret=True, tags=["账号"], summary="重置口令（只显示一次）",
          summary_en="Reset a password, which is shown once")  # fmt: skip
    def reset_password(self, tx: PostgresStore, person_id: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        password = account_desk.one_time_password()
        hashed = self.passwords.hash(password)
        account = account_desk.reset_password(tx, person_id, hashed, at=at, by=by)
        return {
            "person_id": person_id,
            "login": account.login,
            "password": password,
            "until": account.one_time_until,
        }

    @door("POST", "/api/console/accounts/<person_id>/unlock", action=Action.MANAGE_ACCOUNTS, tags=["账号"],
          summary="解除锁定", summary_en="Unlock a login")  # fmt: skip
    def unlock(self, tx: PostgresStore, person_id: str, *, at: datetime, by: Actor) -> None:
        account_desk.unlock(tx, person_id, at=at, by=by)

    @door("GET", "/api/console/accounts/<person_id>/journal", answer=schemas.AccountJournal,
          action=Action.MANAGE_ACCOUNTS, tags=["账号"], summary="账号日志",
          summary_en="What was done with an account")  # fmt: skip
    def journal(self, tx: PostgresStore, person_id: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        tx.accounts.get(person_id)
        names = tx.accounts.names()
        lines = [
            {
                **line,
                "action_text": ACTIONS[line["action"]],
                "by_name": names.get(line["by_person"], ""),
            }
            for line in tx.journal(person_id)
        ]
        return {"person_id": person_id, "lines": lines}

    @door("GET", "/api/console/accounts/<person_id>/sessions", answer=schemas.SessionList,
          action=Action.MANAGE_ACCOUNTS, tags=["会话"], summary="某人的会话",
          summary_en="The open sessions of a person")  # fmt: skip
    def sessions_of(self, tx: PostgresStore, person_id: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        tx.accounts.get(person_id)
        return _listed(tx, tx.open_sessions(at=at, person_id=person_id))

    @door("GET", "/api/console/sessions", answer=schemas.SessionList, action=Action.MANAGE_ACCOUNTS,
          tags=["会话"], summary="全部会话", summary_en="Every open session")  # fmt: skip
    def sessions(self, tx: PostgresStore, *, at: datetime, by: Actor) -> dict[str, Any]:
        return _listed(tx, tx.open_sessions(at=at))

    @door("POST", "/api/console/sessions/<session_id>/end", answer=schemas.SessionsEnded,
          action=Action.MANAGE_ACCOUNTS, tags=["会话"], summary="结束会话",
          summary_en="End a session")  # fmt: skip
    def end_session(self, tx: PostgresStore, session_id: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        account_desk.end_session(tx, session_id, at=at, by=by)
        return {"ended": 1}

    @door("POST", "/api/console/accounts/<person_id>/sessions/end", answer=schemas.SessionsEnded,
          action=Action.MANAGE_ACCOUNTS, tags=["会话"], summary="结束某人的全部会话",
          summary_en="End every session of a person")  # fmt: skip
    def end_sessions(self, tx: PostgresStore, person_id: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        return {"ended": account_desk.end_sessions(tx, person_id, at=at, by=by)}


def refusal(wrong: WrongPassword, at: datetime) -> Problem:
    """How a wrong old password is answered."""
    if wrong.locked_until is None:
        return Problem(WRONG_PASSWORD)
    seconds = max(1, int((wrong.locked_until - at).total_seconds()))
    return Problem(LOCKED, headers={"Retry-After": str(seconds)})


def _listed(tx: PostgresStore, sessions: list[OpenSession]) -> dict[str, Any]:
    accounts = {account.person_id: account for account in tx.accounts.all()}
    return {
        "sessions": [
            {**vars(one), "login": accounts[one.person_id].login, "name": accounts[one.person_id].name}
            for one in sessions
        ]
    }
