"""The account desk: what an administrator does with accounts and sessions, and what everybody does alone."""

from datetime import timedelta
from typing import Any

import pytest

from chassis import incoming
from console import account_doors, service
from console.account_desk import one_time_password
from console.accounts import Places
from console.sessions import Passwords
from tests.console.console_kit import Desk, posted

pytestmark = pytest.mark.infra

ADMINISTRATOR = {"sub": "boss", "roles": ["administrator"]}
OPERATOR = {"sub": "o1", "roles": ["intake_operator"]}
PASSWORD, ANOTHER = "correct horse battery", "staple that is new"
PLACES = Places(frozenset({"u04"}), frozenset({"G07"}))


@pytest.fixture(autouse=True)
def small_county(monkeypatch):
    for doors in (service, account_doors):
        monkeypatch.setattr(doors, "county_places", lambda: PLACES)


def opened(desk: Desk, login: str = "zhang", **fields: Any) -> str:
    account = {"login": login, "name": "张三", "password": PASSWORD, "roles": ["intake_operator"], **fields}
    answer = desk.post("/api/console/accounts", account, claims=ADMINISTRATOR)
    assert answer.status == 201
    return str(answer.document["person_id"])


def log_in(desk: Desk, password: str = PASSWORD, login: str = "zhang", **fields: Any):
    return desk.post("/api/console/login", {"login": login, "password": password, **fields})


def refreshed(desk: Desk, token: str) -> int:
    return desk.post("/api/console/refresh", {"refresh_token": token}).status


def administer(desk: Desk, path: str, document: Any = None):
    return desk.post(f"/api/console/{path}", document, claims=ADMINISTRATOR)


def looked_at(desk: Desk, path: str) -> Any:
    answer = desk.get(f"/api/console/{path}", claims=ADMINISTRATOR)
    assert answer.status == 200
    return answer.document


def journal(desk: Desk, person: str) -> list[tuple[str, str]]:
    return [
        (one["action"], one["by_person"]) for one in looked_at(desk, f"accounts/{person}/journal")["lines"]
    ]


def problem(answer) -> tuple[int, str]:
    return answer.status, answer.document["type"].rpartition(":")[2]


# One's own password


def change_password(desk: Desk, person: str, old: str = PASSWORD, new: str = ANOTHER, **fields: Any):
    command = {"old_password": old, "new_password": new, **fields}
    return desk.post("/api/console/password", command, claims={"sub": person, "roles": []})


def test_who_shows_the_old_password_chooses_a_new_one_and_stays_in_on_this_machine_only(desk):
    person = opened(desk)
    here, elsewhere = (log_in(desk).document["refresh_token"] for _ in range(2))

    assert change_password(desk, person, refresh_token=here).status == 204

    assert refreshed(desk, here) == 200
    assert refreshed(desk, elsewhere) == 401
    assert log_in(desk).status == 401
    assert log_in(desk, ANOTHER).status == 200
    assert journal(desk, person) == [("password_changed", person), ("opened", "boss")]


def test_the_session_of_somebody_else_is_not_kept_by_it(desk):
    person, other = opened(desk), opened(desk, "li")
    mine, theirs = log_in(desk).document["refresh_token"], log_in(desk, login="li").document["refresh_token"]

    change_password(desk, person, refresh_token=theirs)

    assert refreshed(desk, mine) == 401
    assert refreshed(desk, theirs) == 200
    assert journal(desk, other) == [("opened", "boss")]


def test_a_wrong_old_password_changes_nothing_and_five_lock_the_login(desk):
    person = opened(desk)
    for _ in range(5):
        assert problem(change_password(desk, person, old="wrong")) == (403, "wrong-password")

    locked = change_password(desk, person)

    assert problem(locked) == (429, "login-locked")
    assert int(locked.headers["Retry-After"]) > 0
    assert log_in(desk).status == 429


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"new": "short"}, "new_password"), ({"new": PASSWORD}, "new_password"), ({"old": ""}, "old_password")],
)
def test_a_new_password_that_is_none_is_refused(desk, fields, field):
    answer = change_password(desk, opened(desk), **fields)

    assert answer.status == 422
    assert answer.document["errors"][0]["field"] == field


# One-time passwords


