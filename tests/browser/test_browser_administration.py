"""The administrator's day and operations': accounts, one's own password, messages that failed."""

import contextlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from time import monotonic, sleep, time
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from case_contracts.codes import Source
from case_contracts.facts import seal
from case_contracts.intake import ReportReceived
from case_contracts.wire import CONTENT_TYPE, encode
from examples.city.reporters import People
from tests.browser import dispatch_kit as kit
from tests.browser.browser_kit import PATIENCE, Visit, serious_findings, take_picture
from tests.stack import ROOT, Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

COUNTY = timezone(timedelta(hours=8))
DAY_AND_NIGHT = "C0101-1"
_SERIAL = count(int(time()) % 100_000_000)
OWN = "a-password-of-ones-own"
OTHER = "another-password-of-ones-own"


def opened(page: Page, login: str, name: str) -> str:
    """Open an account for an intake operator at the desk; the password that is shown once."""
    page.keyboard.press("n")
    form = page.get_by_role("dialog", name="开户")
    form.get_by_label("登录名").fill(login)
    form.get_by_label("姓名").fill(name)
    form.get_by_text("受理员").click()
    form.get_by_role("button", name="开户").click()
    return shown_once(page)


def shown_once(page: Page) -> str:
    dialog = page.get_by_role("dialog", name="一次性口令")
    password = dialog.get_by_label("一次性口令").last.inner_text()
    dialog.get_by_role("button", name="已告知，关闭").click()
    expect(dialog).to_be_hidden()
    return password


def log_in(page: Page, login: str, password: str) -> None:
    page.goto("/desk/login")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_role("button", name="登录").click()


def lose_the_answer(page: Page, address: str) -> None:
    """The next act at this address arrives and is done, and nobody hears of it; what is read is heard."""
    lost: list[str] = []

    def lose(route: Route) -> None:
        if lost or route.request.method == "GET":
            route.fallback()
            return
        lost.append(route.request.method)
        assert route.fetch().ok
        route.abort()

    page.route(address, lose)


def a_login() -> str:
    return "t" + re.sub(r"\D", "", kit.own_words(""))


def test_a_new_colleague_sets_a_password_at_the_first_login_and_changes_it(
    desk: Callable[..., Page], chromium: Browser, visit: Visit
) -> None:
    admin = desk("admin", "accounts")
    login = a_login()
    password = opened(admin, login, "示例新同事")
    panel = admin.get_by_role("region", name=f"账号 {login}")
    expect(panel.get_by_text("待设口令")).to_be_visible()
    assert serious_findings(admin) == []
    take_picture(admin, "accounts")

    window = chromium.new_context(base_url=visit.address, locale="zh-CN")
    window.set_default_timeout(PATIENCE)
    page = window.new_page()
    log_in(page, login, password)
    page.get_by_label("新口令", exact=True).fill(OWN)
    page.get_by_label("再次输入新口令").fill(OTHER)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("不一致")
    page.get_by_label("再次输入新口令").fill(OWN)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("navigation", name="岗位")).to_be_visible()

    page.get_by_text("示例新同事").click()
    page.get_by_text("修改口令").click()
    dialog = page.get_by_role("dialog", name="修改口令")
    dialog.get_by_label("原口令").fill("wrong-password")
    dialog.get_by_label("新口令", exact=True).fill(OTHER)
    dialog.get_by_label("再次输入新口令").fill(OTHER)
    dialog.get_by_role("button", name="修改").click()
    expect(dialog.get_by_role("alert")).to_contain_text("不正确")
    dialog.get_by_label("原口令").fill(OWN)
    assert serious_findings(page) == []
    dialog.get_by_role("button", name="修改").click()
    expect(dialog).to_be_hidden()
    page.reload()
    expect(page.get_by_role("navigation", name="岗位")).to_be_visible()
    window.close()


