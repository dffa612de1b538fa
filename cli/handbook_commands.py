"""`qianliyan handbook …`: the handbook as an Excel form, as a printed book, and tried against the past."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import handbook
from handbook.check import check_files
from handbook.excel_exchange import export_form, import_form
from handbook.excel_form import LARGEST, FormUnreadable
from handbook.files import BUNDLED, FILE_NAMES, read_folder
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
