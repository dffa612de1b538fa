"""城管通: a collector's day on the phone, in dead spots, with a tab that is killed and a login that ends."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from chassis.clock import now
from examples.city.doors import Person
from examples.city.photos import photo
from examples.city.reporters import People
from tests.browser.browser_kit import PATIENCE, Visit, serious_findings, take_picture
from tests.browser.dispatch_kit import phoned_in

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

PLACE = {"latitude": 35.9203, "longitude": 114.3581, "accuracy": 12}
PHONE = {"width": 390, "height": 844}
LOSE_ANSWERS = """path => {
    const sent = window.fetch
    window.lost = []
    window.fetch = async (...asked) => {
        const answer = await sent(...asked)
        if (asked[0] !== path) return answer
        window.lost.push(answer.status)
        throw new TypeError("the network went away before the answer")
    }
}"""
"""The centre has what is posted to this path, and the page never hears of it.

Inside the page, as a request beside a service worker cannot always be met from outside."""


@contextmanager
def phone_with(browser: Browser, visit: Visit) -> Iterator[BrowserContext]:
    """A phone with a camera's pictures and a satellite position."""
    context = browser.new_context(
        base_url=visit.address,
        viewport=PHONE,  # type: ignore[arg-type]
        is_mobile=True,
        has_touch=True,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        geolocation=PLACE,  # type: ignore[arg-type]
        permissions=["geolocation"],
    )
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def phone(chromium: Browser, visit: Visit) -> Iterator[BrowserContext]:
    """Such a phone."""
    with phone_with(chromium, visit) as context:
        yield context


@pytest.fixture
def words() -> Callable[[str], str]:
    """Words that no other report has."""
    mark = uuid4().hex[:8]
    return lambda text: f"{text} {mark}"


def log_in(phone: BrowserContext, person: Person) -> Page:
    """Log in and wait until the app is kept on the phone."""
    page = phone.new_page()
    page.goto("/collector/")
    page.get_by_label("登录名").fill(person.account.login)
    page.get_by_label("密码", exact=True).fill(person.account.password)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="任务", exact=True)).to_be_visible()
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    return page


def take_photo(page: Page, label: str, seed: str) -> None:
    """Take a picture by the camera."""
    before = page.get_by_role("button", name=f"放大{label}").count()
    page.get_by_label(f"拍照：{label}").set_input_files(
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo(seed, width=640, height=480)[0]}
    )
    expect(page.get_by_role("button", name=f"放大{label}")).to_have_count(before + 1)


def write_report(page: Page, text: str) -> None:
    """上报 with one photo, the phone's position and words."""
    page.get_by_role("link", name="上报", exact=True).click()
    take_photo(page, "现场照片", text)
    expect(page.get_by_text("卫星定位 ±12 米")).to_be_visible()
    page.get_by_role("textbox", name="地点").fill("人民路与中华路交叉口东北角")
    page.get_by_label("问题描述").fill(text)
    page.get_by_role("button", name="上报", exact=True).click()
    expect(page.get_by_role("heading", name="发件箱")).to_be_visible()


def reported(person: Person, text: str) -> list[dict[str, Any]]:
    """Own reports with these words, as the centre has them, the oldest first."""
    found = person.get("/api/intake/my-reports", limit=200)["reports"]
    return sorted(
        (one for one in found if text in one["description"]), key=lambda one: str(one["report_number"])
    )


def errand(people: People, person: Person, text: str) -> str:
    """派核实: a citizen's report that this collector is sent to confirm; its task's id."""
    number = phoned_in(people, text, lon=114.3590, lat=35.9210)
    person.get("/api/console/me")
    asked = people.operators.next().post(
        f"/api/intake/reports/{number}/ask-confirmation", {"collector": person.person_id}
    )
    return str(asked["task_id"])


def sections(page: Page, name: str) -> Any:
    """The messages below one heading of the outbox."""
    return page.get_by_role("region", name=name).get_by_role("article")


