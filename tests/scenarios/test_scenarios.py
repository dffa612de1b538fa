"""What somebody who knows the real thing would try first, by the numbers (docs/domain.md, "Scenarios")."""

import json
from collections.abc import Iterator
from datetime import datetime

import pytest

from examples.city.doors import Refused
from tests.scenarios.centre import Centre, at
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

ON_WENWANG_ROAD = {
    "description": "文王路与志得街交叉口路面破损，约一平方米",
    "address": "文王路与志得街交叉口",
    "position": {"lon": 114.3601, "lat": 35.9202, "datum": "wgs84"},
}
MUNICIPAL, POWER, TELECOM, LANDSCAPE = "u04", "u19", "u26", "u03"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with Stack(tmp_path_factory.mktemp("scenarios") / "state", replay=True) as stack:
        yield Centre(stack)


def moment(text: str) -> datetime:
    """A moment of a JSON answer."""
    return datetime.fromisoformat(text)


def test_1_the_broken_road_of_the_article(centre: Centre) -> None:
    report = centre.report(at("2020-06-15 08:07"), {**ON_WENWANG_ROAD, "subcategory": "I0113"}, label="one")
    centre.propose(at("2020-06-15 08:15"), report, "I0113-1")
    case = centre.file(at("2020-06-15 08:20"), report)
    assignment = centre.dispatch(at("2020-06-15 08:37"), case, MUNICIPAL)

    # Five working days, of eight hours each.
    assert moment(assignment["due_at"]) == at("2020-06-22 08:37")
    assert (assignment["limit"], assignment["limit_unit"]) == (5, "working_day")

    centre.unit_does(at("2020-06-15 09:00"), MUNICIPAL, case, "sign")
    centre.feed_back(at("2020-06-18 16:00"), MUNICIPAL, case, label="one")
    centre.verify(at("2020-06-18 16:10"), at("2020-06-18 16:30"), case, label="one")
    centre.close(at("2020-06-18 16:45"), case)

    closed = centre.case_file(case, lambda file: file["state"] == "closed")
    # Before, after and the check stand side by side.
    assert all(closed["photos"][kind] for kind in ("report", "feedback", "verification"))
    assert closed["report_number"] == report
    told = [line["sentence"] for line in closed["flow"]]
    assert any("按期" in sentence for sentence in told)


def test_2_a_missing_cover_on_saturday_night(centre: Centre) -> None:
    told = {
        "words": "人行道上井盖缺失，晚上很危险",
        "address": "人民路",
        "position": {"lon": 114.3583, "lat": 35.9262, "datum": "wgs84"},
    }
    report = centre.phone(at("2020-06-20 23:00"), told, number="13900000002")
    assert report.startswith("H20200620")

    centre.confirm(at("2020-06-20 23:05"), at("2020-06-20 23:25"), report, label="two")
    centre.propose(at("2020-06-20 23:27"), report, "C0101-1")
    case = centre.file(at("2020-06-20 23:30"), report)
    assignment = centre.dispatch(at("2020-06-20 23:35"), case, "u20")

    # Emergency hours run at night and on Sunday.
    assert assignment["limit_unit"] == "emergency_hour"
    assert moment(assignment["due_at"]) == at("2020-06-21 01:35")
    assert assignment["urgency"] == "urgent"
    file = centre.case_file(case, lambda file: "属实" in str(file["flow"]))
    confirmed = next(line["sentence"] for line in file["flow"] if "属实" in line["sentence"])
    assert "超时" not in confirmed


def test_3_a_telecom_cover_sent_to_the_power_company(centre: Centre) -> None:
    day = (at("2020-07-06 00:00"), at("2020-07-07 00:00"))
    told = {
        "description": "通信井盖弹跳响动",
        "address": "光明路",
        "position": {"lon": 114.3550, "lat": 35.9240, "datum": "wgs84"},
        "subcategory": "C0107",
    }
    report = centre.report(at("2020-07-06 09:00"), told, label="three")
    centre.propose(at("2020-07-06 09:05"), report, "C0107-3")
    case = centre.file(at("2020-07-06 09:10"), report)
    first = centre.dispatch(at("2020-07-06 09:15"), case, POWER)
    assert centre.figures(*day)["rates"]["dispatch_accuracy"] in (None, 1.0)

    centre.unit_does(at("2020-07-06 09:40"), POWER, case, "send-back", reason="井盖为通信公司产权")
    dispatcher = centre.people.dispatchers.next()
    centre.command_at_dispatch(at("2020-07-06 10:00"), dispatcher, case, "accept-return", {})
    second = centre.dispatch(at("2020-07-06 10:15"), case, TELECOM)

    assert moment(second["due_at"]) - moment(first["due_at"]) == at("2020-07-06 10:15") - at(
        "2020-07-06 09:15"
    )
    assert (first["dispatch_number"], second["dispatch_number"]) == (1, 2)
    centre.eventually(lambda: centre.figures(*day)["counts"]["dispatched"] == 2)
    assert centre.figures(*day)["rates"]["dispatch_accuracy"] == 0.5
    assert centre.figures(*day, unit=POWER)["counts"]["rightly_dispatched"] == 0


