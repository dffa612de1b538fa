"""申诉: a unit asks after the closing, the dispatcher reviews, the assessor decides, and the figures follow.

A task is late only after hours: so the system here replays a day of last month;
whoever sits at a desk does so now.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.browser_kit import Visit, answer, desks, serious_findings, take_picture
from tests.scenarios.centre import SHANGHAI, Centre
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

UNIT, OTHER, THIRD = "u20", "u21", "u22"
ASSESSOR = "assess"
COVER = {
    "description": "人行道上井盖缺失，晚上很危险",
    "address": "人民路",
    "position": {"lon": 114.3583, "lat": 35.9262, "datum": "wgs84"},
}
TWO_HOURS_DAY_AND_NIGHT = "C0101-1"

OpenDesk = Callable[..., Page]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with Stack(tmp_path_factory.mktemp("appeals") / "state", replay=True) as stack:
        yield Centre(stack)


@pytest.fixture
def sit_down(chromium: Browser, centre: Centre) -> Iterator[OpenDesk]:
    """Opens a desk as a person, who acts at the present moment."""
    visit = Visit(centre.stack.address, centre.stack.accounts())
    with desks(chromium, visit, lambda: {"X-Replay-At": datetime.now(UTC).isoformat()}) as open_desk:
        yield open_desk


def last_month() -> datetime:
    """The tenth of it, half past eight."""
    first = datetime.now(SHANGHAI).replace(day=1, hour=8, minute=30, second=0, microsecond=0)
    return (first - timedelta(days=1)).replace(day=10)


def closed_late(centre: Centre, unit: str, label: str) -> str:
    """A case that its unit fed back two hours after it was due; its number."""
    begin = last_month()

    def after(minutes: int) -> datetime:
        return begin + timedelta(minutes=minutes)

    case = centre.filed(begin, COVER, TWO_HOURS_DAY_AND_NIGHT, label=label)
    centre.dispatch(after(5), case, unit)
    centre.unit_does(after(10), unit, case, "sign")
    centre.feed_back(after(245), unit, case, label=label)
    centre.verify(after(250), after(260), case, label=label)
    centre.close(after(270), case)
    month = (begin.replace(day=1, hour=0, minute=0), begin.replace(day=28))
    centre.eventually(lambda: centre.figures(*month, unit=unit)["counts"]["closed"] == 1)
    return case


def until_called(centre: Centre, case: str, post: str, since: datetime) -> None:
    """Nobody decides on the appeal, day after day, until the post is called."""
    assessor = centre.people.assessors.next()
    for days in range(1, 15):
        centre.night_falls(since + timedelta(days=days))
        lying = assessor.get("/api/assessment/appeals", post=post)["appeals"]
        if case in [appeal["case_number"] for appeal in lying]:
            return
    raise AssertionError(f"{post} is not called within two weeks")


def show_last_month(page: Page) -> None:
    """The unit looks at the figures of last month, read anew."""
    page.reload()
    month = last_month()
    page.get_by_role("combobox", name="月份").press("ArrowDown")
    title = f"{month.year} 年 {month.month} 月"
    page.locator(".el-select-dropdown__item:visible").filter(has_text=title).first.click()
    expect(
        page.get_by_role("region", name="本单位指标").get_by_text("超期处置数", exact=True)
    ).to_be_visible()


def expect_counts(page: Page, **expected: str) -> None:
    """The unit's figures of last month come to this."""
    show_last_month(page)
    region = page.get_by_role("region", name="本单位指标")
    for title, count in expected.items():
        line = region.locator("dl.counts div").filter(has=page.get_by_text(title, exact=True))
        expect(line.get_by_role("definition")).to_have_text(count)


def appeal(page: Page, case: str, reason: str) -> None:
    """The unit says why it could not help being late."""
    form = page.get_by_role("region", name="申诉")
    form.get_by_role("combobox", name="可申诉案件").press("ArrowDown")
    page.locator(".el-select-dropdown__item:visible").filter(has_text=case).click()
    form.get_by_label("申诉理由").fill(reason)
    assert serious_findings(page) == []
    form.get_by_role("button", name="提出申诉").click()
    expect(form.get_by_role("listitem").filter(has_text=case)).to_contain_text(reason)


def decide(page: Page, case: str, key: str, button: str, field: str, words: str) -> None:
    """Open the appeal, and decide on it by keyboard."""
    page.locator(f'tr[data-key="{case}"]').click()
    expect(page.get_by_role("region", name="申诉详情")).to_contain_text("井盖缺失")
    page.keyboard.press(key)
    expect(answer(page, button, **{field: words})).to_be_hidden()


