"""Builders: reports, cases, tasks and facts that are valid unless a test says otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

from case_contracts.codes import AnswerKind, Satisfaction, Source, Urgency
from case_contracts.dispatch import (
    CaseDispatched,
    CaseResumed,
    CaseReturnedToIntake,
    CaseSentBack,
    CaseSuspended,
    ExtensionGranted,
    FeedbackSubmitted,
    HandlingStarted,
    OutageCredited,
    OutageLogged,
    ReturnAccepted,
    ReturnRefused,
    ReworkOrdered,
)
from case_contracts.facts import Fact
from case_contracts.hotline import CallerDissatisfied, CallerInformed, CallerUnreachable, ProblemPhonedIn
from case_contracts.roles import Actor, Role
from handbook.values import FilingStandard
from handbook.values import Urgency as StandardUrgency
from handbook.working_time import LimitUnit
from services.intake.domain.case import ENDS, Case, CaseState
from services.intake.domain.position import Position
from services.intake.domain.report import OWNERS, Report, ReportState
from services.intake.domain.task import Task, TaskKind

NOON = datetime(2020, 6, 15, 4, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=10)
DUE = NOON + timedelta(minutes=15)

PHOTO_BEFORE = "b" * 64
PHOTO_AFTER = "a" * 64
PHOTO_SEEN = "c" * 64

OPERATOR = Actor(person_id="p-operator", roles=frozenset({Role.INTAKE_OPERATOR}))
SUPERVISOR = Actor(person_id="p-supervisor", roles=frozenset({Role.SHIFT_SUPERVISOR}))
COLLECTOR = Actor(person_id="p-collector-1", roles=frozenset({Role.COLLECTOR}))
ANOTHER_COLLECTOR = Actor(person_id="p-collector-2", roles=frozenset({Role.COLLECTOR}))
VIDEO_SEAT = Actor(person_id="p-video", roles=frozenset({Role.VIDEO_SEAT}))
DISPATCHER = Actor(person_id="p-dispatcher", roles=frozenset({Role.DISPATCHER}))


def a_gateway(channel: Source) -> Actor:
    return Actor(person_id=f"p-{channel}", roles=frozenset({Role.CHANNEL}), channel=channel.value)


def a_position(**changes: Any) -> Position:
    values: dict[str, Any] = {
        "lon": 114.36,
        "lat": 35.92,
        "datum": "wgs84",
        "raw_lon": 114.36,
        "raw_lat": 35.92,
        "unit_grid_code": "410523100402001",
        "responsibility_grid": "410523Z001",
    }
    return Position(**{**values, **changes})


def a_standard(**changes: Any) -> FilingStandard:
    values: dict[str, Any] = {
        "id": "I0101-1",
        "subcategory": "I0101",
        "condition": "路面破损",
        "limit": 5,
        "limit_unit": LimitUnit.WORKING_DAY,
        "closing_condition": "修复",
        "urgency": StandardUrgency.ORDINARY,
        "basis": "example",
        "synthetic": True,
    }
    return FilingStandard(**{**values, **changes})


def a_report(**changes: Any) -> Report:
    state = changes.get("state", ReportState.RECEIVED)
    values: dict[str, Any] = {
        "report_number": "R2020061500001",
        "source": Source.COLLECTOR,
        "reporter": COLLECTOR.person_id,
        "description": "道路路面有破损",
        "address": "文王路与志得街交叉口向西180米北侧",
        "received_at": NOON,
        "clock_from": NOON if OWNERS[state] else None,
        "due_at": DUE if OWNERS[state] else None,
        "position": a_position(),
        "photos": (PHOTO_BEFORE,),
        "subcategory": "I0101",
        "filing_standard": "I0101-1",
        "urgency": Urgency.ORDINARY,
        "acceptance_left": timedelta(minutes=15) if state is ReportState.CONFIRMING else None,
        "acceptance_limit": timedelta(minutes=15),
    }
    return Report(**{**values, **changes})


def a_case(**changes: Any) -> Case:
    ended = changes.get("state", CaseState.IN_COMMAND) in ENDS
    values: dict[str, Any] = {
        "case_number": "4105232020061500001",
        "report_number": "R2020061500001",
        "source": Source.COLLECTOR,
        "reporter": COLLECTOR.person_id,
        "subcategory": "I0101",
        "filing_standard": "I0101-1",
        "handbook_version": "1",
        "limit": 5,
        "limit_unit": "working_day",
        "urgency": Urgency.ORDINARY,
        "closing_condition": "修复",
        "description": "道路路面有破损",
        "address": "文王路",
        "position": a_position(),
        "supervisor": SUPERVISOR.person_id,
        "filed_at": NOON,
        "owner": None if ended else Role.DISPATCHER,
        "due_at": None if ended else DUE,
        "ended_at": NOON if ended else None,
        "photos": (PHOTO_BEFORE,),
        "feedback_photos": (PHOTO_AFTER,),
        "verification_photos": (PHOTO_SEEN,),
    }
    return Case(**{**values, **changes})


def a_task(**changes: Any) -> Task:
    values: dict[str, Any] = {
        "task_id": "R2020061500001-1",
        "kind": TaskKind.CONFIRMATION,
        "report_number": "R2020061500001",
        "collector": COLLECTOR.person_id,
        "asked_at": NOON,
        "due_at": NOON + timedelta(minutes=30),
    }
    return Task(**{**values, **changes})


def dispatch_facts(case_number: str = "4105232020061500001", round: int = 1) -> list[Any]:
    """One of each fact of dispatch that intake follows."""
    common: dict[str, Any] = {
        "case_number": case_number,
        "round": round,
        "dispatch_number": 1,
        "responsible_unit": "u04",
    }
    due = NOON + timedelta(days=7)
    return [
        CaseDispatched(**common, due_at=due, dispatched_at=LATER, dispatcher="p-dispatcher"),
        HandlingStarted(**common, signed_at=LATER),
        CaseSentBack(**common, reason="不属本单位", sent_back_at=LATER),
        ReturnAccepted(**common, dispatcher="p-dispatcher", accepted_at=LATER),
        ReturnRefused(**common, reason="属实", dispatcher="p-dispatcher", due_at=due, refused_at=LATER),
        ReworkOrdered(**common, reason="未修复", due_at=due, ordered_at=LATER),
        ExtensionGranted(**common, count=1, due_at=due, decided_by="p-dispatcher", granted_at=LATER),
        CaseSuspended(
            **common, reason="待春季补植", until_at=due, decided_by="p-supervisor", suspended_at=LATER
        ),
        CaseResumed(**common, due_at=due, resumed_by="clock", resumed_at=LATER),
        OutageCredited(
            **common,
            outage_from=NOON,
            outage_until=LATER,
            due_at=due,
            credited_by="p-operations",
            credited_at=LATER,
        ),
        FeedbackSubmitted(
            **common,
            text="已修复",
            photos=(PHOTO_AFTER,),
            due_at=due,
            fed_back_at=LATER,
            in_time=True,
        ),
    ]


def returned_to_intake(case_number: str, round: int = 1) -> CaseReturnedToIntake:
    return CaseReturnedToIntake(
        case_number=case_number,
        round=round,
        reason="小类有误，应为市政设施",
        dispatcher="p-dispatcher",
        returned_at=LATER,
    )


def all_dispatch_facts(case_number: str = "4105232020061500001", round: int = 1) -> list[Any]:
    """Those that leave the case in command or feed it back, and the one that returns it."""
    return [*dispatch_facts(case_number, round), returned_to_intake(case_number, round)]


def dissatisfied(report_number: str, words: str = "坑还在") -> CallerDissatisfied:
    return CallerDissatisfied(call_id="c-1", report_number=report_number, words=words, said_at=LATER)


def a_feedback(case_number: str, round: int = 1, **changes: Any) -> FeedbackSubmitted:
    values: dict[str, Any] = {
        "case_number": case_number,
        "round": round,
        "dispatch_number": 1,
        "responsible_unit": "u04",
        "text": "已修复",
        "photos": (PHOTO_AFTER,),
        "due_at": NOON + timedelta(days=7),
        "fed_back_at": LATER,
        "in_time": True,
    }
    return FeedbackSubmitted(**{**values, **changes})


def a_dispatch(case_number: str, round: int = 1, **changes: Any) -> CaseDispatched:
    values: dict[str, Any] = {
        "case_number": case_number,
        "round": round,
        "dispatch_number": 1,
        "responsible_unit": "u04",
        "due_at": NOON + timedelta(days=7),
        "dispatched_at": LATER,
        "dispatcher": "p-dispatcher",
    }
    return CaseDispatched(**{**values, **changes})


def a_call(report_number: str = "H2020061500001", **changes: Any) -> ProblemPhonedIn:
    values: dict[str, Any] = {
        "call_id": "c-1",
        "report_number": report_number,
        "reporter_ref": "hotline/c-1",
        "description": "井盖缺失",
        "address": "文王路",
        "phoned_in_at": NOON,
    }
    return ProblemPhonedIn(**{**values, **changes})


def informed(report_number: str, kind: AnswerKind) -> CallerInformed:
    return CallerInformed(
        call_id="c-1",
        report_number=report_number,
        kind=kind,
        attempts=1,
        satisfaction=Satisfaction.SATISFIED,
        informed_at=LATER,
    )


def unreachable(report_number: str, kind: AnswerKind) -> CallerUnreachable:
    return CallerUnreachable(
        call_id="c-1", report_number=report_number, kind=kind, attempts=3, given_up_at=LATER
    )


def names(facts: list[Fact]) -> list[str]:
    return [fact.name for fact in facts]


ALL_CASE_STATES = list(CaseState)


def minute(number: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=number)


def an_outage(begins: float, ends: float) -> OutageLogged:
    """故障补时 as dispatch logged it at the outage's end, in minutes after noon."""
    return OutageLogged(
        outage_id=f"{begins}-{ends}",
        outage_from=minute(begins),
        outage_until=minute(ends),
        reason="机房停电",
        credited_by="p-operations",
        credited_at=minute(ends),
    )
