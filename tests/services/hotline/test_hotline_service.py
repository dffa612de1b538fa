"""The agents' desk on a real database: calls, call-backs, and who may see a caller."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hotline_kit import (
    AGENT,
    LEADER,
    MONDAY_MORNING,
    OPERATOR,
    Desk,
    a_call,
    a_call_back_due,
    announced,
    opened,
    receive,
)
from openapi_spec_validator import validate

import handbook
from case_contracts.codes import AnswerKind
from case_contracts.console import HandbookPublished
from case_contracts.dispatch import OutageLogged
from chassis import openapi
from chassis.doors import doors_of
from chassis.receiving import Outcome
from chassis.sealing import make_key
from chassis.transactions import Database
from chassis.wakes import fire_until
from handbook.editions import Editions
from services.hotline import rules
from services.hotline.service import app, call_backs_waiting, reader
from services.hotline.store import Vault

pytestmark = pytest.mark.infra


@pytest.fixture
def database_(database: str) -> Iterator[Database]:
    hotline = opened(database, app)
    yield hotline
    hotline.close()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    make_key(tmp_path / "personal.key")
    return tmp_path


@pytest.fixture
def desk(database_: Database, keys: Path) -> Desk:
    return Desk(app, database_, keys)


def read(database: Database, fact: Any, *, id: str) -> Outcome:
    return receive(database, reader, fact, id=id)


def a_registered_call(desk: Desk, **changed: Any) -> dict[str, Any]:
    answered = desk.post("/api/hotline/calls", a_call(**changed))
    assert answered.status == 201, answered.document
    return answered.document


def a_due_call_back(desk: Desk, database: Database, **changed: Any) -> dict[str, Any]:
    call = a_registered_call(desk, **changed)
    read(database, a_call_back_due(call["report_number"]), id=call["call_id"])
    return call


def attempt(desk: Desk, call: dict[str, Any], **made: Any) -> Any:
    return desk.post(f"/api/hotline/call-backs/{call['call_id']}/attempts", made)


def rows(database: Database, query: str) -> list[Any]:
    with database.transaction() as tx:
        return list(tx.execute(query).all())


def test_a_caller_is_given_a_report_number_and_intake_is_told(desk, database_):
    call = a_registered_call(desk)

    assert call["report_number"] == "H2020061500001"
    assert call["call_back_possible"] is True
    (told,) = announced(database_)
    assert (told.type, told.subject, told.sequence) == ("problem_phoned_in", call["subject"], 1)
    assert told.data["description"] == "文王路路面破损，积水很深"
    assert (told.data["lon"], told.data["lat"]) == (114.36, 35.92)


def test_report_numbers_count_within_the_citys_day(desk):
    first = a_registered_call(desk)
    second = a_registered_call(desk)
    desk.now = datetime(2020, 6, 15, 16, 0, tzinfo=UTC)
    third = a_registered_call(desk)

    numbers = [call["report_number"] for call in (first, second, third)]
    assert numbers == ["H2020061500001", "H2020061500002", "H2020061600001"]


def test_a_position_of_another_datum_is_converted(desk, database_):
    a_registered_call(desk, position={"lon": 114.366, "lat": 35.921, "datum": "gcj02"})

    (told,) = announced(database_)
    assert abs(told.data["lon"] - 114.366) > 0.001


def test_the_same_key_answers_the_first_call_again_and_registers_nothing(desk, database_):
    first = desk.post("/api/hotline/calls", a_call(), key="one")
    again = desk.post("/api/hotline/calls", a_call(), key="one")

    assert again.document == first.document
    assert len(announced(database_)) == 1


def test_neither_fact_nor_database_holds_a_callers_name_or_number_in_the_clear(desk, database_):
    call = a_registered_call(desk, words="积水，请回电13800138000")
    desk.get(f"/api/hotline/calls/{call['call_id']}/caller", reason="回访")

    tables = rows(database_, "select tablename from pg_tables where schemaname = 'public'")
    for (table,) in tables:
        stored = str(rows(database_, f"select t::text from {table} t"))
        assert "13800138000" not in stored, table
        assert "张某某" not in stored, table
    assert "13800138000" not in str(announced(database_))


def test_lists_show_a_caller_masked(desk):
    call = a_registered_call(desk)

    (listed,) = desk.get("/api/hotline/calls").document["calls"]
    shown = desk.get(f"/api/hotline/calls/{call['call_id']}").document

    assert (listed["caller"], listed["caller_name"]) == ("138****8000", "张**")
    assert shown["caller"] == "138****8000"
    assert shown["state_text"] == "已登记"


def test_calls_are_found_by_their_number_however_it_is_typed(desk):
    first = a_registered_call(desk, caller_number="0372-6212319")
    a_registered_call(desk, caller_number="138-0013-8000")
    second = a_registered_call(desk, caller_number="03726212319")

    found = desk.get("/api/hotline/calls", caller_number="0372 6212319").document["calls"]

    assert [call["call_id"] for call in found] == [second["call_id"], first["call_id"]]
    assert desk.get("/api/hotline/calls", caller_number="13900000000").document["calls"] == []


def test_calls_are_found_and_opened_after_the_key_was_changed(desk, database_, keys):
    call = a_registered_call(desk)
    old = (keys / "personal.key").read_bytes()
    (keys / "personal.key").write_bytes(Fernet.generate_key() + b"\n" + old)
    later = Desk(app, database_, keys)

    (found,) = later.get("/api/hotline/calls", caller_number="13800138000").document["calls"]

    assert (found["call_id"], found["caller"]) == (call["call_id"], "138****8000")


def test_a_page_of_calls_is_continued(desk):
    numbers = [a_registered_call(desk)["report_number"] for _ in range(5)]

    first = desk.get("/api/hotline/calls", limit=3).document
    second = desk.get("/api/hotline/calls", limit=3, after=first["after"]).document

    listed = [call["report_number"] for call in first["calls"] + second["calls"]]
    assert listed == numbers[::-1]
    assert second["after"] is None


def test_a_reveal_shows_the_number_and_is_written_down(desk, database_):
    call = a_registered_call(desk)

    shown = desk.get(f"/api/hotline/calls/{call['call_id']}/caller", reason="回访").document

    assert (shown["caller_number"], shown["dial"], shown["caller_name"]) == (
        "+8613800138000",
        "13800138000",
        "张某某",
    )
    (logged,) = rows(database_, "select call_id, at, person_id, reason from reveals")
    assert tuple(logged) == (call["call_id"], MONDAY_MORNING, "agent-1", "回访")


def test_who_looked_at_callers_is_read_by_person_and_time_the_newest_first(desk):
    calls = [a_registered_call(desk)["call_id"] for _ in range(3)]
    for call in calls:
        desk.get(f"/api/hotline/calls/{call}/caller", reason="回访")

    def read(by=LEADER, **query):
        return desk.get("/api/hotline/reveals", by=by, **query)

    newest = read(limit=2).document
    rest = read(limit=2, before=newest["before"]).document
    assert [one["call_id"] for one in newest["reveals"] + rest["reveals"]] == calls[::-1]
    assert newest["reveals"][0]["report_number"].startswith("H")
    assert rest["before"] is None
    assert len(read(person_id="agent-1", since=MONDAY_MORNING.isoformat()).document["reveals"]) == 3
    assert read(person_id="somebody").document["reveals"] == []
    assert read(until=MONDAY_MORNING.isoformat()).document["reveals"] == []
    assert read(by=AGENT).status == 403
    assert read(before="x").status == 422


@pytest.mark.parametrize("query", [{}, {"reason": ""}, {"reason": "  "}])
def test_nobody_sees_a_number_without_saying_why(desk, database_, query):
    call = a_registered_call(desk)

    refused = desk.get(f"/api/hotline/calls/{call['call_id']}/caller", **query)

    assert refused.status == 422
    assert refused.document["errors"][0]["field"] == "reason"
    assert rows(database_, "select 1 from reveals") == []


def test_only_agents_take_calls_see_callers_and_ring_back(desk):
    call = a_registered_call(desk)

    refused = [
        desk.post("/api/hotline/calls", a_call(), by=OPERATOR),
        desk.get("/api/hotline/calls", by=OPERATOR),
        desk.get(f"/api/hotline/calls/{call['call_id']}/caller", by=OPERATOR, reason="看看"),
        desk.get("/api/hotline/call-backs", by=OPERATOR),
        desk.post(
            f"/api/hotline/call-backs/{call['call_id']}/attempts", {"outcome": "no_answer"}, by=OPERATOR
        ),
    ]

    assert [answer.status for answer in refused] == [403] * 5
    assert desk.get("/api/hotline/call-backs", by=OPERATOR, post="shift_supervisor").status == 403
    assert desk.get("/api/hotline/call-backs", by=LEADER, post="shift_supervisor").status == 403
    assert desk.get("/api/hotline/call-backs", by=LEADER).status == 403


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"caller_number": "不知道"}, "caller_number"),
        ({"words": " "}, "words"),
        ({"words": "长" * 501}, "words"),
        ({"address": ""}, "address"),
        ({"position": {"lon": 200, "lat": 0}}, "position.lon"),
        ({"position": {"lon": 114, "lat": 35, "datum": "mars"}}, "position.datum"),
        ({"subcategory": "0101"}, "subcategory"),
        ({"mood": "angry"}, "mood"),
    ],
)
def test_a_call_that_breaks_a_rule_is_refused_with_the_field(desk, database_, changed, field):
    refused = desk.post("/api/hotline/calls", a_call(**changed))

    assert refused.status == 422
    assert [error["field"] for error in refused.document["errors"]] == [field]
    assert announced(database_) == []


def test_a_call_back_that_is_due_stands_on_the_list(desk, database_):
    call = a_due_call_back(desk, database_)

    (due,) = desk.get("/api/hotline/call-backs").document["call_backs"]

    assert due["id"] == call["call_id"]
    assert (due["kind"], due["text"], due["caller"]) == ("closed", "您反映的问题已处理完毕", "138****8000")
    assert due["next_attempt_at"] == "2020-06-15T00:07:00+00:00"


def test_a_call_back_due_that_comes_twice_counts_once(desk, database_):
    call = a_due_call_back(desk, database_)
    again = read(database_, a_call_back_due(call["report_number"]), id=call["call_id"])
    other = read(database_, a_call_back_due(call["report_number"], text="另一份"), id="another message")

    assert (again, other) == (Outcome.DUPLICATE, Outcome.OK)
    (due,) = desk.get("/api/hotline/call-backs").document["call_backs"]
    assert due["text"] == "您反映的问题已处理完毕"
    actions = rows(database_, "select action from flow_records order by id")
    assert [action for (action,) in actions] == ["take_call", "call_back_due", "note"]


def test_a_call_back_due_of_an_unknown_call_waits_and_takes_effect_with_the_call(desk, database_):
    early = read(database_, a_call_back_due("H2020061500001"), id="early")
    assert early is Outcome.WAITING

    a_registered_call(desk)

    (due,) = desk.get("/api/hotline/call-backs").document["call_backs"]
    assert due["report_number"] == "H2020061500001"
    assert rows(database_, "select 1 from waiting_facts") == []


def test_a_reached_caller_is_informed_and_intake_is_told(desk, database_):
    call = a_due_call_back(desk, database_)

    kept = attempt(desk, call, outcome="reached", satisfaction="satisfied", words="谢谢").document

    assert (kept["state"], kept["attempts"]) == ("informed", 1)
    told = announced(database_)[-1]
    assert (told.type, told.subject, told.sequence) == ("caller_informed", kept["subject"], kept["sequence"])
    assert told.data["report_number"] == call["report_number"]
    assert told.data["satisfaction"] == "satisfied"
    assert desk.get("/api/hotline/call-backs").document["call_backs"] == []
    (done,) = desk.get("/api/hotline/call-backs", state="all").document["call_backs"]
    assert done["attempts"][0]["words"] == "谢谢"


def test_three_half_days_without_answer_make_the_caller_unreachable(desk, database_):
    call = a_due_call_back(desk, database_)
    for half in (0, 6, 26):
        desk.now = MONDAY_MORNING + timedelta(hours=half)
        kept = attempt(desk, call, outcome="no_answer").document

    assert kept["state"] == "unreachable"
    told = announced(database_)[-1]
    assert (told.type, told.data["attempts"]) == ("caller_unreachable", 3)
    assert attempt(desk, call, outcome="reached").status == 409


def test_a_second_try_in_one_half_day_is_refused_with_the_time_of_the_next(desk, database_):
    call = a_due_call_back(desk, database_)
    attempt(desk, call, outcome="no_answer")
    desk.now = MONDAY_MORNING + timedelta(hours=1)

    refused = attempt(desk, call, outcome="no_answer")

    assert refused.status == 409
    assert refused.document["type"] == "urn:qianliyan:problem:tried-this-half-day"
    assert refused.document["next_attempt_at"] == "2020-06-15T12:00:00+08:00"
    (due,) = desk.get("/api/hotline/call-backs").document["call_backs"]
    assert len(due["attempts"]) == 1
    assert due["next_attempt_at"] == "2020-06-15T12:00:00+08:00"


def test_an_agent_is_told_at_once_when_nobody_can_ring_back(desk, database_):
    call = a_registered_call(desk, caller_number="")
    assert call["call_back_possible"] is False
    assert "无法回访" in call["notice"]

    read(database_, a_call_back_due(call["report_number"]), id="m-1")

    told = announced(database_)[-1]
    assert (told.type, told.data["attempts"]) == ("caller_unreachable", 0)
    assert desk.get("/api/hotline/call-backs").document["call_backs"] == []


def test_an_attempt_before_the_answer_is_there_is_refused(desk):
    call = a_registered_call(desk)

    refused = attempt(desk, call, outcome="reached")

    assert refused.status == 409
    assert refused.document["state"] == "registered"


def test_nobody_who_did_not_answer_is_satisfied(desk, database_):
    call = a_due_call_back(desk, database_)

    refused = attempt(desk, call, outcome="no_answer", satisfaction="satisfied")

    assert refused.status == 422


def test_an_unknown_call_is_not_found(desk):
    assert desk.get("/api/hotline/calls/nobody").status == 404
    assert desk.get("/api/hotline/calls/nobody/caller", reason="回访").status == 404
    assert desk.post("/api/hotline/call-backs/nobody/attempts", {"outcome": "no_answer"}).status == 404


def test_every_move_is_written_down_with_who_made_it(desk, database_):
    call = a_due_call_back(desk, database_)
    attempt(desk, call, outcome="no_answer")
    desk.now = MONDAY_MORNING + timedelta(hours=6)
    attempt(desk, call, outcome="reached")

    flow = rows(
        database_, "select action, actor, from_state, to_state, fact_type from flow_records order by id"
    )
    assert [tuple(row) for row in flow] == [
        ("take_call", AGENT["sub"], "taken", "registered", "problem_phoned_in"),
        ("call_back_due", "system", "registered", "call_back_due", "call_back_due"),
        ("no_answer", AGENT["sub"], "call_back_due", "call_back_due", "call_back_tried"),
        ("reached", AGENT["sub"], "call_back_due", "informed", "caller_informed"),
    ]


def test_waiting_call_backs_are_measured(desk, database_):
    a_due_call_back(desk, database_)

    with database_.transaction() as tx:
        measured = {name: value for name, _, value in call_backs_waiting(tx.bound)}

    assert measured["hotline_call_backs_due"] == 1
    assert measured["hotline_call_back_oldest_seconds"] > 0


def test_a_mark_tells_nothing_without_its_key():
    vault, other = Vault([Fernet.generate_key()]), Vault([Fernet.generate_key()])

    assert vault.mark("+8613800138000") == vault.mark("+8613800138000")
    assert vault.mark("+8613800138000") != other.mark("+8613800138000")
    assert "13800138000" not in vault.mark("+8613800138000")


def test_the_doors_are_described_by_a_valid_openapi_document():
    described = openapi.document(app.title, [one for kind in app.door_classes() for one in doors_of(kind)])

    validate(described)
    assert all(path.startswith("/api/hotline/") for path in described["paths"])


def test_a_dissatisfied_caller_asks_for_handling_again_in_the_same_call(desk, database_):
    call = a_due_call_back(desk, database_)

    kept = attempt(
        desk, call, outcome="reached", satisfaction="dissatisfied", handle_again=True,
        words="还在积水，回电13800138000",
    )  # fmt: skip

    assert kept.status == 200
    informed, asked = announced(database_)[-2:]
    assert (informed.type, informed.data["satisfaction"]) == ("caller_informed", "dissatisfied")
    assert (asked.type, asked.data["report_number"]) == ("caller_dissatisfied", call["report_number"])
    assert asked.data["words"] == "还在积水，回电138****8000"
    assert (kept.document["subject"], kept.document["sequence"]) == (asked.subject, asked.sequence)


def test_a_caller_who_calls_again_within_fifteen_days_is_found_by_number_and_asks_once(desk, database_):
    call = a_due_call_back(desk, database_)
    attempt(desk, call, outcome="reached", satisfaction="satisfied")
    desk.now = MONDAY_MORNING + timedelta(days=14)
    (found,) = desk.get("/api/hotline/calls", caller_number="13800138000").document["calls"]
    assert found["call_back"]["may_ask_again_until"] == "2020-06-30T00:07:00+00:00"
    door = f"/api/hotline/calls/{found['call_id']}/dissatisfied"

    first = desk.post(door, {"words": "又开始积水"})
    again = desk.post(door, {"words": "又开始积水"})

    assert (first.status, again.status) == (200, 409)
    assert again.document["type"] == "urn:qianliyan:problem:cannot-ask-again"
    assert [told.type for told in announced(database_)].count("caller_dissatisfied") == 1
    (found,) = desk.get("/api/hotline/calls", report_number=call["report_number"]).document["calls"]
    assert found["call_back"]["may_ask_again_until"] is None


@pytest.mark.parametrize(
    ("made", "field"),
    [
        ({"outcome": "reached", "satisfaction": "satisfied", "words": "还在漏"}, "handle_again"),
        ({"outcome": "no_answer", "words": "还在漏"}, "handle_again"),
        ({"outcome": "reached", "satisfaction": "dissatisfied", "words": " "}, "words"),
    ],
)
def test_only_a_dissatisfied_caller_in_words_asks_for_handling_again(desk, database_, made, field):
    call = a_due_call_back(desk, database_)

    refused = attempt(desk, call, handle_again=True, **made)

    assert refused.status == 422
    assert [error["field"] for error in refused.document["errors"]] == [field]
    assert [told.type for told in announced(database_)] == ["problem_phoned_in"]


def test_handling_again_that_cannot_be_asked_for_undoes_the_whole_attempt(desk, database_):
    call = a_registered_call(desk)
    read(database_, a_call_back_due(call["report_number"], kind=AnswerKind.NOT_FILED), id="m")

    refused = attempt(
        desk, call, outcome="reached", satisfaction="dissatisfied", handle_again=True, words="不服"
    )

    assert refused.status == 409
    assert [told.type for told in announced(database_)] == ["problem_phoned_in"]
    assert len(desk.get("/api/hotline/call-backs").document["call_backs"]) == 1


def test_only_agents_take_down_that_a_caller_is_dissatisfied(desk, database_):
    call = a_due_call_back(desk, database_)
    attempt(desk, call, outcome="reached")

    refused = desk.post(
        f"/api/hotline/calls/{call['call_id']}/dissatisfied", {"words": "还在漏"}, by=OPERATOR
    )

    assert refused.status == 403


def test_what_became_of_the_dissatisfaction_is_rung_back_and_comes_twice_in_vain(desk, database_):
    call = a_due_call_back(desk, database_)
    attempt(desk, call, outcome="reached", satisfaction="dissatisfied", handle_again=True, words="还在积水")
    later = MONDAY_MORNING + timedelta(days=1)
    fact = a_call_back_due(
        call["report_number"], kind=AnswerKind.REOPENED, text="已安排重新处置", due_since=later
    )
    outcomes = [read(database_, fact, id=message) for message in ("m1", "m1", "m2")]

    assert outcomes == [Outcome.OK, Outcome.DUPLICATE, Outcome.OK]
    (due,) = desk.get("/api/hotline/call-backs").document["call_backs"]
    assert (due["kind_text"], due["text"], due["attempts"]) == ("重新处置", "已安排重新处置", [])
    assert "已安排重新处置。处置完毕后，我们会再次给您回电。" in due["script"]
    assert [(one["kind_text"], len(one["attempts"])) for one in due["earlier"]] == [("结案", 1)]
    assert due["asked_again_at"] is not None
    attempt(desk, call, outcome="reached", satisfaction="not_said")
    assert announced(database_)[-1].data["kind"] == "reopened"


# --- nobody rings -----------------------------------------------------------------------------------------

SUPERVISOR = {"sub": "supervisor-1", "roles": ["shift_supervisor"]}


def called(desk: Desk, by: dict[str, Any], post: str) -> list[str]:
    found = desk.get("/api/hotline/call-backs", by=by, post=post)
    assert found.status == 200, found.document
    return [one["call_id"] for one in found.document["call_backs"]]


def escalations(database: Database) -> list[tuple[str, str, Any]]:
    return [
        (one.data["to"], one.data["reason"], one.time)
        for one in announced(database)
        if one.type == "call_back_escalated"
    ]


def at_local(text: str) -> datetime:
    return datetime.fromisoformat(f"2020-{text}+08:00").astimezone(UTC)


def test_a_call_back_that_nobody_tries_stands_in_the_list_of_the_post_that_was_called(desk, database_):
    call = a_due_call_back(desk, database_)
    assert called(desk, SUPERVISOR, "shift_supervisor") == []

    fire_until(database_, app.wakes, at_local("06-15T14:07"))

    assert called(desk, SUPERVISOR, "shift_supervisor") == [call["call_id"]]
    (shown,) = desk.get("/api/hotline/call-backs", by=SUPERVISOR, post="shift_supervisor").document[
        "call_backs"
    ]
    assert (shown["called"], shown["caller"]) == ("shift_supervisor", "138****8000")

    fire_until(database_, app.wakes, at_local("06-18T18:00"))

    assert called(desk, SUPERVISOR, "shift_supervisor") == []
    assert called(desk, LEADER, "leader") == [call["call_id"]]
    assert escalations(database_) == [
        ("shift_supervisor", "超时未回访", at_local("06-15T14:07")),
        ("leader", "超时未回访", at_local("06-16T08:07")),
    ]


def test_the_first_try_takes_a_call_back_from_the_called_post(desk, database_):
    call = a_due_call_back(desk, database_)
    fire_until(database_, app.wakes, at_local("06-15T14:07"))
    desk.now = at_local("06-15T14:10")

    kept = attempt(desk, call, outcome="no_answer").document

    assert called(desk, SUPERVISOR, "shift_supervisor") == []
    assert announced(database_)[-1].type == "call_back_tried"
    assert kept["sequence"] == announced(database_)[-1].sequence
    fire_until(database_, app.wakes, at_local("06-16T11:59"))
    assert len(escalations(database_)) == 1
    fire_until(database_, app.wakes, at_local("06-16T12:00"))
    assert len(escalations(database_)) == 2


def test_whoever_is_told_in_time_calls_nobody(desk, database_):
    call = a_due_call_back(desk, database_)
    attempt(desk, call, outcome="reached")

    assert fire_until(database_, app.wakes, at_local("07-15T14:07")) == 0
    assert escalations(database_) == []


def test_a_wake_up_that_fires_twice_calls_nobody_twice(desk, database_):
    call = a_due_call_back(desk, database_)
    fire_until(database_, app.wakes, at_local("06-15T14:07"))
    with database_.transaction() as tx:
        app.wakes.call(tx, "ring", call["call_id"], {}, at=at_local("06-15T14:07"))

    assert len(escalations(database_)) == 1


def test_a_caller_who_waited_before_there_was_a_limit_is_given_one_when_the_wake_up_fires(desk, database_):
    call = a_due_call_back(desk, database_)
    with database_.transaction() as tx:
        tx.execute("update calls set body = body - 'ringing'")
        app.wakes.call(tx, "ring", call["call_id"], {}, at=at_local("06-17T08:00"))
    assert escalations(database_) == []

    fire_until(database_, app.wakes, at_local("06-17T12:00"))

    assert [to for to, _, _ in escalations(database_)] == ["shift_supervisor"]


def an_outage(begins: str, ends: str) -> OutageLogged:
    return OutageLogged(
        outage_id=begins,
        outage_from=at_local(begins),
        outage_until=at_local(ends),
        reason="机房停电",
        credited_by="operations-1",
        credited_at=at_local(ends),
    )


def test_an_outage_gives_the_agents_their_working_time_back_once_however_often_it_is_told(desk, database_):
    a_due_call_back(desk, database_)
    a_registered_call(desk)  # nobody has to ring this one
    for number, outage in enumerate([("06-15T09:00", "06-15T10:00"), ("06-15T09:00", "06-15T12:30")] * 2):
        read(database_, an_outage(*outage), id=f"o-{number}")
    assert read(database_, an_outage("06-15T09:00", "06-15T10:00"), id="o-0") is Outcome.DUPLICATE

    fire_until(database_, app.wakes, at_local("06-15T17:06"))
    assert escalations(database_) == []
    fire_until(database_, app.wakes, at_local("06-15T17:07"))

    assert [to for to, _, _ in escalations(database_)] == ["shift_supervisor"]
    assert rows(database_, "select count(*) from flow_records where action = 'credit_outage'") == [(2,)]


def test_a_published_handbook_is_to_be_fetched_and_told_twice_once(database_):
    published = HandbookPublished(
        version="2020-2", sha256="ab" * 32, valid_from=MONDAY_MORNING, published_at=MONDAY_MORNING
    )
    for number in (1, 2):
        read(database_, published, id=f"handbook-{number}")

    found = rows(database_, "select version from fetched_versions where content is null")
    assert [row.version for row in found] == ["2020-2"]


def test_how_long_handling_again_can_be_asked_for_is_the_countys_to_say(desk, database_, monkeypatch):
    book = handbook.load()
    ten_days = replace(book, settings=replace(book.settings, reopening_window_days=10))
    monkeypatch.setattr(rules, "editions", Editions(lambda: ten_days))
    call = a_due_call_back(desk, database_)
    attempt(desk, call, outcome="reached")
    found = desk.get(f"/api/hotline/calls/{call['call_id']}").document
    assert found["call_back"]["may_ask_again_until"] == "2020-06-25T00:07:00+00:00"
    desk.now = MONDAY_MORNING + timedelta(days=10, seconds=1)

    refused = desk.post(f"/api/hotline/calls/{call['call_id']}/dissatisfied", {"words": "还是坏的"})

    assert refused.status == 409
    assert "10 天" in refused.document["detail"]
