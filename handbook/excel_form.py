"""The Excel form (立案结案标准表) in which a county has its handbook: nine columns, one row a condition.

Sheets 部件 and 事件; the heading is row 2, data begin in row 3; a blank cell says what the one above says.
docs/domain.md, "Filing standards".
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handbook.reading import Finding
from handbook.values import Kind
from handbook.working_time import LimitUnit, TimeLimit

if TYPE_CHECKING:  # it takes a quarter of a second to import: only who reads or writes a form pays
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

SHEETS = {"部件": Kind.COMPONENT, "事件": Kind.INCIDENT}
HEADINGS = (
    "大类代码",
    "大类名称",
    "小类代码",
    "小类名称",
    "处置单位",
    "主管部门",
    "立案条件",
    "结案条件",
    "处置时限",
)
HEADING_ROW = 2
LARGEST = 20 * 1024 * 1024
LARGEST_UNPACKED = 100 * 1024 * 1024
MOST_ROWS = 20_000
LONGEST_TEXT = 500
_CONDITION = HEADINGS.index("立案条件")
_WIDTHS = (8, 14, 8, 18, 26, 18, 44, 44, 14)

_UNITS = {
    "紧急工作时": LimitUnit.EMERGENCY_HOUR,
    "紧急小时": LimitUnit.EMERGENCY_HOUR,
    "紧急工作日": LimitUnit.EMERGENCY_DAY,
    "紧急天": LimitUnit.EMERGENCY_DAY,
    "工作时": LimitUnit.WORKING_HOUR,
    "工作小时": LimitUnit.WORKING_HOUR,
    "小时": LimitUnit.WORKING_HOUR,
    "工作日": LimitUnit.WORKING_DAY,
    "天": LimitUnit.WORKING_DAY,
    "日": LimitUnit.WORKING_DAY,
}
_DIGITS = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
_LIMIT = re.compile(rf"(\d{{1,4}}|[{''.join(_DIGITS)}十]{{1,3}})个?({'|'.join(_UNITS)})(?:内|以内)?")


class FormUnreadable(ValueError):
    """The file is not the form at all."""


@dataclass(frozen=True)
class FormRow:
    """One condition (立案条件) of a kind, as the form has it."""

    kind: Kind
    category_code: str
    category: str
    subcategory_code: str
    subcategory: str
    responsible: str
    department: str
    condition: str
    closing_condition: str
    limit: TimeLimit

    @property
    def code(self) -> str:
        """The kind's code, such as C0101."""
        letter = "C" if self.kind is Kind.COMPONENT else "I"
        return f"{letter}{self.category_code}{self.subcategory_code}"


@dataclass(frozen=True)
class Form:
    """What was read: rows with their places, and every row that was refused, with the reason."""

    rows: tuple[tuple[Finding, FormRow], ...]
    refused: tuple[Finding, ...]


def parse_limit(text: str) -> TimeLimit:
    """处置时限 such as 2紧急工作时, 4小时, 三个工作日; raises ValueError for anything else."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    found = _LIMIT.fullmatch(plain)
    if found is None:
        raise ValueError(f"处置时限“{text}”无法识别 / is no time limit")
    amount = int(found[1]) if found[1].isdigit() else _chinese_number(found[1])
    if not 1 <= amount <= 1000:
        raise ValueError(f"处置时限“{text}”应在 1 到 1000 之间 / is out of range")
    return TimeLimit(amount, _UNITS[found[2]])


def read_form(content: bytes) -> Form:
    """Read a workbook; raises `FormUnreadable` when it is not the form at all."""
    book = _opened(content)
    rows: list[tuple[Finding, FormRow]] = []
    refused: list[Finding] = []
    for title, kind in SHEETS.items():
        for place, cells in _filled(book[title], refused):
            try:
                rows.append((place, _row(kind, cells)))
            except ValueError as error:
                refused.append(Finding(place.file, place.row, str(error)))
    return Form(tuple(rows), tuple(sorted(refused)))


def write_form(rows: Sequence[FormRow], title: str) -> bytes:
    """The same form again, every cell filled in."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, kind in SHEETS.items():
        sheet = book.create_sheet(name)
        sheet.append([f"{title} {name}"])
        sheet.append(list(HEADINGS))
        for row in rows:
            if row.kind is kind:
                sheet.append(_cells_of(row))
        _dress(sheet)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _opened(content: bytes) -> Workbook:
    from openpyxl import load_workbook
    from openpyxl.worksheet.worksheet import Worksheet

    if len(content) > LARGEST:
        raise FormUnreadable(f"文件超过 {LARGEST // 1024 // 1024} MB / the file is too large")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            # Sheets compress a thousandfold: the size is looked at before anything is unpacked.
            if sum(entry.file_size for entry in packed.infolist()) > LARGEST_UNPACKED:
                raise FormUnreadable("文件解压后过大 / the file unpacks to too much")
        book = load_workbook(io.BytesIO(content))
    except FormUnreadable:
        raise
    except Exception as error:  # openpyxl lets through whatever its XML and ZIP readers say
        raise FormUnreadable(f"不是 Excel 工作簿（.xlsx） / is no .xlsx workbook: {error}"[:300]) from error
    if missing := [title for title in SHEETS if not isinstance(_sheet(book, title), Worksheet)]:
        found = "、".join(book.sheetnames)
        raise FormUnreadable(f"缺少工作表“{'”“'.join(missing)}”，文件中有：{found} / a sheet is missing")
    for title in SHEETS:
        _check_sheet(book[title])
    return book


