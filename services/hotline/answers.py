"""What an agent says at a call-back (回访用语): one greeting, the answer, and what to ask for its kind."""

from case_contracts.codes import AnswerKind
from services.hotline.domain import SHANGHAI, Call, CallBack

_LONGEST = 30
_ASKS = "请问您对处理结果满意、基本满意，还是不满意？"
_AGAIN = "如果问题没有解决，您可以要求重新处置。"

_KINDS: dict[AnswerKind, tuple[str, str]] = {
    AnswerKind.NOT_ACCEPTED: ("不予受理", "请问您对这个答复满意、基本满意，还是不满意？"),
    AnswerKind.NOT_FILED: ("不予立案", "请问您对这个答复满意、基本满意，还是不满意？"),
    AnswerKind.CLOSED: ("结案", _ASKS),
    AnswerKind.FORCE_CLOSED: ("强制结案", "给您带来不便，敬请谅解。" + _ASKS),
    AnswerKind.VOIDED: ("作废", "请问您对这个答复满意、基本满意，还是不满意？"),
    AnswerKind.REOPENED: ("重新处置", "处置完毕后，我们会再次给您回电。"),
    AnswerKind.REOPENING_DECLINED: (
        "不予重新处置",
        "感谢您的监督。请问您对这个答复满意、基本满意，还是不满意？",
    ),
}


def chinese(kind: AnswerKind) -> str:
    """What an agent reads for a kind of answer."""
    return _KINDS[kind][0]


def script(call: Call, answer: CallBack) -> str:
    """What the agent can read out; it offers handling again only where that can be asked for."""
    local = call.taken_at.astimezone(SHANGHAI)
    words = call.words if len(call.words) <= _LONGEST else f"{call.words[:_LONGEST]}……"
    text = answer.text if answer.text.endswith(("。", "！", "？")) else f"{answer.text}。"
    offer = _AGAIN if call.may_ask_again_until() else ""
    return (
        f"您好，这里是12319城市管理热线。您{local.month}月{local.day}日来电反映“{words}”，现向您答复："
        f"{text}{_KINDS[answer.kind][1]}{offer}"
    )
