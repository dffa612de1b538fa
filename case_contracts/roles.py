"""Roles and rights: one table, role × action, and the person who acts."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Who a person is in the centre."""

    HOTLINE_AGENT = "hotline_agent"
    INTAKE_OPERATOR = "intake_operator"
    SHIFT_SUPERVISOR = "shift_supervisor"
    DISPATCHER = "dispatcher"
    COLLECTOR = "collector"
    VIDEO_SEAT = "video_seat"
    RESPONSIBLE_UNIT = "responsible_unit"
    CHANNEL = "channel"
    """A gateway that reports for citizens and carries their answers: WeChat, Open311, 12345."""
    ASSESSOR = "assessor"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"
    OPERATIONS = "operations"


class Action(StrEnum):
    """What can be done, in the words of the journey."""

    REPORT = "report"
    UPLOAD = "upload"
    READ_OWN_REPORTS = "read_own_reports"
    READ_REPORTS = "read_reports"
    NOT_ACCEPT = "not_accept"
    LINK = "link"
    ASK_CONFIRMATION = "ask_confirmation"
    ANSWER_TASK = "answer_task"
    PROPOSE_FILING = "propose_filing"
    FILE_CASE = "file_case"
    DECLINE_TO_FILE = "decline_to_file"
    RETURN_FOR_COMPLETION = "return_for_completion"
    DISPATCH_CASE = "dispatch_case"
    DECIDE_RETURN = "decide_return"
    HANDLE_TASK = "handle_task"
    ASK_VERIFICATION = "ask_verification"
    CLOSE_CASE = "close_case"
    VOID_CASE = "void_case"
    RAISE_URGENCY = "raise_urgency"
    FORCE_CLOSE_CASE = "force_close_case"
    MERGE_CASE = "merge_case"
    ASK_REOPENING = "ask_reopening"
    DECIDE_REOPENING = "decide_reopening"
    JUDGE_SELF_HANDLING = "judge_self_handling"
    GO_ON_DUTY = "go_on_duty"
    HAND_OVER = "hand_over"
    MANAGE_ROSTER = "manage_roster"
    RETURN_TO_INTAKE = "return_to_intake"
    DECIDE_RESPONSIBILITY = "decide_responsibility"
    DECIDE_EXTENSION = "decide_extension"
    DECIDE_SECOND_EXTENSION = "decide_second_extension"
    DECIDE_SUSPENSION = "decide_suspension"
    URGE_UNIT = "urge_unit"
    ORDER_SUPERVISION = "order_supervision"
    CREDIT_OUTAGE = "credit_outage"
    APPEAL = "appeal"
    REVIEW_APPEAL = "review_appeal"
    DECIDE_APPEAL = "decide_appeal"
    DELIVER_ANSWER = "deliver_answer"
    TAKE_CALL = "take_call"
    CALL_BACK = "call_back"
    READ_CASE_FILES = "read_case_files"
    READ_FIGURES = "read_figures"
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_PARKED = "manage_parked"
    PUBLISH_HANDBOOK = "publish_handbook"
    READ_REVEALS = "read_reveals"


RIGHTS: dict[Role, frozenset[Action]] = {
    Role.HOTLINE_AGENT: frozenset(
        {Action.TAKE_CALL, Action.CALL_BACK, Action.READ_CASE_FILES, Action.READ_REPORTS, Action.HAND_OVER}
    ),
    Role.INTAKE_OPERATOR: frozenset(
        {
            Action.REPORT,
            Action.UPLOAD,
            Action.READ_OWN_REPORTS,
            Action.READ_REPORTS,
            Action.NOT_ACCEPT,
            Action.LINK,
            Action.ASK_CONFIRMATION,
            Action.PROPOSE_FILING,
            Action.ASK_VERIFICATION,
            Action.READ_CASE_FILES,
            Action.RAISE_URGENCY,
            Action.HAND_OVER,
        }
    ),
    Role.SHIFT_SUPERVISOR: frozenset(
        {
            Action.READ_REPORTS,
            Action.FILE_CASE,
            Action.DECLINE_TO_FILE,
            Action.RETURN_FOR_COMPLETION,
            Action.CLOSE_CASE,
            Action.VOID_CASE,
            Action.READ_CASE_FILES,
            Action.READ_FIGURES,
            Action.RAISE_URGENCY,
            Action.FORCE_CLOSE_CASE,
            Action.MERGE_CASE,
            Action.DECIDE_REOPENING,
            Action.JUDGE_SELF_HANDLING,
            Action.HAND_OVER,
            Action.MANAGE_ROSTER,
            Action.DECIDE_SECOND_EXTENSION,
            Action.DECIDE_SUSPENSION,
            Action.URGE_UNIT,
            Action.ORDER_SUPERVISION,
        }
    ),
    Role.DISPATCHER: frozenset(
        {
            Action.DISPATCH_CASE,
            Action.DECIDE_RETURN,
            Action.READ_CASE_FILES,
            Action.READ_REPORTS,
            Action.RETURN_TO_INTAKE,
            Action.DECIDE_RESPONSIBILITY,
            Action.DECIDE_EXTENSION,
            Action.URGE_UNIT,
            Action.ORDER_SUPERVISION,
            Action.REVIEW_APPEAL,
            Action.HAND_OVER,
        }
    ),
    Role.COLLECTOR: frozenset(
        {Action.REPORT, Action.UPLOAD, Action.READ_OWN_REPORTS, Action.ANSWER_TASK, Action.GO_ON_DUTY}
    ),
    Role.VIDEO_SEAT: frozenset({Action.REPORT, Action.UPLOAD, Action.READ_OWN_REPORTS}),
    Role.RESPONSIBLE_UNIT: frozenset({Action.HANDLE_TASK, Action.APPEAL}),
    Role.CHANNEL: frozenset({Action.REPORT, Action.UPLOAD, Action.DELIVER_ANSWER, Action.ASK_REOPENING}),
    Role.ASSESSOR: frozenset({Action.READ_FIGURES, Action.READ_CASE_FILES, Action.DECIDE_APPEAL}),
    Role.LEADER: frozenset(
        {
            Action.READ_FIGURES,
            Action.READ_CASE_FILES,
            Action.URGE_UNIT,
            Action.ORDER_SUPERVISION,
            Action.READ_REVEALS,
        }
    ),
    Role.ADMINISTRATOR: frozenset({Action.MANAGE_ACCOUNTS, Action.PUBLISH_HANDBOOK, Action.READ_REVEALS}),
    Role.OPERATIONS: frozenset({Action.MANAGE_PARKED, Action.READ_CASE_FILES, Action.CREDIT_OUTAGE}),
}


class NotAllowed(PermissionError):
    """The person has no right to this action."""

    def __init__(self, actor: "Actor", action: Action) -> None:
        super().__init__(f"{actor.person_id}: {action}")
        self.action = action


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts: a person with roles, a channel's gateway, or the system itself."""

    person_id: str
    roles: frozenset[Role] = frozenset()
    responsible_unit: str | None = None
    """Code of the unit the person works for; None for the centre's own people."""
    channel: str | None = None
    """For a gateway: the source it reports for."""
    system: bool = False
    """True for what the system does by itself (duty table, wake-ups)."""

    def may(self, action: Action) -> bool:
        """Whether one of the roles has the right."""
        return self.system or any(action in RIGHTS[role] for role in self.roles)

    def require(self, action: Action) -> None:
        """Raise :class:`NotAllowed` unless the right is there."""
        if not self.may(action):
            raise NotAllowed(self, action)


SYSTEM = Actor(person_id="system", system=True)
