"""The intake desk's and the reporters' doors to reports (上报)."""

from datetime import datetime
from typing import Any

from case_contracts.roles import Action, Actor
from chassis.app import Running
from chassis.sealing import Sealer
from services.intake import county
from services.intake.channels.language import door
from services.intake.domain.refusals import NotFound
from services.intake.domain.report import Report
from services.intake.ports import Announced, IntakeTransaction, RevealsWanted
from services.intake.schemas import shown, taken
from services.intake.stages import (
    confirmation,
    filing,
    holding,
    lighting,
    linking,
    locating,
    raising_urgency,
    reopening,
    reporting,
    self_handling,
)
from services.intake.stages.filing import Proposal
from services.intake.stages.reporting import Told

TAGS = ["上报"]


class ReportDoors:
    """上报, 受理, 立案."""

    def __init__(self, running: Running) -> None:
        county.begin(running)
        self.sealer = Sealer.of_settings(running.settings)
        self.files_by_itself = running.settings.environment.get("AUTOMATIC_FILING") == "1"

    @door("POST", "/api/intake/reports", body=taken.TellReport, answer=shown.Received, status=201,
          action=Action.REPORT, creates=True, tags=TAGS, summary="上报",
          summary_en="Report a problem")  # fmt: skip
    def report(
        self, tx: IntakeTransaction, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> reporting.Received:
        reporter = command["reporter"]
        sealed = self.sealer.seal(reporter) if reporter else None
        told = Told(**{**command, "reporter": sealed})
        return reporting.receive_report(
            tx, county.handbook(at), told, at=at, by=by, files_by_itself=self.files_by_itself
        )

    @door("GET", "/api/intake/reports", query=taken.ReportsQuery, answer=shown.Reports,
          action=Action.READ_REPORTS, tags=TAGS, summary="上报列表",
          summary_en="List reports")  # fmt: skip
    def reports(
        self, tx: IntakeTransaction, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        page = tx.reports.listed(**query)
        last = page[-1].report_number if len(page) == query["limit"] else None
        return {"reports": [self._row(report, at) for report in page], "after": last}

    @door("GET", "/api/intake/reports/<report_number>", answer=shown.WholeReport,
          action=Action.READ_REPORTS, tags=TAGS, summary="查看上报",
          summary_en="One report")  # fmt: skip
    def one_report(
        self, tx: IntakeTransaction, report_number: str, *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        report = _seen(tx, report_number)
        told = tx.answers.of_report(report_number)
        return shown.view(
            report,
            light=lighting.light_of_report(report, county.handbook(at), at=at),
            **_held(report, at),
            answer=told[-1] if told else None,
            answers=told,
            tasks=tx.tasks.of_report(report_number),
            flow=tx.flow_records.of(report.subject),
        )

    @door("GET", "/api/intake/similar", query=taken.NearQuery, answer=shown.NearPlace,
          action=Action.READ_REPORTS, tags=TAGS, summary="附近的相似案件与上报（登记之前）",
          summary_en="Cases and open reports near a place, before there is a report")  # fmt: skip
    def near(
        self, tx: IntakeTransaction, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        cases, reports = linking.near_place(tx, county.handbook(at), **query, at=at, by=by)
        return {"cases": shown.near(cases), "reports": shown.near(reports)}

    @door("GET", "/api/intake/reports/<report_number>/similar", answer=shown.Similar,
          action=Action.READ_REPORTS, tags=TAGS, summary="相似案件与上报",
          summary_en="Cases and reports that may tell of the same problem")  # fmt: skip
    def similar(
        self, tx: IntakeTransaction, report_number: str, *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        report = _seen(tx, report_number)
        found = linking.similar(
            tx, county.handbook(at), report.subcategory, report.position, besides=report_number, at=at
        )
        return shown.similar(found)

    @door("GET", "/api/intake/reports/<report_number>/nearest-component", query=taken.ComponentQuery,
          answer=shown.NearestComponent, action=Action.READ_REPORTS, tags=TAGS, summary="最近的部件",
          summary_en="The nearest component of the reported kind")  # fmt: skip
    def nearest_component(
        self, tx: IntakeTransaction, report_number: str, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        report = _seen(tx, report_number)
        offered = locating.offered_component(county.handbook(at), report, query["subcategory"])
        return {"component": shown.offered(offered) if offered else None}

    @door("GET", "/api/intake/reports/<report_number>/reporter", query=taken.RevealQuery,
          answer=shown.Reporter, action=Action.ASK_CONFIRMATION, tags=TAGS,
          summary="查看上报人（记录在案）", summary_en="Reveal the reporter (logged)")  # fmt: skip
    def reporter(
        self, tx: IntakeTransaction, report_number: str, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        sealed = reporting.reveal_reporter(tx, report_number, query["reason"], at=at, by=by)
        return {"report_number": report_number, **(self.sealer.open(sealed) if sealed else {})}

    @door("PUT", "/api/intake/reports/<report_number>/hold", answer=shown.Hold,
          action=Action.PROPOSE_FILING, tags=TAGS, summary="领取（十分钟，可续）",
          summary_en="Take it up for ten minutes, or go on")  # fmt: skip
    def hold(self, tx: IntakeTransaction, report_number: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        return _held(holding.hold(tx, report_number, at=at, by=by), at)

    @door("DELETE", "/api/intake/reports/<report_number>/hold", answer=shown.Hold,
          action=Action.PROPOSE_FILING, tags=TAGS, summary="放回",
          summary_en="Leave it to others")  # fmt: skip
    def release(
        self, tx: IntakeTransaction, report_number: str, *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        return _held(holding.release(tx, report_number, by=by), at)

    @door("POST", "/api/intake/reports/<report_number>/ask-confirmation", body=taken.AskCollector,
          answer=shown.Asked, action=Action.ASK_CONFIRMATION, tags=TAGS, summary="派核实",
          summary_en="Send a collector to confirm")  # fmt: skip
    def ask_confirmation(
        self, tx: IntakeTransaction, report_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Any:
        return confirmation.ask_confirmation(tx, county.handbook(at), report_number, **command, at=at, by=by)

    @door("POST", "/api/intake/reports/<report_number>/not-accept", body=taken.GiveReason,
          answer=shown.Announced, action=Action.NOT_ACCEPT, tags=TAGS, summary="不予受理",
          summary_en="Do not accept")  # fmt: skip
    def not_accept(
        self, tx: IntakeTransaction, report_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return filing.not_accept(tx, report_number, **command, at=at, by=by)

    @door("POST", "/api/intake/reports/<report_number>/link", body=taken.LinkReport,
          answer=shown.Announced, action=Action.LINK, tags=TAGS, summary="关联重复案件",
          summary_en="Link to a case")  # fmt: skip
    def link(
        self, tx: IntakeTransaction, report_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return linking.link(tx, report_number, **command, at=at, by=by)

    @door("POST", "/api/intake/reports/<report_number>/propose-filing", body=taken.ProposeFiling,
          answer=shown.Announced, action=Action.PROPOSE_FILING, tags=TAGS, summary="受理并提请立案",
          summary_en="Propose to file")  # fmt: skip
    def propose_filing(
        self, tx: IntakeTransaction, report_number: str, command: Proposal, *, at: datetime, by: Actor
    ) -> Announced:
        return filing.propose_filing(tx, county.handbook(at), report_number, command, at=at, by=by)

    @door("POST", "/api/intake/reports/<report_number>/file", body=taken.Nothing, answer=shown.Filed,
          action=Action.FILE_CASE, tags=TAGS, summary="立案", summary_en="File the case")  # fmt: skip
    def file(
        self, tx: IntakeTransaction, report_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> filing.Filed:
        return filing.file_case(tx, county.handbook(at), report_number, at=at, by=by)

    @door("POST", "/api/intake/reports/<report_number>/decline", body=taken.GiveReason,
          answer=shown.Announced, action=Action.DECLINE_TO_FILE, tags=TAGS, summary="不予立案",
          summary_en="Decline to file")  # fmt: skip
    def decline(
        self, tx: IntakeTransaction, report_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return filing.decline(tx, report_number, **command, at=at, by=by)

    @door("POST", "/api/intake/reports/<report_number>/return-for-completion", body=taken.GiveReason,
          answer=shown.Announced, action=Action.RETURN_FOR_COMPLETION, tags=TAGS, summary="退回受理",
          summary_en="Return for completion")  # fmt: skip
    def return_for_completion(
        self, tx: IntakeTransaction, report_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return filing.return_for_completion(tx, county.handbook(at), report_number, **command, at=at, by=by)

    @door("POST", "/api/intake/reports/<report_number>/raise-urgency", body=taken.RaiseUrgency,
          answer=shown.Announced, action=Action.RAISE_URGENCY, tags=TAGS, summary="提高轻重缓急",
          summary_en="Make it more urgent")  # fmt: skip
    def raise_urgency(
        self, tx: IntakeTransaction, report_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return raising_urgency.raise_report(tx, report_number, **command, at=at, by=by)

    @door("POST", "/api/intake/reports/<report_number>/judge-self-handling", body=taken.JudgeSelfHandling,
          answer=shown.Announced, action=Action.JUDGE_SELF_HANDLING, tags=TAGS, summary="自处置审核",
          summary_en="Judge what a collector mended")  # fmt: skip
    def judge_self_handling(
        self, tx: IntakeTransaction, report_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return self_handling.judge(tx, county.handbook(at), report_number, **command, at=at, by=by)

    @door("POST", "/api/intake/reports/<report_number>/ask-reopening", body=taken.AskReopening,
          answer=shown.Announced, action=Action.ASK_REOPENING, tags=TAGS, summary="不满意，要求重新处置",
          summary_en="The reporter is dissatisfied")  # fmt: skip
    def ask_reopening(
        self, tx: IntakeTransaction, report_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return reopening.ask_reopening(tx, county.handbook(at), report_number, **command, at=at, by=by)

    @door("GET", "/api/intake/reveals", query=taken.RevealsQuery, answer=shown.Reveals,
          action=Action.READ_REVEALS, tags=TAGS, summary="查看上报人的记录",
          summary_en="Who looked at which reporter, and why")  # fmt: skip
    def reveals(
        self, tx: IntakeTransaction, query: RevealsWanted, *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        page = tx.reporters.reveals(query)
        last = page[-1].reveal_id if len(page) == query.limit else None
        return {"reveals": page, "before": last}

    def _row(self, report: Report, at: datetime) -> dict[str, Any]:
        light = lighting.light_of_report(report, county.handbook(at), at=at)
        return shown.view(report, light=light, **_held(report, at))


def _held(report: Report, at: datetime) -> dict[str, Any]:
    """Who has it and until when; nothing of what has run out, though it is still written down."""
    holder = report.holder(at)
    until = report.held_until if holder else None
    return {"report_number": report.report_number, "held_by": holder, "held_until": until}


def _seen(tx: IntakeTransaction, report_number: str) -> Report:
    report = tx.reports.peek(report_number)
    if report is None:
        raise NotFound(f"report/{report_number}")
    return report
