"""The example logins (示例账号) as they are told at a start: one of each role, and where the others stand."""

from __future__ import annotations

import csv
from pathlib import Path


def told(file: Path) -> str:
    """The first login of each role in the order of the file, as columns."""
    if not file.exists():
        return "没有示例账号 / no example logins"
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    first: dict[str, dict[str, str]] = {}
    for row in rows:
        first.setdefault(row["role"], row)
    lines = [f"  {row['login']:<12} {row['password']:<18} {row['name']}" for row in first.values()]
    title = (
        f"示例账号，每种岗位一个，共 {len(rows)} 个 / example logins, one of each role, {len(rows)} in all:"
    )
    return "\n".join([f"{title} {file}", *lines])
