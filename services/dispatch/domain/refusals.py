"""What dispatch refuses (不予办理), and in which words the person or the responsible unit is told."""


class Refusal(Exception):
    """A command that is not carried out; the text is what the asker reads, in Chinese."""

    field: str = ""
    case_number: str = ""


class AssignmentNotFound(Refusal):
    """No such assignment, or none that the asker may see."""

    def __init__(self, case_number: str) -> None:
        super().__init__(f"没有找到案件 {case_number} 的任务")
        self.case_number = case_number


class MoveNotAllowed(Refusal):
    """The assignment's present state does not allow the move."""

    def __init__(self, case_number: str, state: str, wanted: str, reason: str) -> None:
        super().__init__(reason)
        self.case_number = case_number
        self.state = state
        self.wanted = wanted


class TaskOutdated(Refusal):
    """The asker speaks of an earlier round or an earlier dispatch of the case."""

    def __init__(self, case_number: str, given: str, current: str) -> None:
        super().__init__(f"所指任务（{given}）已不是当前任务（{current}），请以最新任务为准")
        self.case_number = case_number


class RequestNotAllowed(Refusal):
    """A rule of the city forbids it now, whatever the words: too often, too late, or already decided."""

    def __init__(self, case_number: str, reason: str) -> None:
        super().__init__(reason)
        self.case_number = case_number


class NothingAsked(Refusal):
    """Nothing awaits this decision."""

    def __init__(self, case_number: str, reason: str) -> None:
        super().__init__(f"案件 {case_number} {reason}")
        self.case_number = case_number


class OrderNotFound(Refusal):
    """No such supervision order, or none that the asker may see."""

    def __init__(self, order_number: str) -> None:
        super().__init__(f"没有找到督办 {order_number}")


class RuleNotFound(Refusal):
    """No such decided duty."""

    def __init__(self, key: str) -> None:
        super().__init__(f"没有找到确权规则 {key}")


class RuleBroken(Refusal):
    """What was said is incomplete or breaks a rule; ``field`` names the field."""

    def __init__(self, field: str, rule: str, case_number: str = "") -> None:
        super().__init__(rule)
        self.field = field
        self.rule = rule
        self.case_number = case_number


class ReturnWindowOver(RuleBroken):
    """回退期限已过: a unit says at once that a task is not its own, or keeps it."""

    def __init__(self, case_number: str, ended: str) -> None:
        super().__init__("reason", f"回退期限已过（截止 {ended}），不能再回退", case_number)


def require_text(field: str, text: str, *, at_most: int, case_number: str) -> str:
    """The text without blanks around it; raise :class:`RuleBroken` when it says nothing or too much."""
    said = text.strip()
    if not said:
        raise RuleBroken(field, "必填，不能为空", case_number)
    if len(said) > at_most:
        raise RuleBroken(field, f"不能超过 {at_most} 个字", case_number)
    if any("\ud800" <= character <= "\udfff" for character in said):
        raise RuleBroken(field, "不能含有不完整的 Unicode 代理项", case_number)
    return said


class NotYet(Exception):
    """A fact of another service came before what it speaks of; ``key`` names what it waits for."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key
