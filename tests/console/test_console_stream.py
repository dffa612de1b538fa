"""Live push: what changes at one desk shows at another, and nothing is missed."""

import http.client
import itertools
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import psycopg2
import pytest
import requests

from case_contracts.wire import Envelope
from chassis.transactions import Database
from console import service
from tests.console.console_kit import NAMES, a_story, migrated
from tests.console.stream_kit import Follower, Hall, hall
from tests.infrastructure_fixtures import _administer, _fresh_name
from tests.service_process import eventually

pytestmark = [pytest.mark.infra, pytest.mark.timed]

_serials = itertools.count(1)


@pytest.fixture(scope="module")
def address(postgres_url: str) -> Iterator[str]:
    name = _fresh_name()
    _administer(postgres_url, f'create database "{name}"')
    yield f"{postgres_url}/{name}"
    _administer(postgres_url, f'drop database "{name}" with (force)')


@pytest.fixture(scope="module")
def shared(address: str) -> Iterator[Database]:
    opened = migrated(address, service.app)
    yield opened
    opened.close()


@pytest.fixture
def facts_database(shared: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr(service, "county_names", lambda: NAMES)
    return shared


@pytest.fixture(scope="module")
def open_hall(shared: Database, address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall(address, tmp_path_factory.mktemp("hall")) as opened:
        yield opened


class Told:
    """A new story with numbers of its own."""

    def __init__(self) -> None:
        serial = next(_serials)
        self.report, self.case = f"R20200615{serial:05}", f"41052320200615{serial:05}"
        self.facts = a_story(self.report, self.case, f"call-{serial}")


def take(database: Database, *envelopes: Envelope) -> None:
    database.run(lambda tx: tx.bound.case_files.take(envelopes))


def ready(follower: Follower) -> int:
    said = follower.next()
    assert said.name == "ready"
    return said.id


def streams_now(opened: Hall) -> float:
    lines = requests.get(f"{opened.metrics}/metrics", timeout=10).text.splitlines()
    found = [line for line in lines if line.startswith("console_live_streams{")]
    return float(found[0].rpartition(" ")[2])


def live(opened: Hall, query: str) -> dict:
    headers = {"Authorization": f"Bearer {opened.token('shift_supervisor')}"}
    return requests.get(
        f"http://127.0.0.1:{opened.port}/api/console/live?{query}", headers=headers, timeout=10
    ).json()


def test_a_change_shows_at_two_desks_as_the_live_list_would_answer_it(facts_database, open_hall):
    story = Told().facts
    take(facts_database, *story[:2])
    with open_hall.follow("shift_supervisor") as one, open_hall.follow("dispatcher", person="p2") as other:
        assert (one.status, one.type) == (200, "text/event-stream; charset=utf-8")
        cursor = ready(one)
        assert ready(other) == cursor

        started = time.monotonic()
        take(facts_database, *story[2:4])
        first, second = one.next(), other.next()

        assert time.monotonic() - started < 1
        assert (first.name, first.data) == (second.name, second.data)
        page = live(open_hall, f"after={cursor}")
        assert first.data == {"rows": page["rows"], "gone": []}
        assert first.id == page["cursor"]


def test_after_a_cut_nothing_is_missed_and_nothing_comes_twice(facts_database, open_hall):
    mine, other = Told(), Told()
    story = mine.facts
    with open_hall.follow("dispatcher") as before:
        ready(before)
        take(facts_database, *story[:2])
        known = before.next().id
    take(facts_database, *story[2:6])
    take(facts_database, *other.facts[:2])

    with open_hall.follow("dispatcher", Last_Event_ID=str(known)) as after:
        missed = after.next()
        assert [row["report_number"] for row in missed.data["rows"]] == [mine.report, other.report]
        assert ready(after) == missed.id
        take(facts_database, story[6])
        assert [row["state"] for row in after.next().data["rows"]] == ["awaiting_signature"]

    with open_hall.follow("dispatcher", path=f"/api/console/stream?after={known}") as again:
        assert [row["report_number"] for row in again.next().data["rows"]] == [other.report, mine.report]


def test_many_writers_and_a_line_that_breaks_again_and_again(facts_database, open_hall):
    """What a browser knows in the end is what the live list says, however often it was cut."""
    known: dict[str, dict] = {}
    cursor = begun = live(open_hall, "limit=1")["cursor"]
    for _ in range(12):
        story = Told().facts
        with open_hall.follow("leader", Last_Event_ID=str(cursor)) as follower:
            for share in (story[:4], story[4:9], story[9:]):
                take(facts_database, *share)
            until = time.monotonic() + 0.4  # the line breaks in the midst of it
            while (left := until - time.monotonic()) > 0 and not follower.nothing(min(left, 0.01)):
                pass
            while not follower.heard.empty():
                follower.heard.get()
        with open_hall.follow("leader", path=f"/api/console/stream?after={cursor}") as follower:
            while (said := follower.next()).name == "change":
                known |= {row["report_number"]: row for row in said.data["rows"]}
            cursor = said.id

    rows = live(open_hall, f"after={begun}&limit=500")["rows"]
    assert known == {row["report_number"]: row for row in rows}
    assert len(rows) == 12


@pytest.mark.parametrize("place", ["999999", "not-a-number", "-3", "9" * 30])
def test_an_unknown_place_begins_anew(facts_database, open_hall, place):
    story = Told().facts
    take(facts_database, *story[:2])

    with open_hall.follow("leader", Last_Event_ID=place) as follower:
        said = follower.next()

        assert (said.name, said.data) == ("reset", {})
        assert said.id == live(open_hall, "limit=1")["cursor"]
        take(facts_database, story[2])
        assert follower.next().name == "change"


def test_a_cursor_in_the_query_must_be_a_number(open_hall):
    with open_hall.follow("leader", path="/api/console/stream?after=x") as follower:
        assert follower.status == 422


def test_who_missed_more_than_five_hundred_rows_loads_the_lists_anew(facts_database, open_hall):
    begun = live(open_hall, "limit=1")["cursor"]
    for _ in range(51):
        take(facts_database, *[envelope for _ in range(10) for envelope in Told().facts[:1]])
    take(facts_database, *Told().facts[:1])
    newest = live(open_hall, "limit=1")["cursor"]
    assert newest - begun == 511

    with open_hall.follow("leader", path=f"/api/console/stream?after={newest - 501}") as follower:
        assert follower.next().name == "reset"
    with open_hall.follow("leader", path=f"/api/console/stream?after={newest - 500}") as follower:
        assert len(follower.next().data["rows"]) == 500


def test_a_responsible_unit_hears_of_its_own_cases_only_and_that_one_is_gone(facts_database, open_hall):
    mine, other = Told(), Told().facts
    story, gone = mine.facts, {"report_number": mine.report, "case_number": mine.case}
    unit = {"person": "u3", "unit": "u03"}
    with open_hall.follow("responsible_unit", **unit) as follower:
        before = ready(follower)
        take(facts_database, *other[:1], *story[:6])  # nobody's yet
        take(facts_database, story[6])  # dispatched to u03
        dispatched = follower.next()
        assert [row["case_number"] for row in dispatched.data["rows"]] == [mine.case]
        assert dispatched.data["rows"][0]["responsible_unit"] == "u03"

        take(facts_database, *story[7:9])  # sent back, and taken back

        sent_back = follower.next().data
        assert sent_back == {"rows": [], "gone": [gone]}

    with open_hall.follow("responsible_unit", Last_Event_ID=str(before), **unit) as follower:
        assert follower.next().data["gone"] == [gone]
    with open_hall.follow("responsible_unit", person="u4", unit="u04") as another:
        ready(another)
        take(facts_database, story[9])  # dispatched to u04
        assert another.next().data["rows"][0]["responsible_unit"] == "u04"


def test_a_collector_hears_of_problems_that_there_is_a_task_for(facts_database, open_hall):
    told = Told()
    story = told.facts
    with (
        open_hall.follow("collector", person="c1") as mine,
        open_hall.follow("collector", person="c9") as not_mine,
    ):
        ready(mine)
        ready(not_mine)
        take(facts_database, *story[:2])
        take(facts_database, story[2])  # c1 is to confirm it
        assert mine.next().data["rows"][0]["state"] == "confirming"
        take(facts_database, story[3])
        assert mine.next().data == {"rows": [], "gone": [{"report_number": told.report, "case_number": None}]}
        assert not_mine.nothing(0.5)


def test_an_administrator_hears_nothing_of_cases(facts_database, open_hall):
    with open_hall.follow("administrator") as follower:
        ready(follower)
        take(facts_database, *Told().facts)
        assert follower.nothing(0.7)


def test_when_the_token_is_over_the_stream_says_so_and_ends(facts_database, open_hall):
    with open_hall.follow("leader", seconds=2) as follower:
        place = ready(follower)
        said = follower.next(within=4)

        assert (said.name, said.id) == ("bye", place)
        assert follower.ended()


@pytest.mark.parametrize("bearer", ["", "nonsense"])
def test_nobody_follows_without_a_good_token(open_hall, bearer):
    with closing(http.client.HTTPConnection("127.0.0.1", open_hall.port, timeout=10)) as connection:
        connection.request("GET", "/api/console/stream", headers={"Authorization": f"Bearer {bearer}"})
        answer = connection.getresponse()
        assert answer.status == 401
        assert json.loads(answer.read())["type"] == "urn:qianliyan:problem:not-authenticated"


def test_when_the_database_goes_the_streams_end_and_are_taken_up_again(facts_database, address, open_hall):
    told = Told()
    with open_hall.follow("leader") as follower:
        place = ready(follower)
        with closing(psycopg2.connect(address)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'streams'"
                " and datname = current_database()"
            )
            assert cursor.rowcount == 1
        assert follower.ended()
    take(facts_database, *told.facts[:2])

    def heard() -> bool:
        with open_hall.follow("leader", Last_Event_ID=str(place)) as again:
            return again.status == 200 and again.next().data["rows"][0]["report_number"] == told.report

    eventually(heard, within=10)


def test_who_opens_too_many_pages_is_told_so(open_hall):
    with ExitStack() as pages:
        for _ in range(20):
            assert pages.enter_context(open_hall.follow("leader")).status == 200
        with open_hall.follow("leader") as one_more:
            assert one_more.status == 429
        assert pages.enter_context(open_hall.follow("leader", person="somebody-else")).status == 200

    def a_closed_page_leaves_its_place() -> bool:
        with open_hall.follow("leader") as again:
            return again.status == 200

    eventually(a_closed_page_leaves_its_place, within=5)


def test_two_hundred_browsers_at_once_while_a_door_answers_quickly(facts_database, open_hall):
    headers = {"Authorization": f"Bearer {open_hall.token('leader')}"}
    story = Told().facts
    with ExitStack() as browsers:
        followers = [
            browsers.enter_context(open_hall.follow("leader", person=f"p{number}")) for number in range(200)
        ]
        for follower in followers:
            ready(follower)
        take(facts_database, *story[:2])
        eventually(lambda: streams_now(open_hall) == 200, within=5)

        with requests.Session() as session:
            door = f"http://127.0.0.1:{open_hall.port}/api/console/live?limit=20"
            took = []
            for envelope in story[2:11]:
                take(facts_database, envelope)
                started = time.monotonic()
                assert session.get(door, headers=headers, timeout=10).ok
                took.append(time.monotonic() - started)
        for follower in followers:
            states = []
            while not states or states[-1] != "handling":
                states += [row["state"] for row in follower.next(within=10).data["rows"]]

    assert sorted(took)[len(took) // 2] < 0.1
