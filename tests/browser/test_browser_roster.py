"""Roster and hand-over, appeals and figures: who is on, who takes over, and what the numbers are made of."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from examples.city.reporters import People
from tests.browser import dispatch_kit
from tests.browser.browser_kit import Visit, serious_findings, take_picture

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


def test_a_shift_is_entered_for_a_week_and_taken_out_again(desk: Callable[..., Page], visit: Visit) -> None:
    page = desk("supervisor", "roster")
    page.get_by_role("button", name="下一周").click()
    name = visit.account("dispatch2").name
    table = page.get_by_role("region", name="排班表")
    row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name, exact=True))
    add = row.get_by_role("button", name="排班 派遣员")
    expect(add).to_have_count(7)

    add.nth(2).click()
    dialog = page.get_by_role("dialog")
    assert serious_findings(page) == []
    dialog.get_by_label("自", exact=True).fill("16:00")
    dialog.get_by_label("至", exact=True).fill("24:00")
    dialog.get_by_role("button", name="排班", exact=True).click()
    expect(row.get_by_text("16:00–24:00")).to_be_visible()

    add.nth(2).click()
    dialog.get_by_label("自", exact=True).fill("20:00")
    dialog.get_by_label("至", exact=True).fill("08:00")
    dialog.get_by_role("button", name="排班", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("该人员在此时段已有班次")
    dialog.get_by_role("button", name="取消").click()
    expect(dialog).to_be_hidden()
    take_picture(page, "roster")

    row.get_by_role("button", name="撤销 派遣员").click()
    page.get_by_role("button", name="确定").click()
    expect(row.get_by_text("16:00–24:00")).to_have_count(0)


def test_an_operator_hands_the_post_over_and_the_next_one_reads_what_is_to_be_done(
    desk: Callable[..., Page], visit: Visit
) -> None:
    words = dispatch_kit.own_words("三号工单等回电")
    page = desk("intake1", "roster")
    post = page.get_by_role("region", name="受理员")
    post.get_by_role("button", name="交班").click()
    dialog = page.get_by_role("dialog")
    dialog.locator(".el-select__wrapper").click()
    page.get_by_role("option", name=visit.account("intake2").name).click()
    dialog.get_by_label("交接事项").fill(words)
    assert serious_findings(page) == []
    dialog.get_by_role("button", name="交班", exact=True).click()
    expect(post.get_by_text(words)).to_be_visible()

    other = desk("intake2", "roster")

    expect(other.get_by_role("region", name="受理员").get_by_text(words)).to_be_visible()
    expect(other.get_by_role("region", name="话务员").get_by_role("button", name="交班")).to_have_count(0)
    expect(other.get_by_role("button", name="排班 ")).to_have_count(0)
    assert serious_findings(other) == []


def test_a_figure_opens_the_cases_that_it_counts(desk: Callable[..., Page], people: People) -> None:
    number = dispatch_kit.filed(people, dispatch_kit.own_words("指标用案"))
    dispatch_kit.counted(people, number)
    page = desk("assess", "figures")
    page.get_by_text("今天", exact=True).click()
    counts = page.get_by_role("region", name="计数")
    filed = counts.get_by_role("button", name="立案数").first
    expect(filed).to_be_visible()
    assert serious_findings(page) == []
    take_picture(page, "figures")

    filed.click()

    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("link", name=number)).to_be_visible()
    assert serious_findings(page) == []
    drawer.get_by_role("button", name="关闭此对话框").click()
    page.get_by_text("各责任单位", exact=True).click()
    expect(page.get_by_role("region", name="各责任单位")).to_be_visible()
    assert serious_findings(page) == []


def test_who_has_no_right_to_figures_or_filing_does_not_open_them(desk: Callable[..., Page]) -> None:
    page = desk("dispatch1", "filing")
    expect(page).not_to_have_url("**/filing")
    expect(page.get_by_role("link", name="申诉")).to_be_visible()
    expect(page.get_by_role("link", name="评价指标")).to_have_count(0)


def test_appeals_are_listed_by_state_for_who_reviews_and_who_decides(desk: Callable[..., Page]) -> None:
    reviewer, assessor = desk("dispatch1", "appeals"), desk("assess", "appeals")

    for page, begun in ((reviewer, "待初审"), (assessor, "待决定")):
        expect(page.get_by_role("radio", name=begun)).to_be_checked()
        page.get_by_text("全部", exact=True).click()
        expect(page.get_by_role("region", name="申诉", exact=True)).to_be_visible()
        assert serious_findings(page) == []