def test_a_reset_password_opens_the_door_once_to_choose_another(desk):
    person = opened(desk)
    before = log_in(desk).document["refresh_token"]
    for _ in range(5):
        log_in(desk, "wrong")

    reset = administer(desk, f"accounts/{person}/reset-password").document
    one_time = reset["password"]

    assert (reset["person_id"], reset["login"]) == (person, "zhang")
    assert refreshed(desk, before) == 401
    assert log_in(desk).status == 401
    assert problem(log_in(desk, one_time)) == (403, "password-to-be-chosen")
    assert log_in(desk, one_time, new_password=one_time).status == 422
    chosen = log_in(desk, one_time, new_password=ANOTHER)
    assert chosen.status == 200
    assert chosen.document["person"]["one_time_until"] is None
    assert log_in(desk, one_time).status == 401
    assert log_in(desk, ANOTHER).status == 200
    assert [action for action, _ in journal(desk, person)] == ["password_changed", "password_reset", "opened"]


def test_a_wrong_one_time_password_with_a_new_one_opens_nothing(desk):
    person = opened(desk)
    administer(desk, f"accounts/{person}/reset-password")

    assert log_in(desk, "wrong", new_password=ANOTHER).status == 401
    assert log_in(desk, ANOTHER).status == 401


def test_a_one_time_password_is_over_after_three_days(desk):
    person = opened(desk)
    one_time = administer(desk, f"accounts/{person}/reset-password").document["password"]

    desk.now += timedelta(days=3)

    assert problem(log_in(desk, one_time, new_password=ANOTHER)) == (403, "password-expired")


def test_an_account_may_be_opened_with_a_one_time_password(desk):
    opened(desk, one_time=True)

    assert problem(log_in(desk)) == (403, "password-to-be-chosen")
    assert log_in(desk, new_password=ANOTHER).status == 200


def test_who_is_logging_in_while_the_password_is_changed_stays_out(desk, console_database, monkeypatch):
    opened(desk)
    matches = Passwords.matches

    def meanwhile(self: Passwords, *known: Any) -> bool:
        found = matches(self, *known)
        with console_database.transaction() as tx:
            tx.execute("update accounts set password_hash = 'another' where login = 'zhang'")
        return found

    monkeypatch.setattr(Passwords, "matches", meanwhile)

    assert log_in(desk).status == 401


def test_a_password_that_stays_good_is_not_changed_by_logging_in(desk):
    opened(desk)

    assert problem(log_in(desk, new_password=ANOTHER)) == (409, "password-not-one-time")
    assert log_in(desk).status == 200


def test_one_time_passwords_differ_and_are_easily_read():
    made = {one_time_password() for _ in range(50)}

    assert len(made) == 50
    assert all(len(one) == 17 and not set(one) & set("ilo01") for one in made)


def test_who_did_not_hear_the_reset_password_repeats_and_is_told_the_same_one(desk):
    person = opened(desk)
    path, key = f"/api/console/accounts/{person}/reset-password", {"Idempotency-Key": "reset-once"}

    first, again = (desk.post(path, claims=ADMINISTRATOR, **key) for _ in range(2))

    assert (first.status, again.status, again.body) == (200, 200, first.body)
    assert again.headers["Idempotent-Replay"] == "true"
    assert [action for action, _ in journal(desk, person)] == ["password_reset", "opened"]
    assert log_in(desk, again.document["password"], new_password=ANOTHER).status == 200
    anew = administer(desk, f"accounts/{person}/reset-password").document["password"]
    assert anew != first.document["password"]


def test_no_password_of_the_desk_is_kept_and_no_quick_hash_of_one(desk, console_database):
    person = opened(desk)
    one_time = administer(desk, f"accounts/{person}/reset-password").document["password"]
    account = {"login": "li", "name": "李四", "password": PASSWORD, "roles": ["intake_operator"]}
    assert desk.post("/api/console/accounts", account, claims=ADMINISTRATOR).status == 201
    quick = incoming.fingerprint("POST", "/api/console/accounts", account, "")

    with console_database.transaction() as tx:
        for table in ("accounts", "account_journal", "idempotency", "outbox"):
            kept = str([tuple(one) for one in tx.execute(f"select * from {table}")])
            assert [secret for secret in (one_time, PASSWORD, quick) if secret in kept] == [], table
        assert tx.execute("select count(*) from idempotency").scalar_one() == 3


# Accounts