def test_an_account_is_changed_its_password_reset_its_sessions_ended_and_closed(
    desk: Callable[..., Page],
) -> None:
    admin = desk("admin", "accounts")
    login = a_login()
    opened(admin, login, "示例调岗人")
    panel = admin.get_by_role("region", name=f"账号 {login}")

    panel.get_by_role("button", name="修改", exact=True).click()
    form = admin.get_by_role("dialog", name=f"修改账号 {login}")
    form.get_by_text("派遣员").click()
    form.get_by_role("button", name="保存").click()
    expect(panel.get_by_text("受理员、派遣员").or_(panel.get_by_text("派遣员、受理员")).first).to_be_visible()

    panel.get_by_role("button", name="重置口令").click()
    admin.locator(".el-message-box").get_by_role("button", name="确定").click()
    assert len(shown_once(admin)) >= 10
    panel.get_by_role("button", name="会话").click()
    sessions = admin.get_by_role("dialog", name="示例调岗人 的会话")
    expect(sessions.get_by_text("没有会话")).to_be_visible()
    sessions.get_by_role("button", name="关闭", exact=True).click()

    panel.get_by_role("button", name="销户").click()
    admin.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(panel).to_be_hidden()
    admin.get_by_text("含已销户").click()
    admin.get_by_label("筛选账号").fill(login)
    expect(admin.get_by_role("row").filter(has_text=login)).to_contain_text("已销户")


def test_who_does_not_hear_the_answer_presses_again_and_is_told_a_password_that_is_right(
    desk: Callable[..., Page], chromium: Browser, visit: Visit
) -> None:
    admin = desk("admin", "accounts")
    login = a_login()
    admin.keyboard.press("n")
    form = admin.get_by_role("dialog", name="开户")
    form.get_by_label("登录名").fill(login)
    form.get_by_label("姓名").fill("示例断网开户")
    form.get_by_text("受理员").click()
    lose_the_answer(admin, "**/api/console/accounts")
    form.get_by_role("button", name="开户").click()
    expect(form.get_by_role("alert")).to_be_visible()
    form.get_by_role("button", name="开户").click()
    first = shown_once(admin)
    admin.get_by_label("筛选账号").fill(login)
    expect(admin.get_by_role("row").filter(has_text=login)).to_have_count(1)

    window = chromium.new_context(base_url=visit.address, locale="zh-CN")
    window.set_default_timeout(PATIENCE)
    page = window.new_page()
    log_in(page, login, first)
    expect(page.get_by_label("新口令", exact=True)).to_be_visible()

    panel = admin.get_by_role("region", name=f"账号 {login}")
    lose_the_answer(admin, "**/reset-password")
    for _ in range(2):
        panel.get_by_role("button", name="重置口令").click()
        admin.locator(".el-message-box").get_by_role("button", name="确定").click()
        expect(admin.locator(".el-message-box")).to_be_hidden()
        expect(panel.get_by_role("button", name="重置口令")).to_be_enabled()
    second = shown_once(admin)
    expect(panel.get_by_text("重置口令")).to_have_count(2)
    log_in(page, login, first)
    expect(page.get_by_role("alert")).to_be_visible()
    log_in(page, login, second)
    expect(page.get_by_label("新口令", exact=True)).to_be_visible()
    window.close()


def test_a_login_that_is_taken_is_refused_in_words(desk: Callable[..., Page]) -> None:
    admin = desk("admin", "accounts")
    admin.keyboard.press("n")
    form = admin.get_by_role("dialog", name="开户")
    form.get_by_label("登录名").fill("leader")
    form.get_by_label("姓名").fill("示例重名")
    form.get_by_text("领导").click()
    form.get_by_role("button", name="开户").click()

    expect(form.get_by_role("alert")).to_contain_text("该登录名已被使用")
    assert serious_findings(admin) == []


def test_an_administrator_sees_who_is_in(desk: Callable[..., Page]) -> None:
    desk("leader", "case-files")
    admin = desk("admin", "accounts")
    admin.get_by_role("button", name="在线会话").click()

    dialog = admin.get_by_role("dialog", name="在线会话")
    expect(dialog.get_by_role("row").filter(has_text="leader").first).to_be_visible()


