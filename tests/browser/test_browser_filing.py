"""The shift supervisor's day: filing, closing with photos side by side, and what is out of the ordinary."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from examples.city.reporters import People
from tests.browser import dispatch_kit, filing_kit
from tests.browser.browser_kit import Visit, answer, serious_findings, take_picture

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

SUPERVISOR = "supervisor"
FRAMES = """
    const [ask, forget] = [window.requestAnimationFrame, window.cancelAnimationFrame]
    const held = new Map()
    let holding = false, asked = 0
    window.requestAnimationFrame = draw => {
        if (!holding) return ask(draw)
        held.set(--asked, draw)
        return asked
    }
    window.cancelAnimationFrame = number => { if (!held.delete(number)) forget(number) }
    window.holdFrames = () => { holding = true }
    window.drawHeld = () => {
        for (const number of [...held.keys()]) {
            const draw = held.get(number)
            held.delete(number)
            draw?.(performance.now())
        }
    }
"""
"""From ``holdFrames()`` on no frame is drawn, as on a machine that is busy; ``drawHeld()`` draws one."""


def opened(desk: Callable[..., Page], number: str, waits_for: str = "filing") -> Page:
    """The filing desk with a list, and one report or case open."""
    page = desk(SUPERVISOR, f"filing?list={waits_for}&number={number}")
    expect(page.get_by_role("article", name=f"详情 {number}")).to_be_visible()
    return page


def detail(page: Page, number: str) -> object:
    return page.get_by_role("article", name=f"详情 {number}")


def test_a_report_is_filed_by_keyboard_and_the_next_one_is_open(
    desk: Callable[..., Page], people: People
) -> None:
    words = dispatch_kit.own_words("建设路井盖松动")
    number = filing_kit.proposed(people, words)
    page = opened(desk, number)

    shown = detail(page, number)
    expect(shown.get_by_text(words, exact=True)).to_be_visible()
    expect(shown.get_by_text("结案条件")).to_be_visible()
    expect(page.get_by_role("application", name="位置")).to_be_visible()
    assert serious_findings(page) == []
    page.get_by_role("tab", name="待立案").click()
    row = page.locator(f'tr[data-key="{number}"]')
    row.click()
    expect(shown.get_by_role("button", name="立案", exact=True)).to_be_visible()
    take_picture(page, "filing")
    page.keyboard.press("a")

    expect(page.get_by_text(f"{number} 已立案")).to_be_visible()
    expect(row).to_have_count(0)
    report = people.supervisors.next().get(f"/api/intake/reports/{number}")
    assert report["state"] == "filed"


def test_a_report_goes_back_to_the_operator_with_the_reason(
    desk: Callable[..., Page], people: People
) -> None:
    number = filing_kit.proposed(people, dispatch_kit.own_words("解放路树木倾斜"))
    page = opened(desk, number)
    expect(detail(page, number).get_by_role("button", name="退回受理", exact=True)).to_be_visible()

    page.keyboard.press("r")
    assert serious_findings(page) == []
    answer(page, "退回", 理由="请补充树木的具体位置")

    expect(page.get_by_text("已退回受理员补正")).to_be_visible()
    report = people.supervisors.next().get(f"/api/intake/reports/{number}")
    assert (report["state"], report["flow"][-1]["reason"]) == ("received", "请补充树木的具体位置")


def test_what_was_decided_elsewhere_meanwhile_is_refused_in_words(
    desk: Callable[..., Page], people: People
) -> None:
    number = filing_kit.proposed(people, dispatch_kit.own_words("汤河路围挡破损"))
    page = opened(desk, number)
    button = detail(page, number).get_by_role("button", name="不予立案", exact=True)
    button.click()
    people.supervisors.next().post(f"/api/intake/reports/{number}/file", {})

    answer(page, "不予立案", 理由="未达到立案条件")

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("不允许")


def test_a_photo_used_before_must_have_been_seen_before_the_case_is_closed(
    desk: Callable[..., Page], people: People, visit: Visit
) -> None:
    number = filing_kit.verified(people, visit, dispatch_kit.own_words("文王路路面坑洼"), stale=True)
    page = opened(desk, number, "closing")
    shown = detail(page, number)

    photos = page.get_by_role("region", name="照片比对")
    for title in ("处置前", "处置后（反馈）", "核查"):
        expect(photos.get_by_role("img", name=f"{title}照片")).to_be_visible()
    close = shown.get_by_role("button", name="结案", exact=True)
    expect(close).to_be_disabled()
    expect(photos.get_by_text("照片此前已使用过").first).to_be_visible()
    photos.get_by_role("group", name="照片：").press("+")
    expect(photos.get_by_role("button", name="复原")).to_have_text("125%")
    photos.get_by_role("group", name="照片：").press("0")
    assert serious_findings(page) == []
    take_picture(page, "closing")

    for box in shown.locator("label.el-checkbox").all():
        box.click()
    expect(close).to_be_enabled()
    page.keyboard.press("a")

    expect(page.get_by_text(f"{number} 已结案")).to_be_visible()
    case = people.supervisors.next().get(f"/api/intake/cases/{number}")
    assert case["state"] == "closed"
    assert "已阅照片疑点" in case["flow"][-1]["reason"]


def test_a_case_whose_photos_do_not_convince_is_verified_again_by_another_collector(
    desk: Callable[..., Page], people: People, visit: Visit
) -> None:
    number = filing_kit.verified(people, visit, dispatch_kit.own_words("精忠路路面破损"))
    page = opened(desk, number)
    shown = detail(page, number)
    expect(shown.get_by_role("button", name="再次核查", exact=True)).to_be_visible()

    page.keyboard.press("v")
    assert serious_findings(page) == []
    answer(page, "再次核查", 理由="核查照片看不清路面")

    expect(page.get_by_text("已派采集员再次核查")).to_be_visible()
    case = filing_kit.case_in(people, number, "verifying")
    *_, first, second = case["tasks"]
    assert (second["kind"], second["ended_at"]) == ("verification", None)
    assert first["collector"] != second["collector"]
    page.goto(f"/desk/filing?number={number}")
    expect(shown.get_by_text("核查中", exact=True)).to_be_visible()
    expect(shown.get_by_role("button", name="结案", exact=True)).to_have_count(0)
    filing_kit.answered(people, second, "gone")

    expect(shown.get_by_role("button", name="结案", exact=True)).to_be_visible()
    expect(shown.get_by_text("核查：问题已解决 现场查看")).to_be_visible()


def test_a_map_that_is_left_before_its_first_frame_draws_nothing(
    desk: Callable[..., Page], people: People
) -> None:
    first, second = (filing_kit.proposed(people, dispatch_kit.own_words("文昌路护栏")) for _ in range(2))
    page = opened(desk, first)
    page.add_init_script(FRAMES)
    page.goto("/desk/filing?list=filing")
    row = page.locator(f'tr[data-key="{second}"]')
    expect(row).to_be_visible()
    page.evaluate("holdFrames()")

    row.dispatch_event("click")
    shown = detail(page, second)
    expect(shown.locator("canvas")).to_be_attached()
    page.get_by_role("tab", name="待结案").dispatch_event("click")
    expect(shown).to_have_count(0)

    page.evaluate("drawHeld()")  # raises what the page raises


def test_a_case_that_was_filed_by_mistake_is_voided_and_its_unit_has_the_task_no_more(
    desk: Callable[..., Page], people: People
) -> None:
    number = dispatch_kit.dispatched(people, dispatch_kit.own_words("岳飞路路面破损"), "u23")
    unit = desk("u23", "unit")
    card = unit.locator(f'article[data-key="{number}"]')
    expect(card).to_be_visible()
    page = opened(desk, number)

    detail(page, number).get_by_role("button", name="作废", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="作废", exact=True)).to_be_disabled()
    assert serious_findings(page) == []
    answer(page, "作废", 理由="与道路大修重复立案")

    expect(page.get_by_text(f"{number} 已作废")).to_be_visible()
    expect(card).to_have_count(0)
    case = people.supervisors.next().get(f"/api/intake/cases/{number}")
    assert (case["state"], case["flow"][-1]["reason"]) == ("voided", "与道路大修重复立案")
    page.goto(f"/desk/cases/{number}")
    expect(page.get_by_text("与道路大修重复立案").first).to_be_visible()


def test_what_a_collector_mended_is_judged_with_both_photos_in_sight(
    desk: Callable[..., Page], people: People
) -> None:
    number = filing_kit.self_handled(people, dispatch_kit.own_words("人行道小广告"))
    page = opened(desk, number)
    photos = page.get_by_role("region", name="照片比对")
    expect(photos.get_by_role("img", name="处置后照片")).to_be_visible()

    detail(page, number).get_by_role("button", name="无效", exact=True).click()
    answer(page, "审核为无效", 理由="处置后照片仍可见小广告")

    expect(page.get_by_text("自处置审核为无效")).to_be_visible()
    assert people.supervisors.next().get(f"/api/intake/reports/{number}")["state"] == "received"


def test_a_case_is_merged_made_more_urgent_and_closed_by_force_from_its_number(
    desk: Callable[..., Page], people: People
) -> None:
    other = dispatch_kit.filed(people, dispatch_kit.own_words("光明路积水"))
    number = dispatch_kit.filed(people, dispatch_kit.own_words("光明路积水"))
    page = desk(SUPERVISOR, "filing")
    page.keyboard.press("/")
    search = page.get_by_role("search").get_by_role("textbox")
    search.fill(number)
    search.press("Enter")
    shown = detail(page, number)
    expect(shown).to_be_visible()

    shown.get_by_role("button", name="提高缓急", exact=True).click()
    answer(page, "提高", 理由="影响学生上学")
    expect(page.get_by_text("已提高轻重缓急")).to_be_visible()
    page.goto(f"/desk/filing?number={number}")
    expect(shown.get_by_text("紧急", exact=True)).to_be_visible()

    shown.get_by_role("button", name="并案", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("link", name=other)).to_be_visible()
    assert serious_findings(page) == []
    dialog.get_by_label("并入案卷").fill(number)
    dialog.get_by_role("button", name="并案", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("不能并入自身")
    dialog.get_by_label("并入案卷").fill(other)
    dialog.get_by_role("button", name="并案", exact=True).click()
    expect(page.get_by_text("已并案").first).to_be_visible()
    assert people.supervisors.next().get(f"/api/intake/cases/{number}")["merged_into"] == other

    page.goto(f"/desk/filing?number={other}")
    detail(page, other).get_by_role("button", name="强制结案", exact=True).click()
    answer(page, "强制结案", 批准人="分管副主任", 理由="等待城建改造")
    expect(page.get_by_text(f"{other} 已强制结案")).to_be_visible()
    case = people.supervisors.next().get(f"/api/intake/cases/{other}")
    assert (case["state"], case["approved_by"]) == ("force_closed", "分管副主任")


def test_what_the_dispatcher_returned_is_filed_again_with_another_standard(
    desk: Callable[..., Page], people: People
) -> None:
    number = dispatch_kit.filed(people, dispatch_kit.own_words("工地围挡占道"))
    people.dispatchers.next().post(
        f"/api/dispatch/assignments/{number}/return-to-intake", {"reason": "类别有误，应为另一小类"}
    )
    filing_kit.case_in(people, number, "under_review")
    page = opened(desk, number)
    expect(page.get_by_text("派遣员退回：类别有误")).to_be_visible()

    page.keyboard.press("a")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("combobox", name="立案条件")).to_be_visible()
    assert serious_findings(page) == []
    dialog.get_by_label("地点", exact=True).fill("工地东门外")
    dialog.get_by_role("button", name="重新立案", exact=True).click()

    expect(page.get_by_text("已重新立案").first).to_be_visible()
    case = people.supervisors.next().get(f"/api/intake/cases/{number}")
    assert (case["state"], case["round"], case["address"]) == ("in_command", 2, "工地东门外")
