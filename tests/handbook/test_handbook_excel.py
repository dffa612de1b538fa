"""The Excel form of the county: what is read, what is refused and why, and that nothing is lost."""

import io
from dataclasses import replace

import pytest
from openpyxl import Workbook, load_workbook

import handbook
from cli import main
from handbook.excel_exchange import export_form, form_rows, import_form
from handbook.excel_form import HEADINGS, FormUnreadable, parse_limit, read_form, write_form
from handbook.files import BUNDLED, read_folder
from handbook.values import Kind
from handbook.working_time import LimitUnit, TimeLimit

BOOK = handbook.load()
FILES = read_folder(BUNDLED)
ROWS = form_rows(BOOK)
EH, ED = LimitUnit.EMERGENCY_HOUR, LimitUnit.EMERGENCY_DAY
WH, WD = LimitUnit.WORKING_HOUR, LimitUnit.WORKING_DAY
COVER = ["01", "公用设施", "01", "上水井盖", "自来水公司", "住建局", "缺失", "补装", "2紧急工作时"]


def a_form(*rows: list, incidents: list | None = None) -> bytes:
    """A workbook with these rows of components."""
    book = Workbook()
    book.remove(book.active)
    for title, listed in (("部件", rows), ("事件", incidents or [])):
        sheet = book.create_sheet(title)
        sheet.append(["立案、处置和结案标准"])
        sheet.append(list(HEADINGS))
        for row in listed:
            sheet.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("2紧急工作时", 2, EH),
        ("2 个紧急工作日", 2, ED),
        ("4小时", 4, WH),
        ("4工作时", 4, WH),
        ("5天", 5, WD),
        ("1个工作日", 1, WD),
        ("１５工作日", 15, WD),
        ("三个工作日内", 3, WD),
        ("十五日", 15, WD),
        ("二十一天", 21, WD),
    ],
)
def test_a_limit_is_read_as_counties_write_it(text, amount, unit):
    assert parse_limit(text) == TimeLimit(amount, unit)


@pytest.mark.parametrize("text", ["", "尽快", "半天", "0天", "2-4小时", "4", "1001天", "二二天", "-1天"])
def test_a_limit_that_is_none_is_refused_and_quoted(text):
    with pytest.raises(ValueError, match=f"“{text}”"):
        parse_limit(text)


def test_a_blank_cell_says_what_the_one_above_says():
    second = [None] * 6 + ["破损", "更换", None]
    third = [None, None, "02", "污水井盖", "排水管理单位", None, "缺失", None, "5天"]

    form = read_form(a_form(COVER, second, third))

    assert form.refused == ()
    told = [
        (row.code, row.subcategory, row.responsible, row.condition, str(row.limit)) for _, row in form.rows
    ]
    assert told == [
        ("C0101", "上水井盖", "自来水公司", "缺失", "2紧急工作时"),
        ("C0101", "上水井盖", "自来水公司", "破损", "2紧急工作时"),
        ("C0102", "污水井盖", "排水管理单位", "缺失", "5工作日"),
    ]
    assert form.rows[2][1].closing_condition == "更换"
    assert form.rows[2][1].department == "住建局"


def test_codes_may_be_numbers_and_may_repeat_the_category():
    form = read_form(a_form([1, "公用设施", 101.0, *COVER[3:]], [1, "公用设施", "0102", *COVER[3:]]))

    assert [finding.row for finding in form.refused] == [3]
    assert [row.code for _, row in form.rows] == ["C0102"]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        (0, "AB", "大类代码"),
        (2, "123", "小类代码"),
        (3, None, "小类名称"),
        (6, None, "立案条件为空"),
        (6, "长" * 501, "超过 500 字"),
        (8, "尽快处置", "“尽快处置”无法识别"),
        (8, "=1+1", "I3 是公式"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_sheet_row_and_reason(column, value, reason):
    row = list(COVER)
    row[column] = value

    form = read_form(a_form(row, ["01", "公用设施", "02", "污水井盖", *COVER[4:]]))

    (refused,) = form.refused
    assert (refused.file, refused.row) == ("部件", 3)
    assert reason in refused.message
    assert [row.code for _, row in form.rows] == ["C0102"]


def a_book_with(change) -> bytes:
    book = load_workbook(io.BytesIO(a_form(COVER)))
    change(book)
    return saved(book)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "不是 Excel"),
        (b"PK\x03\x04 nonsense", "不是 Excel"),
        (b"x" * (20 * 1024 * 1024 + 1), "20 MB"),
        (a_book_with(lambda book: book.remove(book["事件"])), "缺少工作表“事件”"),
        (a_book_with(lambda book: setattr(book["部件"]["C2"], "value", "代码")), "应为“小类代码”"),
        (a_book_with(lambda book: book["部件"].merge_cells("G3:H3")), "G3:H3 跨列合并"),
        (a_book_with(lambda book: book["部件"].cell(20_001, 1, "x")), "20000 行"),
    ],
)
def test_what_is_not_the_form_is_refused_whole(content, reason):
    with pytest.raises(FormUnreadable, match=reason):
        read_form(content)


