"""The administrator's day and operations': accounts, one's own password, messages that failed."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser import dispatch_kit as kit
from tests.browser.browser_kit import PATIENCE, Visit, serious_findings, take_picture

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

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
    """The next request to this address arrives and is done, and nobody hears of it."""

    def lose(route: Route) -> None:
        assert route.fetch().ok
        route.abort()

    page.route(address, lose, times=1)


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


def test_operations_look_at_what_failed(desk: Callable[..., Page]) -> None:
    page = desk("ops", "parked")

    expect(page.get_by_role("region", name="分组")).to_be_visible()
    expect(page.get_by_text("没有待处理的滞留消息").or_(page.get_by_text("全部")).first).to_be_visible()
    assert serious_findings(page) == []
