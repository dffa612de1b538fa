"""The clocks of the city (计时器): whose time each one is, and which facts start, rest, resume and end it.

docs/domain.md, "Clocks".
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Clock:
    """计时器 of one post: which facts start, pause, resume and end it."""

    name: str
    chinese: str
    starts: frozenset[str]
    ends: frozenset[str]
    minutes: str = ""
    """The setting that limits it; empty where the fact names its due time."""
    within: str = ""
    """The limit among the settings that it has instead, in a kind of time of its own."""
    urgent_within: str = ""
    """What limits it instead when the task is urgent, or its own limit runs day and night."""
    pauses: frozenset[str] = frozenset()
    resumes: frozenset[str] = frozenset()
    drops: frozenset[str] = frozenset()
    """Facts that end it without its post having done anything."""


def _types(text: str) -> frozenset[str]:
    return frozenset(text.split())


_REQUEST_LAPSES = _types(
    "feedback_submitted case_sent_back return_accepted task_withdrawn case_dispatched rework_ordered"
)
"""What makes a request pointless, decided or not."""
_OVER = _types("case_voided case_force_closed case_merged")
CLOCKS = (
    Clock(
        name="accept",
        chinese="受理",
        minutes="accept_minutes",
        starts=_types("report_received report_returned self_handling_judged"),
        ends=_types("report_accepted report_not_accepted report_linked"),
        pauses=_types("confirmation_asked"),
        resumes=_types("report_confirmed report_denied"),
    ),
    Clock(
        name="judge",
        chinese="自处置审核",
        minutes="close_minutes",
        starts=_types("problem_self_handled"),
        ends=_types("self_handling_judged"),
    ),
    Clock(
        name="confirm",
        chinese="核实",
        starts=_types("confirmation_asked"),
        ends=_types("report_confirmed report_denied"),
    ),
    Clock(
        name="file",
        chinese="立案",
        minutes="accept_minutes",
        starts=_types("report_accepted"),
        ends=_types("case_filed filing_declined report_returned"),
    ),
    Clock(
        name="review",
        chinese="退回复核",
        minutes="accept_minutes",
        starts=_types("case_returned_to_intake"),
        ends=_types("case_filed case_voided"),
        drops=_OVER,
    ),
    Clock(
        name="dispatch",
        chinese="派遣",
        minutes="dispatch_minutes",
        starts=_types("case_filed return_accepted responsibility_decided"),
        ends=_types("case_dispatched case_returned_to_intake coordination_called"),
        drops=_OVER,
    ),
    Clock(
        name="handle",
        chinese="处置",
        starts=_types("case_dispatched rework_ordered"),
        ends=_types("feedback_submitted"),
        pauses=_types("case_sent_back case_suspended"),
        resumes=_types("return_refused case_resumed"),
        drops=_OVER | _types("return_accepted task_withdrawn"),
    ),
    Clock(
        name="ask",
        chinese="派核查",
        minutes="accept_minutes",
        starts=_types("feedback_submitted verification_unclear"),
        ends=_types("verification_asked verification_failed"),
        drops=_OVER,
    ),
    Clock(
        name="verify",
        chinese="核查",
        starts=_types("verification_asked"),
        ends=_types("handling_verified verification_failed verification_unclear"),
        drops=_OVER,
    ),
    Clock(
        name="close",
        chinese="结案",
        minutes="close_minutes",
        starts=_types("handling_verified"),
        ends=_types("case_closed verification_asked case_reopened verification_failed"),
        drops=_OVER,
    ),
    Clock(
        name="reopen",
        chinese="重新处置审批",
        minutes="close_minutes",
        starts=_types("reopening_asked"),
        ends=_types("case_reopened reopening_declined"),
    ),
    Clock(
        name="extension",
        chinese="延期审批",
        within="request_limit",
        urgent_within="urgent_request_limit",
        starts=_types("extension_asked"),
        ends=_types("extension_granted extension_refused"),
        drops=_OVER | _REQUEST_LAPSES | _types("case_suspended"),
    ),
    Clock(
        name="suspension",
        chinese="挂账审批",
        within="request_limit",
        urgent_within="urgent_request_limit",
        starts=_types("suspension_asked"),
        ends=_types("case_suspended suspension_refused"),
        drops=_OVER | _REQUEST_LAPSES,
    ),
    Clock(
        name="call_back",
        chinese="回访",
        within="call_back_limit",
        # A try ends one stretch of waiting; the next counts from the half-day after it.
        starts=_types("call_back_due call_back_tried"),
        ends=_types("call_back_tried caller_informed caller_unreachable"),
    ),
    Clock(
        name="appeal_review",
        chinese="申诉初审",
        within="appeal_review_limit",
        starts=_types("appeal_made"),
        ends=_types("appeal_reviewed"),
        drops=_types("appeal_granted appeal_refused"),
    ),
    Clock(
        name="appeal_decision",
        chinese="申诉决定",
        within="appeal_decision_limit",
        starts=_types("appeal_reviewed"),
        ends=_types("appeal_granted appeal_refused"),
    ),
)
NOTED = {
    "handling_started": ("signed", "签收"),
    "extension_granted": ("extended", "延期"),
    "outage_credited": ("credited", "补时"),
    "unit_urged": ("urged", "催办"),
    "supervision_ordered": ("supervised", "督办"),
}
"""What is seen on the handling clock beside its pauses."""
CREDITED = {
    "report_time_credited": (_types("accept judge file"), _types("confirm")),
    "case_time_credited": (_types("review ask close reopen"), _types("verify")),
    "decision_time_credited": (_types("dispatch"), _types("dispatch")),
}
"""补时: which clocks each fact is about, a post's and, when it names an errand, a collector's."""
PAUSED = {
    "confirmation_asked": "核实",
    "case_sent_back": "回退待审",
    "case_suspended": "挂账",
    "call_back_tried": "待再次拨打",
}
