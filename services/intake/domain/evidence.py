"""Evidence (照片证据): what is doubtful about a photo, told to the supervisor before a case is closed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.intake.domain.position import metres_between
from services.intake.domain.refusals import RuleBroken


class Occasion(StrEnum):
    """On which occasion a photo was handed in."""

    REPORT = "report"
    CONFIRMATION = "confirmation"
    FEEDBACK = "feedback"
    VERIFICATION = "verification"
    SELF_HANDLING = "self_handling"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return _OCCASIONS[self]


_OCCASIONS = {
    Occasion.REPORT: "上报",
    Occasion.CONFIRMATION: "核实",
    Occasion.FEEDBACK: "反馈",
    Occasion.VERIFICATION: "核查",
    Occasion.SELF_HANDLING: "自处置",
}


class Doubt(StrEnum):
    """照片疑点: why somebody should look at a photo again. No metadata is no doubt."""

    USED_BEFORE = "used_before"
    TOO_FAR = "too_far"
    TOO_OLD = "too_old"
    FROM_THE_FUTURE = "from_the_future"
    UNREADABLE = "unreadable"
    NOT_EXAMINED = "not_examined"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return _DOUBTS[self]


_DOUBTS = {
    Doubt.USED_BEFORE: "照片此前已使用过",
    Doubt.TOO_FAR: "拍摄位置离案发位置过远",
    Doubt.TOO_OLD: "拍摄时间过早",
    Doubt.FROM_THE_FUTURE: "拍摄时间晚于提交时间",
    Doubt.UNREADABLE: "照片无法读取",
    Doubt.NOT_EXAMINED: "照片尚未分析完",
}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """From where on a photo is doubtful; the county's to set (docs/domain.md, "Evidence")."""

    far_m: int
    report_age: timedelta
    """How long before the report its photo may have been taken."""
    clock_error: timedelta
    """By how much a camera's clock may be wrong."""


@dataclass(frozen=True, kw_only=True)
class Traces:
    """What a picture tells of itself; anybody can write it, so it only ever raises a doubt."""

    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    unreadable: str = ""
    """Why it cannot be read; empty when it can."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """One photo, handed in once: with a report, a confirmation, a unit's feedback or a verification."""

    sha256: str
    occasion: Occasion
    report_number: str
    used_at: datetime
    case_number: str | None = None
    round: int = 0
    task_id: str | None = None
    use_id: int = 0
    """In the order of receipt; 0 until it is kept."""


@dataclass(frozen=True, kw_only=True)
class Examined:
    """A use as far as it has been examined: ``traces`` is None until then."""

    use: Use
    traces: Traces | None = None
    since: datetime | None = None
    """The earliest moment at which the photo could have been taken for this occasion."""
    others: tuple[Use, ...] = ()
    """Earlier uses of the same photo, or of one that is the same picture."""


@dataclass(frozen=True, kw_only=True)
class Flag:
    """疑点: one doubt about one photo."""

    flag_id: str
    doubt: Doubt
    sha256: str
    occasion: Occasion
    used_at: datetime
    metres: float | None = None
    taken_at: datetime | None = None
    other: Use | None = None


class EvidenceNotSeen(Exception):
    """A case is not closed before the supervisor has seen what is doubtful about its photos (疑点未阅)."""

    def __init__(self, case_number: str, flags: Sequence[Flag]) -> None:
        self.case_number = case_number
        self.doubts = "、".join(dict.fromkeys(flag.doubt.chinese for flag in flags))
        self.flags = " ".join(flag.flag_id for flag in flags)
        super().__init__(f"{case_number}: {self.doubts}（{self.flags}）")


def earliest(
    use: Use,
    limits: Limits,
    *,
    claimed_at: datetime | None = None,
    asked_at: datetime | None = None,
) -> datetime | None:
    """When a photo can have been taken at the earliest: a while before a report, never before an errand.

    ``claimed_at`` is what an offline collector's clock said; ``asked_at`` when the collector was sent, or the
    unit's work could begin.
    """
    if use.occasion is Occasion.REPORT:
        told_at = min(claimed_at, use.used_at) if claimed_at else use.used_at
        return told_at - limits.report_age
    return asked_at - limits.clock_error if asked_at else None


def flags_of(
    examined: Examined,
    limits: Limits,
    *,
    place: tuple[float, float] | None,
    report_numbers: Collection[str] = (),
) -> list[Flag]:
    """Everything doubtful about one use. ``place`` is the problem's longitude and latitude.

    ``report_numbers`` are those of the case: citizens who pass one picture on report one problem, and their
    reports were linked for it, so that is no doubt.
    """
    use, traces = examined.use, examined.traces
    if traces is None:
        return [_flag(use, Doubt.NOT_EXAMINED)]
    flags = []
    other = next((one for one in examined.others if not _passed_on(use, one, report_numbers)), None)
    if other is not None:
        flags.append(_flag(use, Doubt.USED_BEFORE, other=other))
    if traces.unreadable:
        flags.append(_flag(use, Doubt.UNREADABLE))
    if place is not None and traces.lon is not None and traces.lat is not None:
        metres = metres_between(*place, traces.lon, traces.lat)
        if metres > limits.far_m:
            flags.append(_flag(use, Doubt.TOO_FAR, metres=round(metres)))
    if traces.taken_at is not None:
        if examined.since is not None and traces.taken_at < examined.since:
            flags.append(_flag(use, Doubt.TOO_OLD, taken_at=traces.taken_at))
        if traces.taken_at > use.used_at + limits.clock_error:
            flags.append(_flag(use, Doubt.FROM_THE_FUTURE, taken_at=traces.taken_at))
    return flags


def check_seen(case_number: str, flags: Sequence[Flag], seen: Collection[str]) -> str:
    """The words for the flow record when every flag was seen; raises EvidenceNotSeen otherwise."""
    known = {flag.flag_id for flag in flags}
    if unknown := [flag_id for flag_id in seen if not _well_formed(flag_id)]:
        raise RuleBroken("flags_seen", f"不是疑点编号：{unknown[0]}", f"Not a flag's id: {unknown[0]}.")
    if not known <= set(seen):
        raise EvidenceNotSeen(case_number, [flag for flag in flags if flag.flag_id not in seen])
    if not flags:
        return ""
    doubts = "、".join(f"{flag.occasion.chinese}照片：{flag.doubt.chinese}" for flag in flags)
    return f"已阅照片疑点（{doubts}）"


def _passed_on(use: Use, other: Use, report_numbers: Collection[str]) -> bool:
    both = use.occasion is Occasion.REPORT and other.occasion is Occasion.REPORT
    return both and use.report_number in report_numbers and other.report_number in report_numbers


def _flag(
    use: Use,
    doubt: Doubt,
    *,
    metres: float | None = None,
    taken_at: datetime | None = None,
    other: Use | None = None,
) -> Flag:
    return Flag(
        flag_id=f"{use.use_id}-{doubt}",
        doubt=doubt,
        sha256=use.sha256,
        occasion=use.occasion,
        used_at=use.used_at,
        metres=metres,
        taken_at=taken_at,
        other=other,
    )


def _well_formed(flag_id: str) -> bool:
    number, _, doubt = flag_id.partition("-")
    return number.isascii() and number.isdigit() and doubt in list(Doubt)
