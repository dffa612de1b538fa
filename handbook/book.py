"""The printed 监督指挥手册: cover, chapters by category, units with their duties, and what the terms mean."""

from collections.abc import Iterable, Iterator
from datetime import date
from html import escape
from itertools import groupby
from pathlib import Path

from handbook.edition import Handbook
from handbook.excel_exchange import form_rows
from handbook.excel_form import FormRow
from handbook.values import FilingStandard, Kind, Subcategory, Urgency

STYLE = Path(__file__).with_name("book.css")
KIND_NAMES = {Kind.COMPONENT: "部件", Kind.INCIDENT: "事件"}
MARK = '<span class="mark">※</span>'


def print_book(handbook: Handbook, *, on: date) -> bytes:
    """The handbook as a PDF."""
    # A large library that only the command needs.
    from weasyprint import CSS, HTML

    page = HTML(string=book_html(handbook, on=on), url_fetcher=_fetch_nothing)
    printed: bytes = page.write_pdf(stylesheets=[CSS(filename=STYLE)])
    return printed


def book_html(handbook: Handbook, *, on: date) -> str:
    """The same as one HTML page."""
    chapters = [*_categories(handbook), _units(handbook), _terms(handbook)]
    return "".join(
        (
            '<!doctype html><html lang="zh-CN"><meta charset="utf-8">',
            f"<title>{escape(handbook.settings.county_name)}监督指挥手册</title>",
            _cover(handbook, on),
            _contents(title for title, _ in chapters),
            *(
                f'<h1 id="chapter-{number}">{escape(title)}</h1>{body}'
                for number, (title, body) in enumerate(chapters, 1)
            ),
            "</html>",
        )
    )


def is_synthetic(handbook: Handbook) -> bool:
    """Whether anything in it is an example rather than the county's own."""
    parts = (handbook.standards.values(), handbook.units.values(), handbook.duties.by_kind_and_area.values())
    return any(one.synthetic for part in parts for one in part)


def _cover(handbook: Handbook, on: date) -> str:
    in_use = [kind for kind in handbook.subcategories.values() if kind.in_use]
    counts = {kind: sum(one.kind is kind for one in in_use) for kind in Kind}
    years = handbook.calendar.years
    facts = {
        "版本": handbook.version,
        "印制日期": f"{on.year}年{on.month}月{on.day}日",
        "部件小类": f"{counts[Kind.COMPONENT]} 类",
        "事件小类": f"{counts[Kind.INCIDENT]} 类",
        "立案条件": f"{sum(len(handbook.standards_of(kind.code)) for kind in in_use)} 条",
        "责任单位": f"{sum(unit.active for unit in handbook.units.values())} 个",
        "工作日历": f"{years.start}–{years.stop - 1} 年",
    }
    rows = "".join(f"<tr><td>{name}</td><td>{escape(value)}</td></tr>" for name, value in facts.items())
    notice = (
        f'<p class="notice">本手册含示例（合成）数据，以 {MARK} 标出，不是任何部门的正式规定，'
        "不得作为执法或考核依据。</p>"
        if is_synthetic(handbook)
        else ""
    )
    county = escape(handbook.settings.county_name)
    return (
        f'<section class="cover"><div class="county">{county}</div>'
        f"<h1>数字化城市管理<br>监督指挥手册</h1><table>{rows}</table>{notice}</section>"
    )


def _contents(titles: Iterable[str]) -> str:
    lines = "".join(
        f'<li><a href="#chapter-{number}">{escape(title)}</a></li>' for number, title in enumerate(titles, 1)
    )
    return f'<h2>目录</h2><ul class="contents">{lines}</ul>'


def _categories(handbook: Handbook) -> Iterator[tuple[str, str]]:
    """A chapter for each category (大类), with every kind in use."""
    rows: dict[str, list[FormRow]] = {}
    for row in form_rows(handbook):
        rows.setdefault(row.code, []).append(row)
    in_use = [kind for kind in handbook.subcategories.values() if kind.code in rows]
    ordered = sorted(in_use, key=lambda kind: (list(Kind).index(kind.kind), kind.code))
    for (sort, code, name), kinds in groupby(
        ordered, key=lambda kind: (kind.kind, kind.category_code, kind.category)
    ):
        body = "".join(_kind(handbook, kind, rows[kind.code]) for kind in kinds)
        yield f"{KIND_NAMES[sort]} {code} {name}", body


