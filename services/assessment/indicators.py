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
    Count("collector_reported", "采集员上报数", "期内采集员的上报，不含自处置（审核无效的仍计入）"),
    Count("collector_filed", "有效上报数", "采集员上报中，截至统计时刻已立案的"),
    Count("self_handled", "自处置数", "期内采集员自处置的上报"),
    Count("self_handled_valid", "自处置有效数", "期内审核为有效的自处置"),
    Count("self_handled_invalid", "自处置无效数", "期内审核为无效的自处置"),
    Count("accepted", "受理数", "期内首次受理的上报"),
    Count("not_accepted", "不予受理数", "期内决定不予受理的上报"),
    Count("linked", "关联数", "期内并入已有案件的上报"),
    Count("confirmed", "核实属实数", "期内核实为属实的上报"),
    Count("denied", "核实不属实数", "期内核实为不属实的上报"),
    Count("confirmations_in_time", "按时核实数", "期内在时限内完成的核实"),
    Count("filed", "立案数", "期内首次立案的案件"),
    Count("rightly_filed", "准确立案数", "期内首次立案的案件中，截至统计时刻没有作废的"),
    Count("not_filed", "不予立案数", "期内决定不予立案的上报"),
    Count("voided", "作废数", "期内作废的案件", of_units=True),
    Count("merged", "并案数", "期内并入其他案件的案件", of_units=True),
    Count("dispatched", "派遣数", "期内的派遣次数，含改派", of_units=True),
    Count(
        "rightly_dispatched", "准确派遣数", "期内的派遣中，截至统计时刻没有被认定为错误派遣的", of_units=True
    ),
    Count("wrong_dispatches", "错误派遣数", "期内同意回退且认定为错误派遣的次数", of_units=True),
    Count("returned_to_intake", "退回受理数", "期内派遣员退回受理的次数"),
    Count("coordinated", "协调确权数", "期内因多次回退转入协调确权的次数"),
    Count(
        "to_handle",
        "应处置数",
        "最后一次派遣在期内、未作废、未并案、未强制结案也未被同意回退的案件",
        of_units=True,
    ),
    Count("to_handle_extended", "延期案件数", "应处置案件中，最后一次派遣以来批准过延期的", of_units=True),
    Count("to_handle_suspended", "在挂账数", "应处置案件中，统计时刻正在挂账的", of_units=True),
    Count("handled", "处置数", "应处置案件中，最近一轮已反馈的", of_units=True),
    Count("handled_in_time", "按期处置数", "处置案件中，历次反馈均未超期的，或申诉通过的", of_units=True),
    Count("handled_late", "超期处置数", "处置案件中，有反馈超期且申诉未通过的", of_units=True),
    Count("handled_exempt", "申诉免计数", "按期处置案件中，有反馈超期但申诉通过的", of_units=True),
    Count(
        "overdue_open", "超期未处置数", "应处置案件中，未处置且已过截止时间的，不含在挂账的", of_units=True
    ),
    Count("fed_back", "反馈案件数", "应处置案件中，至少反馈过一次的", of_units=True),
    Count("fed_back_reworked", "返工案件数（率）", "反馈案件中，至少返工过一次的", of_units=True),
    Count("rework_times", "返工次数", "期内的返工次数，不含重新处置", of_units=True),
    Count("rework_cases", "返工案件数", "期内返工过的案件，不含重新处置", of_units=True),
    Count("sent_back", "回退数", "期内责任单位申请回退的次数", of_units=True),
    Count("shirked", "推诿数", "期内未被同意的回退次数", of_units=True),
    Count("extensions_asked", "申请延期数", "期内责任单位申请延期的次数", of_units=True),
    Count("extensions", "延期数", "期内批准的延期次数", of_units=True),
    Count("extensions_refused", "不同意延期数", "期内未被同意的延期申请", of_units=True),
    Count("suspensions", "挂账数", "期内批准的挂账", of_units=True),
    Count("suspensions_refused", "不同意挂账数", "期内未被同意的挂账申请", of_units=True),
    Count("urged", "催办数", "期内的催办次数", of_units=True),
    Count("supervised", "督办数", "期内发出的督办", of_units=True),
    Count("supervised_in_time", "督办按期回复数", "期内发出的督办中，按期回复的", of_units=True),
    Count(
        "supervised_late",
        "督办超期回复数",
        "期内发出的督办中，超期回复的，或过期仍未回复且未失效的",
        of_units=True,
    ),
    Count("escalated_reports", "受理逐级上报数", "期内受理、立案无人及时办理而上报的次数"),
    Count("escalated_assignments", "派遣逐级上报数", "期内派遣、处置无人及时办理而上报的次数", of_units=True),
    Count("escalated_cases", "核查逐级上报数", "期内核查、结案无人及时办理而上报的次数"),
    Count("escalated_call_backs", "回访逐级上报数", "期内电话回访无人及时拨打而上报的次数"),
    Count("escalated_appeals", "申诉逐级上报数", "期内申诉无人及时初审、决定而上报的次数"),
    Count("escalated_to_supervisor", "上报值班长数", "期内上报到值班长的次数", of_units=True),
    Count("escalated_to_leader", "上报领导数", "期内上报到领导的次数", of_units=True),
    Count("verified", "核查通过数", "期内核查通过的次数"),
    Count("verification_failed", "核查不通过数", "期内采集员核查不通过的次数，不含退回返工"),
    Count("verifications_in_time", "按时核查数", "期内在时限内完成的核查"),
    Count(
        "to_close",
        "应结案数",
        "期内首次立案、未作废、未并案、未强制结案，截至统计时刻结过案或已过截止时间的案件，不含在挂账的",
        of_units=True,
    ),
    Count("to_close_closed", "应结案中已结案数", "应结案案件中结过案的", of_units=True),
    Count("to_close_in_time", "按期结案数", "其中历次反馈均未超期的，或申诉通过的", of_units=True),
    Count("closed", "结案数", "期内首次结案的案件", of_units=True),
    Count(
        "closed_reopened", "结案后重新处置数", "期内首次结案的案件中，截至统计时刻重新处置过的", of_units=True
    ),
    Count("force_closed", "强制结案数", "期内强制结案的案件，单独计数", of_units=True),
    Count("handling_again_asked", "要求重新处置数", "期内上报人要求重新处置的次数"),
    Count("reopened", "重新处置数", "期内决定重新处置的案件", of_units=True),
    Count("reopenings_declined", "不予重新处置数", "期内决定不予重新处置的次数"),
    Count("answers_due", "应答复数", "期内应当作出的答复"),
    Count("answered", "已答复数", "应答复中已经答复的"),
    Count("unreachable", "未能答复数", "应答复中无法联系到本人的"),
    Count("satisfied", "满意数", "期内回访或网页评价满意的"),
    Count("fairly_satisfied", "基本满意数", "期内回访或网页评价基本满意的"),
    Count("dissatisfied", "不满意数", "期内回访或网页评价不满意的"),
    Count("not_said", "未表态数", "期内回访未表态的"),
    Count("contented", "满意与基本满意数", "满意数与基本满意数之和"),
    Count("appeals", "申诉数", "期内提出的申诉", of_units=True),
    Count("appeals_granted", "申诉通过数", "期内通过的申诉", of_units=True),
    Count("appeals_refused", "申诉不通过数", "期内未通过的申诉", of_units=True),
)

