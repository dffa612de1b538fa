"""The shift supervisor's desk (值班长): files, judges, merges, voids, closes, reopens."""

from typing import Any

from examples.city.bends import Bend
from examples.city.log import Story
from examples.city.workplace import Workplace

MISTAKE = {"reason": "同一问题已由养护单位自行处置，误立案"}
HOPELESS = {"reason": "位于征收拆迁范围，无法处置", "approved_by": "局长办公会第12号"}
MAJOR = {"urgency": "major", "reason": "影响重大活动保障，请优先处置"}


class SupervisorDesk(Workplace):
    """One method a work list."""

    # 案卷建立

    def judge(self) -> int:
        """自处置审核: whether the collector has really mended it."""
        supervisor = self.people.supervisors.next()
        rows = self._list(supervisor, "intake/reports", "reports", "self_handled")
        return self._each(rows, lambda row: self._judge(supervisor, row))

    def _judge(self, supervisor: Any, row: dict[str, Any]) -> int:
        story = self._story(row)
        if story is None:
            return 0
        path = f"intake/reports/{story.report_number}/judge-self-handling"
        if story.plan.bend is Bend.SELF_HANDLED:
            return self._do(supervisor, story, "judge", path, {"valid": True}, outcome="self_handled")
        invalid = {"valid": False, "reason": "处置后照片仍可见问题，按一般问题受理"}
        return self._do(supervisor, story, "judge", path, invalid)

    def file(self) -> int:
        """立案: file, decline or return what is proposed."""
        supervisor = self.people.supervisors.next()
        rows = self._list(supervisor, "intake/reports", "reports", "awaiting_filing")
        return self._each(rows, lambda row: self._file(supervisor, row))

    def _file(self, supervisor: Any, row: dict[str, Any]) -> int:
        story = self._story(row)
        if story is None:
            return 0
        path = f"intake/reports/{story.report_number}"
        if story.plan.bend is Bend.NOT_FILED:
            reason = {"reason": "未达到立案条件"}
            return self._do(supervisor, story, "decline", f"{path}/decline", reason, outcome="not_filed")
        if story.plan.bend is Bend.RETURNED and not story.done["return"]:
            reason = {"reason": "请补充位置描述"}
            return self._do(supervisor, story, "return", f"{path}/return-for-completion", reason)
        return self._do(supervisor, story, "file", f"{path}/file", {}, learn=("case_number",))

    def file_again(self) -> int:
        """重新立案: file what the dispatcher returned, under its old number."""
        supervisor = self.people.supervisors.next()
        rows = self._list(supervisor, "intake/cases", "cases", "under_review")
        return self._each(rows, lambda row: self._file_again(supervisor, row))

    def _file_again(self, supervisor: Any, row: dict[str, Any]) -> int:
        story = self._story(row)
        if story is None:
            return 0
        command = {"subcategory": story.plan.subcategory, "filing_standard": story.plan.filing_standard}
        path = f"intake/cases/{row['case_number']}/file-again"
        return self._do(supervisor, story, "file_again", path, command)

    # While the unit is at it

    def raise_urgency(self) -> int:
        """提高轻重缓急: the unit hears of it at once."""
        supervisor = self.people.supervisors.next()
        return sum(
            self._do(supervisor, story, "raise", f"intake/cases/{story.case_number}/raise-urgency", MAJOR)
            for story in self._begun(Bend.RAISED, "raise")
        )

    def end_early(self) -> int:
        """作废, 强制结案, 并案: what was filed by mistake, cannot be mended, or is another's case."""
        supervisor = self.people.supervisors.next()
        return sum(
            self._do(
                supervisor,
                story,
                step,
                f"intake/cases/{story.case_number}/{step}",
                command,
                outcome=outcome,
            )
            for bend, step, command, outcome in (
                (Bend.VOIDED, "void", MISTAKE, "voided"),
                (Bend.FORCE_CLOSED, "force-close", HOPELESS, "force_closed"),
            )
            for story in self._begun(bend, step)
        ) + sum(self._merge(supervisor, story) for story in self._begun(Bend.MERGED, "merge"))

    def _merge(self, supervisor: Any, story: Story) -> int:
        original = self.log.original_of(story)
        if original is None or not original.case_number:
            return 0
        into = {"into_case_number": original.case_number}
        path = f"intake/cases/{story.case_number}/merge"
        return self._do(supervisor, story, "merge", path, into, outcome="merged")

    # 核查结案

    def close(self) -> int:
        """结案: close what is verified."""
        supervisor = self.people.supervisors.next()
        rows = self._list(supervisor, "intake/cases", "cases", "awaiting_closing")
        return self._each(rows, lambda row: self._close(supervisor, row))

    def _close(self, supervisor: Any, row: dict[str, Any]) -> int:
        story = self._story(row)
        if story is None or self._is_awaited(story):
            return 0
        path = f"intake/cases/{row['case_number']}/close"
        seen = {"flags_seen": [flag["id"] for flag in row["evidence_flags"]]}
        return self._do(supervisor, story, "close", path, seen, outcome="closed")

    def _is_awaited(self, story: Story) -> bool:
        """Somebody waits for it: what is to be merged into it, or who is still to hear that it goes on."""
        if any(not other.done["merge"] for other in self.log.merged_into(story)):
            return True
        return bool(story.done["reopen"]) and story.done["answer"] < 2

    def decide_reopenings(self) -> int:
        """重新处置: a reporter is not content; it is handled again, or the closing stands."""
        supervisor = self.people.supervisors.next()
        again = {"reason": "经复核问题仍然存在，请重新处置"}
        enough = {"reason": "经复核现场已恢复，照片为处置前所摄"}
        return sum(
            self._do(supervisor, story, step, f"intake/cases/{story.case_number}/{step}", command)
            for bend, step, command in (
                (Bend.REOPENED, "reopen", again),
                (Bend.REOPENING_DECLINED, "decline-reopening", enough),
            )
            for story in self.log.under_way
            if story.plan.bend is bend and story.done["complain"] and not story.done[step]
        )