def test_4_feedback_without_photo_and_a_check_that_fails(centre: Centre) -> None:
    day = (at("2020-07-13 00:00"), at("2020-07-14 00:00"))
    report = centre.report(at("2020-07-13 08:30"), {**ON_WENWANG_ROAD, "subcategory": "I0113"}, label="four")
    centre.propose(at("2020-07-13 08:35"), report, "I0113-1")
    case = centre.file(at("2020-07-13 08:40"), report)
    centre.dispatch(at("2020-07-13 08:45"), case, MUNICIPAL)

    with pytest.raises(Refused) as refused:
        centre.unit_does(at("2020-07-13 09:00"), MUNICIPAL, case, "feedback", text="修好了", receipts=[])
    assert 400 <= refused.value.status < 500
    assert "照片" in str(refused.value)

    centre.feed_back(at("2020-07-13 10:00"), MUNICIPAL, case, label="four, badly")
    centre.verify(at("2020-07-13 10:05"), at("2020-07-13 10:20"), case, gone=False, label="four")
    centre.eventually(lambda: centre.assignment(case)["round"] == 2)
    again = centre.assignment(case)
    assert (again["state"], again["responsible_unit"]) == ("handling", MUNICIPAL)
    assert moment(again["due_at"]) == at("2020-07-20 10:20")

    centre.feed_back(at("2020-07-13 15:00"), MUNICIPAL, case, label="four, well")
    centre.eventually(lambda: centre.figures(*day, unit=MUNICIPAL)["counts"]["rework_times"] == 1)
    assert centre.figures(*day, unit=MUNICIPAL)["rates"]["rework_rate"] == 1.0
    # In the first round it awaited verification as well.
    file = centre.case_file(case, lambda file: (file["round"], file["state"]) == (2, "awaiting_verification"))
    assert sum("反馈" in line["sentence"] for line in file["flow"]) == 2


def test_5_a_tree_that_is_replanted_in_spring(centre: Centre) -> None:
    told = {
        "description": "行道树缺株",
        "address": "中华路",
        "position": {"lon": 114.3590, "lat": 35.9230, "datum": "wgs84"},
    }
    # A missing street tree: fifteen working days.
    case = centre.filed(at("2019-09-09 08:30"), told, "C0402-2", label="five")
    centre.dispatch(at("2019-09-09 09:00"), case, LANDSCAPE)
    centre.unit_does(at("2019-09-09 10:00"), LANDSCAPE, case, "sign")
    spring = at("2020-03-09 08:00")
    centre.unit_does(
        at("2019-09-09 11:00"),
        LANDSCAPE,
        case,
        "ask-suspension",
        reason="当前季节不宜补植",
        until_at=spring.isoformat(),
    )
    supervisor = centre.people.supervisors.next()
    centre.command_at_dispatch(at("2019-09-09 12:00"), supervisor, case, "grant-suspension", {})
    assert centre.assignment(case)["state"] == "suspended"
    centre.case_file(case, lambda file: file["state"] == "suspended")

    centre.night_falls(at("2020-03-08 23:00"))
    assert centre.assignment(case)["state"] == "suspended"
    centre.night_falls(at("2020-03-09 08:01"))

    resumed = centre.assignment(case)
    assert resumed["state"] == "handling"
    # Three of its 120 working hours were used before the clock stood still; the rest goes on in spring.
    assert moment(resumed["due_at"]) == at("2020-03-27 15:00")


