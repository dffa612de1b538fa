"""Numbers (编号): how reports and cases are called; see docs/domain.md, "Numbers"."""

from datetime import datetime
from zoneinfo import ZoneInfo

from services.intake.domain.refusals import NumbersUsedUp

MOST_CASES_A_DAY = 99_999
"""What the five digits of a case number hold."""

COUNTY_TIME = ZoneInfo("Asia/Shanghai")


def county_day(at: datetime) -> str:
    """The county's calendar day of a moment, as it stands in numbers."""
    return at.astimezone(COUNTY_TIME).strftime("%Y%m%d")


def report_number(at: datetime, serial: int) -> str:
    """上报编号: R, the day, and a serial of at least five digits."""
    return f"R{county_day(at)}{serial:05d}"


def case_number(county_code: str, at: datetime, serial: int) -> str:
    """案卷编号: the county, the day of filing, and a serial of five digits, or NumbersUsedUp."""
    if serial > MOST_CASES_A_DAY:
        raise NumbersUsedUp(county_day(at))
    return f"{county_code}{county_day(at)}{serial:05d}"