def unlabelled(stack: Stack, words: str) -> str:
    """A report's fact lies in the console's queue without saying what it is; the report's number."""
    number = f"R2019010{next(_SERIAL)}"
    fact = ReportReceived(
        report_number=number,
        source=Source.VIDEO,
        description=words,
        address=words,
        photos=(),
        received_at=datetime.now(UTC),
    )
    sealed = seal(fact, id=uuid4().hex, time=datetime.now(UTC), sequence=1)
    stack.put_in_queue("console.facts", encode(sealed).decode(), message_id=sealed.id)
    return number


def unreadable(stack: Stack, name: str) -> None:
    """Something that is no JSON lies in the console's queue."""
    stack.put_in_queue("console.facts", f"{{{name}", message_id=name, content_type=CONTENT_TYPE)


def parked(people: People, put: Callable[[], str | None]) -> str | None:
    """What ``put`` answers, when one message more is parked; nobody is told of them by push."""
    operations = people.operations.next()

    def waiting() -> int:
        return len(operations.get("/api/console/parked", limit=500)["messages"])

    before = waiting()
    answer = put()
    until = monotonic() + 60
    while waiting() < before + 1:
        assert monotonic() < until, "nothing more is parked"
        sleep(0.05)
    return answer


def opened_message(page: Page, fragment: str) -> Locator:
    """The message whose body says this, found as a person does: row by row."""
    pane = page.get_by_role("region", name="滞留消息详情")
    table = page.get_by_role("table", name="滞留消息")
    for place in range(10):
        table.locator("tbody tr[data-key]").nth(place).click()
        expect(table.locator("tr.chosen")).to_have_count(1)
        with contextlib.suppress(AssertionError):
            expect(pane.locator("pre").first).to_contain_text(fragment, timeout=6_000)
            return pane
    raise AssertionError(f"{fragment} is not in the list")


def settle(page: Page, pane: Locator, button: str, reason: str = "") -> None:
    pane.get_by_role("button", name=button, exact=True).click()
    box = page.locator(".el-message-box")
    if reason:
        box.locator("textarea").fill(reason)
        assert serious_findings(page) == []
    box.get_by_role("button", name="确定").click()


def test_a_parked_message_that_is_sent_again_takes_effect(
    desk: Callable[..., Page], stack: Stack, people: People
) -> None:
    words = kit.own_words("没有标明类型的上报")
    number = parked(people, lambda: unlabelled(stack, words))
    page = desk("ops", "parked")
    expect(page.get_by_role("row").filter(has_text="console.facts").first).to_be_visible()

    pane = opened_message(page, words)
    expect(pane).to_contain_text("console.facts")
    expect(pane).to_contain_text("content type")
    assert serious_findings(page) == []
    # A picture tells nothing of the machine that it was taken on.
    without = "(shown, root) => { shown.textContent = shown.textContent.replaceAll(root, '') }"
    pane.locator("pre").last.evaluate(without, f"{ROOT}/")
    take_picture(page, "parked")
    settle(page, pane, "重发")

    expect(page.get_by_text("已重发").nth(1)).to_be_visible()
    expect(pane.get_by_role("button", name="重发", exact=True)).to_have_count(0)
    expect(pane).to_contain_text("示例运维")
    page.goto(f"/desk/cases/{number}")
    expect(page.get_by_role("heading", name=number)).to_be_visible()
    expect(page.get_by_text(words).first).to_be_visible()


