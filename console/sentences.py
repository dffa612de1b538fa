"""The flow record in sentences (流转记录): each fact of a story as a clerk would write it down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from case_contracts.codes import Source, SupervisionKind, Urgency
from console.names import Names
from console.words import DOUBTS, LIMIT_UNITS, OCCASIONS, ROLES, SATISFACTION, Stage

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Sentence:
    """How a kind of fact is told, and the stage it belongs to."""

    stage: Stage
    template: str


# In the order of the journey: facts of the same moment are told in this order.
SENTENCES: dict[str, Sentence] = {
    "problem_phoned_in": Sentence(Stage.COLLECTING, "市民来电反映问题，当场告知编号 {report_number}。"),
    "report_received": Sentence(Stage.COLLECTING, "{source}：问题已登记，编号 {report_number}。"),
    "problem_self_handled": Sentence(Stage.COLLECTING, "采集员{collector}现场自处置完毕，待审核。"),
    "self_handling_judged": Sentence(Stage.COLLECTING, "值班长{supervisor}审核自处置，认定{valid}。{reason}"),
    "report_time_credited": Sentence(Stage.FILING, "系统故障（{outage}）不计入办理时限{extended}。"),
    "report_escalated": Sentence(Stage.FILING, "超时无人办理，已上报{to}：{reason}"),
    "confirmation_asked": Sentence(Stage.FILING, "派采集员{collector}到现场核实，{due_at}前回复。"),
    "report_confirmed": Sentence(Stage.FILING, "采集员{collector}现场核实：属实{late}。"),
    "report_denied": Sentence(Stage.FILING, "采集员{collector}现场核实：不属实{late}。{reason}"),
    "report_accepted": Sentence(Stage.FILING, "受理员{operator}受理，归为“{subcategory}”，报请立案。"),
    "report_returned": Sentence(Stage.FILING, "值班长退回受理，要求补充：{reason}"),
    "report_not_accepted": Sentence(Stage.FILING, "不予受理：{reason}"),
    "report_linked": Sentence(Stage.FILING, "与案件 {case_number} 是同一问题，一并办理。"),
    "filing_declined": Sentence(Stage.FILING, "值班长不予立案：{reason}"),
    "case_filed": Sentence(
        Stage.FILING, "值班长{supervisor}批准立案，案件编号 {case_number}，处置时限 {limit}。"
    ),
    "report_urgency_raised": Sentence(Stage.FILING, "{raised_by}将上报轻重缓急调整为“{urgency}”：{reason}"),
    "urgency_raised": Sentence(Stage.FILING, "{raised_by}将案件轻重缓急调整为“{urgency}”：{reason}"),
    "case_time_credited": Sentence(Stage.VERIFYING, "系统故障（{outage}）不计入办理时限{extended}。"),
    "case_escalated": Sentence(Stage.VERIFYING, "超时无人办理，已上报{to}：{reason}"),
    "case_dispatched": Sentence(Stage.DISPATCHING, "{dispatcher}派遣至{unit}，{due_at}前处置完毕。{reason}"),
    "urgency_changed": Sentence(Stage.DISPATCHING, "任务已按“{urgency}”优先办理。"),
    "decision_time_credited": Sentence(Stage.DISPATCHING, "系统故障（{outage}）不计入派遣时限{extended}。"),
    "assignment_escalated": Sentence(Stage.DISPATCHING, "超时无人办理，已上报{to}：{reason}"),
    "case_returned_to_intake": Sentence(Stage.DISPATCHING, "{dispatcher}无法派遣，退回受理：{reason}"),
    "handling_started": Sentence(Stage.HANDLING, "{unit}签收，开始处置。"),
    "case_sent_back": Sentence(Stage.HANDLING, "{unit}申请回退：{reason}"),
    "return_refused": Sentence(
        Stage.HANDLING, "{dispatcher}不同意回退：{reason}仍由{unit}处置，{due_at}前完成。"
    ),
    "return_accepted": Sentence(Stage.DISPATCHING, "{dispatcher}同意{unit}回退，重新派遣{wrong}。"),
    "coordination_called": Sentence(
        Stage.DISPATCHING, "已被回退 {returns} 次（{units}），暂停派遣，协调确权。"
    ),
    "responsibility_decided": Sentence(
        Stage.DISPATCHING, "{dispatcher}书面确权：由{unit}负责{fallback}。{decision}{rule}"
    ),
    "extension_asked": Sentence(Stage.HANDLING, "{unit}第 {count} 次申请延期：{reason}"),
    "extension_granted": Sentence(Stage.HANDLING, "{decided_by}同意第 {count} 次延期，{due_at}前完成。"),
    "extension_refused": Sentence(Stage.HANDLING, "{decided_by}不同意延期：{reason}"),
    "suspension_asked": Sentence(Stage.HANDLING, "{unit}申请挂账至{until_at}：{reason}"),
    "case_suspended": Sentence(Stage.HANDLING, "{decided_by}同意挂账至{until_at}，期间不计时。{reason}"),
    "suspension_refused": Sentence(Stage.HANDLING, "{decided_by}不同意挂账：{reason}"),
    "case_resumed": Sentence(Stage.HANDLING, "{resumed_by}，{unit}继续处置，{due_at}前完成。"),
    "unit_urged": Sentence(Stage.HANDLING, "{urged_by}催办{unit}：{words}"),
    "supervision_ordered": Sentence(
        Stage.HANDLING, "{ordered_by}对{unit}发出{supervision}：{words}请于{reply_by_at}前回复。"
    ),
    "supervision_replied": Sentence(Stage.HANDLING, "{unit}回复督办{late}：{text}"),
    "outage_credited": Sentence(Stage.HANDLING, "系统故障（{outage}）不计入时限，顺延至{due_at}前完成。"),
    "reply_time_credited": Sentence(
        Stage.HANDLING, "系统故障（{outage}）不计入督办回复时限，{unit}顺延至{reply_by_at}前回复。"
    ),
    "feedback_submitted": Sentence(Stage.FEEDBACK, "{unit}反馈（{in_time}）：{text}"),
    "verification_asked": Sentence(Stage.VERIFYING, "派采集员{collector}到现场核查，{due_at}前回复。"),
    "handling_verified": Sentence(Stage.VERIFYING, "采集员{collector}现场核查：问题已解决{late}。"),
    "verification_unclear": Sentence(Stage.VERIFYING, "采集员{collector}现场核查：无法判断{late}。{reason}"),
    "verification_failed": Sentence(Stage.VERIFYING, "{who_failed_it}退回返工。{reason}"),
    "rework_ordered": Sentence(Stage.HANDLING, "{unit}返工（第 {round} 轮），{due_at}前完成。{reason}"),
    "evidence_flagged": Sentence(Stage.VERIFYING, "{occasion}照片有疑点：{doubts}{other}。"),
    "case_closed": Sentence(Stage.VERIFYING, "值班长{supervisor}批准结案。"),
    "case_force_closed": Sentence(
        Stage.VERIFYING, "值班长{supervisor}强制结案（{approved_by}批准）：{reason}"
    ),
    "case_merged": Sentence(
        Stage.VERIFYING, "值班长{supervisor}并案，并入案件 {into_case_number} 一并办理。"
    ),
    "reopening_asked": Sentence(
        Stage.VERIFYING, "上报人（{report_number}）不满意，报值班长决定是否重新处置：{words}"
    ),
    "case_reopened": Sentence(Stage.VERIFYING, "值班长{supervisor}决定重新处置（第 {round} 轮）：{reason}"),
    "reopening_declined": Sentence(Stage.VERIFYING, "值班长{supervisor}不予重新处置：{reason}"),
    "case_voided": Sentence(Stage.VERIFYING, "值班长{supervisor}作废案件：{reason}"),
    "task_withdrawn": Sentence(Stage.HANDLING, "撤回{of_unit}任务。{reason}"),
    "answer_due": Sentence(Stage.VERIFYING, "应答复上报人（{channel}）：{text}"),
    "call_back_due": Sentence(Stage.VERIFYING, "应电话答复上报人：{text}"),
    "call_back_escalated": Sentence(Stage.VERIFYING, "超时无人办理，已上报{to}：{reason}"),
    "call_back_tried": Sentence(Stage.VERIFYING, "第 {attempts} 次拨打无人接听，待再次回访。"),
    "caller_informed": Sentence(
        Stage.VERIFYING, "第 {attempts} 次拨打接通，已电话答复，上报人{satisfaction}。"
    ),
    "caller_dissatisfied": Sentence(Stage.VERIFYING, "来电人不满意，要求重新处置：{words}"),
    "caller_unreachable": Sentence(Stage.VERIFYING, "先后拨打 {attempts} 次均未接通，不再拨打。"),
    "answer_delivered": Sentence(Stage.VERIFYING, "已答复上报人（{channel}）。"),
    "answer_rated": Sentence(Stage.VERIFYING, "上报人在网页评价：{satisfaction}。"),
    "answer_undeliverable": Sentence(Stage.VERIFYING, "未能答复上报人（{channel}），单独计数。"),
    "appeal_made": Sentence(Stage.ASSESSING, "{unit}对超时处置提出申诉：{reason}"),
    "appeal_escalated": Sentence(Stage.ASSESSING, "超时无人办理，已上报{to}：{reason}"),
    "appeal_reviewed": Sentence(Stage.ASSESSING, "派遣员{reviewer}初审申诉：{recommended}。{reason}"),
    "appeal_granted": Sentence(
        Stage.ASSESSING, "考核员{assessor}同意申诉，统计时不计超时，超时记录保留。{reason}"
    ),
    "appeal_refused": Sentence(Stage.ASSESSING, "考核员{assessor}不同意申诉：{reason}"),
}

_ORDER = {name: place for place, name in enumerate(SENTENCES)}


def place_in_journey(name: str) -> int:
    """Where this kind of fact stands among facts of the same moment; unknown kinds come last."""
    return _ORDER.get(name, len(_ORDER))


def stage_of(name: str) -> Stage | None:
    """The stage a kind of fact belongs to; None for a kind this release does not know."""
    known = SENTENCES.get(name)
    return None if known is None else known.stage


def sentence(name: str, told: Mapping[str, Any], names: Names) -> str:
    """The fact in one sentence."""
    known = SENTENCES.get(name)
    if known is None:
        return f"其他记录（{name}）。"
    return known.template.format_map(_Words(told, names)).strip()


def shanghai(text: str) -> str:
    """A moment as a clerk in the county reads it."""
    moment = datetime.fromisoformat(text).astimezone(SHANGHAI)
    return f"{moment:%m}月{moment:%d}日{moment:%H:%M}"


def shanghai_day(text: str) -> str:
    """A day that may lie in another year."""
    moment = datetime.fromisoformat(text).astimezone(SHANGHAI)
    return f"{moment.year}年{moment.month}月{moment.day}日"


_SAID = ("reason", "words", "decision", "text")
"""What somebody wrote in their own words: it ends as a sentence does, so that another can follow."""


class _Words(dict[str, str]):
    """The words of one fact, made when the sentence asks for them."""

    def __init__(self, told: Mapping[str, Any], names: Names) -> None:
        super().__init__()
        self._told = told
        self._names = names

    def __missing__(self, key: str) -> str:
        if key in _WORDS:
            return _WORDS[key](self._told, self._names)
        said = str(self._told.get(key) or "")
        return f"{said}。" if key in _SAID and said and said[-1] not in "。！？；.!?" else said


def _source(key: str) -> Callable[[Mapping[str, Any], Names], str]:
    def word(told: Mapping[str, Any], names: Names) -> str:
        code = str(told.get(key, ""))
        return Source(code).chinese if code in list(Source) else code

    return word


def _person(key: str, otherwise: str = "") -> Callable[[Mapping[str, Any], Names], str]:
    def word(told: Mapping[str, Any], names: Names) -> str:
        return otherwise + names.person(str(told.get(key, "")))

    return word


def _dispatcher(told: Mapping[str, Any], names: Names) -> str:
    who = str(told.get("dispatcher", ""))
    return "系统按权责清单自动" if who == "duty-table" else f"派遣员{names.person(who)}"


def _of_unit(told: Mapping[str, Any], names: Names) -> str:
    unit = names.responsible_unit(told.get("responsible_unit"))
    return f"{unit}的" if unit else ""


def _who_failed_it(told: Mapping[str, Any], names: Names) -> str:
    if not told.get("collector"):
        return "反馈明显不完整，未派核查，"
    late = "" if told.get("in_time", True) else "（超时回复）"
    return f"采集员{names.person(str(told['collector']))}现场核查：问题未解决{late}，"


def _limit(told: Mapping[str, Any], names: Names) -> str:
    unit = str(told.get("limit_unit", ""))
    return f"{told.get('limit', '')} {LIMIT_UNITS.get(unit, unit)}"


def _moment(key: str) -> Callable[[Mapping[str, Any], Names], str]:
    return lambda told, names: shanghai(str(told[key])) + " " if told.get(key) else ""


def _code(codes: type[Urgency | SupervisionKind], key: str) -> Callable[[Mapping[str, Any], Names], str]:
    def word(told: Mapping[str, Any], names: Names) -> str:
        code = str(told.get(key, ""))
        return codes(code).chinese if code in list(codes) else code

    return word


def _by(key: str) -> Callable[[Mapping[str, Any], Names], str]:
    return lambda told, names: "系统" if told.get(key) == "clock" else names.person(str(told.get(key, "")))


def _resumed(told: Mapping[str, Any], names: Names) -> str:
    who = str(told.get("resumed_by", ""))
    return "挂账到期" if who == "clock" else f"{names.person(who)}提前结束挂账"


def _outage(told: Mapping[str, Any], names: Names) -> str:
    ends = [told.get("outage_from"), told.get("outage_until")]
    return "至".join(shanghai(str(end)) for end in ends if end)


def _extended(told: Mapping[str, Any], names: Names) -> str:
    due = told.get("due_at")
    return f"，顺延至{shanghai(str(due))} 前" if due else ""


def _whether(key: str, yes: str, no: str) -> Callable[[Mapping[str, Any], Names], str]:
    return lambda told, names: yes if told.get(key) else no


def _other_use(told: Mapping[str, Any], names: Names) -> str:
    number = told.get("other_case_number") or told.get("other_report_number")
    if not number:
        return ""
    occasion = OCCASIONS.get(str(told.get("other_occasion", "")), "")
    return f"（同一照片曾用于 {number} 的{occasion}）"


_WORDS: dict[str, Callable[[Mapping[str, Any], Names], str]] = {
    "source": _source("source"),
    "channel": _source("channel"),
    "collector": _person("collector"),
    "operator": _person("operator"),
    "supervisor": _person("supervisor"),
    "dispatcher": _dispatcher,
    "unit": lambda told, names: names.responsible_unit(str(told.get("responsible_unit", ""))),
    "of_unit": _of_unit,
    "subcategory": lambda told, names: names.subcategory(str(told.get("subcategory", ""))).name,
    "limit": _limit,
    "due_at": _moment("due_at"),
    "until_at": lambda told, names: shanghai_day(str(told["until_at"])) if told.get("until_at") else "",
    "outage": _outage,
    "extended": _extended,
    "units": lambda told, names: "、".join(map(names.responsible_unit, told.get("units") or ())),
    "fallback": _whether("fallback", "（属地兜底）", ""),
    "rule": _whether("becomes_rule", "今后同类问题照此派遣。", ""),
    "wrong": lambda told, names: "" if told.get("wrong_dispatch", True) else "（不计错误派遣）",
    "resumed_by": _resumed,
    "reply_by_at": _moment("reply_by_at"),
    "urgency": _code(Urgency, "urgency"),
    "supervision": _code(SupervisionKind, "kind"),
    "to": lambda told, names: ROLES.get(str(told.get("to", "")), str(told.get("to", ""))),
    "valid": _whether("valid", "有效", "无效"),
    "recommended": _whether("recommended", "建议同意", "建议不同意"),
    "raised_by": _by("raised_by"),
    "decided_by": _by("decided_by"),
    "urged_by": _by("urged_by"),
    "ordered_by": _by("ordered_by"),
    "reviewer": _person("reviewer"),
    "assessor": _person("assessor"),
    "who_failed_it": _who_failed_it,
    "late": lambda told, names: "" if told.get("in_time", True) else "（超时回复）",
    "in_time": lambda told, names: "按期" if told.get("in_time", True) else "超期",
    "occasion": lambda told, names: OCCASIONS.get(str(told.get("occasion", "")), ""),
    "doubts": lambda told, names: "、".join(DOUBTS.get(one, one) for one in told.get("doubts", ())),
    "other": _other_use,
    "satisfaction": lambda told, names: SATISFACTION.get(str(told.get("satisfaction", "")), "未表态"),
}
