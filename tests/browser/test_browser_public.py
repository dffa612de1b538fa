"""公众上报: a citizen tells of a problem with the phone, and reads what became of it."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from examples.city.photos import photo
from examples.city.reporters import People
from tests.browser.browser_kit import serious_findings, take_picture
from tests.browser.public_kit import tell

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

HELD_SATELLITE = """
const locate = navigator.geolocation.getCurrentPosition.bind(navigator.geolocation);
navigator.geolocation.getCurrentPosition = (found, ...more) =>
  locate((fix) => (window.letGo = () => found(fix)), ...more);
"""
"""The phone's own position, which comes when the test says so."""
HOSTILE = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"


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


def test_a_place_is_pointed_out_on_the_map_where_no_satellite_is(citizen: Page, people: People) -> None:
    citizen.context.clear_permissions()
    words = f"下水道堵塞 {uuid4().hex[:8]}"
    citizen.goto("/public/")
    loaded: list[str] = []
    citizen.on("request", lambda asked: loaded.append(asked.url))
    citizen.get_by_role("button", name="在地图上指出").click()
    map_ = citizen.get_by_role("application")
    expect(map_.get_by_text("城关镇")).to_be_visible()
    assert serious_findings(citizen) == []
    assert any(url.endswith("/api/console/public/outline") for url in loaded)
    map_.click(position={"x": 160, "y": 150})
    expect(citizen.get_by_text("已在地图上指出位置")).to_be_visible()
    take_picture(citizen, "public-map")
    citizen.get_by_label("添加照片").set_input_files(
        {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": photo(words, width=640, height=480)[0]}
    )
    citizen.get_by_label("问题描述").fill(words)
    citizen.get_by_role("button", name="提交").click()

    number = citizen.get_by_role("region", name="上报成功").get_by_role("definition").first.inner_text()
    report = people.operators.next().get(f"/api/intake/reports/{number}")
    assert report["position"]["unit_grid_code"], report


def test_a_late_satellite_moves_neither_what_was_pointed_out_nor_the_next_report(citizen: Page) -> None:
    words = f"护栏倾斜 {uuid4().hex[:8]}"
    citizen.add_init_script(HELD_SATELLITE)
    citizen.goto("/public/")
    citizen.get_by_role("button", name="用我现在的位置").click()
    expect(citizen.get_by_text("正在定位…")).to_be_visible()
    citizen.wait_for_function("() => window.letGo")
    citizen.get_by_role("button", name="在地图上指出").click()
    expect(citizen.get_by_role("application").get_by_text("城关镇")).to_be_visible()
    citizen.get_by_role("application").click(position={"x": 160, "y": 150})
    expect(citizen.get_by_text("已在地图上指出位置")).to_be_visible()
    citizen.evaluate("() => { letGo(); letGo = undefined }")
    expect(citizen.get_by_text("已在地图上指出位置")).to_be_visible()

    citizen.get_by_role("button", name="不用").click()
    citizen.get_by_role("button", name="用我现在的位置").click()
    citizen.wait_for_function("() => window.letGo")
    citizen.get_by_label("添加照片").set_input_files(
        {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": photo(words, width=640, height=480)[0]}
    )
    citizen.get_by_role("textbox", name="地点").fill("护城河东岸")
    citizen.get_by_label("问题描述").fill(words)
    citizen.get_by_role("button", name="提交").click()
    citizen.get_by_role("button", name="再报一个问题").click()
    expect(citizen.get_by_role("button", name="用我现在的位置")).to_be_visible()
    citizen.evaluate("() => letGo()")
    expect(citizen.get_by_text("正在定位…")).to_have_count(0)
    expect(citizen.get_by_text("已定位")).to_have_count(0)


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