def test_a_day_without_a_network_arrives_once_in_order_with_its_own_times(
    phone: BrowserContext, people: People, words: Callable[[str], str]
) -> None:
    person = people.collectors[0]
    about = words("井盖缺失，行人危险")
    task_id = errand(people, person, about)
    page = log_in(phone, person)
    expect(page.get_by_role("listitem").filter(has_text=about)).to_be_visible()

    phone.set_offline(True)
    yesterday = now() - timedelta(days=1)
    page.clock.install(time=yesterday)
    page.reload()
    expect(page.get_by_role("status").first).to_have_text("离线")
    texts = [words(f"第 {number} 处路面破损") for number in (1, 2, 3)]
    for text in texts:
        write_report(page, text)
    page.get_by_role("link", name="任务").click()
    page.get_by_role("listitem").filter(has_text=about).click()
    page.get_by_text("不属实").click()
    take_photo(page, "现场照片", about)
    page.get_by_label("现场情况").fill("井盖完好")
    page.get_by_role("button", name="答复").click()
    expect(page.get_by_text("已答复，待发送")).to_be_visible()

    page.reload()
    page.get_by_role("link", name="发件箱").click()
    expect(sections(page, "待发送")).to_have_count(4)
    take_picture(page, "collector-outbox")
    assert serious_findings(page) == []
    assert [reported(person, text) for text in texts] == [[], [], []]

    page.clock.set_system_time(now())
    phone.set_offline(False)

    expect(sections(page, "已发送")).to_have_count(4, timeout=60_000)
    arrived = [reported(person, text) for text in texts]
    assert [len(one) for one in arrived] == [1, 1, 1]
    numbers = [one[0]["report_number"] for one in arrived]
    assert numbers == sorted(numbers)
    claimed = [datetime.fromisoformat(one[0]["claimed_at"]) for one in arrived]
    assert claimed == sorted(claimed)
    assert all(abs(moment - yesterday) < timedelta(minutes=10) for moment in claimed)
    assert arrived[0][0]["position"]["accuracy"] == PLACE["accuracy"]
    expect(page.get_by_text(numbers[0])).to_be_visible()
    assert task_id not in [task["task_id"] for task in person.get("/api/intake/tasks")["tasks"]]


def test_a_tab_killed_before_the_answer_leads_to_one_report(
    phone: BrowserContext, people: People, words: Callable[[str], str]
) -> None:
    person = people.collectors[1]
    page = log_in(phone, person)
    text = words("垃圾成堆")

    page.evaluate(LOSE_ANSWERS, "/api/intake/reports")
    write_report(page, text)
    expect(page.get_by_text("等待确认")).to_be_visible()
    taken = page.evaluate("() => window.lost")
    page.close()

    again = phone.new_page()
    again.goto("/collector/outbox")

    expect(sections(again, "已发送").filter(has_text=text)).to_be_visible()
    assert taken[0] == 201
    assert len(reported(person, text)) == 1


def test_a_login_that_has_ended_loses_nothing(
    phone: BrowserContext, people: People, words: Callable[[str], str]
) -> None:
    person = people.collectors[2]
    page = log_in(phone, person)
    secret = page.evaluate("() => localStorage.getItem('qianliyan.refresh')")
    ended = phone.request.post("/api/console/logout", data={"refresh_token": secret})
    assert ended.ok
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("登录已过期")

    text = words("路灯不亮")
    write_report(page, text)
    expect(sections(page, "待发送").filter(has_text=text)).to_be_visible()
    page.get_by_role("link", name="重新登录").click()
    expect(page.get_by_text("本机有 1 条未发送")).to_be_visible()
    page.get_by_label("密码", exact=True).fill(person.account.password)
    page.get_by_role("button", name="登录", exact=True).click()

    page.get_by_role("link", name="发件箱").click()
    expect(sections(page, "已发送").filter(has_text=text)).to_be_visible()
    assert len(reported(person, text)) == 1


def test_a_refusal_stays_in_the_servers_words_until_a_person_decides(
    phone: BrowserContext, people: People, words: Callable[[str], str]
) -> None:
    person = people.collectors[3]
    about = words("广告牌松动")
    task_id = errand(people, person, about)
    page = log_in(phone, person)
    page.get_by_role("listitem").filter(has_text=about).click()
    phone.set_offline(True)
    page.get_by_text("属实", exact=True).click()
    page.get_by_role("button", name="答复").click()
    person.post(f"/api/intake/tasks/{task_id}/answer", {"outcome": "confirmed", "words": "", "photos": []})
    phone.set_offline(False)

    page.get_by_role("link", name="发件箱").click()
    refused = sections(page, "需要处理").filter(has_text="核实：属实")
    expect(refused).to_contain_text("中心未接收")
    assert serious_findings(page) == []
    take_picture(page, "collector-refused")
    refused.get_by_role("button", name="放弃").click()
    page.get_by_role("alertdialog").get_by_role("button", name="取消").click()
    expect(refused).to_be_visible()
    refused.get_by_role("button", name="放弃").click()
    page.get_by_role("alertdialog").get_by_role("button", name="放弃").click()
    expect(refused).to_have_count(0)


