"""What assessment's doors take and give."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.assessment.indicators import COUNTS, RATES, Count, Figures, Rate
from services.assessment.ledger import Entry, numbers

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class PeriodQuery(Schema):
    """A period: from this moment on, up to but not including that one."""

    begin = fields.AwareDateTime(
        data_key="from", load_default=BEGINNING, metadata={"description": "起始时刻（含）"}
    )
    end = fields.AwareDateTime(
        data_key="to", load_default=None, metadata={"description": "截止时刻（不含），缺省为现在"}
    )

    @validates_schema
    def begins_before_it_ends(self, period: dict[str, Any], **_: Any) -> None:
        """A period of no length counts nothing and is a mistake."""
        if period.get("end") is not None and period["begin"] >= period["end"]:
            raise ValidationError("截止时刻应晚于起始时刻", "to")


class FiguresQuery(PeriodQuery):
    """A period, of the whole city or of one responsible unit."""

    responsible_unit = fields.String(load_default=None, validate=validate.Length(min=1, max=20))


class PeriodFigures(Schema):
    """Counts and rates of a period; a rate of nothing is null."""

    begin = fields.AwareDateTime(data_key="from", format="iso")
    end = fields.AwareDateTime(data_key="to", format="iso")
    as_of = fields.AwareDateTime(format="iso", metadata={"description": "统计时刻：此刻之前的事实才计入"})
    responsible_unit = fields.String(allow_none=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    rates = fields.Dict(keys=fields.String(), values=fields.Float(allow_none=True))
    reported_by_source = fields.Dict(keys=fields.String(), values=fields.Integer())


class UnitFigures(Schema):
    """One responsible unit's counts and rates."""

    responsible_unit = fields.String()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    rates = fields.Dict(keys=fields.String(), values=fields.Float(allow_none=True))


class FiguresByUnit(Schema):
    """Every unit's counts and rates of a period."""

    begin = fields.AwareDateTime(data_key="from", format="iso")
    end = fields.AwareDateTime(data_key="to", format="iso")
    as_of = fields.AwareDateTime(format="iso")
    units = fields.List(fields.Nested(UnitFigures))


class LedgerFact(Schema):
    """One fact as it was announced."""

    message_id = fields.String()
    source = fields.String()
    type = fields.String()
    subject = fields.String()
    sequence = fields.Integer()
    time = fields.AwareDateTime(format="iso")
    data = fields.Dict()


class Story(Schema):
    """Everything about a case or report, as it happened."""

    case_number = fields.String(allow_none=True)
    report_numbers = fields.List(fields.String())
    facts = fields.List(fields.Nested(LedgerFact))


class Totals(Schema):
    """What the ledger holds in all."""

    facts = fields.Integer()
    reports = fields.Integer()
    not_accepted = fields.Integer()
    not_filed = fields.Integer()
    linked = fields.Integer()
    cases = fields.Integer()
    dispatched = fields.Integer()
    feedback = fields.Integer()
    closed = fields.Integer()
    voided = fields.Integer()
    rework = fields.Integer()
    sent_back = fields.Integer()
    answered = fields.Integer()
    unreachable = fields.Integer()


class Indicator(Schema):
    """What a figure is called and how it is defined."""

    name = fields.String()
    chinese = fields.String()
    definition = fields.String()
    of_units = fields.Boolean()


class Indicators(Schema):
    """Every figure there is."""

    counts = fields.List(fields.Nested(Indicator))
    rates = fields.List(fields.Nested(Indicator))


def figures(figured: Figures) -> dict[str, Any]:
    """Counts and rates, rates to six decimals."""
    rates = {name: None if rate is None else round(rate, 6) for name, rate in figured.rates.items()}
    return {"counts": figured.counts, "rates": rates}


def story(entries: list[Entry]) -> dict[str, Any]:
    """A story with the numbers that occur in it."""
    cases = numbers(entries, "case_number")
    return {
        "case_number": cases[0] if cases else None,
        "report_numbers": numbers(entries, "report_number"),
        "facts": entries,
    }


def indicators() -> dict[str, Any]:
    """Every figure with its definition."""
    return {"counts": list(COUNTS), "rates": [_rate(rate) for rate in RATES]}


def _rate(rate: Rate) -> dict[str, Any]:
    named: dict[str, Count] = {count.name: count for count in COUNTS}
    whole = "＋".join(named[name].chinese for name in rate.whole)
    definition = f"{named[rate.part].chinese} ÷ {f'（{whole}）' if len(rate.whole) > 1 else whole}"
    return {
        "name": rate.name,
        "chinese": rate.chinese,
        "definition": definition,
        "of_units": rate.of_units,
    }
