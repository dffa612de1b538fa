"""公众上报: a citizen tells of a problem with the phone, and reads what became of it."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from examples.city.photos import photo
from examples.city.reporters import People
from tests.browser.browser_kit import PATIENCE, Visit, serious_findings, take_picture

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

HOSTILE = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"


@pytest.fixture
def citizen(chromium: Browser, visit: Visit) -> Iterator[Page]:
    """A phone whose owner has no account; an error on the page fails the test."""
    context = chromium.new_context(
        base_url=visit.address,
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
        locale="zh-CN",
        geolocation={"latitude": 35.9203, "longitude": 114.3581, "accuracy": 25},
        permissions=["geolocation", "clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


def tell(page: Page, words: str) -> tuple[str, str]:
    """Report with a photo and the phone's position; the number and the query word."""
    page.goto("/public/")
    page.get_by_label("添加照片").set_input_files(
        {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": photo(words, width=640, height=480)[0]}
    )
    page.get_by_role("button", name="用我现在的位置").click()
    expect(page.get_by_text("误差约 25 米")).to_be_visible()
    page.get_by_role("textbox", name="地点").fill("人民路 18 号门前")
    page.get_by_label("问题描述").fill(words)
    page.get_by_role("button", name="提交").click()
    told = page.get_by_role("region", name="上报成功").get_by_role("definition")
    expect(told).to_have_count(2)
    return told.nth(0).inner_text(), told.nth(1).inner_text()


def test_a_citizen_reports_and_sees_the_answer_and_judges_it(citizen: Page, people: People) -> None:
    page, words = citizen, f"路面有坑 {uuid4().hex[:8]}"
    page.goto("/public/")
    assert serious_findings(page) == []
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert")).to_contain_text("请至少添加一张照片")
    number, word = tell(page, words)
    assert serious_findings(page) == []
    take_picture(page, "public-told")
    page.get_by_role("button", name="复制编号和查询码").click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == f"受理编号 {number} 查询码 {word}"
    people.operators.next().post(f"/api/intake/reports/{number}/not-accept", {"reason": "该路段正在施工改造"})

    page.get_by_role("link", name="查看进度").click()
    stands = page.get_by_role("region", name="办理进度")
    expect(stands).to_contain_text("不予受理")
    expect(stands).to_contain_text("该路段正在施工改造")
    expect(stands.get_by_role("img", name="上报照片")).to_have_js_property("complete", value=True)
    assert stands.get_by_role("img", name="上报照片").evaluate("image => image.naturalWidth") > 0
    assert serious_findings(page) == []
    take_picture(page, "public-progress")
    stands.get_by_role("button", name="满意", exact=True).click()
    expect(stands).to_contain_text("您的评价：满意")
    expect(stands.get_by_role("group", name="评价")).to_have_count(0)
    page.reload()
    expect(stands).to_contain_text("您的评价：满意")


def test_without_the_query_word_a_number_tells_how_it_stands_and_no_more(citizen: Page) -> None:
    words = f"垃圾未清 {uuid4().hex[:8]}"
    number, word = tell(citizen, words)
    citizen.evaluate("() => localStorage.clear()")
    citizen.goto("/public/#ask")
    citizen.reload()
    citizen.get_by_label("受理编号").fill(number)
    citizen.get_by_role("button", name="查询", exact=True).click()
    stands = citizen.get_by_role("region", name="办理进度")
    expect(stands).to_contain_text("已收到")
    expect(stands).not_to_contain_text(words)

    citizen.get_by_label("查询码").fill("ABCD-EFGH-JKMN")
    citizen.get_by_role("button", name="查看照片和答复").click()
    expect(citizen.get_by_role("alert")).to_contain_text("查询码不正确")
    citizen.get_by_label("查询码").fill(word)
    citizen.get_by_role("button", name="查看照片和答复").click()
    expect(stands).to_contain_text(words)


def test_hostile_words_are_shown_as_words(citizen: Page) -> None:
    tell(citizen, HOSTILE)
    citizen.get_by_role("link", name="查看进度").click()

    expect(citizen.get_by_role("region", name="办理进度")).to_contain_text(HOSTILE)
    expect(citizen.get_by_role("region", name="我的上报")).to_contain_text(HOSTILE)
    expect(citizen).not_to_have_title("broken")