def test_an_account_whose_opening_was_not_heard_of_is_opened_once_and_told_alike(desk, console_database):
    account = {"login": "zhang", "name": "张三", "password": PASSWORD, "roles": ["collector", "leader"]}
    account["responsibility_grid"] = "G07"

    def open_it(key: str, **changes: Any):
        headers = {"Idempotency-Key": key}
        return desk.post("/api/console/accounts", {**account, **changes}, claims=ADMINISTRATOR, **headers)

    first, again = open_it("opening"), open_it("opening")

    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert again.headers["Idempotent-Replay"] == "true"
    assert problem(open_it("opening", password=ANOTHER)) == (422, "idempotency-key-reused")
    assert problem(open_it("another")) == (409, "login-taken")
    assert [fact["type"] for fact in posted(console_database)] == ["account_opened"]
    assert len(looked_at(desk, "accounts")["accounts"]) == 1
    assert log_in(desk).status == 200
    assert log_in(desk, ANOTHER).status == 401


def changed(desk: Desk, person: str, **fields: Any):
    account = {"name": "张三", "roles": ["intake_operator"], **fields}
    return administer(desk, f"accounts/{person}/change", account)


def test_changed_roles_are_told_to_the_others_and_are_in_the_next_token(desk, console_database):
    person = opened(desk)
    token = log_in(desk).document["refresh_token"]

    answer = changed(desk, person, name="张三丰", roles=["collector"], responsibility_grid="G07")

    assert answer.document["name"] == "张三丰"
    assert answer.document["grid_name"] == "第七责任网格"
    fact = posted(console_database)[-1]
    assert (fact["type"], fact["sequence"]) == ("account_changed", 2)
    assert fact["data"] | {"changed_at": ""} == {
        "person_id": person,
        "roles": ["collector"],
        "responsible_unit": None,
        "responsibility_grid": "G07",
        "changed_at": "",
    }
    assert "张三" not in str(fact)
    renewed = desk.post("/api/console/refresh", {"refresh_token": token}).document
    assert renewed["person"]["roles"] == ["collector"]
    line = looked_at(desk, f"accounts/{person}/journal")["lines"][0]
    assert (line["action"], line["action_text"]) == ("changed", "修改")
    assert line["changes"] == [
        {"field": "name", "before": ["张三"], "after": ["张三丰"]},
        {"field": "roles", "before": ["intake_operator"], "after": ["collector"]},
        {"field": "responsibility_grid", "before": [], "after": ["G07"]},
    ]


def test_a_changed_name_stays_in_the_house_and_no_change_leaves_no_trace(desk, console_database):
    person = opened(desk)

    assert changed(desk, person, name="李四").status == 200
    assert changed(desk, person, name="李四").status == 200

    assert [fact["type"] for fact in posted(console_database)] == ["account_opened"]
    assert journal(desk, person) == [("changed", "boss"), ("opened", "boss")]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"roles": ["collector"]}, "responsibility_grid"),
        ({"responsible_unit": "u04"}, "responsible_unit"),
        ({"roles": []}, "roles"),
        ({"name": ""}, "name"),
        ({"login": "other"}, "login"),
        ({"password": PASSWORD}, "password"),
    ],
)
def test_a_change_that_does_not_fit_is_refused_with_the_field(desk, fields, field):
    person = opened(desk)

    answer = changed(desk, person, **fields)

    assert answer.status == 422
    assert field in [error["field"] for error in answer.document["errors"]]
    assert journal(desk, person) == [("opened", "boss")]


def test_the_last_administrator_keeps_the_role(desk):
    one = opened(desk, "one", roles=["administrator"])
    two = opened(desk, "two", roles=["administrator"])

    assert changed(desk, one).status == 200
    assert problem(changed(desk, two)) == (409, "last-administrator")
    assert changed(desk, two, name="另名", roles=["administrator", "operations"]).status == 200


def test_nothing_is_done_with_a_closed_or_unknown_account(desk):
    person = opened(desk)
    administer(desk, f"accounts/{person}/close")

    for path in ("change", "reset-password", "unlock"):
        document = {"name": "x", "roles": ["leader"]} if path == "change" else None
        assert administer(desk, f"accounts/{person}/{path}", document).status == 409, path
        assert administer(desk, f"accounts/nobody/{path}", document).status == 404, path
    assert desk.get("/api/console/accounts/nobody/journal", claims=ADMINISTRATOR).status == 404
    assert change_password(desk, person).status == 409
    assert journal(desk, person)[0] == ("closed", "boss")


