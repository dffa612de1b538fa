"""The frame of all desks: login, rights, deep links, live push."""

import time
from collections.abc import Callable
from statistics import median

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from examples.city.reporters import People
from tests.browser.browser_kit import Visit, enter, serious_findings, take_picture

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

REPORT = {
    "caller_number": "13900001234",
    "caller_name": "示例来电人",
    "words": "井盖缺失，行人危险",
    "address": "人民路与中华路交叉口东北角",
    "position": {"lon": 114.36, "lat": 35.92, "datum": "wgs84"},
}


def test_a_wrong_password_is_refused_in_words(context: BrowserContext, visit: Visit) -> None:
    page = context.new_page()
    page.goto("/desk/")
    page.get_by_label("登录名").fill("leader")
    page.get_by_label("密码", exact=True).fill("wrong")
    page.get_by_role("button", name="登录").click()

    expect(page.get_by_role("alert")).to_contain_text("登录名或密码不正确")
    assert serious_findings(page) == []
    take_picture(page, "login")


def test_a_deep_link_survives_the_login_and_a_reload(
    context: BrowserContext, visit: Visit, people: People
) -> None:
    number = people.agents.next().post("/api/hotline/calls", REPORT)["report_number"]
    page = context.new_page()

    enter(page, visit.account("leader"), f"cases/{number}")

    expect(page.get_by_role("heading", name=number)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name=number)).to_be_visible()


@pytest.mark.parametrize(
    ("login", "path", "choice", "group"),
    [
        ("leader", "case-files", "网格、社区", "责任网格"),
        ("leader", "case-files", "小类", "事件 · 街面秩序"),
        ("hotline1", "hotline", "小类", "部件 · 公用设施"),
        ("leader", "figures", "责任单位", None),
    ],
)
def test_an_open_list_says_its_groups_to_who_cannot_see_them(
    desk: Callable[..., Page], login: str, path: str, choice: str, group: str | None
) -> None:
    page = desk(login, path)
    page.get_by_role("combobox", name=choice).click()

    choices = page.get_by_role("listbox", name=choice)
    expect(choices.get_by_role("option").nth(8)).to_be_visible()
    if group:
        within = choices.get_by_role("group", name=group, exact=True)
        expect(within.get_by_role("option").first).to_be_visible()
    assert serious_findings(page) == []


def test_a_desk_without_the_right_does_not_open(desk: Callable[..., Page]) -> None:
    page = desk("admin", "case-files")

    expect(page).not_to_have_url("**/case-files")


@pytest.mark.timed
def test_a_change_shows_at_another_desk_within_a_second(desk: Callable[..., Page], people: People) -> None:
    page = desk("leader", "case-files")
    expect(page.get_by_role("banner").get_by_role("status")).to_have_text("实时")
    took = []

    for _ in range(5):
        began = time.monotonic()
        number = people.agents.next().post("/api/hotline/calls", REPORT)["report_number"]
        expect(page.get_by_role("row").filter(has_text=number)).to_be_visible()
        took.append(time.monotonic() - began)

    assert median(took) < 1, took
