"""`qianliyan watch`: the live list of cases (实时案件) in a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from cli.console_client import ConsoleClient

COLUMNS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "编号": lambda row: row.get("number") or "",
    "地点": lambda row: row.get("place") or "",
    "照片": lambda row: "有" if row.get("photo") else "—",
    "网格": lambda row: row.get("grid") or "",
    "大类": lambda row: row.get("category") or "",
    "小类": lambda row: row.get("subcategory") or "",
    "问题类别": lambda row: row.get("kind") or "",
    "状态": lambda row: "\n".join([_state(row), *(str(one["text"]) for one in row.get("marks") or ())]),
    "责任单位": lambda row: row.get("unit_name") or row.get("responsible_unit") or "",
}


def _state(row: Mapping[str, Any]) -> str:
    return str(row.get("state_text") or row.get("state") or "")


def table_of(rows: Iterable[Mapping[str, Any]]) -> Table:
    """The rows as a table, the newest first."""
    table = Table(title="千里眼 实时案件 / live cases", expand=True)
    for name in COLUMNS:
        table.add_column(name, overflow="fold")
    for row in sorted(rows, key=lambda row: str(row.get("updated_at") or ""), reverse=True):
        table.add_row(*(cell(row) for cell in COLUMNS.values()))
    return table


def watch(client: ConsoleClient, console: Console, *, every: float, once: bool, limit: int) -> None:
    """Ask for what is new and redraw, until Ctrl-C; with `once`, print the table and leave."""
    known: dict[str, Mapping[str, Any]] = {}
    cursor: Any = None
    if once:
        _, known = _newer(client, cursor, known, limit)
        console.print(table_of(known.values()))
        return
    with Live(table_of([]), console=console, auto_refresh=False) as live:
        while True:
            cursor, known = _newer(client, cursor, known, limit)
            shown = sorted(known.values(), key=lambda row: str(row.get("updated_at") or ""))[-limit:]
            live.update(table_of(shown), refresh=True)
            time.sleep(every)


def _newer(
    client: ConsoleClient, cursor: Any, known: Mapping[str, Mapping[str, Any]], limit: int
) -> tuple[Any, dict[str, Mapping[str, Any]]]:
    query = {"limit": limit} if cursor is None else {"after": cursor, "limit": limit}
    answer = client.ask("GET", "live", **query)
    changed = {str(row.get("report_number") or row["number"]): row for row in answer["rows"]}
    return answer.get("cursor", cursor), {**known, **changed}
