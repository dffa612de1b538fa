"""What assessment's doors take and give."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from case_contracts.codes import Source
from case_contracts.roles import Role
from services.assessment.appeals import AppealState, Moved
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


def _counts(name: str, counts: Iterable[Count]) -> type[Schema]:
    """One whole number for each count (docs/domain.md, "Counts and rates")."""
    return Schema.from_dict(
        {one.name: fields.Integer(metadata={"description": one.chinese}) for one in counts}, name=name
    )


def _rates(name: str, rates: Iterable[Rate]) -> type[Schema]:
    """One share for each rate; null when nothing was counted."""
    return Schema.from_dict(
        {one.name: fields.Float(allow_none=True, metadata={"description": one.chinese}) for one in rates},
        name=name,
    )


CityCounts = _counts("CityCounts", COUNTS)
CityRates = _rates("CityRates", RATES)
UnitCounts = _counts("UnitCounts", (one for one in COUNTS if one.of_units))
UnitRates = _rates("UnitRates", (one for one in RATES if one.of_units))
BySource = Schema.from_dict(
    {one.value: fields.Integer(metadata={"description": one.chinese}) for one in Source}, name="BySource"
)


class PeriodFigures(Schema):
    """Counts and rates of a period; a rate of nothing is null."""

    begin = fields.AwareDateTime(data_key="from", format="iso")
    end = fields.AwareDateTime(data_key="to", format="iso")
    as_of = fields.AwareDateTime(format="iso", metadata={"description": "统计时刻：此刻之前的事实才计入"})
    responsible_unit = fields.String(allow_none=True)
    counts = fields.Nested(CityCounts)
    rates = fields.Nested(CityRates)
    reported_by_source = fields.Nested(BySource)


class UnitFigures(Schema):
    """One responsible unit's counts and rates."""

    responsible_unit = fields.String()
    counts = fields.Nested(UnitCounts)
    rates = fields.Nested(UnitRates)


class FiguresByUnit(Schema):
    """Every unit's counts and rates of a period."""

    begin = fields.AwareDateTime(data_key="from", format="iso")
    end = fields.AwareDateTime(data_key="to", format="iso")
    as_of = fields.AwareDateTime(format="iso")
    units = fields.List(fields.Nested(UnitFigures))


class CountedQuery(FiguresQuery):
    """Which page of the list behind a figure."""

    offset = fields.Integer(
        load_default=0, validate=validate.Range(0, 10_000_000), metadata={"description": "跳过多少条"}
    )
    limit = fields.Integer(
        load_default=100, validate=validate.Range(1, 1000), metadata={"description": "每页条数"}
    )


class CountedLine(Schema):
    """One line: a case or report, or one occurrence of something with it."""

    case_number = fields.String(allow_none=True)
    report_number = fields.String(allow_none=True)
    responsible_unit = fields.String(allow_none=True)
    at = fields.AwareDateTime(format="iso")
    overdue = fields.Boolean(metadata={"description": "曾超时；申诉通过后仍为真"})
    exempt = fields.Boolean(metadata={"description": "申诉通过，统计不计超时"})
    overdue_text = fields.String()


class Counted(Schema):
    """What a figure is made of: ``total`` is the figure itself."""

    begin = fields.AwareDateTime(data_key="from", format="iso")
    end = fields.AwareDateTime(data_key="to", format="iso")
    as_of = fields.AwareDateTime(format="iso")
    responsible_unit = fields.String(allow_none=True)
    name = fields.String()
    chinese = fields.String()
    definition = fields.String()
    total = fields.Integer()
    lines = fields.List(fields.Nested(CountedLine))


def _words(required: bool) -> fields.String:
    blank = validate.Regexp(r"[\s\S]*\S", error="不能为空白")
    longest = validate.Length(max=500)
    if required:
        return fields.String(required=True, validate=[longest, blank])
    return fields.String(load_default="", validate=longest)


class MakeAppeal(Schema):
    """申诉 of the unit: for which case, and why it could not help being late."""

    case_number = fields.String(required=True, validate=validate.Length(min=1, max=40))
    reason = _words(required=True)


class ReviewAppeal(Schema):
    """初审: whether the dispatcher recommends to grant it, and why."""

    recommended = fields.Boolean(required=True)
    reason = _words(required=True)


class DecideAppeal(Schema):
    """决定: a refusal needs its reason."""

    granted = fields.Boolean(required=True)
    reason = _words(required=False)

    @validates_schema
    def a_refusal_has_a_reason(self, decision: dict[str, Any], **_: Any) -> None:
        """Who is refused is told why."""
        if decision.get("granted") is False and not decision.get("reason", "").strip():
            raise ValidationError("不同意申诉时请填写原因", "reason")


class AppealsQuery(Schema):
    """Which appeals to list, the newest first."""

    state = fields.Enum(AppealState, by_value=True, load_default=None)
    responsible_unit = fields.String(load_default=None, validate=validate.Length(min=1, max=20))
    post = fields.Enum(
        Role,
        by_value=True,
        load_default=None,
        metadata={"description": "只列逾时无人初审或决定、已上报该岗位的申诉"},
    )
    after = fields.String(
        load_default=None, validate=validate.Length(max=40), metadata={"description": "上一页答复中的 after"}
    )
    limit = fields.Integer(
        load_default=50, validate=validate.Range(1, 200), metadata={"description": "每页条数"}
    )


class AppealShown(Schema):
    """One appeal with all that was said on it."""

    case_number = fields.String()
    responsible_unit = fields.String()
    state = fields.Enum(AppealState, by_value=True)
    state_text = fields.String(attribute="state.chinese")
    reason = fields.String()
    appealed_by = fields.String()
    appealed_at = fields.AwareDateTime(format="iso")
    recommended = fields.Boolean(allow_none=True)
    review = fields.String()
    reviewer = fields.String()
    reviewed_at = fields.AwareDateTime(format="iso", allow_none=True)
    decision = fields.String()
    assessor = fields.String()
    decided_at = fields.AwareDateTime(format="iso", allow_none=True)
    called = fields.Enum(
        Role, by_value=True, allow_none=True, metadata={"description": "逾时无人初审或决定，已上报的岗位"}
    )


class AppealsShown(Schema):
    """A page of appeals; ``after`` continues it."""

    appeals = fields.List(fields.Nested(AppealShown))
    after = fields.String(allow_none=True)


class AppealMoved(AppealShown):
    """The appeal after a move, and where its fact can be looked up."""

    subject = fields.String()
    sequence = fields.Integer()


class Appealable(Schema):
    """Cases that the unit may appeal for now."""

    case_numbers = fields.List(fields.String())


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
    force_closed = fields.Integer()
    merged = fields.Integer()
    reopened = fields.Integer()
    self_handled = fields.Integer()
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


def appeal_moved(moved: Moved) -> dict[str, Any]:
    """The appeal after a move."""
    appeal, announced = moved
    return (
        vars(appeal)
        | {"called": appeal.called}
        | {"subject": announced.subject, "sequence": announced.sequence}
    )


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