def test_cells_merged_downwards_are_read_as_the_county_means_them():
    def merge(book):
        book["部件"].append([None] * 6 + ["破损", "更换", "4小时"])
        book["部件"].merge_cells("A3:A4")

    form = read_form(a_book_with(merge))

    assert [row.code for _, row in form.rows] == ["C0101", "C0101"]


def test_what_is_exported_is_read_back_row_by_row():
    form = read_form(export_form(BOOK))

    assert form.refused == ()
    assert [row for _, row in form.rows] == ROWS
    assert len(ROWS) == len(BOOK.standards)


def test_importing_an_export_gives_the_same_handbook():
    imported = import_form(export_form(BOOK), FILES)
    again = handbook.load_files(imported.files)

    assert imported.refused == ()
    assert dict(again.subcategories) == dict(BOOK.subcategories)
    assert dict(again.standards) == dict(BOOK.standards)
    assert again.duties.by_kind_and_area == BOOK.duties.by_kind_and_area
    assert form_rows(again) == ROWS


def test_a_changed_limit_a_new_kind_and_a_missing_one_arrive_and_the_past_stays_readable():
    first, last = ROWS[0], ROWS[-1]
    new = replace(
        first,
        subcategory_code="77",
        subcategory="示例新部件",
        responsible="县自来水公司",
        department="住建局",
    )
    rows = [replace(first, limit=TimeLimit(9, WD)), *ROWS[1:], new]
    rows = [row for row in rows if row.code != last.code]

    imported = import_form(write_form(rows, "测试县"), FILES)
    edition = handbook.load_files(imported.files)

    assert edition.standards[f"{first.code}-1"].time_limit == TimeLimit(9, WD)
    assert edition.subcategories["C0177"].name == "示例新部件"
    assert edition.duty("C0177").primary == "u20"
    assert not edition.subcategories[last.code].in_use
    assert edition.standards_of(last.code) == BOOK.standards_of(last.code)
    assert next(row for row in form_rows(edition) if row.code == "C0177").department == "住建局"


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (["01", "公用设施", "01", "上水井盖", "月球管理处", "", "破损", "更换", "5天"], "“月球管理处”"),
        (["01", "公用设施", "01", "别的井盖", "自来水公司", "", "破损", "更换", "5天"], "前面的名称"),
        (COVER, "立案条件重复"),
    ],
)
def test_what_contradicts_the_handbook_or_itself_is_refused(second, reason):
    imported = import_form(a_form(COVER, second), FILES)

    (refused,) = imported.refused
    assert (refused.file, refused.row) == ("部件", 4)
    assert reason in refused.message
    assert imported.rows == 1


def test_a_condition_that_begins_like_a_formula_stays_text():
    row = replace(ROWS[0], kind=Kind.COMPONENT, condition="=HYPERLINK(1)")

    ((_, read),) = read_form(write_form([row], "测试县")).rows

    assert read.condition == "=HYPERLINK(1)"


def test_the_command_exports_imports_and_writes_nothing_while_a_row_is_refused(tmp_path, capsys):
    form, folder = tmp_path / "form.xlsx", tmp_path / "book"

    assert main.main(["handbook", "export", str(form)]) == 0
    assert main.main(["handbook", "import", str(form), "--into", str(folder)]) == 0
    assert handbook.load(folder).standards == BOOK.standards

    broken = load_workbook(form)
    broken["部件"]["I3"] = "尽快"
    broken.save(form)
    before = (folder / "filing_standards.csv").read_bytes()
    assert main.main(["handbook", "import", str(form), "--into", str(folder)]) == 1
    assert (folder / "filing_standards.csv").read_bytes() == before
    told = capsys.readouterr()
    assert "部件:3: 处置时限“尽快”无法识别" in told.out
    assert "未写入" in told.err


def test_a_file_that_is_not_there_is_told_in_one_line(tmp_path, capsys):
    assert main.main(["handbook", "import", str(tmp_path / "none.xlsx"), "--into", str(tmp_path)]) == 1
    assert "none.xlsx" in capsys.readouterr().err