RATES: tuple[Rate, ...] = (
    Rate("filing_rate", "立案率", "reported_filed", ("reported",)),
    Rate("collector_validity", "有效上报率", "collector_filed", ("collector_reported",)),
    Rate(
        "self_handling_validity",
        "自处置有效率",
        "self_handled_valid",
        ("self_handled_valid", "self_handled_invalid"),
    ),
    Rate("truth_rate", "属实率", "confirmed", ("confirmed", "denied")),
    Rate("confirmation_punctuality", "按时核实率", "confirmations_in_time", ("confirmed", "denied")),
    Rate("filing_accuracy", "准确立案率", "rightly_filed", ("filed",)),
    Rate("dispatch_accuracy", "派遣准确率", "rightly_dispatched", ("dispatched",), of_units=True),
    Rate("handling_rate", "处置率", "handled", ("to_handle",), of_units=True),
    Rate("handling_punctuality", "按期处置率", "handled_in_time", ("to_handle",), of_units=True),
    Rate("extension_rate", "延期率", "to_handle_extended", ("to_handle",), of_units=True),
    Rate("rework_rate", "返工率", "fed_back_reworked", ("fed_back",), of_units=True),
    Rate(
        "supervision_punctuality",
        "督办按期回复率",
        "supervised_in_time",
        ("supervised_in_time", "supervised_late"),
        of_units=True,
    ),
    Rate(
        "verification_punctuality", "按时核查率", "verifications_in_time", ("verified", "verification_failed")
    ),
    Rate("closing_rate", "结案率", "to_close_closed", ("to_close",), of_units=True),
    Rate("closing_punctuality", "按期结案率", "to_close_in_time", ("to_close",), of_units=True),
    Rate("reopening_rate", "重新处置率", "closed_reopened", ("closed",), of_units=True),
    Rate("answer_rate", "答复率", "answered", ("answers_due",)),
    Rate("satisfaction", "满意度", "contented", ("contented", "dissatisfied")),
)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """指标: counts and the rates that follow, for the whole city or one responsible unit."""

    counts: dict[str, int]
    rates: dict[str, float | None]


def count_named(name: str) -> Count | None:
    """The count of this name."""
    return next((count for count in COUNTS if count.name == name), None)


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
