"""The words for where a case stands (状态、环节): only here are the seven stages and the states named."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Stage(IntEnum):
    """环节: the seven links of the journey (docs/domain.md, "The seven stages")."""

    COLLECTING = 1
    FILING = 2
    DISPATCHING = 3
    HANDLING = 4
    FEEDBACK = 5
    VERIFYING = 6
    ASSESSING = 7

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return _STAGES[self]


_STAGES = dict(
    zip(
        Stage,
        ("信息收集", "案卷建立", "任务派遣", "任务处理", "处理反馈", "核查结案", "综合评价"),
        strict=True,
    )
)


class State(StrEnum):
    """状态: where a report or case stands, put together from what intake and dispatch have told."""

    RECEIVED = "received"
    CONFIRMING = "confirming"
    AWAITING_FILING = "awaiting_filing"
    NOT_ACCEPTED = "not_accepted"
    LINKED = "linked"
    SELF_HANDLED = "self_handled"
    SELF_HANDLED_VALID = "self_handled_valid"
    NOT_FILED = "not_filed"
    AWAITING_DISPATCH = "awaiting_dispatch"
    UNDER_REVIEW = "under_review"
    COORDINATION = "coordination"
    AWAITING_SIGNATURE = "awaiting_signature"
    HANDLING = "handling"
    REWORK = "rework"
    REOPENED = "reopened"
    SUSPENDED = "suspended"
    RETURN_UNDER_REVIEW = "return_under_review"
    AWAITING_VERIFICATION = "awaiting_verification"
    VERIFYING = "verifying"
    AWAITING_CLOSING = "awaiting_closing"
    CLOSED = "closed"
    FORCE_CLOSED = "force_closed"
    VOIDED = "voided"
    MERGED = "merged"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return _STATES[self].chinese

    @property
    def stage(self) -> Stage:
        """The link of the journey that it belongs to."""
        return _STATES[self].stage

    @property
    def counted(self) -> bool:
        """Whether it counts in the strip of the seven stages: what ended without being mended does not."""
        return _STATES[self].counted

    @property
    def of_case(self) -> bool:
        """Whether it is the state of a case, not of a report alone."""
        return self not in _OF_REPORTS

    @property
    def ended(self) -> bool:
        """Whether nobody has to act any more."""
        return self is State.CLOSED or not self.counted


@dataclass(frozen=True)
class _Meaning:
    chinese: str
    stage: Stage
    counted: bool = True


_STATES = {
    State.RECEIVED: _Meaning("待受理", Stage.COLLECTING),
    State.CONFIRMING: _Meaning("核实中", Stage.FILING),
    State.AWAITING_FILING: _Meaning("待立案", Stage.FILING),
    State.NOT_ACCEPTED: _Meaning("不予受理", Stage.FILING, counted=False),
    State.LINKED: _Meaning("重复案件", Stage.FILING, counted=False),
    State.SELF_HANDLED: _Meaning("自处置待审", Stage.COLLECTING),
    State.SELF_HANDLED_VALID: _Meaning("自处置有效", Stage.COLLECTING, counted=False),
    State.NOT_FILED: _Meaning("不予立案", Stage.FILING, counted=False),
    State.AWAITING_DISPATCH: _Meaning("待派遣", Stage.DISPATCHING),
    State.UNDER_REVIEW: _Meaning("退回受理", Stage.FILING),
    State.COORDINATION: _Meaning("待确权", Stage.DISPATCHING),
    State.AWAITING_SIGNATURE: _Meaning("待签收", Stage.HANDLING),
    State.HANDLING: _Meaning("处置中", Stage.HANDLING),
    State.REWORK: _Meaning("返工中", Stage.HANDLING),
    State.REOPENED: _Meaning("重新处置中", Stage.HANDLING),
    State.SUSPENDED: _Meaning("挂账", Stage.HANDLING),
    State.RETURN_UNDER_REVIEW: _Meaning("回退待审", Stage.HANDLING),
    State.AWAITING_VERIFICATION: _Meaning("待核查", Stage.FEEDBACK),
    State.VERIFYING: _Meaning("核查中", Stage.VERIFYING),
    State.AWAITING_CLOSING: _Meaning("待结案", Stage.VERIFYING),
    State.CLOSED: _Meaning("已结案", Stage.ASSESSING),
    State.FORCE_CLOSED: _Meaning("强制结案", Stage.VERIFYING, counted=False),
    State.VOIDED: _Meaning("作废", Stage.VERIFYING, counted=False),
    State.MERGED: _Meaning("已并案", Stage.VERIFYING, counted=False),
}


_OF_REPORTS = frozenset(
    {
        State.RECEIVED,
        State.CONFIRMING,
        State.AWAITING_FILING,
        State.NOT_ACCEPTED,
        State.LINKED,
        State.NOT_FILED,
        State.SELF_HANDLED,
        State.SELF_HANDLED_VALID,
    }
)


class AnswerState(StrEnum):
    """答复: whether who reported has been told."""

    DUE = "due"
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return {"due": "待答复", "delivered": "已答复", "undeliverable": "未能答复"}[self.value]


class AppealState(StrEnum):
    """申诉: how far a unit's appeal against an overdue case has come."""

    MADE = "made"
    REVIEWED = "reviewed"
    GRANTED = "granted"
    REFUSED = "refused"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return {
            "made": "申诉待初审",
            "reviewed": "申诉待决定",
            "granted": "申诉通过",
            "refused": "申诉未通过",
        }[self.value]


KINDS = {"component": "部件", "incident": "事件"}
LIMIT_UNITS = {
    "emergency_hour": "紧急工作时",
    "emergency_day": "紧急工作日",
    "working_hour": "工作时",
    "working_day": "工作日",
}
ANSWER_KINDS = {
    "not_accepted": "不予受理",
    "not_filed": "不予立案",
    "closed": "结案",
    "force_closed": "强制结案",
    "voided": "作废",
    "reopened": "重新处置",
    "reopening_declined": "不予重新处置",
    "self_handled": "自处置",
}
SATISFACTION = {
    "satisfied": "满意",
    "fairly_satisfied": "基本满意",
    "dissatisfied": "不满意",
    "not_said": "未表态",
}
OCCASIONS = {
    "report": "上报",
    "confirmation": "核实",
    "feedback": "反馈",
    "verification": "核查",
    "self_handling": "自处置",
}
DOUBTS = {
    "used_before": "此前已使用过",
    "too_far": "拍摄位置离案发位置过远",
    "too_old": "拍摄时间过早",
    "from_the_future": "拍摄时间晚于提交时间",
    "unreadable": "无法读取",
}
ROLES = {
    "hotline_agent": "话务员",
    "intake_operator": "受理员",
    "shift_supervisor": "值班长",
    "dispatcher": "派遣员",
    "collector": "采集员",
    "video_seat": "视频坐席",
    "responsible_unit": "责任单位",
    "channel": "渠道网关",
    "assessor": "考核员",
    "leader": "领导",
    "administrator": "系统管理员",
    "operations": "运维",
}


def stage_counts(states: dict[str, int]) -> list[dict[str, object]]:
    """How many stand in each of the seven stages, from how many stand in each state."""
    counts = dict.fromkeys(Stage, 0)
    for state, count in states.items():
        if State(state).counted:
            counts[State(state).stage] += count
    return [{"stage": int(stage), "name": stage.chinese, "count": count} for stage, count in counts.items()]