def test_a_granted_appeal_takes_the_lateness_out_of_the_figures_and_not_out_of_the_file(
    centre: Centre, sit_down: OpenDesk
) -> None:
    case = closed_late(centre, UNIT, "granted")
    unit = sit_down(UNIT, "unit?list=figures")
    expect_counts(unit, 应处置数="1", 超期处置数="1", 按期处置数="0", 申诉免计数="0")
    appeal(unit, case, "连日暴雨，井下积水无法施工")

    dispatcher = sit_down("dispatch1", "appeals")
    decide(dispatcher, case, "a", "建议通过", "初审意见", "当日确有暴雨，情况属实")
    expect(dispatcher.get_by_text("初审意见已提交")).to_be_visible()

    assessor = sit_down(ASSESSOR, "appeals")
    assessor.locator(f'tr[data-key="{case}"]').click()
    expect(assessor.get_by_role("region", name="申诉详情")).to_contain_text("建议通过：当日确有暴雨")
    take_picture(assessor, "appeals")
    decide(assessor, case, "a", "通过", "决定理由", "同意")
    expect(assessor.get_by_text("申诉已通过")).to_be_visible()
    expect(assessor.locator(f'tr[data-key="{case}"]')).to_have_count(0)

    expect_counts(unit, 应处置数="1", 超期处置数="0", 按期处置数="1", 申诉免计数="1")
    expect(unit.get_by_role("region", name="申诉").get_by_role("listitem")).to_contain_text("决定：同意")
    file = sit_down("leader", f"cases/{case}")
    expect(file.get_by_text("申诉通过").first).to_be_visible()
    expect(file.get_by_role("region", name="流程记录").get_by_text("超期").first).to_be_visible()


def test_a_refused_appeal_changes_no_figure_and_the_unit_reads_why(
    centre: Centre, sit_down: OpenDesk
) -> None:
    case = closed_late(centre, OTHER, "refused")
    unit = sit_down(OTHER, "unit?list=figures")
    show_last_month(unit)
    appeal(unit, case, "人手不足")
    decide(sit_down("dispatch1", "appeals"), case, "x", "建议不通过", "初审意见", "人手不足不属免责情形")
    assessor = sit_down(ASSESSOR, "appeals")
    decide(assessor, case, "x", "不通过", "决定理由", "维持原统计")

    expect_counts(unit, 超期处置数="1", 按期处置数="0", 申诉免计数="0")
    own = unit.get_by_role("region", name="申诉")
    expect(own.get_by_role("listitem")).to_contain_text("决定：维持原统计")
    expect(own.get_by_role("combobox", name="可申诉案件")).to_have_count(0)


@pytest.mark.timed
def test_an_appeal_that_nobody_reviews_stands_before_the_supervisor_and_then_before_the_leader(
    centre: Centre, sit_down: OpenDesk
) -> None:
    case = closed_late(centre, THIRD, "lying")
    asked_at = last_month() + timedelta(hours=6)
    lying = {"case_number": case, "reason": "井盖厂家断货，无法按期更换"}
    centre.once(lambda: centre.units[THIRD].post("/api/assessment/appeals", lying, at=asked_at))

    supervisor = sit_down("supervisor", "roster")
    expect(supervisor.get_by_role("banner").get_by_role("status")).to_have_text("实时")
    until_called(centre, case, "shift_supervisor", asked_at)
    passed_up = "申诉超时未初审，已上报值班长"
    bell = supervisor.get_by_role("button", name="通知，")
    bell.click()
    in_bell = supervisor.get_by_role("tooltip").get_by_role("listitem").filter(has_text=passed_up)
    expect(in_bell).to_be_visible(timeout=4_000)
    assert serious_findings(supervisor) == []
    take_picture(supervisor, "called")
    in_bell.get_by_role("link", name=case).click()
    expect(supervisor.get_by_role("tab", name="上报值班长")).to_have_attribute("aria-selected", "true")
    row = supervisor.locator(f'tr[data-key="{case}"]')
    expect(row).to_contain_text("申诉待初审")
    expect(row).to_contain_text("井盖厂家断货")

    until_called(centre, case, "leader", asked_at)
    bell.click()
    # It lies with the leader now.
    expect(supervisor.get_by_role("tooltip").filter(has_text="没有新的通知")).to_be_visible()
    expect(in_bell).to_have_count(0)
    leader = sit_down("leader", "case-files")
    leader.get_by_role("button", name="通知，").click()
    still_open = leader.get_by_role("tooltip").get_by_role("listitem")
    still_open.filter(has_text="申诉超时未初审，已上报领导").get_by_role("link", name=case).click()
    expect(leader.get_by_role("heading", name=case)).to_be_visible()
    expect(leader.get_by_role("img", name="案卷计时线")).to_contain_text("申诉初审")
    leader.keyboard.press("Escape")
    leader.get_by_role("combobox", name="逐级上报").press("ArrowDown")
    leader.locator(".el-select-dropdown__item:visible").filter(has_text="已上报领导").click()
    rows = leader.get_by_role("table", name="案卷").locator("tbody tr[data-key]")
    expect(rows.filter(has_text=case)).to_have_count(1)
    assert serious_findings(leader) == []
