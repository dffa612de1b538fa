"""Searching the case files: by words, numbers and everything that stands beside the row."""

from dataclasses import replace
from urllib.parse import quote

import pytest

from case_contracts.codes import Source
from case_contracts.wire import Envelope
from chassis.app import Running
from chassis.transactions import Database
from console import remaking, search
from console.columns import EDITION
from tests.console.console_kit import CASE, REPORT, Desk, a_story, at

pytestmark = pytest.mark.infra

LEADER = {"sub": "leader-1", "roles": ["leader"]}


def take(database: Database, *envelopes: Envelope) -> None:
    database.run(lambda tx: tx.bound.case_files.take(list(envelopes)))


def said(envelope: Envelope, **data: object) -> Envelope:
    return replace(envelope, data={**envelope.data, **data})


def received(number: str, minutes: float = 0, **data: object) -> Envelope:
    """A report that has just come in."""
    envelope = a_story(number, f"41-{number}", f"call-{number}")[1]
    return said(envelope, received_at=at(minutes).isoformat(), **data)


@pytest.fixture
def ask(console_database: Database, desk: Desk):
    def ask(**query: object) -> list[str]:
        return [one["number"] for one in page(**query)["rows"]]

    def page(**query: object) -> dict:
        pairs = [
            (name, one)
            for name, value in query.items()
            for one in (value if isinstance(value, list) else [value])
        ]
        text = "&".join(f"{name}={quote(str(value))}" for name, value in pairs)
        answer = desk.get(f"/api/console/case-files?{text}", claims=LEADER)
        assert answer.status == 200, answer.document
        return answer.document

    ask.page = page
    return ask


def test_chinese_words_of_any_length_are_found_in_place_and_description(console_database, ask):
    take(
        console_database,
        received("R1", 1, description="小区门口井盖丢失", address="文王路12号"),
        received("R2", 2, description="路灯不亮", address="光明路与文王路交叉口"),
        received("R3", 3, description="王府井有蛇", address="文化路"),
    )

    assert ask(q="井盖") == ["R1"]
    assert ask(q="文王路") == ["R2", "R1"]
    assert ask(q="蛇") == ["R3"]
    assert ask(q="井") == ["R3", "R1"]
    assert ask(q="文路") == []
    assert ask(q="文王路 路灯") == ["R2"]
    assert ask(q="路灯　井盖") == []
    assert ask(q="１２号") == ["R1"]


def test_signs_of_patterns_and_punctuation_stand_for_themselves(console_database, ask):
    take(
        console_database,
        received("R1", 1, description="打折100%_全场"),
        received("R2", 2, description="打折100元全场"),
    )

    assert ask(q="100%") == ["R1"]
    assert ask(q="%_") == ["R1"]
    assert ask(q="'; drop table live_rows; --") == []
    assert ask(q="\\") == []


def test_a_sign_that_no_index_knows_is_looked_for_step_by_step(console_database, ask, monkeypatch):
    take(console_database, *[received(f"R{n}", n, description="★" if n == 0 else "井盖") for n in range(6)])
    monkeypatch.setattr(search, "WALKED", 3)

    first = ask.page(q="★", limit=4)

    assert (first["rows"], first["total"], first["more"]) == ([], 0, True)
    second = ask.page(q="★", limit=4, before=first["before"])
    assert [one["number"] for one in second["rows"]] == ["R0"]
    assert ask(q="★", source="video") == []


def test_a_number_is_found_whole_by_its_end_and_by_its_day(console_database, ask):
    take(console_database, *a_story(), received("R2020061500777"))

    assert ask(q=REPORT) == ask(q=REPORT.lower()) == ask(q=CASE) == ask(q="00001") == [CASE]
    assert ask(q="0777") == ["R2020061500777"]
    assert ask(q="R20200615") == ["R2020061500777"]
    assert ask(q="文王路 0777") == ["R2020061500777"]
    assert ask(q="9777") == []