def _kind(handbook: Handbook, kind: Subcategory, rows: list[FormRow]) -> str:
    standards = handbook.standards_of(kind.code)
    lines = "".join(
        f'<tr><td class="no">{number}</td><td>{escape(row.condition)}</td>'
        f"<td>{escape(row.closing_condition)}{MARK if standard.synthetic else ''}</td>"
        f'<td class="limit">{escape(str(row.limit))}{_urgency(standard)}</td></tr>'
        for number, (row, standard) in enumerate(zip(rows, standards, strict=True), 1)
    )
    department = f" · <b>主管部门</b> {escape(rows[0].department)}" if rows[0].department else ""
    return (
        f'<h2><span class="code">{kind.code}</span>{escape(kind.name)}</h2>'
        f'<p class="who">{_duty(handbook, kind.code)} · <b>处置单位类型</b> '
        f"{escape(rows[0].responsible)}{department}</p>"
        '<table><thead><tr><th class="no">序</th><th>立案条件</th><th>结案条件</th>'
        f'<th class="limit">处置时限</th></tr></thead>{lines}</table>'
    )


def _urgency(standard: FilingStandard) -> str:
    """特急, or 紧急 where the limit does not say so itself."""
    if standard.urgency is Urgency.MAJOR:
        return f"<br>{Urgency.MAJOR.chinese}"
    told = standard.urgency is Urgency.URGENT and not standard.limit_unit.is_continuous
    return f"<br>{Urgency.URGENT.chinese}" if told else ""


def _duty(handbook: Handbook, code: str) -> str:
    duties = [duty for duty in handbook.duties.by_kind_and_area.values() if duty.subcategory == code]
    if not duties:
        return "<b>主办</b> 属地"
    told = []
    for duty in sorted(duties, key=lambda duty: duty.area or ""):
        where = f"（{escape(duty.area)}）" if duty.area else ""
        assisting = "、".join(_unit_name(handbook, unit) for unit in duty.assisting)
        text = f"<b>主办</b> {_unit_name(handbook, duty.primary)}{where}"
        text += f" · <b>协办</b> {assisting}" if assisting else ""
        told.append(text + (MARK if duty.synthetic else ""))
    return "；".join(told)


def _units(handbook: Handbook) -> tuple[str, str]:
    primary: dict[str, list[str]] = {}
    assisting: dict[str, list[str]] = {}
    for duty in handbook.duties.by_kind_and_area.values():
        name = handbook.duties.kind_names.get(duty.subcategory, duty.subcategory)
        primary.setdefault(duty.primary, []).append(name)
        for unit in duty.assisting:
            assisting.setdefault(unit, []).append(name)
    townships = set(handbook.duties.townships.values())
    lines = "".join(
        f"<tr><td>{unit.code}</td><td>{escape(unit.name)}{MARK if unit.synthetic else ''}"
        f"{'' if unit.active else '（停用）'}</td><td>{escape(unit.group)}</td>"
        f"<td>{_listed(primary.get(unit.code, []))}{'；属地兜底' if unit.code in townships else ''}</td>"
        f"<td>{_listed(assisting.get(unit.code, []))}</td></tr>"
        for unit in handbook.units.values()
    )
    head = (
        '<tr><th class="code">编码</th><th class="unit">责任单位</th><th class="group">评价分组</th>'
        "<th>主办职责</th><th>协办职责</th></tr>"
    )
    return "责任单位与职责", f'<table class="units"><thead>{head}</thead>{lines}</table>'


def _terms(handbook: Handbook) -> tuple[str, str]:
    settings = handbook.settings
    periods = "、".join(f"{period.begins:%H:%M}–{period.ends:%H:%M}" for period in settings.work_periods)
    terms = {
        "紧急工作时、紧急工作日": "连续计时，夜间和节假日照常计算；1 紧急工作日为 24 小时",
        "工作时、工作日": f"只在工作时段（{periods}）计时；1 工作日为 {settings.workday_hours} 工作时",
        "处置时限": "自派遣之时起算，至反馈之时止；回退待审、挂账期间暂停",
        "示警灯": f"已用时限 {settings.light_yellow:.0%} 起黄灯，超过 {settings.light_red:.0%} 红灯",
        "延期": f"最多 {settings.extension_max} 次，每次增加一个原时限；超期后不得申请",
        "挂账": f"{settings.suspension_max} 次，最长 {settings.suspension_max_days} 天，到期自动恢复",
        "回退": f"派遣后 {settings.return_window_working_hours} 工作时内提出；"
        f"紧急案件 {settings.urgent_return_window_minutes} 分钟内",
        "责任主体": "部件登记的产权（养护）单位优先，其次职责分工，再次属地兜底；每案只有一个主办单位",
    }
    lines = "".join(f"<tr><th>{name}</th><td>{escape(text)}</td></tr>" for name, text in terms.items())
    return "计时与办理规则", f"<table>{lines}</table>"


def _unit_name(handbook: Handbook, code: str) -> str:
    unit = handbook.units.get(code)
    return escape(unit.name if unit else code)


def _listed(names: list[str]) -> str:
    return escape("、".join(dict.fromkeys(names))) or "—"


def _fetch_nothing(url: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"a handbook needs nothing from {url}")