def test_6_two_citizens_tell_of_the_same_thing(centre: Centre) -> None:
    told = {
        "words": "路边垃圾成堆无人清理",
        "address": "文化路菜市场门口",
        "position": {"lon": 114.3522, "lat": 35.9211, "datum": "wgs84"},
    }
    first = centre.phone(at("2020-08-03 09:00"), told, number="13900000061")
    second = centre.phone(at("2020-08-03 09:30"), told, number="13900000062")
    centre.confirm(at("2020-08-03 09:02"), at("2020-08-03 09:20"), first, label="six")
    centre.propose(at("2020-08-03 09:22"), first, "I0101-1")
    case = centre.file(at("2020-08-03 09:25"), first)

    centre.link(at("2020-08-03 09:35"), second, case)
    centre.dispatch(at("2020-08-03 09:36"), case, MUNICIPAL)
    centre.feed_back(at("2020-08-03 10:30"), MUNICIPAL, case, label="six")
    centre.verify(at("2020-08-03 10:35"), at("2020-08-03 10:50"), case, label="six")
    centre.close(at("2020-08-03 11:00"), case)

    agent = centre.people.agents.next()
    mine = {first, second}

    def due() -> set[str]:
        listed = agent.get("/api/hotline/call-backs", state="due", limit=200)["call_backs"]
        return {one["report_number"] for one in listed} & mine

    centre.eventually(lambda: due() == mine)
    for listed in agent.get("/api/hotline/call-backs", state="due", limit=200)["call_backs"]:
        if listed["report_number"] in mine:
            attempt = {"outcome": "reached", "satisfaction": "satisfied", "words": ""}
            agent.post(f"/api/hotline/call-backs/{listed['id']}/attempts", attempt, at=at("2020-08-03 11:30"))
    month = (at("2020-08-03 00:00"), at("2020-08-04 00:00"))
    centre.eventually(lambda: centre.figures(*month)["counts"]["answered"] == 2)
    counts = centre.figures(*month)["counts"]
    assert (counts["filed"], counts["linked"], counts["closed"], counts["answers_due"]) == (1, 1, 1, 2)


def test_7_an_appeal_changes_the_statistics_and_never_the_list(centre: Centre) -> None:
    period = (at("2020-10-12 00:00"), at("2020-10-20 00:00"))
    case = centre.filed(at("2020-10-12 08:30"), ON_WENWANG_ROAD, "I0113-1", label="seven")
    due_at = moment(centre.dispatch(at("2020-10-12 08:40"), case, MUNICIPAL)["due_at"])
    assert due_at == at("2020-10-19 08:40")
    centre.feed_back(at("2020-10-19 15:00"), MUNICIPAL, case, label="seven")
    centre.verify(at("2020-10-19 15:10"), at("2020-10-19 15:30"), case, label="seven")
    centre.close(at("2020-10-19 15:40"), case)
    centre.eventually(lambda: centre.figures(*period, unit=MUNICIPAL)["counts"]["closed"] == 1)
    assert centre.figures(*period, unit=MUNICIPAL)["counts"]["handled_late"] == 1

    unit = centre.units[MUNICIPAL]
    appeal = {"case_number": case, "reason": "连日暴雨，路面无法施工"}
    centre.once(lambda: unit.post("/api/assessment/appeals", appeal, at=at("2020-10-20 09:00")))
    with pytest.raises(Refused):
        unit.post("/api/assessment/appeals", appeal, at=at("2020-10-20 09:05"))
    word = {"recommended": True, "reason": "情况属实"}
    dispatcher, assessor = centre.people.dispatchers.next(), centre.people.assessors.next()
    dispatcher.post(f"/api/assessment/appeals/{case}/review", word, at=at("2020-10-20 10:00"))
    granted = {"granted": True, "reason": "同意"}
    assessor.post(f"/api/assessment/appeals/{case}/decide", granted, at=at("2020-10-20 11:00"))

    centre.eventually(lambda: centre.figures(*period, unit=MUNICIPAL)["counts"]["handled_late"] == 0)
    assert centre.figures(*period, unit=MUNICIPAL)["counts"]["handled_in_time"] == 1
    file = centre.case_file(case, lambda file: file["appeal"] is not None)
    assert any("超期" in line["sentence"] for line in file["flow"])
    assert "申诉通过" in json.dumps(file, ensure_ascii=False)


def test_8_the_months_numbers_are_those_of_its_lists(centre: Centre) -> None:
    begin, end = at("2020-06-01 00:00"), at("2020-12-01 00:00")
    counts = centre.figures(begin, end)["counts"]

    assert counts["filed"] > 0
    for name in (
        "filed",
        "to_handle",
        "handled",
        "handled_in_time",
        "handled_late",
        "closed",
        "rework_cases",
    ):
        listed = centre.cases_counted(name, begin, end)
        assert len(listed) == len(set(listed)) == counts[name], name
    assert set(centre.cases_counted("handled_late", begin, end)) <= set(
        centre.cases_counted("handled", begin, end)
    )