def test_every_column_narrows_what_is_found(console_database, ask):
    story = a_story()
    take(console_database, *story)
    take(
        console_database,
        received("R1", 10, source=Source.WECHAT, subcategory="I0203", responsibility_grid="G07"),
        received("R2", 20, source=Source.COLLECTOR, subcategory="X9"),
    )

    assert ask() == ["R2", "R1", CASE]
    assert ask(state="received") == ["R2", "R1"]
    assert ask(state=["received", "closed"]) == ["R2", "R1", CASE]
    assert ask(responsible_unit="u04") == [CASE]
    assert ask(responsible_unit="u03") == []
    assert ask(grid="G07") == ["R1", CASE]
    assert ask(category="市政设施") == ["R1", CASE]
    assert ask(subcategory="X9") == ["R2"]
    assert ask(source="wechat") == ["R1"]
    assert ask(urgency="ordinary") == [CASE]
    assert ask(urgency="major") == []
    assert ask(received_from=at(10).isoformat()) == ["R2", "R1"]
    assert ask(received_until=at(10).isoformat()) == [CASE]
    assert ask(received_from=at(5).isoformat(), received_until=at(15).isoformat(), q="文王路") == ["R1"]
    assert ask(q="文王路", source="collector", state="received") == ["R2"]


def test_a_part_of_the_county_is_named_by_grid_by_community_or_by_cell(console_database, ask):
    take(
        console_database,
        received("R1", 1, responsibility_grid="410523Z001", unit_grid_code="410523100201001"),
        received("R2", 2, responsibility_grid="410523Z001", unit_grid_code="410523100201002"),
        received("R3", 3, responsibility_grid="410523Z001", unit_grid_code="410523100202001"),
        received("R4", 4, responsibility_grid=None, unit_grid_code=None),
    )

    assert ask(grid="410523Z001") == ["R3", "R2", "R1"]
    assert ask(grid="410523100201") == ["R2", "R1"]
    assert ask(grid="410523100201002") == ["R2"]
    assert ask(grid="410523100201", q="文王路", received_from=at(2).isoformat()) == ["R2"]
    assert ask(grid="410523100203") == ask(grid="410523Z002") == ask(grid="4") == []


def test_what_a_unit_is_late_with_is_found_as_overdue(console_database, desk, ask):
    take(console_database, *a_story()[:11])
    assert ask(overdue="true") == []

    desk.now = at(4101)

    assert ask(overdue="true") == [CASE]
    take(console_database, *a_story()[11:])
    assert ask(overdue="true") == []
    assert ask(overdue="false") == [CASE]


def test_a_case_is_found_by_the_name_of_the_unit_that_has_it_now(console_database, ask):
    take(console_database, *a_story()[:7])
    assert ask(q="园林绿化中心") == [CASE]

    take(console_database, *a_story()[7:11])

    assert ask(q="园林绿化中心") == []
    assert ask(q="市政设施") == [CASE]


@pytest.mark.parametrize(("few", "walked"), [(10_000, 20_000), (3, 5), (0, 1)])
def test_page_after_page_everything_comes_once_however_little_is_looked_at(
    console_database, ask, monkeypatch, few, walked
):
    monkeypatch.setattr(search, "FEW", few)
    monkeypatch.setattr(search, "WALKED", walked)
    take(
        console_database,
        *[
            received(
                f"R{n:03}", n, description="井盖" if n % 3 else "路灯", source="wechat" if n % 2 else "video"
            )
            for n in range(40)
        ],
    )

    def every(**query: object) -> list[str]:
        seen: list[str] = []
        before: dict[str, object] = {}
        for _ in range(60):
            page = ask.page(limit=4, **query, **before)
            seen += [one["number"] for one in page["rows"]]
            if not page["before"]:
                return seen
            before = {"before": page["before"]}
        raise AssertionError("no end")

    newest_first = [f"R{n:03}" for n in reversed(range(40))]
    assert every() == newest_first
    assert every(q="井盖") == [one for one in newest_first if int(one[1:]) % 3]
    assert every(q="井盖", source="video") == [
        one for one in newest_first if int(one[1:]) % 3 and not int(one[1:]) % 2
    ]
    assert every(source="wechat") == [one for one in newest_first if int(one[1:]) % 2]


