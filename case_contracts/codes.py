"""Code lists that the services share: sources, urgency, answers, satisfaction."""

from enum import StrEnum


class Source(StrEnum):
    """问题来源: where a report came from."""

    COLLECTOR = "collector"
    HOTLINE = "hotline"
    WECHAT = "wechat"
    VIDEO = "video"
    OPEN311 = "open311"
    TRANSFERRED_12345 = "transferred_12345"
    PUBLIC_PAGE = "public_page"
    LEADER = "leader"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return _SOURCES[self]

    @property
    def needs_confirmation(self) -> bool:
        """核实 before filing: citizens' reports yes; collector, video seat and leader no."""
        return self not in (Source.COLLECTOR, Source.VIDEO, Source.LEADER)


_SOURCES = {
    Source.COLLECTOR: "采集员上报",
    Source.HOTLINE: "12319热线",
    Source.WECHAT: "微信公众号",
    Source.VIDEO: "视频监控",
    Source.OPEN311: "Open311",
    Source.TRANSFERRED_12345: "12345转办",
    Source.PUBLIC_PAGE: "公众网页",
    Source.LEADER: "领导批示",
}


class Urgency(StrEnum):
    """轻重缓急 of a case."""

    ORDINARY = "ordinary"
    URGENT = "urgent"
    MAJOR = "major"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return {"ordinary": "一般", "urgent": "紧急", "major": "重大"}[self.value]


class AnswerKind(StrEnum):
    """What a reporter is told: each outcome of a report has its answer."""

    NOT_ACCEPTED = "not_accepted"
    NOT_FILED = "not_filed"
    CLOSED = "closed"
    FORCE_CLOSED = "force_closed"
    VOIDED = "voided"
    REOPENED = "reopened"
    REOPENING_DECLINED = "reopening_declined"
    SELF_HANDLED = "self_handled"
    """自处置有效: the collector's own handling was found good."""


class Satisfaction(StrEnum):
    """满意度 as the caller says it at the call-back."""

    SATISFIED = "satisfied"
    FAIRLY_SATISFIED = "fairly_satisfied"
    DISSATISFIED = "dissatisfied"
    NOT_SAID = "not_said"


class Request(StrEnum):
    """What a responsible unit asks for or says; also the type of its message."""

    SIGN = "sign"
    SEND_BACK = "send_back"
    ASK_EXTENSION = "ask_extension"
    ASK_SUSPENSION = "ask_suspension"
    RESUME = "resume"
    FEEDBACK = "feedback"
    SUPERVISION_REPLY = "supervision_reply"
    RESYNC = "resync"


class SupervisionKind(StrEnum):
    """督办 and why: what made somebody press a unit formally."""

    OVERDUE = "overdue"
    REPEATED_REWORK = "repeated_rework"
    LEADER = "leader"
    IMPORTANT = "important"

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        return {
            "overdue": "超时督办",
            "repeated_rework": "多次返工督办",
            "leader": "领导督办",
            "important": "重要案件督办",
        }[self.value]
