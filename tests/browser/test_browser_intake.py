"""The intake desk (受理): the pool, one report for one operator, each decision, what goes to verification."""

import time
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from examples.city.photos import Camera, photo
from examples.city.reporters import People
from tests.browser import dispatch_kit as kit
from tests.browser.browser_kit import Visit, say, serious_findings, take_picture

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

_serial = count(int(time.time()) % 1_000_000)
UNIT = "u20"
PLACE = {"lon": 114.36, "lat": 35.92, "datum": "wgs84"}


def some_words() -> str:
    """Words that only one report of the whole system has."""
    return f"示例问题{next(_serial)}：井盖缺失"


def reported(people: People, **more: Any) -> tuple[str, str]:
    """A collector's report with a photo, raised so that it stands first in the pool; its number and words."""
    words = some_words()
    collector = people.collectors[0]
    before = Camera().hand_in(collector, words)
    report = {
        "description": words,
        "address": f"人民路{words[4:]}",
        "position": PLACE,
        "photos": [before],
        "subcategory": "C0101",
        **more,
    }
    number = str(collector.post("/api/intake/reports", report)["report_number"])
    urgent = {"urgency": "urgent", "reason": "学校门前"}
    people.operators.next().post(f"/api/intake/reports/{number}/raise-urgency", urgent)
    return number, words


def row(page: Page, number: str) -> Any:
    return page.locator(f'tr[data-key="{number}"]')


def opened(page: Page, number: str) -> Any:
    """Open a report of the pool; its pane."""
    row(page, number).locator("td").first.click()
    pane = page.get_by_role("region", name="上报详情")
    expect(pane.get_by_role("link", name=number)).to_be_visible()
    return pane


def state_of(people: People, number: str) -> str:
    return str(people.operators.next().get(f"/api/intake/reports/{number}")["state"])


def test_a_report_is_completed_and_proposed_for_filing_by_keyboard(
    desk: Callable[..., Page], people: People
) -> None:
    number, words = reported(people)
    page = desk("intake1", "intake")
    pane = opened(page, number)
    expect(pane).to_contain_text(words)
    expect(pane.get_by_role("button", name="提请立案")).to_be_enabled()
    expect(pane.get_by_text("部件编码")).to_be_visible()
    expect(page.locator("tr.chosen")).to_contain_text("您")
    take_picture(page, "intake")
    assert serious_findings(page) == []

    page.keyboard.press("Control+Enter")

    expect(page.get_by_text("已提请立案").first).to_be_visible()
    expect(row(page, number)).to_have_count(0)
    assert state_of(people, number) == "awaiting_filing"


def test_the_second_operator_is_told_who_works_on_a_report_and_gets_it_when_it_is_put_back(
    desk: Callable[..., Page], people: People
) -> None:
    number, _ = reported(people)
    first, second = desk("intake1", "intake"), desk("intake2", "intake")
    expect(opened(first, number).get_by_role("button", name="不予受理")).to_be_enabled()

    pane = opened(second, number)
    expect(pane.get_by_role("alert")).to_contain_text("示例受理员1 正在办理")
    expect(pane.get_by_role("button", name="不予受理")).to_be_disabled()
    expect(second.locator("tr.chosen")).to_contain_text("示例受理员1", timeout=20_000)
    take_picture(second, "intake-held")
    assert serious_findings(second) == []

    with first.expect_response(lambda one: one.request.method == "DELETE" and one.url.endswith("/hold")):
        first.keyboard.press("Escape")
    expect(first.get_by_role("region", name="上报详情")).to_have_count(0)
    pane.get_by_role("button", name="重新领取").click()
    expect(pane.get_by_role("button", name="不予受理")).to_be_enabled()


def test_a_report_is_not_accepted_with_a_reason(desk: Callable[..., Page], people: People) -> None:
    number, _ = reported(people)
    page = desk("intake1", "intake")
    expect(opened(page, number).get_by_role("button", name="不予受理")).to_be_enabled()

    page.keyboard.press("Alt+n")
    say(page, "属小区内部设施，由物业处理")

    expect(row(page, number)).to_have_count(0)
    assert state_of(people, number) == "not_accepted"


