"""The handbook desk: everybody reads it; the administrator tries a draft, checks an upload and publishes."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from handbook.review import FESTIVALS
from tests.browser import dispatch_kit as kit
from tests.browser.browser_kit import serious_findings, take_picture
from tests.stack import ROOT

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

DATA = ROOT / "handbook" / "data"


def part(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="手册内容").get_by_role("button", name=name).click()


def archive(folder: Path, files: dict[str, str]) -> Path:
    made = folder / "handbook.zip"
    with zipfile.ZipFile(made, "w") as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return made


def renamed_unit(name: str) -> str:
    """units.csv with its last unit under another name."""
    table = list(csv.reader(io.StringIO((DATA / "units.csv").read_text(encoding="utf-8-sig"))))
    table[-1][table[0].index("name")] = name
    written = io.StringIO(newline="")
    csv.writer(written).writerows(table)
    return written.getvalue()


def test_a_clerk_reads_standards_duties_grid_calendar_and_settings(desk: Callable[..., Page]) -> None:
    page = desk("intake1", "handbook")
    page.get_by_label("查找小类").fill("井盖")
    expect(page.get_by_role("rowheader").filter(has_text="井盖").first).to_be_visible()
    assert serious_findings(page) == []
    take_picture(page, "handbook")

    part(page, "责任单位")
    expect(page.get_by_role("cell", name="u04", exact=True)).to_be_visible()
    part(page, "职责分工")
    expect(page.get_by_role("cell", name="全域").first).to_be_visible()
    part(page, "网格")
    page.get_by_label("查找网格").fill("城关镇第1责任网格")
    page.get_by_role("button", name="410523Z001").click()
    expect(page.get_by_role("region", name="单元网格").get_by_role("row").nth(1)).to_be_visible()
    assert serious_findings(page) == []
    part(page, "工作日历")
    expect(page.get_by_role("region", name="10 月").get_by_title("国庆节").first).to_be_visible()
    part(page, "参数")
    expect(page.get_by_text("工作时段")).to_be_visible()
    assert serious_findings(page) == []
    expect(page.get_by_role("button", name="版本与发布")).to_have_count(0)


def test_components_are_found_around_a_place_of_the_map(desk: Callable[..., Page]) -> None:
    page = desk("intake1", "handbook?part=components")
    board = page.get_by_role("application", name="部件地图")
    board.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="个部件")).to_be_visible()
    assert serious_findings(page) == []


def test_a_draft_of_duties_is_tried_and_changes_nothing(desk: Callable[..., Page]) -> None:
    page = desk("admin", "handbook?part=duties")
    page.get_by_text("试算草案").click()
    page.get_by_label("查找职责").fill("I0101")
    page.get_by_role("button", name="改 ").first.click()
    page.get_by_role("combobox").first.click()
    page.get_by_role("option").filter(visible=True).last.click()
    expect(page.get_by_text("已改 1 行")).to_be_visible()
    page.get_by_role("button", name="试算", exact=True).click()

    expect(page.get_by_role("region", name="试算结果")).to_contain_text("件会派给别的单位")
    assert serious_findings(page) == []
    take_picture(page, "duties")


def test_an_administrator_takes_the_calendar_adds_a_year_and_has_it_checked(
    desk: Callable[..., Page], tmp_path: Path
) -> None:
    page = desk("admin", "handbook?part=calendar")
    with page.expect_download() as taken_here:
        page.get_by_role("button", name="下载 calendar.csv").click()
    part(page, "版本与发布")
    with page.expect_download() as taken:
        page.get_by_role("button", name="工作日历 calendar.csv").click()
    assert serious_findings(page) == []

    assert taken.value.suggested_filename == taken_here.value.suggested_filename == "calendar.csv"
    calendar = Path(taken.value.path()).read_text(encoding="utf-8-sig")
    year = int(calendar.strip().splitlines()[-1][:4]) + 1
    days = "".join(f"{year}-{month:02}-01,holiday,{day}\n" for month, day in enumerate(FESTIVALS, start=1))
    added = archive(tmp_path, {"calendar.csv": calendar.rstrip("\n") + "\n" + days})
    page.get_by_label("手册 ZIP 文件").set_input_files(added)

    changed = page.get_by_role("table", name="改动").get_by_role("row").filter(has_text="calendar.csv")
    expect(changed.get_by_role("cell").nth(1)).to_have_text(str(len(FESTIVALS)))
    expect(page.get_by_role("button", name="发布", exact=True)).to_be_enabled()


def test_a_clerk_is_offered_no_files(desk: Callable[..., Page]) -> None:
    page = desk("intake1", "handbook?part=calendar")

    expect(page.get_by_role("region", name="10 月")).to_be_visible()
    expect(page.get_by_role("button", name="下载 calendar.csv")).to_have_count(0)


def test_an_upload_with_errors_names_file_and_row_and_a_good_one_is_published(
    desk: Callable[..., Page], tmp_path: Path
) -> None:
    page = desk("admin", "handbook?part=versions")
    duties = (DATA / "duties.csv").read_text(encoding="utf-8-sig").replace(",u04,", ",u99,", 1)
    page.get_by_label("手册 ZIP 文件").set_input_files(archive(tmp_path, {"duties.csv": duties}))
    findings = page.get_by_role("table", name="检查发现")
    expect(findings.get_by_role("cell", name="duties.csv").first).to_be_visible()
    expect(page.get_by_role("button", name="发布", exact=True)).to_be_disabled()
    assert serious_findings(page) == []

    name = kit.own_words("示例单位")
    page.get_by_label("手册 ZIP 文件").set_input_files(archive(tmp_path, {"units.csv": renamed_unit(name)}))
    expect(page.get_by_role("table", name="改动")).to_contain_text("units.csv")
    page.get_by_role("button", name="发布", exact=True).click()
    page.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(page.get_by_text("手册已发布")).to_be_visible()
    published = page.get_by_role("row").filter(has_text="示例系统管理员").first
    expect(published).to_contain_text("现行")
    version = published.get_by_role("cell").first.inner_text()
    expect(page.get_by_text("现行版本")).to_have_text(f"现行版本 {version}")
    take_picture(page, "handbook-versions")
