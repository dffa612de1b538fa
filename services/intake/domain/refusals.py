"""Refusals (不予办理): what the city says when something asked for cannot be done."""

from collections.abc import Sequence
from enum import StrEnum


class MoveNotAllowed(Exception):
    """Its state does not allow this (当前状态不允许)."""

    def __init__(self, number: str, state: StrEnum, wanted: StrEnum) -> None:
        super().__init__(f"{number}: {state} -> {wanted}")
        self.number = number
        self.state = str(state)
        self.wanted = str(wanted)


class RuleBroken(Exception):
    """Something given breaks a rule of the work; the field and the rule are named in Chinese and English."""

    def __init__(self, field: str, rule: str, rule_en: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule
        self.rule_en = rule_en


class NotFound(LookupError):
    """No such report, case, task or answer."""

    def __init__(self, subject: str) -> None:
        super().__init__(subject)
        self.subject = subject


class HeldByAnother(Exception):
    """Another operator has the report open (他人正在办理)."""

    def __init__(self, report_number: str, held_by: str, held_until: str) -> None:
        super().__init__(report_number)
        self.report_number = report_number
        self.held_by = held_by
        """person_id; names are console's to know."""
        self.held_until = held_until


class EvidenceMissing(Exception):
    """A case cannot be closed without photos from before, after and the verification (缺少处置前后照片)."""

    def __init__(self, case_number: str, missing: Sequence[str]) -> None:
        super().__init__(f"{case_number}: {'、'.join(missing)}")
        self.case_number = case_number
        self.missing = "、".join(missing)


class NoCollectorAvailable(Exception):
    """Nobody but the reporter could be sent (没有可派的采集员)."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


class TaskGivenOn(Exception):
    """The errand is another collector's by now (任务已改派)."""

    def __init__(self, task_id: str, reason: str) -> None:
        super().__init__(f"{task_id}: {reason} / It was given to another collector.")
        self.task_id = task_id


class WrongQueryWord(Exception):
    """The query word does not open this report (查询码不正确)."""

    def __init__(self, report_number: str) -> None:
        super().__init__(report_number)
        self.report_number = report_number


class AlreadyRated(Exception):
    """Its reporter has said how satisfied they are with this answer (已评价)."""

    def __init__(self, report_number: str) -> None:
        super().__init__(report_number)
        self.report_number = report_number


class DraftUsed(Exception):
    """The draft has become a report already (该草稿已提交)."""


class NumbersUsedUp(Exception):
    """The five digits of a day's case numbers are used up (当日案卷编号已用完)."""

    def __init__(self, day: str) -> None:
        super().__init__(f"{day}: 99999")
        self.day = day


def a_reason(reason: str) -> str:
    """The reason without blanks around it; a refusal without one is not allowed."""
    stripped = reason.strip()
    if not stripped:
        raise RuleBroken("reason", "必须说明理由", "A reason is required.")
    return stripped