def _sheet(book: Workbook, title: str) -> Any:
    return book[title] if title in book.sheetnames else None


def _check_sheet(sheet: Worksheet) -> None:
    headings = tuple(_plain(sheet.cell(HEADING_ROW, column).value) for column in range(1, len(HEADINGS) + 1))
    for column, (found, wanted) in enumerate(zip(headings, HEADINGS, strict=True), 1):
        if found != wanted:
            raise FormUnreadable(
                f"工作表“{sheet.title}”第 {HEADING_ROW} 行第 {column} 列应为“{wanted}”，现为“{found[:40]}”"
                f" / row {HEADING_ROW}, column {column} should be {wanted}"
            )
    if sheet.max_row > MOST_ROWS:
        raise FormUnreadable(f"工作表“{sheet.title}”超过 {MOST_ROWS} 行 / more than {MOST_ROWS} rows")
    for merged in sheet.merged_cells.ranges:
        if merged.max_row > HEADING_ROW and merged.min_col != merged.max_col:
            raise FormUnreadable(
                f"工作表“{sheet.title}”的 {merged.coord} 跨列合并，无法判断各列内容 / merged across columns"
            )


def _filled(sheet: Worksheet, refused: list[Finding]) -> Iterator[tuple[Finding, list[str]]]:
    """Rows with what blank cells inherit from above; of the condition nothing is inherited."""
    above = [""] * len(HEADINGS)
    for row in sheet.iter_rows(min_row=HEADING_ROW + 1, max_col=len(HEADINGS)):
        number = row[0].row
        if formulas := [cell.coordinate for cell in row if cell.data_type == "f"]:
            reason = f"{'、'.join(formulas)} 是公式，请改为数值 / is a formula"
            refused.append(Finding(sheet.title, number, reason))
            continue
        own = [_plain(cell.value) for cell in row]
        if not any(own):
            continue
        if own[2] and not own[3] and own[2] != above[2]:
            refused.append(Finding(sheet.title, number, "新的小类没有小类名称 / a new kind without its name"))
            continue
        above = [
            cell if cell or column == _CONDITION else inherited
            for column, (cell, inherited) in enumerate(zip(own, above, strict=True))
        ]
        yield Finding(sheet.title, number, ""), above


def _row(kind: Kind, cells: list[str]) -> FormRow:
    for heading, cell in zip(HEADINGS, cells, strict=True):
        if not cell and heading != "主管部门":
            raise ValueError(f"{heading}为空 / is empty")
        if len(cell) > LONGEST_TEXT:
            raise ValueError(f"{heading}超过 {LONGEST_TEXT} 字 / is too long")
    category_code = _code(cells[0], "大类代码")
    subcategory_code = cells[2]
    if len(subcategory_code) == 4 and subcategory_code.startswith(category_code):
        subcategory_code = subcategory_code[2:]
    return FormRow(
        kind=kind,
        category_code=category_code,
        category=cells[1],
        subcategory_code=_code(subcategory_code, "小类代码"),
        subcategory=cells[3],
        responsible=cells[4],
        department=cells[5],
        condition=cells[6],
        closing_condition=cells[7],
        limit=parse_limit(cells[8]),
    )


def _code(text: str, heading: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        raise ValueError(f"{heading}“{text}”应为两位数字 / is not two digits")
    return text.zfill(2)


def _plain(value: Any) -> str:
    """A cell as text: Excel keeps 01 as a number, and sheets are full of line breaks."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return re.sub(r"\s+", " ", str(value)).strip()


def _chinese_number(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _DIGITS[text] if len(text) == 1 else 0
    if len(tens) > 1 or len(ones) > 1 or "十" in tens:
        return 0
    return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)


def _cells_of(row: FormRow) -> list[str]:
    return [
        row.category_code,
        row.category,
        row.subcategory_code,
        row.subcategory,
        row.responsible,
        row.department,
        row.condition,
        row.closing_condition,
        str(row.limit),
    ]


def _dress(sheet: Worksheet) -> None:
    from openpyxl.styles import Alignment, Font

    for column, width in zip("ABCDEFGHI", _WIDTHS, strict=True):
        sheet.column_dimensions[column].width = width
    for cell in (*sheet[1], *sheet[HEADING_ROW]):
        cell.font = Font(bold=True)
    for row in sheet.iter_rows(min_row=HEADING_ROW + 1):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            # A text that begins with = would be a formula for whoever opens the file.
            cell.data_type = "s"
    sheet.freeze_panes = f"A{HEADING_ROW + 1}"