def test_a_message_that_nobody_can_read_is_not_sent_again_but_discarded_with_a_reason(
    desk: Callable[..., Page], stack: Stack, people: People
) -> None:
    name = uuid4().hex
    parked(people, lambda: unreadable(stack, name))
    page = desk("ops", "parked")
    expect(page.get_by_role("row").filter(has_text="not JSON").first).to_be_visible()
    pane = opened_message(page, name)

    table = page.get_by_role("table", name="滞留消息")
    own = table.locator(f'tr[data-key="{table.locator("tr.chosen").get_attribute("data-key")}"]')
    expect(own).to_have_count(1)
    settle(page, pane, "重发")
    expect(page.get_by_role("alert").filter(has_text="无法解码")).to_be_visible()
    reason = kit.own_words("发送方测试时误发")
    settle(page, pane, "丢弃", reason)

    expect(page.get_by_text("已丢弃").nth(1)).to_be_visible()
    expect(pane).to_contain_text(reason)
    expect(pane.get_by_role("button", name="丢弃", exact=True)).to_have_count(0)
    expect(own).to_have_count(0)
    page.get_by_text("已丢弃", exact=True).first.click()
    expect(own).to_be_visible()


def test_nothing_can_be_done_to_a_message_while_it_is_not_the_one_that_is_shown(
    desk: Callable[..., Page], stack: Stack, people: People
) -> None:
    for name in (uuid4().hex, uuid4().hex):
        parked(people, lambda name=name: unreadable(stack, name))
    page = desk("ops", "parked")
    rows = page.get_by_role("table", name="滞留消息").locator("tbody tr[data-key]")
    discard = page.get_by_role("region", name="滞留消息详情").get_by_role("button", name="丢弃", exact=True)
    expect(rows.nth(1)).to_be_visible()
    rows.first.click()
    expect(discard).to_be_visible()

    held: list[Route] = []
    page.route("**/api/console/parked/*", lambda asked: held.append(asked))
    with page.expect_request("**/api/console/parked/*"):
        rows.nth(1).click()
    expect(discard).to_have_count(0)

    held[0].continue_()
    expect(discard).to_be_visible()


def test_operations_give_back_what_an_outage_took_and_the_unit_has_a_later_due_time(
    desk: Callable[..., Page], people: People
) -> None:
    began = datetime.now(COUNTY)
    number = kit.filed(people, kit.own_words("停电期间的井盖"), standard=DAY_AND_NIGHT)
    people.dispatchers.next().post(
        f"/api/dispatch/assignments/{number}/dispatch", {"responsible_unit": "u22"}
    )
    due_at = kit.assignment(people, number, "awaiting_signature")["due_at"]
    page = desk("ops", "outages")
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="故障补时")

    def told(begin: datetime, end: datetime, why: str) -> None:
        for label, moment in (("故障开始", begin), ("故障结束", end)):
            field = dialog.get_by_role("combobox", name=label)
            field.fill(f"{moment:%Y-%m-%d %H:%M:%S}")
            field.press("Enter")
        dialog.get_by_role("textbox", name="原因").fill(why)
        dialog.get_by_role("button", name="补时", exact=True).click()

    why = kit.own_words("机房停电")
    told(began, began + timedelta(days=1), why)
    expect(dialog.get_by_role("alert").first).to_be_visible()
    expect(dialog.get_by_text("不能晚于现在").first).to_be_visible()
    assert serious_findings(page) == []
    told(began - timedelta(hours=1), datetime.now(COUNTY), why)

    expect(page.get_by_text("件任务的到期时间顺延")).to_be_visible()
    row = page.get_by_role("row").filter(has_text=why)
    expect(row).to_contain_text(re.compile(r"[1-9]\d* 件"))
    expect(row).to_contain_text("示例运维")
    take_picture(page, "outages")
    assert kit.assignment(people, number)["due_at"] > due_at
    page.goto(f"/desk/cases/{number}")
    expect(page.get_by_role("region", name="流程记录").get_by_text("系统故障").first).to_be_visible()


def test_operations_look_at_what_failed(desk: Callable[..., Page]) -> None:
    page = desk("ops", "parked")

    expect(page.get_by_role("region", name="分组")).to_be_visible()
    expect(page.get_by_text("没有待处理的滞留消息").or_(page.get_by_text("全部")).first).to_be_visible()
    assert serious_findings(page) == []