def test_what_was_mended_on_the_spot_goes_in_with_photos_before_and_after(
    phone: BrowserContext, people: People, words: Callable[[str], str]
) -> None:
    person = people.collectors[4]
    page = log_in(phone, person)
    text = words("清理小广告")
    page.get_by_role("link", name="上报", exact=True).click()
    page.get_by_text("已自行处置").click()
    take_photo(page, "处置前照片", f"{text} before")
    take_photo(page, "处置后照片", f"{text} after")
    page.get_by_role("textbox", name="地点").fill("文王路 3 号")
    page.get_by_role("button", name="选择类别").click()
    page.get_by_label("搜索类别").fill("小广告")
    page.get_by_role("button", name="非法小广告").click()
    page.get_by_label("问题描述").fill(text)
    take_picture(page, "collector-report")
    assert serious_findings(page) == []
    page.reload()  # what is half-written survives
    expect(page.get_by_label("问题描述")).to_have_value(text)
    expect(page.get_by_role("button", name="放大处置后照片")).to_have_count(1)
    page.get_by_role("button", name="提交自处置").click()

    expect(sections(page, "已发送").filter(has_text=text)).to_be_visible()
    [report] = reported(person, text)
    assert report["state"] == "self_handled"
    assert len(report["photos"]) == len(report["after_photos"]) == 1
    page.get_by_role("link", name="我的", exact=True).click()
    expect(page.get_by_role("article").filter(has_text=report["report_number"])).to_be_visible()
    assert serious_findings(page) == []
    take_picture(page, "collector-mine")


def test_on_duty_errands_come_with_their_time_and_way(
    phone: BrowserContext, people: People, words: Callable[[str], str]
) -> None:
    person = people.collectors[5]
    about = words("护栏倒伏")
    errand(people, person, about)
    page = log_in(phone, person)
    duty = page.get_by_role("region", name="上岗状态")
    expect(duty).to_contain_text("未上岗")
    duty.get_by_role("button", name="上岗").click()
    expect(duty).to_contain_text("起 ·")
    task = page.get_by_role("listitem").filter(has_text=about)
    expect(task).to_contain_text("剩")
    expect(task).to_contain_text("向东北 110 米")
    assert serious_findings(page) == []
    take_picture(page, "collector-tasks")

    task.click()
    expect(page.get_by_role("button", name="答复")).to_be_visible()
    assert serious_findings(page) == []
    take_picture(page, "collector-task")
    page.get_by_role("link", name="地图").click()
    expect(page.get_by_role("application", name="本网格地图").locator("path").first).to_be_visible()
    assert serious_findings(page) == []
    take_picture(page, "collector-map")

    page.get_by_role("link", name="任务").click()
    duty.get_by_role("button", name="下岗").click()
    page.get_by_role("alertdialog").get_by_role("button", name="下岗").click()
    expect(duty).to_contain_text("未上岗")
    # Said, and sent as well: whoever is still on duty at the centre is sent wherever the next tests look.
    expect(duty).not_to_contain_text("待发送")


def test_the_app_opens_without_a_network(phone: BrowserContext, people: People) -> None:
    page = log_in(phone, people.collectors[6])

    phone.set_offline(True)
    page.goto("/collector/map")
    expect(page.get_by_role("heading", name="地图")).to_be_visible()
    expect(page.get_by_role("application", name="本网格地图")).to_be_visible()


def test_the_app_can_be_installed(whole_chromium: Browser, visit: Visit, people: People) -> None:
    with phone_with(whole_chromium, visit) as phone:
        page = log_in(phone, people.collectors[6])
        manifest = json.loads(phone.request.get("/collector.webmanifest").text())
        assert (manifest["start_url"], manifest["scope"], manifest["display"]) == (
            "/collector/",
            "/collector/",
            "standalone",
        )
        assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
        for icon in manifest["icons"]:
            assert phone.request.get(icon["src"]).headers["content-type"] == "image/png"
        session = phone.new_cdp_session(page)
        assert session.send("Page.getAppManifest")["errors"] == []
        hindrances = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
        # A test's window is a private one, and nothing is installed from there.
        assert [one["errorId"] for one in hindrances] == ["in-incognito"]
