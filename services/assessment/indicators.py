"""The figures of the assessment (评价指标): which counts there are, and which rates follow from them.

The definitions are in docs/domain.md, "Counts and rates". A rate's part always belongs to its whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Count:
    """计数: how many; ``of_units`` when it can be told for a single responsible unit."""

    name: str
    chinese: str
    definition: str
    of_units: bool = False


@dataclass(frozen=True)
class Rate:
    """比率: one count as a share of another, or of a sum."""

    name: str
    chinese: str
    part: str
    whole: tuple[str, ...]
    of_units: bool = False

    def of(self, counts: Counts) -> float | None:
        """The share; None when there is nothing to take a share of."""
        whole = sum(counts[name] for name in self.whole)
        return counts[self.part] / whole if whole else None


COUNTS: tuple[Count, ...] = (
    Count("reported", "上报数", "期内收到的上报"),
    Count("reported_filed", "上报中已立案数", "期内收到的上报中，截至统计时刻已立案的"),
    Count("accepted", "受理数", "期内首次受理的上报"),
    Count("not_accepted", "不予受理数", "期内决定不予受理的上报"),
    Count("linked", "关联数", "期内并入已有案件的上报"),
    Count("confirmed", "核实属实数", "期内核实为属实的上报"),
    Count("denied", "核实不属实数", "期内核实为不属实的上报"),
    Count("confirmations_in_time", "按时核实数", "期内在时限内完成的核实"),
    Count("filed", "立案数", "期内立案的案件"),
    Count("not_filed", "不予立案数", "期内决定不予立案的上报"),
    Count("voided", "作废数", "期内作废的案件", of_units=True),
    Count("dispatched", "派遣数", "期内的派遣次数，含改派", of_units=True),
    Count("rightly_dispatched", "准确派遣数", "期内的派遣中，截至统计时刻没有被同意回退的", of_units=True),
    Count("to_handle", "应处置数", "最后一次派遣在期内、未作废也未被同意回退的案件", of_units=True),
    Count("handled", "处置数", "应处置案件中，最近一轮已反馈的", of_units=True),
    Count("handled_in_time", "按期处置数", "处置案件中，历次反馈均未超期的", of_units=True),
    Count("handled_late", "超期处置数", "处置案件中，有反馈超期的", of_units=True),
    Count("overdue_open", "超期未处置数", "应处置案件中，未处置且已过截止时间的", of_units=True),
    Count("fed_back", "反馈案件数", "应处置案件中，至少反馈过一次的", of_units=True),
    Count("fed_back_reworked", "返工案件数（率）", "反馈案件中，至少返工过一次的", of_units=True),
    Count("rework_times", "返工次数", "期内的返工次数", of_units=True),
    Count("rework_cases", "返工案件数", "期内返工过的案件", of_units=True),
    Count("sent_back", "回退数", "期内责任单位申请回退的次数", of_units=True),
    Count("shirked", "推诿数", "期内未被同意的回退次数", of_units=True),
    Count("verified", "核查通过数", "期内核查通过的次数"),
    Count("verification_failed", "核查不通过数", "期内核查不通过的次数"),
    Count("verifications_in_time", "按时核查数", "期内在时限内完成的核查"),
    Count("to_close", "应结案数", "期内立案、未作废、截至统计时刻已结案或已过截止时间的案件", of_units=True),
    Count("to_close_closed", "应结案中已结案数", "应结案案件中已结案的", of_units=True),
    Count("closed", "结案数", "期内结案的案件", of_units=True),
    Count("answers_due", "应答复数", "期内应当答复的上报"),
    Count("answered", "已答复数", "应答复的上报中已经答复的"),
    Count("unreachable", "未能答复数", "应答复的上报中无法联系到本人的"),
    Count("satisfied", "满意数", "期内回访表示满意的"),
    Count("fairly_satisfied", "基本满意数", "期内回访表示基本满意的"),
    Count("dissatisfied", "不满意数", "期内回访表示不满意的"),
    Count("not_said", "未表态数", "期内回访未表态的"),
    Count("contented", "满意与基本满意数", "满意数与基本满意数之和"),
)

RATES: tuple[Rate, ...] = (
    Rate("filing_rate", "立案率", "reported_filed", ("reported",)),
    Rate("truth_rate", "属实率", "confirmed", ("confirmed", "denied")),
    Rate("confirmation_punctuality", "按时核实率", "confirmations_in_time", ("confirmed", "denied")),
    Rate("dispatch_accuracy", "派遣准确率", "rightly_dispatched", ("dispatched",), of_units=True),
    Rate("handling_rate", "处置率", "handled", ("to_handle",), of_units=True),
    Rate("handling_punctuality", "按期处置率", "handled_in_time", ("to_handle",), of_units=True),
    Rate("rework_rate", "返工率", "fed_back_reworked", ("fed_back",), of_units=True),
    Rate(
        "verification_punctuality", "按时核查率", "verifications_in_time", ("verified", "verification_failed")
    ),
    Rate("closing_rate", "结案率", "to_close_closed", ("to_close",), of_units=True),
    Rate("answer_rate", "答复率", "answered", ("answers_due",)),
    Rate("satisfaction", "满意度", "contented", ("contented", "dissatisfied")),
)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """指标: counts and the rates that follow, for the whole city or one responsible unit."""

    counts: dict[str, int]
    rates: dict[str, float | None]


def of_city(counted: Counts) -> Figures:
    """All figures; what was not counted is 0."""
    return _figures(counted, COUNTS, RATES)


def of_unit(counted: Counts) -> Figures:
    """The figures that can be told for a single responsible unit."""
    return _figures(
        counted, [count for count in COUNTS if count.of_units], [rate for rate in RATES if rate.of_units]
    )


def _figures(counted: Counts, counts: Sequence[Count], rates: Sequence[Rate]) -> Figures:
    known = {count.name: int(counted.get(count.name) or 0) for count in counts}
    return Figures(counts=known, rates={rate.name: rate.of(known) for rate in rates})
