"""What assessment's tests share: a ledger on a real database, and lives of cases told by their facts."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import orjson
from werkzeug.routing import Map, Rule
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from case_contracts import facts, wire
from case_contracts.assessment import AppealGranted, AppealMade, AppealRefused
from case_contracts.codes import AnswerKind, Satisfaction, Source, SupervisionKind, Urgency
from case_contracts.dispatch import (
    CaseDispatched,
    CaseResumed,
    CaseReturnedToIntake,
    CaseSentBack,
    CaseSuspended,
    CoordinationCalled,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    FeedbackSubmitted,
    HandlingStarted,
    OutageCredited,
    ReplyTimeCredited,
    ReturnAccepted,
    ReturnRefused,
    ReworkOrdered,
    SupervisionOrdered,
    SupervisionReplied,
    TaskWithdrawn,
    UnitUrged,
)
from case_contracts.hotline import CallerInformed
from case_contracts.intake import (
    AnswerDelivered,
    AnswerDue,
    AnswerRated,
    AnswerUndeliverable,
    CallBackDue,
    CaseClosed,
    CaseFiled,
    CaseForceClosed,
    CaseMerged,
    CaseReopened,
    CaseVoided,
    FilingDeclined,
    HandlingVerified,
    ProblemSelfHandled,
    ReopeningAsked,
    ReopeningDeclined,
    ReportAccepted,
    ReportConfirmed,
    ReportDenied,
    ReportLinked,
    ReportNotAccepted,
    ReportReceived,
    SelfHandlingJudged,
    VerificationFailed,
)
from chassis import problems, settings
from chassis.app import Running
from chassis.door_calls import OpenDoor
from chassis.migrating import migrate
from chassis.problems import Problem
from chassis.reading import Delivery
from chassis.receiving import Receiver, Verdict
from chassis.refusals import refusal_of
from chassis.transactions import Database
from services.assessment.service import app, reader

JUNE = datetime(2020, 5, 31, 16, 0, tzinfo=UTC)
JULY = datetime(2020, 6, 30, 16, 0, tzinfo=UTC)
AUGUST = datetime(2020, 7, 31, 16, 0, tzinfo=UTC)
ASSESSOR = {"sub": "assessor-1", "roles": ["assessor"]}
DISPATCHER = {"sub": "dispatcher-1", "roles": ["dispatcher"]}
AGENT = {"sub": "agent-1", "roles": ["hotline_agent"]}
DAY = timedelta(days=1)


def opened(url: str) -> Database:
    """A migrated database of assessment."""
    migrate(url, app.migrations)
    return Database(url, codec=app.codec, service=app.name, bind=app.bind, readers=app.readers)


def deliver(database: Database, envelopes: Iterable[wire.Envelope]) -> list[Verdict]:
    """What the facts process does, in batches of fifty."""
    deliveries = [
        Delivery(
            queue=reader.queue,
            body=wire.encode(envelope),
            content_type=wire.CONTENT_TYPE,
            exchange=f"{envelope.source}.events",
            routing_key=envelope.type,
        )
        for envelope in envelopes
    ]
    receiver = Receiver(database, reader)
    verdicts = []
    for begin in range(0, len(deliveries), 50):
        verdicts += receiver.receive_batch(deliveries[begin : begin + 50])
    return verdicts


class Desk:
    """Assessment's doors, called with claims instead of a signed token."""

    def __init__(self, database: Database, now: datetime = AUGUST) -> None:
        environment = {"DATABASE_URL": "x", "HTTP_PORT": "1", "METRICS_PORT": "1", "KEYS_DIR": str(Path())}
        self.now = now
        running = Running(
            settings=settings.read("doors", environment), database=database, clock=lambda: self.now
        )
        self.doors = [
            OpenDoor(app=app, running=running, door=door, instance=instance, claims_of=json.loads)
            for instance, door in app.opened(running)
        ]
        self.keys = count(1)
        self.routes = Map(
            [
                Rule(one.door.route, methods=[one.door.method], endpoint=at)
                for at, one in enumerate(self.doors)
            ]
        )

    def post(
        self, path: str, body: Any, by: Mapping[str, Any] = ASSESSOR, key: str | None = None
    ) -> tuple[int, Any]:
        """Status and document of a command, under a key of its own unless one is given."""
        headers = {
            "Authorization": f"Bearer {json.dumps(by)}",
            "Idempotency-Key": key or f"key-{next(self.keys)}",
        }
        content = orjson.dumps(body)
        builder = EnvironBuilder(
            f"/api/assessment/{path}", method="POST", headers=headers, data=content,
            content_type="application/json",
        )  # fmt: skip
        return self._answered(Request(builder.get_environ()), content, path)

    def get(self, path: str, by: Mapping[str, Any] = ASSESSOR, **query: Any) -> tuple[int, Any]:
        """Status and document."""
        query = {
            name.rstrip("_"): one.isoformat() if isinstance(one, datetime) else one
            for name, one in query.items()
        }
        builder = EnvironBuilder(
            f"/api/assessment/{path}",
            query_string=query,
            headers={"Authorization": f"Bearer {json.dumps(by)}"},
        )
        return self._answered(Request(builder.get_environ()), b"", path)

    def _answered(self, request: Request, content: bytes, path: str) -> tuple[int, Any]:
        place, request.path_values = self.routes.bind_to_environ(request.environ).match()  # type: ignore[attr-defined]
        try:
            outcome = self.doors[place].call(request, content, self.doors[place].admit(request))
        except Exception as error:
            outcome = refusal_of(error, app.problems, route=path)
        if isinstance(outcome, Problem):
            outcome = problems.answer(outcome, "zh-CN")
        return outcome.status_code, orjson.loads(outcome.data)

    def counts(self, **query: Any) -> dict[str, int]:
        """The counts of a period, only those above 0."""
        status, document = self.get("figures", **query)
        assert status == 200, document
        return {name: count for name, count in document["counts"].items() if count}

    def rates(self, **query: Any) -> dict[str, float | None]:
        """The rates of a period."""
        return dict(self.get("figures", **query)[1]["rates"])


