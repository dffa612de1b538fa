"""Accounts, logging in and staying in: what a password, a token and an administrator can and cannot do."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from chassis import tokens
from console import service
from console.accounts import Account, Places, RuleBroken, check
from console.sessions import Passwords
from tests.console.console_kit import EIGHT, posted

pytestmark = pytest.mark.infra

ADMINISTRATOR = {"sub": "boss", "roles": ["administrator"]}
PASSWORD = "correct horse battery"
PLACES = Places(frozenset({"u04"}), frozenset({"G07"}))


@pytest.fixture(autouse=True)
def small_county(monkeypatch):
    monkeypatch.setattr(service, "county_places", lambda: PLACES)


def opened(desk, login="zhang", **fields):
    account = {"login": login, "name": "张三", "password": PASSWORD, "roles": ["intake_operator"], **fields}
    return desk.post("/api/console/accounts", account, claims=ADMINISTRATOR)


def log_in(desk, login="zhang", password=PASSWORD):
    return desk.post("/api/console/login", {"login": login, "password": password})


def an_account(**fields) -> Account:
    given = {"roles": (), "password_hash": "h", "opened_at": EIGHT, "opened_by": "boss", **fields}
    return Account(person_id="p", login="l", name="n", **given)


def test_who_has_an_account_logs_in_and_gets_a_token_that_every_service_can_check(desk, tmp_path):
    opened(desk, roles=["responsible_unit"], responsible_unit="u04")
    desk.now = datetime.now(UTC)

    answer = log_in(desk)

    assert answer.status == 200
    claims = tokens.verify(answer.document["token"], tokens.public_keys(tmp_path))
    assert claims["sub"] == answer.document["person"]["person_id"]
    assert (claims["roles"], claims["unit"]) == (["responsible_unit"], "u04")
    assert answer.document["person"]["unit_name"] == "市政设施管理所"
    assert answer.document["person"]["actions"] == ["appeal", "handle_task"]
    assert "password" not in str(answer.document["person"])


def test_opening_an_account_announces_it_without_name_or_login(desk, console_database):
    answer = opened(desk, roles=["collector"], responsibility_grid="G07")

    assert answer.status == 201
    assert answer.document["sequence"] == 1
    (fact,) = posted(console_database)
    assert fact["type"] == "account_opened"
    assert fact["data"]["roles"] == ["collector"]
    assert fact["data"]["responsibility_grid"] == "G07"
    assert "张三" not in str(fact)
    assert "zhang" not in str(fact)


def test_a_login_is_given_once(desk, console_database):
    opened(desk)

    assert opened(desk).status == 409
    assert len(posted(console_database)) == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"roles": ["collector"]}, "responsibility_grid"),
        ({"roles": ["collector"], "responsibility_grid": "nowhere"}, "responsibility_grid"),
        ({"roles": ["responsible_unit"]}, "responsible_unit"),
        ({"responsible_unit": "u04"}, "responsible_unit"),
        ({"roles": ["channel"], "channel": "smoke"}, "channel"),
        ({"roles": []}, "roles"),
        ({"roles": ["king"]}, "roles.0"),
        ({"password": "short"}, "password"),
        ({"login": "Bad Login"}, "login"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_an_account_that_does_not_fit_its_roles_is_refused_with_the_field(desk, fields, field):
    answer = opened(desk, **fields)

    assert answer.status == 422
    assert field in [error["field"] for error in answer.document["errors"]]


def test_an_account_without_roles_breaks_a_rule():
    with pytest.raises(RuleBroken, match="roles"):
        check(an_account(), PLACES)


def test_a_wrong_password_and_an_unknown_login_are_answered_alike(desk):
    opened(desk)

    wrong, unknown = log_in(desk, password="wrong"), log_in(desk, login="nobody")

    assert wrong.status == unknown.status == 401
    assert wrong.document == unknown.document


def test_an_unknown_login_costs_a_hash_as_a_known_one_does():
    computed = []

    def counted(function, *arguments):
        computed.append(function)
        return function(*arguments)

    passwords = Passwords(counted)

    assert not passwords.matches(None, "anything")
    assert not passwords.matches(an_account(password_hash=Passwords().hash("other")), "anything")
    assert computed[0] == computed[1]


def test_not_even_the_password_behind_the_stand_in_hash_opens_a_missing_account():
    assert not Passwords().matches(None, "nobody's password")


@pytest.mark.parametrize("login", ["zhang", "nobody"])
def test_five_wrong_passwords_lock_the_login_for_a_quarter_of_an_hour(desk, login):
    opened(desk)
    for _ in range(5):
        assert log_in(desk, login, "wrong").status == 401

    locked = log_in(desk, login)
    assert locked.status == 429
    assert 0 < int(locked.headers["Retry-After"]) <= 900

    desk.now += timedelta(minutes=15, seconds=1)
    assert log_in(desk, login).status == (200 if login == "zhang" else 401)


def test_the_right_password_forgets_the_wrong_ones(desk):
    opened(desk)
    for _ in range(3):
        for _ in range(4):
            log_in(desk, password="wrong")
        assert log_in(desk).status == 200


def test_guesses_at_the_same_moment_are_counted_one_by_one(desk):
    opened(desk)
    answers = []
    guessers = [
        threading.Thread(target=lambda: answers.append(log_in(desk, password="wrong").status))
        for _ in range(12)
    ]
    for guesser in guessers:
        guesser.start()
    for guesser in guessers:
        guesser.join()

    assert sorted(answers) == [401] * 5 + [429] * 7


def refreshed(desk, token):
    return desk.post("/api/console/refresh", {"refresh_token": token})


def test_a_refresh_token_is_used_up_and_replaced(desk):
    opened(desk)
    first = log_in(desk).document["refresh_token"]

    second = refreshed(desk, first).document["refresh_token"]

    assert second != first
    assert refreshed(desk, second).status == 200


def test_a_lost_answer_may_be_asked_for_again_soon(desk):
    opened(desk)
    first = log_in(desk).document["refresh_token"]
    refreshed(desk, first)

    desk.now += timedelta(seconds=20)

    assert refreshed(desk, first).status == 200


def test_a_stolen_refresh_token_ends_the_session_for_both(desk):
    opened(desk)
    first = log_in(desk).document["refresh_token"]
    second = refreshed(desk, first).document["refresh_token"]
    desk.now += timedelta(minutes=4)

    assert refreshed(desk, first).status == 401
    assert refreshed(desk, second).status == 401


def test_a_session_nobody_uses_is_over(desk):
    opened(desk)
    token = log_in(desk).document["refresh_token"]

    desk.now += timedelta(hours=12)

    assert refreshed(desk, token).status == 401


def test_who_logs_out_is_out(desk):
    opened(desk)
    token = log_in(desk).document["refresh_token"]

    assert desk.post("/api/console/logout", {"refresh_token": token}).status == 204
    assert refreshed(desk, token).status == 401
    assert desk.post("/api/console/logout", {"refresh_token": "unknown"}).status == 204


def test_no_secret_is_kept_as_it_is(desk, console_database):
    opened(desk)
    token = log_in(desk).document["refresh_token"]

    with console_database.transaction() as tx:
        kept = [
            str([tuple(one) for one in tx.execute(f"select * from {table}")])
            for table in ("accounts", "sessions", "refresh_tokens", "idempotency", "outbox")
        ]
    assert not any(secret in text for secret in (token, PASSWORD) for text in kept)
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in kept[0]


def test_a_closed_account_neither_logs_in_nor_stays_in(desk, console_database):
    person_id = opened(desk).document["person_id"]
    token = log_in(desk).document["refresh_token"]

    closed = desk.post(f"/api/console/accounts/{person_id}/close", claims=ADMINISTRATOR)

    assert closed.status == 200
    assert closed.document["sequence"] == 2
    assert log_in(desk).status == 401
    assert refreshed(desk, token).status == 401
    me = desk.get("/api/console/me", claims={"sub": person_id, "roles": ["intake_operator"]})
    assert me.status == 401
    assert posted(console_database)[-1]["type"] == "account_closed"
    assert desk.post(f"/api/console/accounts/{person_id}/close", claims=ADMINISTRATOR).status == 409


def test_the_last_administrator_cannot_be_closed(desk):
    one = opened(desk, "one", roles=["administrator"]).document["person_id"]
    two = opened(desk, "two", roles=["administrator"]).document["person_id"]

    def close(person_id):
        return desk.post(f"/api/console/accounts/{person_id}/close", claims=ADMINISTRATOR)

    assert close(one).status == 200
    refused = close(two)
    assert refused.status == 409
    assert refused.document["type"] == "urn:qianliyan:problem:last-administrator"


def test_two_administrators_who_close_each_other_at_once_leave_one(desk):
    people = [opened(desk, f"a{n}", roles=["administrator"]).document["person_id"] for n in range(2)]
    answers = []
    threads = [
        threading.Thread(
            target=lambda one=one: answers.append(
                desk.post(f"/api/console/accounts/{one}/close", claims=ADMINISTRATOR).status
            )
        )
        for one in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [200, 409]


def test_only_an_administrator_opens_accounts(desk):
    operator = {"sub": "o", "roles": ["intake_operator"]}
    account = {"login": "x1", "name": "x", "password": PASSWORD, "roles": ["administrator"]}

    assert desk.post("/api/console/accounts", account, claims=operator).status == 403
    assert desk.get("/api/console/accounts", claims=operator).status == 403
    assert desk.post("/api/console/accounts/p/close", claims=operator).status == 403


def test_the_list_of_accounts_shows_no_hash(desk):
    opened(desk)

    listed = desk.get("/api/console/accounts", claims=ADMINISTRATOR)

    assert [one["login"] for one in listed.document["accounts"]] == ["zhang"]
    assert "argon2" not in str(listed.document)


def test_colleagues_are_known_by_name_units_channels_and_closed_accounts_are_not(desk):
    opened(desk)
    opened(desk, login="unit", name="某所", roles=["responsible_unit"], responsible_unit="u04")
    gone = opened(desk, login="gone", name="李四").document["person_id"]
    desk.post(f"/api/console/accounts/{gone}/close", {}, claims=ADMINISTRATOR)

    answer = desk.get("/api/console/colleagues", claims={"sub": "p", "roles": ["hotline_agent"]})

    assert [one["name"] for one in answer.document["colleagues"]] == ["张三"]
    assert "login" not in answer.document["colleagues"][0]
    assert (
        desk.get("/api/console/colleagues", claims={"sub": "u", "roles": ["responsible_unit"]}).status == 403
    )
