"""The hotline desk (话务): a call is taken by keyboard alone, and who waits for an answer is rung back."""

import re
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from examples.city.doors import Refused
from examples.city.reporters import People
from tests.browser.browser_kit import serious_findings, take_picture

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

_serial = count(int(time.time()) % 10_000_000)
PLACE = {"lon": 114.36, "lat": 35.92, "datum": "wgs84"}


def a_number() -> str:
    """A telephone number that no other test has called from."""
    return f"139{next(_serial) % 100_000_000:08d}"


def called(people: People, number: str, words: str, **more: Any) -> str:
    """A call that was taken at another desk; its report number."""
    call = {
        "caller_number": number,
        "caller_name": "王示例",
        "words": words,
        "address": "人民路与中华路交叉口东北角",
        "position": PLACE,
        **more,
    }
    return str(people.agents.next().post("/api/hotline/calls", call)["report_number"])


def refused(people: People, number: str) -> None:
    """The operator does not accept it: the caller is to be rung back."""
    path = f"/api/intake/reports/{number}/not-accept"
    reason = {"reason": "该路段属高速公路，不归本县管理"}
    # Intake learns of a call by a fact, a moment later.
    until = time.monotonic() + 60
    while True:
        try:
            people.operators.next().post(path, reason)
            return
        except Refused:
            if time.monotonic() > until:
                raise


def row_of(page: Page, number: str) -> Any:
    return page.get_by_role("row").filter(has_text=number)


@pytest.mark.timed
def test_a_call_is_registered_by_keyboard_alone_within_a_minute(desk: Callable[..., Page]) -> None:
    page = desk("hotline1", "hotline")
    expect(page.get_by_label("来电号码")).to_be_focused()
    started = time.monotonic()
    keys = page.keyboard

    keys.type(a_number())
    keys.press("Enter")
    keys.type("李示例")
    keys.press("Enter")
    keys.type("小区门口井盖缺失，晚上看不见，很危险")
    keys.press("Enter")
    expect(page.get_by_label("地点描述")).to_be_focused()
    keys.type("城关镇北关村幸福路18号门前")
    keys.press("Shift+Tab")
    keys.type("井盖")
    expect(page.get_by_role("option").first).to_be_visible()
    keys.press("Enter")
    keys.press("Alt+m")
    expect(page.get_by_role("application")).to_be_focused()
    for _ in range(3):
        keys.press("+")
    keys.press("Enter")
    expect(page.get_by_text("取消定点")).to_be_visible()
    take_picture(page, "hotline")
    assert serious_findings(page) == []
    keys.press("Control+Enter")

    told = page.get_by_role("region", name="受理号").locator("output")
    expect(told).to_have_attribute("data-number", re.compile(r"^H\d{13}$"))
    assert time.monotonic() - started < 60
    take_picture(page, "hotline-number")
    assert serious_findings(page) == []

    keys.press("Enter")
    expect(page.get_by_label("来电号码")).to_be_focused()
    expect(page.get_by_label("反映内容")).to_have_value("")


def test_a_telephone_system_opens_the_desk_with_the_callers_number_and_history(
    desk: Callable[..., Page], people: People
) -> None:
    number = a_number()
    earlier = called(people, number, "路灯不亮已经三天")

    page = desk("hotline1", f"hotline?caller={number}")

    expect(page.get_by_label("来电号码")).to_have_value(number)
    expect(page.get_by_label("称呼")).to_be_focused()
    assert number not in page.url
    history = page.get_by_role("region", name="来电人历史")
    expect(history).to_contain_text(earlier)
    expect(history).to_contain_text("1 件在办")
    expect(history).to_contain_text("王**")


def test_what_is_near_is_shown_before_the_call_is_registered(
    desk: Callable[..., Page], people: People
) -> None:
    page = desk("hotline1", "hotline")
    page.get_by_label("反映内容").fill("垃圾堆放无人清理，气味难闻")
    map_ = page.get_by_role("application")
    map_.focus()
    map_.press("Enter")
    expect(page.get_by_text("取消定点")).to_be_visible()
    draft = page.evaluate("() => JSON.parse(sessionStorage.getItem('qianliyan.call'))")
    place = {**draft["point"], "datum": "wgs84"}
    number = called(people, a_number(), "垃圾堆放无人清理，气味难闻", position=place)
    near = page.get_by_role("region", name="附近的案件与上报")

    expect(near).to_contain_text(number)


def test_a_draft_survives_a_reload_and_a_second_call_does_not_overwrite_it(desk: Callable[..., Page]) -> None:
    page = desk("hotline1", "hotline")
    page.get_by_label("来电号码").fill("13900000001")
    page.get_by_label("反映内容").fill("道路塌陷，已经放了警示牌")

    page.reload()
    expect(page.get_by_label("反映内容")).to_have_value("道路塌陷，已经放了警示牌")
    page.goto("/desk/hotline?caller=13900000002")

    expect(page.get_by_text("新来电 13900000002")).to_be_visible()
    expect(page.get_by_label("来电号码")).to_have_value("13900000001")
    page.get_by_role("button", name="放弃当前，接听").click()
    expect(page.get_by_label("来电号码")).to_have_value("13900000002")
    expect(page.get_by_label("反映内容")).to_have_value("")


def test_a_call_that_breaks_a_rule_is_refused_at_its_field(desk: Callable[..., Page]) -> None:
    page = desk("hotline1", "hotline")
    page.get_by_label("来电号码").fill("12")
    page.get_by_label("反映内容").fill("井盖缺失")
    page.get_by_label("地点描述").fill("人民路")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("alert").filter(has_text="电话号码").first).to_be_visible()
    expect(page.get_by_label("来电号码")).to_be_focused()


def test_a_caller_is_rung_back_for_a_reason_and_the_list_goes_on(
    desk: Callable[..., Page], people: People
) -> None:
    number = a_number()
    report = called(people, number, "高速路口隔离栏破损")
    page = desk("hotline2", "hotline?list=call-backs")
    expect(page.get_by_role("tab", name="待回访")).to_have_attribute("aria-selected", "true")

    refused(people, report)
    row_of(page, report).click()

    pane = page.get_by_role("region", name="回访登记")
    expect(pane).to_contain_text("12319城市管理热线")
    expect(pane).not_to_contain_text(number)
    page.keyboard.press("Alt+r")
    page.get_by_role("textbox", name="查看来电号码").or_(page.locator(".el-message-box textarea")).first.fill(
        "回访"
    )
    page.get_by_role("button", name="确定").click()
    expect(pane.get_by_label("来电号码")).to_have_text(number)
    pane.get_by_role("radio", name="基本满意").click()
    take_picture(page, "hotline-call-backs")
    assert serious_findings(page) == []
    page.keyboard.press("Control+Enter")

    expect(row_of(page, report)).to_have_count(0)


def test_nobody_answers_and_the_next_attempt_is_not_before_the_next_half_day(
    desk: Callable[..., Page], people: People
) -> None:
    report = called(people, a_number(), "广告牌松动")
    refused(people, report)
    page = desk("hotline2", "hotline?list=call-backs")
    row_of(page, report).click()
    expect(page.get_by_role("region", name="回访登记")).to_contain_text(report)

    page.keyboard.press("0")
    expect(row_of(page, report)).to_contain_text("再拨")
    row_of(page, report).click()
    expect(page.get_by_role("region", name="回访登记")).to_contain_text("无人接听")
    page.keyboard.press("0")

    expect(page.get_by_text("本半日已经回访过").first).to_be_visible()
