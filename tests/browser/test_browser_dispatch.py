"""The dispatcher's day and the responsible unit's: two desks, one task between them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from examples.city.photos import photo
from examples.city.reporters import People
from tests.browser import dispatch_kit as kit
from tests.browser.browser_kit import Visit, say, serious_findings, take_picture

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

WITHIN_TWO_SECONDS = 2_000
# The last of the units: no other test gives them anything.
UNIT, OTHER, THIRD = "u27", "u26", "u25"


def row_of(page: Page, number: str) -> object:
    return page.locator(f'tr[data-key="{number}"]')


def card_of(page: Page, number: str) -> object:
    return page.locator(f'article[data-key="{number}"]')


def opened(
    desk: Callable[..., Page], number: str, *, queue: str = "awaiting", login: str = "dispatch1"
) -> Page:
    """The dispatch desk with one case open."""
    page = desk(login, f"dispatch?list={queue}&case={number}")
    expect(page.get_by_role("article", name=f"任务 {number}")).to_be_visible()
    expect(page.get_by_role("status").first).to_have_text("实时")
    return page


def pick(page: Page, label: str, typed: str) -> None:
    """Choose a unit by its code."""
    field = page.get_by_role("combobox", name=label)
    field.fill(typed)
    page.locator(".el-select-dropdown__item:visible").filter(has_text=typed).first.click()


def _in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


@pytest.mark.timed
def test_a_task_goes_from_the_dispatcher_to_the_unit_and_back_with_a_photo(
    desk: Callable[..., Page], people: People, tmp_path: Path
) -> None:
    number = kit.filed(people, kit.own_words("人民路东侧路面破损"), photos=2)
    dispatcher = opened(desk, number)
    unit = desk(UNIT, "unit")
    expect(unit.get_by_role("status").first).to_have_text("实时")

    expect(dispatcher.get_by_text("建议：")).to_be_visible()
    pick(dispatcher, "主办单位", UNIT)
    dispatcher.get_by_label("派遣意见").fill("请先设置警示")
    assert serious_findings(dispatcher) == []
    take_picture(dispatcher, "dispatch")
    dispatcher.get_by_role("button", name="派遣 D", exact=True).click()

    card = card_of(unit, number)
    expect(card).to_be_visible(timeout=WITHIN_TWO_SECONDS)
    card.get_by_role("button").click()
    task = unit.get_by_role("article", name=f"任务 {number}")
    task.get_by_role("button", name="签收", exact=True).click()
    expect(task.get_by_text("处置中", exact=True)).to_be_visible()
    dispatcher.goto(f"/desk/dispatch?list=handling&case={number}")
    followed = dispatcher.get_by_role("article", name=f"任务 {number}")
    expect(followed.get_by_text("处置中", exact=True)).to_be_visible()

    task.get_by_role("button", name="处置反馈").click()
    form = unit.get_by_role("form", name="处置反馈")
    expect(form.get_by_role("button", name="提交反馈")).to_be_disabled()
    form.get_by_label("处置情况").fill("已铣刨破损路面并重新铺油")
    picture = tmp_path / "after.jpg"
    picture.write_bytes(photo(kit.own_words("after"), width=1600, height=1200)[0])
    form.get_by_label("选择处置后照片").set_input_files(picture)
    expect(form.get_by_role("button", name="提交反馈")).to_be_enabled()
    assert serious_findings(unit) == []
    take_picture(unit, "unit")
    form.get_by_role("button", name="提交反馈").click()

    expect(card).to_have_count(0)
    expect(followed.get_by_text("已铣刨破损路面并重新铺油")).to_be_visible(timeout=WITHIN_TWO_SECONDS)


def test_a_return_is_refused_in_words_and_another_accepted(desk: Callable[..., Page], people: People) -> None:
    number = kit.dispatched(people, kit.own_words("示例回退"), UNIT)
    unit = desk(UNIT, f"unit?task={number}")
    task = unit.get_by_role("article", name=f"任务 {number}")
    task.get_by_role("button", name="回退…").click()
    say(unit, "不在本单位管辖范围")
    expect(task.get_by_text("回退待审", exact=True)).to_be_visible()

    dispatcher = opened(desk, number, queue="returns")
    decision = dispatcher.get_by_role("region", name="回退审批")
    expect(decision.get_by_text("不在本单位管辖范围")).to_be_visible()
    decision.get_by_role("button", name="不同意…").click()
    say(dispatcher, "按职责分工属你单位")
    expect(task.get_by_text("待签收", exact=True)).to_be_visible()

    task.get_by_role("button", name="回退…").click()
    say(unit, "该路段已移交")
    dispatcher.goto(f"/desk/dispatch?list=returns&case={number}")
    dispatcher.get_by_role("button", name="同意回退", exact=True).click()

    kit.assignment(people, number, "awaiting_dispatch")
    expect(card_of(unit, number)).to_have_count(0)


def test_a_case_sent_back_twice_is_decided_in_writing_and_becomes_a_rule(
    desk: Callable[..., Page], people: People, visit: Visit
) -> None:
    number = kit.filed(people, kit.own_words("示例争议地段"))
    path = f"/api/dispatch/assignments/{number}"
    for code in (UNIT, OTHER):
        people.dispatchers.next().post(f"{path}/dispatch", {"responsible_unit": code})
        kit.of_unit(people, visit, code).post(f"{path}/send-back", {"reason": "不属于本单位"})
        people.dispatchers.next().post(f"{path}/accept-return", {})
    page = opened(desk, number, queue="coordination")
    expect(row_of(page, number)).to_be_visible()

    page.get_by_role("button", name="确定责任单位").click()
    dialog = page.get_by_role("dialog", name="确定责任单位（确权）")
    pick(page, "责任单位", THIRD)
    dialog.get_by_label("书面决定").fill("协调会纪要：由该单位负责")
    dialog.get_by_text("成为权责规则").click()
    assert serious_findings(page) == []
    take_picture(page, "dispatch_responsibility")
    dialog.get_by_role("button", name="确权并派遣").click()

    expect(row_of(page, number)).to_have_count(0)
    decided = kit.assignment(people, number, "awaiting_signature")
    assert decided["responsible_unit"] == THIRD
    page.get_by_role("button", name="确权规则").click()
    rule = page.get_by_role("row").filter(has_text=number)
    expect(rule).to_be_visible()
    assert serious_findings(page) == []
    rule.get_by_role("button", name="取消…").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(rule).to_have_count(0)


def test_several_cases_go_to_their_suggested_units_with_one_key_after_a_yes(
    desk: Callable[..., Page], people: People
) -> None:
    numbers = [kit.filed(people, kit.own_words("示例批量派遣")) for _ in range(2)]
    page = opened(desk, numbers[0])

    for number in numbers:
        page.get_by_role("checkbox", name=f"选中 {number}").check()
    page.keyboard.press("b")
    box = page.locator(".el-message-box")
    expect(box).to_contain_text("按建议派遣 2 件")
    box.get_by_role("button", name="确定").click()

    for number in numbers:
        expect(row_of(page, number)).to_have_count(0)
        assert kit.assignment(people, number, "awaiting_signature")["responsible_unit"]


def test_a_dispatcher_whose_line_is_cut_is_told_that_a_colleague_was_quicker(
    desk: Callable[..., Page], people: People
) -> None:
    number = kit.filed(people, kit.own_words("示例同时派遣"))
    page = desk("dispatch1", "case-files")
    page.route("**/api/console/stream", lambda route: route.abort())
    page.goto(f"/desk/dispatch?list=awaiting&case={number}")
    send = page.get_by_role("button", name="派遣 D", exact=True)
    expect(send).to_be_enabled()

    people.dispatchers.next().post(f"/api/dispatch/assignments/{number}/dispatch", {"responsible_unit": UNIT})
    send.click()

    expect(page.get_by_role("alert").filter(has_text="当前为“待签收”")).to_be_visible()


def test_more_time_is_asked_for_and_granted_and_rest_is_the_supervisors_to_decide(
    desk: Callable[..., Page], people: People, visit: Visit, tmp_path: Path
) -> None:
    number = kit.dispatched(people, kit.own_words("示例延期挂账"), UNIT)
    kit.of_unit(people, visit, UNIT).post(f"/api/dispatch/assignments/{number}/sign", {})
    unit = desk(UNIT, f"unit?task={number}")
    task = unit.get_by_role("article", name=f"任务 {number}")
    task.get_by_role("button", name="申请延期…").click()
    say(unit, "材料未到")
    expect(task.get_by_text("第 1 次：材料未到")).to_be_visible()
    task.get_by_role("button", name="申请挂账…").click()
    dialog = unit.get_by_role("dialog", name="申请挂账")
    dialog.get_by_role("textbox", name="挂账至").fill(_in_days(9))
    dialog.get_by_role("textbox", name="挂账理由").fill("燃气管线抢修，路面暂不能恢复")
    picture = tmp_path / "works.jpg"
    picture.write_bytes(photo(kit.own_words("works"), width=1600, height=1200)[0])
    dialog.get_by_label("选择挂账照片").set_input_files(picture)
    expect(dialog.get_by_role("img", name="挂账照片 1")).to_be_visible()
    expect(dialog.get_by_role("progressbar")).to_have_count(0)
    assert serious_findings(unit) == []
    take_picture(unit, "unit_suspension")
    dialog.get_by_role("button", name="申请挂账").click()
    expect(task.get_by_text("燃气管线抢修，路面暂不能恢复")).to_be_visible()
    expect(task.get_by_role("img", name="挂账照片 1")).to_be_visible()

    page = opened(desk, number, queue="extensions")
    suspension = page.get_by_role("region", name="挂账审批")
    expect(suspension.get_by_text("由值班长审批")).to_be_visible()
    page.get_by_role("button", name="同意延期", exact=True).click()
    expect(page.get_by_role("region", name="延期审批")).to_have_count(0)
    assert kit.assignment(people, number)["extensions_granted"] == 1

    supervisor = opened(desk, number, queue="suspensions", login="supervisor")
    suspension = supervisor.get_by_role("region", name="挂账审批")
    expect(suspension.get_by_role("img", name="挂账照片 1")).to_be_visible()
    assert serious_findings(supervisor) == []
    take_picture(supervisor, "dispatch_suspension")
    supervisor.get_by_role("button", name="同意挂账", exact=True).click()
    rested = kit.assignment(people, number, "suspended")
    assert len(rested["suspension_photos"]) == 1
    expect(task.get_by_role("button", name="恢复处置")).to_be_visible()
    expect(task.get_by_role("heading", name="挂账所附照片")).to_be_visible()


def test_a_supervision_order_is_given_and_answered(
    desk: Callable[..., Page], people: People, visit: Visit
) -> None:
    words = kit.own_words("请今日内处置")
    number = kit.dispatched(people, kit.own_words("示例督办"), UNIT)
    page = opened(desk, number, queue="handling")
    page.get_by_role("button", name="督办…").click()
    dialog = page.get_by_role("dialog", name="下达督办")
    dialog.get_by_label("督办要求").fill(words)
    dialog.get_by_role("button", name="下达督办").click()
    expect(page.get_by_text("已督办 1 次")).to_be_visible()

    unit = desk(UNIT, "unit?list=orders")
    order = unit.get_by_role("article").filter(has_text=words)
    order.get_by_label("督办回复").fill("已派人到场，今日完成")
    assert serious_findings(unit) == []
    take_picture(unit, "unit_orders")
    order.get_by_role("button", name="回复督办").click()
    expect(order.get_by_text("已派人到场，今日完成")).to_be_visible()

    page.get_by_role("button", name="督办", exact=False).first.click()
    page.get_by_text("已回复", exact=True).first.click()
    expect(page.get_by_role("row").filter(has_text=words)).to_contain_text("按期")


def test_a_unit_sees_what_it_assists_in_and_its_own_figures(
    desk: Callable[..., Page], people: People
) -> None:
    number = kit.dispatched(people, kit.own_words("示例协办"), OTHER, assisting=[THIRD])
    page = desk(THIRD, "unit?list=assisting")

    card = card_of(page, number)
    expect(card).to_contain_text("主办")
    card.get_by_role("button").click()
    expect(page.get_by_text("协办任务，仅供查看")).to_be_visible()
    expect(page.get_by_role("button", name="签收", exact=True)).to_have_count(0)
    assert serious_findings(page) == []

    page.get_by_role("button", name="指标与申诉").click()
    figures = page.get_by_role("region", name="本单位指标")
    expect(figures.get_by_text("按期处置率")).to_be_visible()
    expect(page.get_by_role("region", name="申诉")).to_be_visible()
    assert serious_findings(page) == []
    take_picture(page, "unit_figures")


def test_the_units_desk_is_worked_on_a_phone_and_prints_a_sheet(
    desk: Callable[..., Page], people: People
) -> None:
    number = kit.dispatched(people, kit.own_words("示例手机办理"), UNIT)
    page = desk(UNIT, "unit", width=390, height=844)

    card_of(page, number).get_by_role("button").click()
    task = page.get_by_role("article", name=f"任务 {number}")
    expect(task.get_by_role("button", name="签收", exact=True)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert serious_findings(page) == []
    take_picture(page, "unit_phone")
    page.emulate_media(media="print")

    sheet = page.get_by_role("article", name="处置工单")
    expect(sheet).to_contain_text(number)
    expect(sheet.get_by_role("img", name="位置示意图")).to_be_visible()
    expect(task).not_to_be_visible()


def test_the_dispatcher_sees_what_units_have_in_hand(desk: Callable[..., Page], people: People) -> None:
    number = kit.dispatched(people, kit.own_words("示例负荷"), OTHER)
    page = desk("dispatch1", "dispatch?list=units")

    row = page.get_by_role("row").filter(has_text=OTHER)
    expect(row).to_be_visible()
    assert serious_findings(page) == []
    take_picture(page, "dispatch_units")
    row.get_by_role("button", name="查看").click()

    expect(row_of(page, number)).to_be_visible()
