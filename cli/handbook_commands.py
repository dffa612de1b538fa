"""`qianliyan handbook …`: the handbook as an Excel form, as a printed book, and tried against the past."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import handbook
from cli.console_client import ConsoleClient
from cli.console_commands import client_of, logged_in
from handbook.book import print_book
from handbook.check import check_files
from handbook.duty_trial import DutyTrial, PastCase, try_duties
from handbook.excel_exchange import export_form, import_form
from handbook.excel_form import LARGEST, FormUnreadable
from handbook.files import BUNDLED, DUTIES, FILE_NAMES, read_folder
from handbook.reading import HandbookError

EXPECTED = (FormUnreadable, HandbookError, OSError)


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add these subcommands."""
    top = commands.add_parser("handbook", help="监督指挥手册 / the county's handbook")
    what = top.add_subparsers(dest="what", required=True, metavar="what")

    importing = what.add_parser(
        "import", parents=[common], help="从 Excel 标准表导入 / from the county's Excel form"
    )
    importing.add_argument("file", type=Path, help="标准表（.xlsx） / the form")
    importing.add_argument("--into", type=Path, required=True, help="手册目录 / the handbook's folder")
    importing.add_argument(
        "--skip-refused", action="store_true", help="跳过被拒绝的行 / leave refused rows out, keep the others"
    )
    importing.set_defaults(act=_told(_import))

    exporting = what.add_parser("export", parents=[common], help="导出为 Excel 标准表 / as the Excel form")
    exporting.add_argument("file", type=Path, help="标准表（.xlsx） / the form")
    _with_folder(exporting)
    exporting.set_defaults(act=_told(_export))

    printing = what.add_parser("pdf", parents=[common], help="印制成册（PDF） / as a printed book")
    printing.add_argument("file", type=Path, help="PDF 文件 / the file")
    _with_folder(printing)
    printing.set_defaults(act=_told(_print))

    trying = what.add_parser(
        "try-duties",
        parents=[logged_in(common)],
        help="以往案件试算职责草案 / a draft of duties, tried against past cases",
    )
    trying.add_argument("draft", type=Path, help="手册目录或 duties.csv / a folder, or duties.csv")
    _with_folder(trying)
    trying.set_defaults(act=_told(_try_duties))


def _with_folder(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--from",
        dest="folder",
        type=Path,
        default=BUNDLED,
        help="手册目录，默认随附手册 / the handbook's folder, by default the bundled one",
    )


def _told(act: Any) -> Any:
    """An expected trouble is told in its own words, and exits with 1."""

    def told(wanted: argparse.Namespace) -> int:
        try:
            return int(act(wanted))
        except EXPECTED as trouble:
            print(trouble, file=sys.stderr)
            return 1

    return told


def _import(wanted: argparse.Namespace) -> int:
    if wanted.file.stat().st_size > LARGEST:
        raise FormUnreadable(f"文件超过 {LARGEST // 1024 // 1024} MB / the file is too large")
    known = all((wanted.into / name).is_file() for name in FILE_NAMES)
    imported = import_form(wanted.file.read_bytes(), read_folder(wanted.into if known else BUNDLED))
    for finding in imported.refused:
        print(finding)
    print(f"读取 {imported.rows} 行，拒绝 {len(imported.refused)} 行 / rows taken, rows refused")
    if imported.refused and not wanted.skip_refused:
        print("未写入任何内容；修改后重试，或使用 --skip-refused / nothing was written", file=sys.stderr)
        return 1
    if findings := check_files(imported.files).findings:
        for found in findings:
            print(found)
        print("导入后的手册未通过检查，未写入 / the result fails its check: nothing written", file=sys.stderr)
        return 1
    wanted.into.mkdir(parents=True, exist_ok=True)
    for name, content in imported.files.items():
        (wanted.into / name).write_bytes(content)
    print(f"已写入 / written: {wanted.into} ({handbook.load_files(imported.files).version})")
    return 0


def _export(wanted: argparse.Namespace) -> int:
    edition = handbook.load(wanted.folder)
    wanted.file.write_bytes(export_form(edition))
    print(f"已导出 / exported: {wanted.file} ({edition.version})")
    return 0


def _print(wanted: argparse.Namespace) -> int:
    edition = handbook.load(wanted.folder)
    wanted.file.write_bytes(print_book(edition, on=datetime.now(handbook.COUNTY_TIME).date()))
    print(f"已印制 / printed: {wanted.file} ({edition.version})")
    return 0


def _try_duties(wanted: argparse.Namespace) -> int:
    draft = _draft(wanted.draft, wanted.folder)
    trial = try_duties(draft, past_cases(client_of(wanted, "dispatcher")))
    _show(trial, draft)
    return 0


def _draft(path: Path, base: Path) -> handbook.Handbook:
    """A whole folder, or a table of duties in the place of the base handbook's."""
    if path.is_dir():
        return handbook.load(path)
    return handbook.load_files({**read_folder(base), DUTIES: path.read_bytes()})


def past_cases(client: ConsoleClient) -> Iterator[PastCase]:
    """Every case that was ever dispatched, from dispatch's own door."""
    after: str | None = None
    while True:
        page = client.ask("GET", "/api/dispatch/assignments", limit=200, after=after)
        for row in page["assignments"]:
            if row["responsible_unit"]:
                yield PastCase(
                    case_number=row["case_number"],
                    subcategory=row["subcategory"],
                    unit_grid_code=row["unit_grid_code"],
                    component_code=row.get("component_code"),
                    responsible_unit=row["responsible_unit"],
                )
        after = page["after"]
        if after is None:
            return


def _show(trial: DutyTrial, draft: handbook.Handbook) -> None:
    names = {code: unit.name for code, unit in draft.units.items()}
    share = f" ({trial.elsewhere / trial.tried:.1%})" if trial.tried else ""
    told = Console()
    told.print(
        f"试算 {trial.tried} 件，{trial.elsewhere} 件将改派{share}"
        f" / {trial.elsewhere} of {trial.tried} cases would have gone elsewhere"
    )
    table = Table("小类", "原责任单位", "草案责任单位", "件数")
    for one in trial.moved:
        kind = draft.subcategories.get(one.subcategory)
        to_unit = names.get(one.to_unit, one.to_unit) if one.to_unit else "无责任主体"
        from_unit = names.get(one.from_unit, one.from_unit)
        name = f"{one.subcategory} {kind.name if kind else ''}"
        table.add_row(name, from_unit, to_unit, str(one.cases))
    if trial.moved:
        told.print(table)
    lost, gained = trial.lost(), trial.gained()
    units = Table("责任单位", "减少", "增加")
    for code in dict.fromkeys((*lost, *gained)):
        units.add_row(
            names.get(code, code) if code else "无责任主体",
            str(lost.get(code, 0) if code else 0),
            str(gained.get(code, 0)),
        )
    if trial.moved:
        told.print(units)
