"""Settings (参数): the county's minutes, counts and distances, read from settings.yml."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import time, timedelta
from itertools import pairwise
from typing import Any

from handbook.calendar import WorkPeriod
from handbook.working_time import LimitUnit, TimeLimit


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What docs/domain.md, "Defaults", lists; every value is the county's to change."""

    county_code: str
    county_name: str
    work_periods: tuple[WorkPeriod, ...]
    workday_hours: int
    accept_minutes: int
    confirm_minutes: int
    dispatch_minutes: int
    verify_minutes: int
    close_minutes: int
    light_yellow: float
    light_red: float
    extension_max: int
    suspension_max: int
    suspension_max_days: int
    return_window_working_hours: int
    urgent_return_window_minutes: int
    sign_working_minutes: int
    urgent_sign_minutes: int
    supervision_reply_hours: int
    request_working_hours: int = 2
    """延期、挂账审批: by when a unit's request is decided. This and the next four have values here for
    editions that were published before they were settings."""
    urgent_request_hours: int = 1
    """The same for an urgent case or an emergency limit, day and night."""
    call_back_working_hours: int = 4
    """回访: by when a caller is rung, and rung again."""
    appeal_review_working_days: int = 2
    """申诉初审, by the dispatcher."""
    appeal_decision_working_days: int = 3
    """申诉决定, by the assessor."""
    automatic_dispatch: tuple[str, ...]
    """自动派遣: subcategories that the duty table dispatches without a dispatcher."""
    forced_coordination_after_returns: int
    rework_supervision_after: int
    duplicate_distance_m: int
    duplicate_closed_hours: int
    component_distance_m: int
    photo_far_m: int
    photo_report_hours: int
    photo_clock_minutes: int
    reopening_window_days: int
    grades: Mapping[str, int]

    @property
    def reopening_window(self) -> timedelta:
        """重新处置: so long after a closing a reporter may say that the problem is not gone."""
        return timedelta(days=self.reopening_window_days)

    @property
    def return_window(self) -> TimeLimit:
        """How long after dispatch a unit may send an ordinary case back (回退期限)."""
        return TimeLimit(self.return_window_working_hours, LimitUnit.WORKING_HOUR)

    @property
    def request_limit(self) -> TimeLimit:
        """延期、挂账审批: within which an ordinary request is decided."""
        return TimeLimit(self.request_working_hours, LimitUnit.WORKING_HOUR)

    @property
    def urgent_request_limit(self) -> TimeLimit:
        """The same where minutes run day and night."""
        return TimeLimit(self.urgent_request_hours, LimitUnit.EMERGENCY_HOUR)

    @property
    def call_back_limit(self) -> TimeLimit:
        """回访: within which a caller is rung."""
        return TimeLimit(self.call_back_working_hours, LimitUnit.WORKING_HOUR)

    @property
    def appeal_review_limit(self) -> TimeLimit:
        """申诉初审: within which the dispatcher reviews an appeal."""
        return TimeLimit(self.appeal_review_working_days, LimitUnit.WORKING_DAY)

    @property
    def appeal_decision_limit(self) -> TimeLimit:
        """申诉决定: within which the assessor decides it."""
        return TimeLimit(self.appeal_decision_working_days, LimitUnit.WORKING_DAY)


_AT_LEAST_ONE = (
    "request_working_hours",
    "urgent_request_hours",
    "call_back_working_hours",
    "appeal_review_working_days",
    "appeal_decision_working_days",
)


class SettingWrong(ValueError):
    """A setting is missing, unknown or of the wrong form."""


def read_settings(raw: object) -> Settings:
    """Typed settings from the parsed YAML; every complaint names the key."""
    if not isinstance(raw, dict):
        raise SettingWrong("expected a mapping of keys to values")
    known = {field.name: field.type for field in fields(Settings)}
    otherwise = {field.name: field.default for field in fields(Settings) if field.default is not MISSING}
    if unknown := sorted(set(raw) - set(known), key=str):
        raise SettingWrong(f"unknown key {unknown[0]}")
    if missing := [name for name in known if name not in raw and name not in otherwise]:
        raise SettingWrong(f"missing key {missing[0]}")
    values = otherwise | {name: _value(name, known[name], raw[name]) for name in known if name in raw}
    settings = Settings(**values)
    _reject_nonsense(settings)
    return settings


def _value(name: str, wanted: object, raw: Any) -> Any:
    if name == "work_periods":
        return _periods(raw)
    if name == "grades":
        return _grades(raw)
    if name == "automatic_dispatch":
        return _codes(name, raw)
    if wanted is int:
        if type(raw) is not int or raw < 0:
            raise SettingWrong(f"{name}: expected a whole number, not {raw!r}")
        return raw
    if wanted is float:
        if type(raw) not in (int, float) or raw <= 0:
            raise SettingWrong(f"{name}: expected a positive number, not {raw!r}")
        return float(raw)
    if not isinstance(raw, str) or not raw:
        raise SettingWrong(f"{name}: expected text, not {raw!r}")
    return raw


def _grades(raw: Any) -> dict[str, int]:
    if not isinstance(raw, dict) or not all(type(score) is int for score in raw.values()):
        raise SettingWrong("grades: expected whole numbers by grade")
    return {str(grade): score for grade, score in raw.items()}


def _codes(name: str, raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(code, str) and code for code in raw):
        raise SettingWrong(f"{name}: expected a list of codes such as ['C0101']")
    if len(set(raw)) != len(raw):
        raise SettingWrong(f"{name}: a code stands there twice")
    return tuple(raw)


def _periods(raw: Any) -> tuple[WorkPeriod, ...]:
    if not isinstance(raw, list) or not raw:
        raise SettingWrong("work_periods: expected a list such as ['08:00-12:00']")
    try:
        pairs = [[time.fromisoformat(clock) for clock in str(text).split("-")] for text in raw]
        periods = tuple(WorkPeriod(begins, ends) for begins, ends in pairs)
    except ValueError as error:
        raise SettingWrong(f"work_periods: {error}") from error
    clocks = [clock for period in periods for clock in (period.begins, period.ends)]
    if any(later <= earlier for earlier, later in pairwise(clocks)):
        raise SettingWrong("work_periods: they overlap or run backwards")
    return periods


def _reject_nonsense(settings: Settings) -> None:
    worked = sum(period.microseconds for period in settings.work_periods)
    if worked != settings.workday_hours * 3_600_000_000:
        raise SettingWrong(f"workday_hours: the work periods add up to {worked / 3_600_000_000:g} hours")
    for name in _AT_LEAST_ONE:
        if getattr(settings, name) < 1:
            raise SettingWrong(f"{name}: at least 1")
    if not settings.light_yellow < settings.light_red:
        raise SettingWrong("light_yellow: must be less than light_red")