def test_a_collector_is_sent_to_confirm_a_citizens_report_which_cannot_be_proposed_before(
    desk: Callable[..., Page], people: People
) -> None:
    words = some_words()
    gateway = people.gateways["wechat"]
    report = {
        "description": words,
        "address": f"人民路{words[4:]}",
        "position": PLACE,
        "subcategory": "C0101",
        "reporter": {"name": "赵示例", "openid": "example-desk"},
    }
    number = str(gateway.post("/api/intake/reports", report)["report_number"])
    urgent = {"urgency": "urgent", "reason": "学校门前"}
    people.operators.next().post(f"/api/intake/reports/{number}/raise-urgency", urgent)
    page = desk("intake1", "intake")
    pane = opened(page, number)
    expect(pane.get_by_role("button", name="提请立案")).to_be_enabled()

    expect(pane).not_to_contain_text("赵示例")
    page.keyboard.press("Alt+r")
    say(page, "核对地点")
    expect(pane).to_contain_text("赵示例")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("此来源的上报须先核实属实").first).to_be_visible()

    page.keyboard.press("Alt+k")
    expect(page.get_by_role("radio").nth(1)).to_be_visible()
    take_picture(page, "intake-send")
    assert serious_findings(page) == []
    page.keyboard.press("Control+Enter")

    expect(row(page, number)).to_have_count(0)
    assert state_of(people, number) == "confirming"


def test_a_duplicate_is_linked_to_the_case_that_tells_of_it(
    desk: Callable[..., Page], people: People
) -> None:
    words = some_words()
    case = kit.filed(people, words)
    number, _ = reported(people, subcategory=kit.ROAD, description=words)
    page = desk("intake1", "intake")
    expect(opened(page, number).get_by_role("button", name="关联")).to_be_enabled()

    page.keyboard.press("Alt+l")
    dialog = page.get_by_role("dialog", name="关联重复案件")
    dialog.get_by_role("button").filter(has_text=case).click()
    expect(dialog.get_by_label("案卷编号")).to_have_value(case)
    page.keyboard.press("Control+Enter")

    expect(page.get_by_text(f"已关联案卷 {case}").first).to_be_visible()
    assert state_of(people, number) == "linked"


def test_a_report_is_made_more_urgent_with_a_reason(desk: Callable[..., Page], people: People) -> None:
    number, _ = reported(people)
    page = desk("intake1", "intake")
    pane = opened(page, number)
    expect(pane.get_by_role("button", name="提级")).to_be_enabled()

    page.keyboard.press("Alt+u")
    page.get_by_role("dialog").get_by_label("理由").fill("紧邻小学，上学时段行人多")
    page.keyboard.press("Control+Enter")

    expect(pane.get_by_role("heading", name=number)).to_contain_text("重大")


def test_what_was_handled_is_sent_to_verification_or_back_without_a_look(
    desk: Callable[..., Page], people: People, visit: Visit
) -> None:
    numbers = [handled(people, visit) for _ in range(2)]
    page = desk("intake1", "intake?list=verify")

    row(page, numbers[0]).locator("td").first.click()
    pane = page.get_by_role("region", name="案卷详情")
    expect(pane).to_contain_text("已修复")
    take_picture(page, "intake-verify")
    assert serious_findings(page) == []
    page.keyboard.press("Alt+k")
    page.get_by_role("dialog").get_by_role("button", name="派核查").click()
    expect(row(page, numbers[0])).to_have_count(0)

    row(page, numbers[1]).locator("td").first.click()
    expect(pane.get_by_role("link", name=numbers[1])).to_be_visible()
    page.keyboard.press("Alt+n")
    say(page, "照片看不出已修复")
    expect(row(page, numbers[1])).to_have_count(0)

    assert [state_of_case(people, number) for number in numbers] == ["verifying", "in_command"]


def handled(people: People, visit: Visit) -> str:
    """A case that its unit says it has mended; its number."""
    number = kit.dispatched(people, some_words(), UNIT)
    unit = kit.of_unit(people, visit, UNIT)
    path = f"/api/dispatch/assignments/{number}"
    unit.post(f"{path}/sign", {})
    content, sha256 = photo(some_words())
    token = unit.get(f"{path}/upload-token")["upload_token"]
    stored = people.house.call(
        "PUT",
        f"/api/intake/attachments/{sha256}",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "image/jpeg"},
        body=content,
    ).json()
    unit.post(f"{path}/feedback", {"text": "已修复", "receipts": [stored["receipt"]]})
    # Intake learns of the feedback by a fact, a moment later.
    until = time.monotonic() + 60
    while state_of_case(people, number) != "awaiting_verification":
        assert time.monotonic() < until
    return number


def state_of_case(people: People, number: str) -> str:
    return str(people.operators.next().get(f"/api/intake/cases/{number}")["state"])
