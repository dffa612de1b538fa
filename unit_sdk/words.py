"""What the centre says, in words (文字) for a terminal: any message, also of kinds that came later."""

import dataclasses
import json
import unicodedata
from datetime import datetime, timedelta, timezone
from typing import Any

from case_contracts import units, wire

CHINA = timezone(timedelta(hours=8), "UTC+8")
_NAMES = {kind: name for name, kind in units.TO_UNIT.items()}
_INDENT = " " * 10
_RED, _YELLOW, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[0m"

_URGENCY = {"ordinary": "一般 ordinary", "urgent": "紧急 urgent", "major": "重大 major"}
_LIMIT_UNITS = {
    "emergency_hour": "紧急工作时 emergency hours",
    "emergency_day": "紧急工作日 emergency days",
    "working_hour": "工作时 working hours",
    "working_day": "工作日 working days",
}
_ABOUT = ("case_number", "round", "dispatch_number", "responsible_unit")


def in_words(message: Any, *, at: datetime, colours: bool = False) -> str:
    """Several lines; ``at`` is now, for the time that remains."""
    head, lines = _harmless(_head(message)), _lines(message, at)
    if colours and isinstance(message, units.Task) and message.urgency != "ordinary":
        head = f"{_RED if message.urgency == 'major' else _YELLOW}{head}{_PLAIN}"
    moment = at.astimezone(CHINA).strftime("%H:%M:%S")
    return "\n".join([f"{moment}  {head}", *(f"{_INDENT}{_harmless(line)}" for line in lines)])


def as_json(message: Any) -> str:
    """One line, with the message's name as ``type``."""
    return json.dumps({"type": _NAMES[type(message)], **wire.pack(message)}, ensure_ascii=False)


def _harmless(text: str) -> str:
    """Citizens' words may hold what a terminal would obey."""
    return "".join(" " if unicodedata.category(letter) in ("Cc", "Cf") else letter for letter in text)


def _head(message: Any) -> str:
    title = (type(message).__doc__ or "").split(":")[0]
    parts = [f"{title} {_NAMES[type(message)]}", getattr(message, "case_number", "")]
    if getattr(message, "round", 1) > 1:
        parts.append(f"第 {message.round} 轮 round {message.round}")
    if isinstance(message, units.Task):
        parts += [_URGENCY.get(message.urgency, message.urgency)]
        parts += [f"{message.subcategory} {message.subcategory_name}"]
    return "  ".join(part for part in parts if part)


def _lines(message: Any, at: datetime) -> list[str]:
    if isinstance(message, units.Task):
        return _task_lines(message, at)
    fields = [field.name for field in dataclasses.fields(message) if field.name not in _ABOUT]
    found = [(name, getattr(message, name)) for name in fields]
    return [f"{name}: {_value(value)}" for name, value in found if value not in ("", None, ())]


def _task_lines(task: units.Task, at: datetime) -> list[str]:
    limit = f"{task.limit} {_LIMIT_UNITS.get(task.limit_unit, task.limit_unit)}"
    lines = [
        f"地点 where    {task.address}（{task.lon:.5f}, {task.lat:.5f}）",
        f"问题 what     {task.description}",
        f"截止 due      {_value(task.due_at)}（{_remaining(task.due_at - at)}），时限 limit {limit}",
        f"结案 closing  {task.closing_condition}",
    ]
    if task.rework_reason:
        lines.insert(0, f"返工 rework   {task.rework_reason}")
    if task.photos:
        lines.append(f"照片 photos   {len(task.photos)}")
    return lines


def _remaining(left: timedelta) -> str:
    minutes = abs(int(left.total_seconds())) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    text = (
        f"{days} 天 {hours} 时 / {days} d {hours} h"
        if days
        else f"{hours} 时 {rest} 分 / {hours} h {rest} min"
    )
    return f"超期 overdue {text}" if left < timedelta() else f"还有 left {text}"


def _value(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    return str(value)
