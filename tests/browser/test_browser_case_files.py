"""The case file at its own address, and the search among all of them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from examples.city.reporters import People
from tests.browser import dispatch_kit as kit
from tests.browser.browser_kit import Visit, serious_findings, take_picture

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

UNIT = "u24"


def search(page: Page, words: str) -> None:
    page.get_by_label("查找词").fill(words)
    page.keyboard.press("Enter")


def test_a_case_file_tells_facts_place_photos_clocks_and_flow(
    desk: Callable[..., Page], people: People, visit: Visit, tmp_path: Path
) -> None:
    words = kit.own_words("文化路雨水篦子破损")
    number = kit.dispatched(people, words, UNIT)
    unit = kit.of_unit(people, visit, UNIT)
    unit.post(f"/api/dispatch/assignments/{number}/sign", {})
    unit.post(f"/api/dispatch/assignments/{number}/ask-extension", {"reason": "配件未到货"})
    page = desk("leader", f"cases/{number}")

    expect(page.get_by_role("heading", name=number)).to_be_visible()
    expect(page.get_by_role("region", name="案件信息").get_by_text(words).first).to_be_visible()
    expect(page.get_by_role("application", name=f"地图：{words}")).to_be_visible()
    expect(page.locator('[aria-current="step"]')).to_contain_text("任务处理")
    clocks = page.get_by_role("img", name="案卷计时线")
    for name in ("受理", "立案", "派遣", "处置", "延期审批"):
        expect(clocks).to_contain_text(name)
    expect(clocks).to_contain_text("计时中")
    flow = page.get_by_role("region", name="流程记录")
    expect(flow.get_by_text(f"案件编号 {number}")).to_be_visible()
    expect(page.get_by_role("region", name="现场图片").get_by_role("img").first).to_be_visible()
    assert serious_findings(page) == []
    take_picture(page, "case-file")

    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="城市管理案件办理单")).to_be_visible()
    expect(page.get_by_role("navigation", name="岗位")).to_be_hidden()
    sheet = tmp_path / "sheet.pdf"
    page.pdf(path=sheet, prefer_css_page_size=True)
    assert sheet.read_bytes().count(b"/Type /Page\n") in (1, 2)


@pytest.mark.timed
def test_what_happens_to_a_case_shows_in_its_open_file(desk: Callable[..., Page], people: People) -> None:
    number = kit.filed(people, kit.own_words("案卷随时更新"))
    page = desk("leader", f"cases/{number}")
    expect(page.get_by_text("待派遣", exact=True)).to_be_visible()
    expect(page.get_by_role("status").first).to_have_text("实时")

    people.dispatchers.next().post(
        f"/api/dispatch/assignments/{number}/dispatch", {"responsible_unit": UNIT, "reason": "示例"}
    )

    expect(page.get_by_text("待签收", exact=True)).to_be_visible(timeout=4_000)


def test_who_called_is_masked_until_an_agent_says_why(desk: Callable[..., Page], people: People) -> None:
    number = kit.phoned_in(people, kit.own_words("查看来电人"), "13900004321")
    stranger = desk("leader", f"cases/{number}")
    expect(stranger.get_by_role("heading", name="上报人与答复")).to_be_visible()
    expect(stranger.get_by_role("button", name="查看上报人")).to_have_count(0)
    expect(stranger.get_by_text("13900004321")).to_have_count(0)

    agent = desk("hotline1", f"cases/{number}")
    expect(agent.get_by_text("139****4321")).to_be_visible()
    agent.get_by_role("button", name="查看上报人").click()
    why = kit.own_words("回电核实地点")
    agent.locator(".el-message-box textarea").fill(why)
    assert serious_findings(agent) == []
    agent.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(agent.get_by_role("link", name="13900004321")).to_be_visible()

    reveals = desk("leader", "reveals")
    row = reveals.get_by_role("row").filter(has_text=why)
    expect(row).to_contain_text(number)
    expect(row).to_contain_text("示例话务员1")
    assert serious_findings(reveals) == []
    take_picture(reveals, "reveals")


def test_a_case_is_found_by_words_and_filters_and_the_list_is_as_it_was_left(
    desk: Callable[..., Page], people: People
) -> None:
    words = kit.own_words("检索用")
    number = kit.dispatched(people, words, UNIT)
    waiting = kit.filed(people, words)
    page = desk("leader", "case-files")

    search(page, words)
    rows = page.get_by_role("table", name="案卷").locator("tbody tr[data-key]")
    expect(rows).to_have_count(2)
    expect(page.get_by_role("search").get_by_role("status")).to_have_text("2 件")
    assert serious_findings(page) == []
    take_picture(page, "search")
    page.get_by_role("combobox", name="状态").press("ArrowDown")
    page.locator(".el-select-dropdown__item:visible").filter(has_text="待签收").click()
    page.keyboard.press("Escape")
    expect(rows).to_have_count(1)
    expect(rows.first).to_have_attribute("data-key", number)

    page.locator("h1").first.click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=number)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("tr.chosen")).to_have_attribute("data-key", number)
    expect(rows).to_have_count(1)

    page.get_by_role("button", name="保存筛选").click()
    name = kit.own_words("常用")[:20]
    page.locator(".el-message-box input").fill(name)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="清空").click()
    expect(rows.nth(1)).to_be_visible()
    page.get_by_role("button", name=name).click()
    expect(rows).to_have_count(1)
    search(page, waiting)
    expect(page.get_by_text("没有符合条件的案卷")).to_be_visible()


def test_case_files_are_narrowed_to_a_grid_a_community_or_a_cell(
    desk: Callable[..., Page], people: People
) -> None:
    kit.filed(people, kit.own_words("别的案卷"))
    words = kit.own_words("按网格查")
    number = kit.filed(people, words)
    position = people.supervisors.next().get(f"/api/intake/cases/{number}")["position"]
    page = desk("leader", "case-files")
    search(page, words)
    rows = page.get_by_role("table", name="案卷").locator("tbody tr[data-key]")
    expect(rows).to_have_count(1)

    def look_in(typed: str, found: int) -> None:
        field = page.get_by_role("combobox", name="网格、社区")
        field.fill(typed)
        option = page.locator(".el-select-dropdown__item:visible").filter(has_text=typed)
        option.first.click()
        expect(page.get_by_role("search").get_by_role("status")).to_have_text(f"{found} 件")
        expect(rows).to_have_count(found)

    look_in("白营镇第1责任网格", 0)
    look_in(position["responsibility_grid"], 1)
    look_in("石家庄村", 0)
    look_in("焦孔村", 1)
    assert serious_findings(page) == []
    look_in("石家庄村", 0)
    look_in(position["unit_grid_code"], 1)
    page.get_by_role("button", name="清空").click()
    expect(rows.nth(1)).to_be_visible()


def test_a_number_that_nobody_gave_out_is_answered_in_words(desk: Callable[..., Page]) -> None:
    page = desk("leader", "cases/4105231999010100001")

    expect(page.get_by_role("alert")).to_contain_text("没有找到")