def test_a_locked_login_is_shown_and_unlocked(desk):
    person = opened(desk)
    for _ in range(5):
        log_in(desk, "wrong")
    (line,) = looked_at(desk, "accounts")["accounts"]
    assert line["locked_until"] is not None

    assert administer(desk, f"accounts/{person}/unlock").status == 204

    assert looked_at(desk, "accounts")["accounts"][0]["locked_until"] is None
    assert log_in(desk).status == 200
    assert journal(desk, person)[0] == ("unlocked", "boss")


def test_the_list_shows_when_somebody_logged_in_last(desk):
    opened(desk)
    assert looked_at(desk, "accounts")["accounts"][0]["last_login_at"] is None
    log_in(desk)
    desk.now += timedelta(hours=2)
    log_in(desk)

    last = looked_at(desk, "accounts")["accounts"][0]["last_login_at"]

    assert last == desk.now.isoformat()


# Sessions


def test_open_sessions_are_listed_and_ended_one_by_one(desk):
    person = opened(desk)
    opened(desk, "li")
    first = log_in(desk).document["refresh_token"]
    log_in(desk, login="li")
    desk.now += timedelta(minutes=10)
    second = log_in(desk).document["refresh_token"]
    refreshed(desk, first)
    every = looked_at(desk, "sessions")["sessions"]
    own = looked_at(desk, f"accounts/{person}/sessions")["sessions"]
    assert len(every) == 3
    assert {one["login"] for one in own} == {"zhang"}
    assert all(one["last_used_at"] == desk.now.isoformat() for one in own)
    older = min(own, key=lambda one: one["began_at"])["session_id"]

    assert administer(desk, f"sessions/{older}/end").document == {"ended": 1}

    assert refreshed(desk, second) == 200
    assert problem(administer(desk, f"sessions/{older}/end")) == (404, "session-over")
    assert len(looked_at(desk, f"accounts/{person}/sessions")["sessions"]) == 1
    assert journal(desk, person)[0] == ("session_ended", "boss")


def test_every_session_of_a_person_is_ended_at_once(desk):
    person = opened(desk)
    opened(desk, "li")
    tokens = [log_in(desk).document["refresh_token"] for _ in range(3)]
    other = log_in(desk, login="li").document["refresh_token"]

    assert administer(desk, f"accounts/{person}/sessions/end").document == {"ended": 3}
    assert administer(desk, f"accounts/{person}/sessions/end").document == {"ended": 0}

    assert [refreshed(desk, one) for one in tokens] == [401] * 3
    assert refreshed(desk, other) == 200
    assert journal(desk, person) == [("sessions_ended", "boss"), ("opened", "boss")]


def test_a_session_that_nobody_renewed_is_not_listed(desk):
    opened(desk)
    log_in(desk)

    desk.now += timedelta(hours=12)

    assert looked_at(desk, "sessions") == {"sessions": []}


def test_what_expired_goes_with_the_next_login_and_renewal(desk, console_database):
    opened(desk)
    kept = log_in(desk).document["refresh_token"]
    log_in(desk)
    desk.now += timedelta(hours=11)
    kept = desk.post("/api/console/refresh", {"refresh_token": kept}).document["refresh_token"]
    desk.now += timedelta(hours=2)

    log_in(desk)
    assert refreshed(desk, kept) == 200

    with console_database.transaction() as tx:
        ended = "select coalesce(ended_because, 'open') from sessions order by began_at, session_id"
        assert sorted(tx.execute(ended).scalars()) == ["expired", "open", "open"]
        mine = "select count(*) from refresh_tokens where session_id in (select session_id from sessions \
            where ended_at is null) and expires_at <= :now"
        assert tx.execute(mine, {"now": desk.now}).scalar_one() == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "accounts/p/change"),
        ("post", "accounts/p/reset-password"),
        ("post", "accounts/p/unlock"),
        ("post", "accounts/p/sessions/end"),
        ("post", "sessions/s/end"),
        ("get", "accounts/p/sessions"),
        ("get", "accounts/p/journal"),
        ("get", "sessions"),
    ],
)
def test_only_an_administrator_sits_at_this_desk(desk, method, path):
    send = getattr(desk, method)

    assert send(f"/api/console/{path}", claims=OPERATOR).status == 403
    assert send(f"/api/console/{path}").status == 401
