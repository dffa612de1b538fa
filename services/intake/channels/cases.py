"""The desks' doors to cases (案卷): verification, every end of a case, and its way back."""

from datetime import datetime
from typing import Any

from case_contracts.roles import Action, Actor
from services.intake import county
from services.intake.channels.language import door
from services.intake.domain.case import Case
from services.intake.domain.refusals import NotFound
from services.intake.ports import Announced, IntakeTransaction
from services.intake.schemas import shown, taken
from services.intake.stages import (
    closing,
    examining,
    lighting,
    linking,
    merging,
    raising_urgency,
    refiling,
    reopening,
    verification,
)
from services.intake.stages.filing import Filed, Proposal

TAGS = ["案卷"]


class CaseDoors:
    """核查, 结案, 作废, 强制结案, 并案, 重新立案, 重新处置."""

    @door("GET", "/api/intake/cases", query=taken.CasesQuery, answer=shown.Cases,
          action=Action.READ_CASE_FILES, tags=TAGS, summary="案卷列表",
          summary_en="List cases")  # fmt: skip
    def cases(
        self, tx: IntakeTransaction, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        page = tx.cases.listed(**query)
        last = page[-1].case_number if len(page) == query["limit"] else None
        flags = examining.flags_before_closing(tx, county.handbook(at), page)
        rows = [{**_row(case, at), "evidence_flags": flags.get(case.case_number, [])} for case in page]
        return {"cases": rows, "after": last}

    @door("GET", "/api/intake/cases/<case_number>", answer=shown.WholeCase,
          action=Action.READ_CASE_FILES, tags=TAGS, summary="查看案卷",
          summary_en="One case")  # fmt: skip
    def one_case(self, tx: IntakeTransaction, case_number: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        case = tx.cases.peek(case_number)
        if case is None:
            raise NotFound(f"case/{case_number}")
        tasks = tx.tasks.of_report(case.report_number)
        flags = examining.flags_of_case(tx, county.handbook(at), case)
        flow = tx.flow_records.of(case.subject)
        return {**_row(case, at), "tasks": tasks, "flow": flow, "evidence_flags": flags}

    @door("POST", "/api/intake/cases/<case_number>/ask-verification", body=taken.AskCollector,
          answer=shown.Asked, action=Action.ASK_VERIFICATION, tags=TAGS, summary="派核查",
          summary_en="Send a collector to verify")  # fmt: skip
    def ask_verification(
        self, tx: IntakeTransaction, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Any:
        return verification.ask_verification(tx, county.handbook(at), case_number, **command, at=at, by=by)

    @door("POST", "/api/intake/cases/<case_number>/close", body=taken.CloseCase, answer=shown.Announced,
          action=Action.CLOSE_CASE, tags=TAGS, summary="结案", summary_en="Close the case")  # fmt: skip
    def close(
        self, tx: IntakeTransaction, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return closing.close_case(tx, county.handbook(at), case_number, **command, at=at, by=by)

    @door("POST", "/api/intake/cases/<case_number>/void", body=taken.GiveReason,
          answer=shown.Announced, action=Action.VOID_CASE, tags=TAGS, summary="作废",
          summary_en="Void the case")  # fmt: skip
    def void(
        self, tx: IntakeTransaction, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return closing.void_case(tx, case_number, **command, at=at, by=by)

    @door("GET", "/api/intake/cases/<case_number>/similar", answer=shown.Similar,
          action=Action.READ_CASE_FILES, tags=TAGS, summary="相似案件与上报",
          summary_en="Cases and reports that may tell of the same problem")  # fmt: skip
    def similar_to_case(
        self, tx: IntakeTransaction, case_number: str, *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        case = tx.cases.peek(case_number)
        if case is None:
            raise NotFound(f"case/{case_number}")
        found = linking.similar(
            tx, county.handbook(at), case.subcategory, case.position, besides=case_number, at=at
        )
        return shown.similar(found)

    @door("POST", "/api/intake/cases/<case_number>/send-back", body=taken.GiveReason,
          answer=shown.Announced, action=Action.ASK_VERIFICATION, tags=TAGS, summary="退回返工（不派核查）",
          summary_en="Plainly incomplete: back to the unit")  # fmt: skip
    def send_back(
        self, tx: IntakeTransaction, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return verification.send_back(tx, county.handbook(at), case_number, **command, at=at, by=by)

    @door("POST", "/api/intake/cases/<case_number>/verify-again", body=taken.GiveReason,
          answer=shown.Asked, action=Action.CLOSE_CASE, tags=TAGS, summary="再次核查",
          summary_en="Have it verified once more before closing")  # fmt: skip
    def verify_again(
        self, tx: IntakeTransaction, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Any:
        return verification.verify_again(tx, county.handbook(at), case_number, **command, at=at, by=by)

    @door("POST", "/api/intake/cases/<case_number>/file-again", body=taken.FileAgain,
          answer=shown.Filed, action=Action.FILE_CASE, tags=TAGS, summary="重新立案（原编号）",
          summary_en="File what dispatch returned anew")  # fmt: skip
    def file_again(
        self, tx: IntakeTransaction, case_number: str, command: Proposal, *, at: datetime, by: Actor
    ) -> Filed:
        return refiling.file_again(tx, county.handbook(at), case_number, command, at=at, by=by)

    @door("POST", "/api/intake/cases/<case_number>/force-close", body=taken.ForceClose,
          answer=shown.Announced, action=Action.FORCE_CLOSE_CASE, tags=TAGS, summary="强制结案",
          summary_en="Close by force, with an approval")  # fmt: skip
    def force_close(
        self, tx: IntakeTransaction, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return closing.force_close(tx, case_number, **command, at=at, by=by)

    @door("POST", "/api/intake/cases/<case_number>/merge", body=taken.MergeCase,
          answer=shown.Announced, action=Action.MERGE_CASE, tags=TAGS, summary="并案",
          summary_en="Merge into another case")  # fmt: skip
    def merge(
        self, tx: IntakeTransaction, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return merging.merge_case(tx, case_number, **command, at=at, by=by)

    @door("POST", "/api/intake/cases/<case_number>/raise-urgency", body=taken.RaiseUrgency,
          answer=shown.Announced, action=Action.RAISE_URGENCY, tags=TAGS, summary="提高轻重缓急",
          summary_en="Make it more urgent")  # fmt: skip
    def raise_urgency_of_case(
        self, tx: IntakeTransaction, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return raising_urgency.raise_case(tx, case_number, **command, at=at, by=by)

    @door("POST", "/api/intake/cases/<case_number>/reopen", body=taken.GiveReason,
          answer=shown.Announced, action=Action.DECIDE_REOPENING, tags=TAGS, summary="重新处置",
          summary_en="Have it handled again")  # fmt: skip
    def reopen(
        self, tx: IntakeTransaction, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return reopening.reopen(tx, county.handbook(at), case_number, **command, at=at, by=by)

    @door("POST", "/api/intake/cases/<case_number>/decline-reopening", body=taken.DeclineReopening,
          answer=shown.Announced, action=Action.DECIDE_REOPENING, tags=TAGS, summary="不予重新处置",
          summary_en="The closing stands")  # fmt: skip
    def decline_reopening(
        self, tx: IntakeTransaction, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return reopening.decline_reopening(tx, case_number, **command, at=at, by=by)


def _row(case: Case, at: datetime) -> dict[str, Any]:
    return shown.view(case, light=lighting.light_of_case(case, county.handbook(at), at=at))
