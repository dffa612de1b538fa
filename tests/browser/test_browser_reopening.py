"""重新处置: a reporter is not satisfied, by telephone or on the public page; the shift supervisor decides."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from examples.city.reporters import People
from tests.browser import dispatch_kit, filing_kit
from tests.browser.browser_kit import Visit, answer, serious_findings, take_picture
from tests.browser.public_kit import tell

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


def asked_for(desk: Callable[..., Page], number: str) -> Page:
    """The shift supervisor's desk, opened from the list of those who are not satisfied."""
    page = desk("supervisor", "filing")
    page.get_by_role("tab", name="重新处置申请").click()
    page.locator(f'tr[data-key="{number}"]').click()
    expect(page.get_by_role("article", name=f"详情 {number}")).to_contain_text("要求重新处置")
    return page


def row_of(page: Page, number: str) -> Any:
    return page.get_by_role("row").filter(has_text=number)


def test_a_caller_who_is_not_satisfied_has_the_case_handled_again(
    desk: Callable[..., Page], people: People, visit: Visit
) -> None:
    words = dispatch_kit.own_words("向阳路路面塌陷")
    report = dispatch_kit.phoned_in(people, words)
    number = filing_kit.closed(people, visit, report)

    agent = desk("hotline1", "hotline?list=call-backs")
    row_of(agent, report).click()
    pane = agent.get_by_role("region", name="回访登记")
    expect(pane).to_contain_text(report)
    pane.get_by_role("radio", name="不满意").click()
    pane.get_by_role("textbox").fill("路面又塌了，没有修好")
    pane.locator("label").filter(has_text="要求重新处置").click()
    assert serious_findings(agent) == []
    take_picture(agent, "hotline-dissatisfied")
    agent.keyboard.press("Control+Enter")
    expect(agent.get_by_text("已登记，并要求重新处置")).to_be_visible()
    expect(row_of(agent, report)).to_have_count(0)

    page = asked_for(desk, number)
    expect(page.get_by_role("article", name=f"详情 {number}")).to_contain_text("路面又塌了，没有修好")
    take_picture(page, "reopening")
    page.keyboard.press("a")
    answer(page, "重新处置", 理由="现场照片证实路面再次塌陷")

    expect(page.get_by_text(f"{number} 交原单位重新处置")).to_be_visible()
    case = filing_kit.case_in(people, number, "in_command")
    assert case["round"] == 2
    dispatch_kit.assignment(people, number, "handling")
    unit = desk(filing_kit.UNIT, "unit")
    card = unit.locator(f'article[data-key="{number}"]')
    card.get_by_role("button").click()
    task = unit.get_by_role("article", name=f"任务 {number}")
    expect(task).to_contain_text("现场照片证实路面再次塌陷")
    expect(row_of(agent, report)).to_be_visible()
    row_of(agent, report).click()
    expect(pane).to_contain_text("重新处置")


def test_a_citizen_who_is_not_satisfied_asks_on_the_public_page_and_reads_why_it_was_declined(
    desk: Callable[..., Page], people: People, visit: Visit, citizen: Page
) -> None:
    words = f"路灯杆歪斜 {uuid4().hex[:8]}"
    report, _ = tell(citizen, words)
    number = filing_kit.closed(people, visit, report)

    citizen.get_by_role("link", name="查看进度").click()
    stands = citizen.get_by_role("region", name="办理进度")
    expect(stands).to_contain_text("已办结")
    expect(stands.get_by_role("img", name="处置后照片").first).to_be_visible()
    again = stands.get_by_role("button", name="问题没有解决，请重新处置")
    expect(again).to_be_disabled()
    stands.get_by_label("您的意见").fill("灯杆还是歪的")
    assert serious_findings(citizen) == []
    take_picture(citizen, "public-again")
    again.click()
    expect(stands.get_by_role("status")).to_contain_text("已转达")
    expect(again).to_have_count(0)

    page = asked_for(desk, number)
    expect(page.get_by_role("article", name=f"详情 {number}")).to_contain_text("灯杆还是歪的")
    page.keyboard.press("x")
    answer(page, "不予重新处置", 理由="复查照片显示灯杆已扶正，属拍摄角度问题")
    expect(page.get_by_text("已决定不予重新处置")).to_be_visible()
    expect(page.locator(f'tr[data-key="{number}"]')).to_have_count(0)

    citizen.reload()
    expect(stands).to_contain_text("复查照片显示灯杆已扶正，属拍摄角度问题")
    expect(again).to_have_count(0)
    assert people.supervisors.next().get(f"/api/intake/cases/{number}")["state"] == "closed"
