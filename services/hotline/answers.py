"""What an agent says at a call-back (回访用语): one greeting, the answer, and what to ask for its kind."""

from datetime import timedelta

from case_contracts.codes import AnswerKind
from services.hotline.domain import SHANGHAI, Call, CallBack

_LONGEST = 30
_ASKS = "请问您对处理结果满意、基本满意，还是不满意？"
_AGAIN = "如果问题没有解决，您可以要求重新处置。"

# By the kind's name: a kind of a later release is told by its text, with no question of its own.
_KINDS: dict[str, tuple[str, str]] = {
    "self_handled": ("自处置", ""),
    "not_accepted": ("不予受理", "请问您对这个答复满意、基本满意，还是不满意？"),
    "not_filed": ("不予立案", "请问您对这个答复满意、基本满意，还是不满意？"),
    "closed": ("结案", _ASKS),
    "force_closed": ("强制结案", "给您带来不便，敬请谅解。如果问题仍然存在，请作为新问题再次反映。" + _ASKS),
    "voided": ("作废", "请问您对这个答复满意、基本满意，还是不满意？"),
    "reopened": ("重新处置", "处置完毕后，我们会再次给您回电。"),
    "reopening_declined": (
        "不予重新处置",
        "感谢您的监督。请问您对这个答复满意、基本满意，还是不满意？",
    ),
}


def chinese(kind: AnswerKind) -> str:
    """What an agent reads for a kind of answer."""
    return _KINDS.get(kind.value, (kind.value, ""))[0]


def script(call: Call, answer: CallBack, *, window: timedelta) -> str:
    """What the agent can read out; it offers handling again only where that can be asked for."""
    local = call.taken_at.astimezone(SHANGHAI)
    words = call.words if len(call.words) <= _LONGEST else f"{call.words[:_LONGEST]}……"
    text = answer.text if answer.text.endswith(("。", "！", "？")) else f"{answer.text}。"
    asks = _KINDS.get(answer.kind.value, ("", ""))[1]
    offer = _AGAIN if call.may_ask_again_until(window) else ""
    return (
        f"您好，这里是12319城市管理热线。您{local.month}月{local.day}日来电反映“{words}”，现向您答复："
        f"{text}{asks}{offer}"
    )