@pytest.mark.parametrize(("few", "walked"), [(10_000, 20_000), (3, 5), (0, 1)])
def test_words_of_a_unit_are_found_as_if_each_row_were_read(console_database, ask, monkeypatch, few, walked):
    monkeypatch.setattr(search, "FEW", few)
    monkeypatch.setattr(search, "WALKED", walked)
    for n in range(12):
        story = a_story(f"H20200615000{n:02}", f"41052320200615000{n:02}", f"call-{n}")
        words = "井盖缺失" if n % 3 else "路灯不亮"
        # Half of them are with the unit that they were dispatched to first, half with the second.
        take(
            console_database,
            *[said(one, description=words) if "description" in one.data else one for one in story[:7]],
        )
        if n % 2:
            take(console_database, *story[7:11])
    rows = ask.page(limit=100)["rows"]
    assert {(one["responsible_unit"], one["description"]) for one in rows} == {
        (unit, words) for unit in ("u03", "u04") for words in ("井盖缺失", "路灯不亮")
    }

    for unit in ("u03", "u04", "u99"):
        for words in ("井盖", "路灯 不亮", "蛇", "文王路", "u03", "@u03"):
            found: list[str] = []
            query: dict[str, object] = {"q": words, "responsible_unit": unit, "limit": 2}
            page = ask.page(**query)
            found += [one["number"] for one in page["rows"]]
            while page["before"]:
                page = ask.page(**query, before=page["before"])
                found += [one["number"] for one in page["rows"]]
            assert found == [
                one["number"]
                for one in rows
                if one["responsible_unit"] == unit
                and all(word in one["description"] + one["place"] for word in words.split())
            ], (unit, words)


def test_few_are_counted_exactly_and_many_as_more(console_database, ask, monkeypatch):
    take(console_database, *[received(f"R{n}", n, description="井盖丢失") for n in range(7)])

    assert (ask.page(q="井盖", limit=2)["total"], ask.page(q="井盖", limit=2)["more"]) == (7, False)
    assert ask.page(q="路灯") == {"rows": [], "before": 0, "total": 0, "more": False}
    monkeypatch.setattr(search, "FEW", 5)
    for query in ({"q": "井盖"}, {"state": "received"}, {}):
        page = ask.page(limit=2, **query)
        assert (page["total"], page["more"]) == (5, True), query


@pytest.mark.parametrize(
    "query",
    [
        "state=nowhere",
        "received_from=yesterday",
        "limit=201",
        "before=0",
        "colour=red",
        f"q={'x' * 101}",
        "overdue=9",
    ],
)
def test_a_search_that_makes_no_sense_is_refused(desk, query):
    answer = desk.get(f"/api/console/case-files?{query}", claims=LEADER)

    assert answer.status == 422
    assert answer.document["errors"][0]["field"].partition(".")[0] == query.partition("=")[0]


def test_rows_of_an_older_edition_are_found_again_and_nobody_is_told_that_they_changed(
    console_database, desk, ask
):
    take(console_database, *a_story(), received("R1", 1))
    before = desk.get("/api/console/live", claims=LEADER).document
    with console_database.transaction() as tx:
        tx.execute("delete from live_words")
        tx.execute(
            "update live_rows set edition = 0, place = 0, matters = '{x}', body = body - 'source_text'"
        )
    assert ask(q="文王路") == []

    remaking._remake_all(Running(settings=None, database=console_database))

    assert ask(q="文王路") == ["R1", CASE]
    assert desk.get("/api/console/live", claims=LEADER).document == before
    with console_database.transaction() as tx:
        assert [tuple(one) for one in tx.execute("select distinct edition, matters from live_rows")] == [
            (EDITION, [])
        ]


def test_words_that_an_older_edition_cut_otherwise_are_cut_anew(console_database, ask):
    take(console_database, received("R1", 1, description="井盖丢失"))
    with console_database.transaction() as tx:
        tx.execute("update live_words set grams = '{}'")
        tx.execute("update live_rows set edition = 0")
    assert ask(q="井盖") == []

    remaking._remake_all(Running(settings=None, database=console_database))

    assert ask(q="井盖") == ["R1"]


def test_a_row_that_another_took_the_place_of_leaves_no_words(console_database):
    story = a_story()
    dispatched = [one for one in story if one.subject == f"assignment/{CASE}"][:1]
    take(console_database, *dispatched)
    take(console_database, *story[:6])

    with console_database.transaction() as tx:
        assert list(tx.execute("select key from live_words").scalars()) == [REPORT]
