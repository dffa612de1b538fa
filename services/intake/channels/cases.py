"""The desks' doors to cases (案卷): verification, closing, voiding."""

from datetime import datetime
from typing import Any

from case_contracts.roles import Action, Actor
from services.intake import county
from services.intake.channels.language import door
from services.intake.domain.refusals import NotFound
from services.intake.ports import Announced, IntakeTransaction
from services.intake.schemas import shown, taken
from services.intake.stages import closing, verification

TAGS = ["案卷"]


class CaseDoors:
    """核查, 结案, 作废."""

    @door("GET", "/api/intake/cases", query=taken.CasesQuery, answer=shown.Cases,
          action=Action.READ_CASE_FILES, tags=TAGS, summary="案卷列表",
          summary_en="List cases")  # fmt: skip
    def cases(
        self, tx: IntakeTransaction, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        page = tx.cases.listed(**query)
        last = page[-1].case_number if len(page) == query["limit"] else None
        return {"cases": page, "after": last}

    @door("GET", "/api/intake/cases/<case_number>", answer=shown.WholeCase,
          action=Action.READ_CASE_FILES, tags=TAGS, summary="查看案卷",
          summary_en="One case")  # fmt: skip
    def one_case(self, tx: IntakeTransaction, case_number: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        case = tx.cases.peek(case_number)
        if case is None:
            raise NotFound(f"case/{case_number}")
        tasks = tx.tasks.of_report(case.report_number)
        return shown.view(case, tasks=tasks, flow=tx.flow_records.of(case.subject))

    @door("POST", "/api/intake/cases/<case_number>/ask-verification", body=taken.AskCollector,
          answer=shown.Asked, action=Action.ASK_VERIFICATION, tags=TAGS, summary="派核查",
          summary_en="Send a collector to verify")  # fmt: skip
    def ask_verification(
        self, tx: IntakeTransaction, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Any:
        return verification.ask_verification(tx, county.handbook(), case_number, **command, at=at, by=by)

    @door("POST", "/api/intake/cases/<case_number>/close", body=taken.Nothing, answer=shown.Announced,
          action=Action.CLOSE_CASE, tags=TAGS, summary="结案", summary_en="Close the case")  # fmt: skip
    def close(
        self, tx: IntakeTransaction, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return closing.close_case(tx, case_number, at=at, by=by)

    @door("POST", "/api/intake/cases/<case_number>/void", body=taken.GiveReason,
          answer=shown.Announced, action=Action.VOID_CASE, tags=TAGS, summary="作废",
          summary_en="Void the case")  # fmt: skip
    def void(
        self, tx: IntakeTransaction, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return closing.void_case(tx, case_number, **command, at=at, by=by)