def unit_of(code: str) -> dict[str, Any]:
    """The claims of somebody who works for a responsible unit."""
    return {"sub": f"{code}-clerk", "roles": ["responsible_unit"], "unit": code}


class Life:
    """The life of one report and the case it may become, told fact by fact."""

    def __init__(self, serial: int, *, source: Source = Source.HOTLINE) -> None:
        self.serial = serial
        self.source = source
        self.report_number = f"R20200615{serial:05d}"
        self.case_number = f"41052320200615{serial:05d}"
        self.round = 1
        self.dispatch_number = 0
        self.responsible_unit = ""
        self.due_at = JUNE
        self.told: list[tuple[datetime, facts.Fact]] = []

    def _tell(self, at: datetime, fact: facts.Fact) -> "Life":
        self.told.append((at, fact))
        return self

    def received(self, at: datetime) -> "Life":
        return self._tell(
            at,
            ReportReceived(
                report_number=self.report_number,
                source=self.source,
                description="路面破损",
                address="文王路",
                received_at=at,
            ),
        )

    def confirmed(self, at: datetime, *, true: bool = True, in_time: bool = True) -> "Life":
        task = {"report_number": self.report_number, "task_id": "t", "collector": "c", "in_time": in_time}
        if true:
            return self._tell(at, ReportConfirmed(confirmed_at=at, **task))
        return self._tell(at, ReportDenied(denied_at=at, reason="未发现", **task))

    def accepted(self, at: datetime) -> "Life":
        return self._tell(
            at,
            ReportAccepted(
                report_number=self.report_number,
                subcategory="I0101",
                filing_standard="s",
                operator="o",
                accepted_at=at,
            ),
        )

    def not_accepted(self, at: datetime) -> "Life":
        return self._tell(
            at, ReportNotAccepted(report_number=self.report_number, reason="不属于城管", refused_at=at)
        )

    def not_filed(self, at: datetime) -> "Life":
        return self._tell(
            at, FilingDeclined(report_number=self.report_number, reason="达不到标准", declined_at=at)
        )

    def linked(self, at: datetime, other: "Life") -> "Life":
        return self._tell(
            at,
            ReportLinked(report_number=self.report_number, case_number=other.case_number, linked_at=at),
        )

    def filed(self, at: datetime) -> "Life":
        return self._tell(
            at,
            CaseFiled(
                case_number=self.case_number,
                round=1,
                report_number=self.report_number,
                source=self.source,
                subcategory="I0101",
                filing_standard="s",
                handbook_version="1",
                limit=5,
                limit_unit="working_day",
                urgency=Urgency.ORDINARY,
                closing_condition="恢复",
                description="路面破损",
                address="文王路",
                lon=114.36,
                lat=35.92,
                unit_grid_code="410523100402001",
                responsibility_grid="410523Z001",
                supervisor="s",
                filed_at=at,
            ),
        )

    def dispatched(self, at: datetime, unit: str = "u01", *, days: float = 7) -> "Life":
        self.dispatch_number += 1
        self.responsible_unit, self.due_at = unit, at + days * DAY
        return self._tell(
            at, CaseDispatched(**self._task(), due_at=self.due_at, dispatched_at=at, dispatcher="d")
        )

    def signed(self, at: datetime) -> "Life":
        return self._tell(at, HandlingStarted(**self._task(), signed_at=at))

    def sent_back(self, at: datetime) -> "Life":
        return self._tell(at, CaseSentBack(**self._task(), reason="不是我单位", sent_back_at=at))

    def return_accepted(self, at: datetime) -> "Life":
        return self._tell(at, ReturnAccepted(**self._task(), dispatcher="d", accepted_at=at))

    def return_refused(self, at: datetime, *, later: timedelta = timedelta(hours=1)) -> "Life":
        self.due_at += later
        return self._tell(
            at,
            ReturnRefused(
                **self._task(), reason="是你单位", dispatcher="d", due_at=self.due_at, refused_at=at
            ),
        )

    def fed_back(self, at: datetime) -> "Life":
        return self._tell(
            at,
            FeedbackSubmitted(
                **self._task(),
                text="已修",
                photos=("a",),
                due_at=self.due_at,
                fed_back_at=at,
                in_time=at <= self.due_at,
            ),
        )

    def failed(self, at: datetime, *, in_time: bool = True, collector: str = "c") -> "Life":
        self.round += 1
        return self._tell(
            at,
            VerificationFailed(
                case_number=self.case_number,
                round=self.round,
                task_id="t" if collector else "",
                collector=collector,
                reason="没修好",
                failed_at=at,
                in_time=in_time,
            ),
        )

    def rework(self, at: datetime, *, days: float = 7, reopened: bool = False) -> "Life":
        self.due_at = at + days * DAY
        return self._tell(
            at,
            ReworkOrdered(
                **self._task(), reason="没修好", due_at=self.due_at, ordered_at=at, reopened=reopened
            ),
        )

    def verified(self, at: datetime, *, in_time: bool = True) -> "Life":
        return self._tell(
            at,
            HandlingVerified(
                case_number=self.case_number,
                round=self.round,
                task_id="t",
                collector="c",
                verified_at=at,
                in_time=in_time,
            ),
        )

    def closed(self, at: datetime) -> "Life":
        return self._tell(
            at,
            CaseClosed(
                case_number=self.case_number,
                round=self.round,
                report_numbers=(self.report_number,),
                supervisor="s",
                closed_at=at,
            ),
        )

    def voided(self, at: datetime) -> "Life":
        self._tell(
            at,
            CaseVoided(
                case_number=self.case_number,
                round=self.round,
                reason="误立案",
                report_numbers=(self.report_number,),
                supervisor="s",
                voided_at=at,
            ),
        )
        if self.dispatch_number:
            self._tell(
                at,
                TaskWithdrawn(
                    case_number=self.case_number,
                    round=self.round,
                    reason="误立案",
                    withdrawn_at=at,
                    responsible_unit=self.responsible_unit,
                ),
            )
        return self

    def refiled(self, at: datetime) -> "Life":
        """退回受理, and filed anew in the next round."""
        self._tell(
            at,
            CaseReturnedToIntake(
                case_number=self.case_number,
                round=self.round,
                reason="小类有误",
                dispatcher="d",
                returned_at=at,
            ),
        )
        self.round += 1
        self.filed(at)
        _, filed = self.told.pop()
        return self._tell(at, replace(filed, round=self.round))

    def extended(self, at: datetime, *, days: float = 7) -> "Life":
        self.due_at += days * DAY
        self._tell(at, ExtensionAsked(**self._task(), reason="材料未到", count=1, asked_at=at))
        return self._tell(
            at,
            ExtensionGranted(**self._task(), count=1, due_at=self.due_at, decided_by="d", granted_at=at),
        )

    def extension_refused(self, at: datetime) -> "Life":
        self._tell(at, ExtensionAsked(**self._task(), reason="材料未到", count=1, asked_at=at))
        return self._tell(
            at, ExtensionRefused(**self._task(), reason="理由不足", decided_by="d", refused_at=at)
        )

    def suspended(self, at: datetime) -> "Life":
        return self._tell(
            at,
            CaseSuspended(
                **self._task(), reason="待补植", until_at=at + 90 * DAY, decided_by="s", suspended_at=at
            ),
        )

    def resumed(self, at: datetime, *, days: float = 7) -> "Life":
        self.due_at = at + days * DAY
        return self._tell(
            at, CaseResumed(**self._task(), due_at=self.due_at, resumed_by="clock", resumed_at=at)
        )

    def credited(self, at: datetime, *, days: float = 1) -> "Life":
        self.due_at += days * DAY
        return self._tell(
            at,
            OutageCredited(
                **self._task(), outage_from=at - days * DAY, outage_until=at, due_at=self.due_at,
                credited_by="o", credited_at=at,
            ),
        )  # fmt: skip

    def coordinated(self, at: datetime) -> "Life":
        return self._tell(
            at,
            CoordinationCalled(
                case_number=self.case_number, round=self.round, returns=2, units=("u01", "u02"), called_at=at
            ),
        )

    def urged(self, at: datetime) -> "Life":
        return self._tell(at, UnitUrged(**self._task(), words="请抓紧", urged_by="s", urged_at=at))

    def supervised(self, at: datetime, order: str = "S1", *, days: float = 1) -> "Life":
        return self._tell(
            at,
            SupervisionOrdered(
                **self._task(), order_number=order, kind=SupervisionKind.LEADER, words="请抓紧",
                ordered_by="l", ordered_at=at, reply_by_at=at + days * DAY,
            ),
        )  # fmt: skip

    def replied(self, at: datetime, order: str = "S1", *, in_time: bool = True) -> "Life":
        return self._tell(
            at,
            SupervisionReplied(
                **self._task(), order_number=order, text="已派人", replied_at=at, in_time=in_time
            ),
        )

    def reply_credited(self, at: datetime, order: str = "S1", *, days: float) -> "Life":
        """督办补时: the reply is wanted so many days after this moment."""
        return self._tell(
            at,
            ReplyTimeCredited(
                **self._task(), order_number=order, outage_from=at - DAY / 4, outage_until=at,
                reply_by_at=at + days * DAY, credited_by="o", credited_at=at,
            ),
        )  # fmt: skip

    def escalated(self, at: datetime, kind: type[facts.Fact], to: str) -> "Life":
        of = {"report_number": self.report_number, "call_id": f"c{self.serial}"}
        of = self._task() if "case_number" in kind.__dataclass_fields__ else of
        of = {name: value for name, value in of.items() if name in kind.__dataclass_fields__}
        return self._tell(at, kind(**of, to=to, reason="超时", escalated_at=at))

    def force_closed(self, at: datetime) -> "Life":
        return self._tell(
            at,
            CaseForceClosed(
                case_number=self.case_number, round=self.round, reason="拆迁范围", approved_by="分管副县长",
                report_numbers=(self.report_number,), supervisor="s", force_closed_at=at,
            ),
        )  # fmt: skip

    def merged(self, at: datetime, other: "Life") -> "Life":
        return self._tell(
            at,
            CaseMerged(
                case_number=self.case_number, round=self.round, into_case_number=other.case_number,
                report_numbers=(self.report_number,), supervisor="s", merged_at=at,
            ),
        )  # fmt: skip

    def asked_again(self, at: datetime) -> "Life":
        return self._tell(
            at,
            ReopeningAsked(
                case_number=self.case_number, report_number=self.report_number, words="还在漏", asked_at=at
            ),
        )

    def reopening_declined(self, at: datetime) -> "Life":
        return self._tell(
            at,
            ReopeningDeclined(
                case_number=self.case_number, round=self.round, report_number=self.report_number,
                reason="复查已解决", supervisor="s", declined_at=at,
            ),
        )  # fmt: skip

    def reopened(self, at: datetime, *, days: float = 7) -> "Life":
        """重新处置: decided by the supervisor, and the same unit has its full limit again."""
        self.round += 1
        self._tell(
            at,
            CaseReopened(
                case_number=self.case_number, round=self.round, report_number=self.report_number,
                reason="现场仍有破损", supervisor="s", reopened_at=at,
            ),
        )  # fmt: skip
        return self.rework(at, days=days, reopened=True)

    def self_handled(self, at: datetime, *, valid: bool | None = None) -> "Life":
        self._tell(
            at,
            ProblemSelfHandled(
                report_number=self.report_number, subcategory="I0101", collector="c", handled_at=at
            ),
        )
        if valid is None:
            return self
        return self._tell(
            at,
            SelfHandlingJudged(
                report_number=self.report_number, collector="c", valid=valid, supervisor="s", judged_at=at
            ),
        )

    def appeal(self, at: datetime, *, granted: bool | None = None) -> "Life":
        of = {"case_number": self.case_number, "responsible_unit": self.responsible_unit}
        self._tell(at, AppealMade(**of, reason="暴雨", appealed_at=at))
        if granted is None:
            return self
        if granted:
            return self._tell(at, AppealGranted(**of, assessor="a", granted_at=at))
        return self._tell(at, AppealRefused(**of, reason="证据不足", assessor="a", refused_at=at))

    def answer_due(self, at: datetime, kind: AnswerKind = AnswerKind.CLOSED) -> "Life":
        told = {"report_number": self.report_number, "kind": kind, "text": "已处理", "due_since": at}
        if self.source is Source.HOTLINE:
            return self._tell(at, CallBackDue(**told))
        return self._tell(at, AnswerDue(**told, channel=self.source))

    def answered(self, at: datetime, satisfaction: Satisfaction | None = None) -> "Life":
        if satisfaction is not None:
            self._tell(
                at,
                CallerInformed(
                    call_id=f"c{self.serial}",
                    report_number=self.report_number,
                    kind=AnswerKind.CLOSED,
                    attempts=1,
                    satisfaction=satisfaction,
                    informed_at=at,
                ),
            )
        return self._tell(
            at,
            AnswerDelivered(
                report_number=self.report_number, kind=AnswerKind.CLOSED, channel=self.source, delivered_at=at
            ),
        )

    def rated(self, at: datetime, satisfaction: Satisfaction) -> "Life":
        """评价: on the public page, by whoever has read the answer there."""
        return self._tell(
            at,
            AnswerRated(
                report_number=self.report_number, kind=AnswerKind.CLOSED, channel=self.source,
                satisfaction=satisfaction, rated_at=at,
            ),
        )  # fmt: skip

    def undeliverable(self, at: datetime) -> "Life":
        return self._tell(
            at,
            AnswerUndeliverable(
                report_number=self.report_number, kind=AnswerKind.CLOSED, channel=self.source, given_up_at=at
            ),
        )

    def _task(self) -> dict[str, Any]:
        return {
            "case_number": self.case_number,
            "round": self.round,
            "dispatch_number": self.dispatch_number,
            "responsible_unit": self.responsible_unit,
        }


def envelopes(*lives: Life) -> list[wire.Envelope]:
    """All facts of some lives, as their senders announced them."""
    counted: Counter[str] = Counter()
    sealed = []
    for life in lives:
        for at, fact in life.told:
            counted[fact.subject] += 1
            sequence = counted[fact.subject]
            name = f"{fact.sender}/{fact.subject}/{sequence}/{fact.name}"
            sealed.append(facts.seal(fact, id=name, time=at, sequence=sequence))
    return sealed


def a_closed_life(serial: int, at: datetime, unit: str = "u01", **named: Any) -> Life:
    """A report that was filed, handled in time, verified, closed and answered within four days."""
    return (
        Life(serial, **named)
        .received(at)
        .accepted(at)
        .filed(at)
        .dispatched(at, unit)
        .signed(at)
        .fed_back(at + 2 * DAY)
        .verified(at + 3 * DAY)
        .closed(at + 3 * DAY)
        .answer_due(at + 3 * DAY)
        .answered(at + 4 * DAY)
    )
