"""The public page's doors (公众网页): reporting, progress for the number, details for the query word."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from case_contracts import attachment_tokens
from case_contracts.attachment_tokens import BadToken, DraftReceipt, DraftUpload, PhotoLink
from chassis.app import Running
from chassis.problems import Problem, invalid
from chassis.sealing import Sealer
from chassis.settings import SettingMissing
from services.intake import county, query_words
from services.intake.attachments import LARGEST_OF_CITIZENS
from services.intake.channels.language import door
from services.intake.domain.case import Case, CaseState
from services.intake.domain.refusals import NotFound, WrongQueryWord
from services.intake.domain.report import Report, ReportState
from services.intake.ports import Announced, IntakeTransaction
from services.intake.schemas import public, shown, taken
from services.intake.stages import public_page
from services.intake.stages.public_page import Opened
from services.intake.stages.reporting import Told

R = TypeVar("R")

TAGS = ["公众"]
DRAFT_HOLDS = timedelta(hours=2)
LINK_HOLDS = timedelta(hours=1)
REPORTS_AN_HOUR = 10
"""So many reports an hour come from one address, unless PUBLIC_REPORTS_PER_HOUR says otherwise."""
DRAFTS_A_REPORT = 3
WRONG_WORDS_AN_HOUR = 30

TOO_OFTEN = (429, "too-often", "操作过于频繁，请稍后再试", "Too often: try again later")
WRONG_WORD = (403, "wrong-query-word", "查询码不正确", "The query word is not right")

_REPORTS = {
    ReportState.RECEIVED: "已收到，正在受理",
    ReportState.CONFIRMING: "正在现场核实",
    ReportState.AWAITING_FILING: "正在审核立案",
    ReportState.SELF_HANDLED: "已自行处置，正在审核",
    ReportState.NOT_FILED: "不予立案",
    ReportState.NOT_ACCEPTED: "不予受理",
    ReportState.SELF_HANDLING_VALID: "已自行处置",
}
_CASES = {
    CaseState.IN_COMMAND: "已立案，正在处置",
    CaseState.UNDER_REVIEW: "已立案，正在复核",
    CaseState.AWAITING_VERIFICATION: "已处置，等待现场核查",
    CaseState.VERIFYING: "已处置，正在现场核查",
    CaseState.AWAITING_CLOSING: "核查通过，等待结案",
    CaseState.CLOSED: "已办结",
    CaseState.FORCE_CLOSED: "已停止办理",
    CaseState.VOIDED: "已停止办理",
}


class PublicDoors:
    """公众上报, 公众查询, 评价."""

    def __init__(self, running: Running) -> None:
        keys = running.settings.keys_dir
        self.sealer = Sealer.of_settings(running.settings)
        self.clock = running.clock
        self.key = (keys / "attachments.key").read_text().strip()
        self.reports_an_hour = _limit(running.settings.environment.get("PUBLIC_REPORTS_PER_HOUR"))

    @door("POST", "/api/intake/public/drafts", body=taken.Nothing, answer=public.Draft, status=201,
          public=True, address=True, tags=TAGS, summary="开始上报（取照片上传凭证）",
          summary_en="Begin a report: a token to upload its photos with")  # fmt: skip
    def begin(
        self, tx: IntakeTransaction, command: dict[str, Any], *, address: str, at: datetime, by: None
    ) -> dict[str, Any] | Problem:
        what = f"drafts/{query_words.address_mark(self.key, address)}"
        wait = public_page.allowed(tx, what, DRAFTS_A_REPORT * self.reports_an_hour, at=at)
        if wait is not None:
            return _too_often(wait)
        expires_at = (
            self.clock() + DRAFT_HOLDS
        )  # it holds from now on, also where a replay says that it is 2020
        token = attachment_tokens.sign(DraftUpload(draft=uuid4().hex), self.key, expires_at=expires_at)
        return {
            "token": token,
            "expires_at": expires_at,
            "most_photos": public_page.MOST_PHOTOS,
            "largest_photo": LARGEST_OF_CITIZENS,
        }

    @door("POST", "/api/intake/public/reports", body=public.TellPublicly, answer=public.ToldPublicly,
          status=201, public=True, address=True, creates=True, secret=True, tags=TAGS, summary="公众上报",
          summary_en="Report a problem without an account")  # fmt: skip
    def tell(
        self, tx: IntakeTransaction, command: dict[str, Any], *, address: str, at: datetime, by: None
    ) -> dict[str, Any] | Problem:
        what = f"reports/{query_words.address_mark(self.key, address)}"
        wait = public_page.allowed(tx, what, self.reports_an_hour, at=at)
        if wait is not None:
            return _too_often(wait)
        draft = self._draft(command["draft"])
        word = query_words.new_word()
        told = Told(
            description=command["description"],
            address=command["address"],
            position=command["position"],
            photos=self._photos(command["photos"], draft),
            subcategory=command["subcategory"],
            query_mark=query_words.mark(self.key, word),
            reporter=self._sealed(command),
        )
        received = public_page.report(tx, county.handbook(at), told, draft, at=at)
        return {**vars(received), "query_word": word}

    @door("GET", "/api/intake/public/reports/<report_number>", answer=public.PublicReport, public=True,
          tags=TAGS, summary="查询办理进度", summary_en="How a report stands")  # fmt: skip
    def public_report(
        self, tx: IntakeTransaction, report_number: str, *, at: datetime, by: None
    ) -> dict[str, Any]:
        report = tx.reports.peek(report_number)
        if report is None:
            raise NotFound(f"report/{report_number}")
        case, steps = public_page.progress(tx, report)
        return {
            **_stands(report, case),
            "answer": next(reversed(tx.answers.of_report(report_number)), None),
            "steps": steps,
            "with_query_word": report.query_mark != "",
        }

    @door("POST", "/api/intake/public/reports/<report_number>/open", body=public.QueryWord,
          answer=public.OpenedReport, public=True, address=True, secret=True, tags=TAGS,
          summary="凭查询码查看（答复视为送达）",
          summary_en="Details for the query word; the answers shown count as delivered")  # fmt: skip
    def open_report(
        self, tx: IntakeTransaction, report_number: str, command: dict[str, Any], *, address: str,
        at: datetime, by: None,
    ) -> dict[str, Any] | Problem:  # fmt: skip
        handbook = county.handbook(at)
        return self._with_word(
            tx, command, address, at,
            lambda mark: self._shown(public_page.open_report(tx, handbook, report_number, mark, at=at)),
        )  # fmt: skip

    @door("POST", "/api/intake/public/reports/<report_number>/rate", body=public.Rating,
          answer=shown.Announced, public=True, address=True, secret=True, tags=TAGS, summary="评价",
          summary_en="How satisfied the reporter is with the newest answer")  # fmt: skip
    def rate(
        self, tx: IntakeTransaction, report_number: str, command: dict[str, Any], *, address: str,
        at: datetime, by: None,
    ) -> Announced | Problem:  # fmt: skip
        said = {"satisfaction": command["satisfaction"], "words": command["words"]}
        return self._with_word(
            tx, command, address, at, lambda mark: public_page.rate(tx, report_number, mark, **said, at=at)
        )

    @door("POST", "/api/intake/public/reports/<report_number>/ask-reopening", body=public.AskAgain,
          answer=shown.Announced, public=True, address=True, secret=True, tags=TAGS,
          summary="不满意，要求重新处置",
          summary_en="The problem is not gone: once a report, within the window")  # fmt: skip
    def ask_again(
        self, tx: IntakeTransaction, report_number: str, command: dict[str, Any], *, address: str,
        at: datetime, by: None,
    ) -> Announced | Problem:  # fmt: skip
        handbook, words = county.handbook(at), command["words"]
        return self._with_word(
            tx, command, address, at,
            lambda mark: public_page.ask_reopening(tx, handbook, report_number, mark, words=words, at=at),
        )  # fmt: skip

    def _with_word(
        self, tx: IntakeTransaction, command: dict[str, Any], address: str, at: datetime,
        act: Callable[[str], R],
    ) -> R | Problem:  # fmt: skip
        """Act with the word's mark; nobody tries words without end."""
        what = f"wrong-words/{query_words.address_mark(self.key, address)}"
        wait = public_page.exhausted(tx, what, WRONG_WORDS_AN_HOUR, at=at)
        if wait is not None:
            return _too_often(wait)
        try:
            return act(query_words.mark(self.key, command["query_word"]))
        except WrongQueryWord:
            # Returned, not raised: so that the count stays.
            wait = public_page.allowed(tx, what, WRONG_WORDS_AN_HOUR, at=at)
            return Problem(WRONG_WORD) if wait is None else _too_often(wait)

    def _draft(self, token: str) -> str:
        try:
            return attachment_tokens.read(DraftUpload, token, self.key).draft
        except (BadToken, TypeError) as error:
            raise invalid(("draft", "草稿已过期，请重新开始")) from error

    def _photos(self, receipts: list[str], draft: str) -> tuple[str, ...]:
        """The photos that were uploaded for this draft; nobody names a photo that they do not have."""
        photos = []
        for place, receipt in enumerate(receipts):
            try:
                read = attachment_tokens.read(DraftReceipt, receipt, self.key)
            except (BadToken, TypeError) as error:
                raise invalid((f"photos.{place}", "应为上传照片时得到的回执")) from error
            if read.draft != draft:
                raise invalid((f"photos.{place}", "照片不是为本次上报上传的"))
            photos.append(read.sha256)
        return tuple(dict.fromkeys(photos))

    def _sealed(self, command: dict[str, Any]) -> bytes | None:
        given = {"name": command["name"].strip(), "telephone": command["telephone"] or ""}
        return (
            self.sealer.seal({name: value for name, value in given.items() if value})
            if any(given.values())
            else None
        )

    def _shown(self, opened: Opened) -> dict[str, Any]:
        report = opened.report
        newest = opened.answers[-1] if opened.answers else None
        return {
            **_stands(report, opened.case),
            "description": report.description,
            "address": report.address,
            "lon": report.position.lon if report.position else None,
            "lat": report.position.lat if report.position else None,
            "photos": [self._linked(photo) for photo in report.photos],
            "photos_after": [self._linked(photo) for photo in opened.photos_after],
            "steps": opened.steps,
            "answers": opened.answers,
            "may_rate": newest is not None and newest.satisfaction is None,
            "may_ask_reopening_until": opened.may_ask_reopening_until,
        }

    def _linked(self, photo: str) -> dict[str, str]:
        until = self.clock() + LINK_HOLDS
        link = attachment_tokens.sign(PhotoLink(sha256=photo), self.key, expires_at=until)
        return {"sha256": photo, "link": f"/api/intake/attachments/{photo}?link={link}"}


def _stands(report: Report, case: Case | None) -> dict[str, Any]:
    if report.case_number is None:
        state, words = report.state.value, _REPORTS[report.state]
    elif case is None:
        raise NotFound(f"case/{report.case_number}")
    else:
        state, words = case.state.value, _CASES[case.state]
    return {
        "report_number": report.report_number,
        "state": state,
        "state_text": words,
        "received_at": report.received_at,
    }


def _too_often(seconds: int) -> Problem:
    return Problem(TOO_OFTEN, headers={"Retry-After": str(seconds)}, members={"retry_after": seconds})


def _limit(given: str | None) -> int:
    wanted = given or str(REPORTS_AN_HOUR)
    if not wanted.isascii() or not wanted.isdigit() or not 1 <= int(wanted) <= 100_000:
        raise SettingMissing(
            "环境变量 PUBLIC_REPORTS_PER_HOUR 应为 1 至 100000 的整数"
            f" / PUBLIC_REPORTS_PER_HOUR must be a whole number from 1 to 100000: {wanted!r}"
        )
    return int(wanted)
