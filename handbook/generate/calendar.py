"""Seeds calendar.csv (节假日与调休) from the chinesecalendar package; new years are the county's."""

from datetime import date, timedelta

import chinese_calendar  # type: ignore[import-untyped]

from handbook.generate.writing import csv_bytes

YEARS = range(2019, 2027)

FESTIVALS = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


def calendar_csv() -> bytes:
    """Every public holiday and every make-up day of the covered years."""
    rows = []
    day = date(YEARS.start, 1, 1)
    while day.year < YEARS.stop:
        free, festival = chinese_calendar.get_holiday_detail(day)
        if festival is not None:
            rows.append([day.isoformat(), "holiday" if free else "make_up_day", FESTIVALS[festival]])
        day += timedelta(days=1)
    return csv_bytes(["date", "kind", "festival"], rows)
