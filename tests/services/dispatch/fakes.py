"""A dispatch that lives in memory: it keeps the promises of services/dispatch/ports.py."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from case_contracts import attachment_tokens
from case_contracts.attachment_tokens import PhotoLink, Receipt, Upload
from case_contracts.codes import Source, Urgency
from case_contracts.facts import Fact
from case_contracts.intake import (
    CaseClosed,
    CaseFiled,
    CaseForceClosed,
    CaseMerged,
    CaseReopened,
    CaseVoided,
    HandlingVerified,
    UrgencyRaised,
    VerificationFailed,
)
from case_contracts.roles import Actor, Role
from handbook.calendar import WorkCalendar
from handbook.settings import Settings, read_settings
from handbook.values import DutyDecision, DutyRule, FilingStandard, Kind, ResponsibleUnit, Subcategory
from handbook.values import Urgency as HandbookUrgency
from handbook.working_time import LimitUnit
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.decided_duty import DecidedDuty
from services.dispatch.domain.filing import RANKS
from services.dispatch.domain.flow import FlowRecord
from services.dispatch.domain.outage import Outage
from services.dispatch.domain.presence import Presence
from services.dispatch.domain.refusals import AssignmentNotFound, NotYet, OrderNotFound, RuleNotFound
from services.dispatch.domain.states import AWAITING_DECISION, HELD_BY_UNIT, WITH_UNIT, AssignmentState
from services.dispatch.domain.supervision_order import OrderState, SupervisionOrder
from services.dispatch.ports import Load, ToUnit, WorkListFilter

CASE = "4105232020061500001"
KEY = "5f" * 32
FILED = datetime(2020, 6, 15, 0, 30, tzinfo=UTC)
"""Monday, 08:30 in the county."""

SUPERVISOR = Actor(person_id="supervisor-1", roles=frozenset({Role.SHIFT_SUPERVISOR}))
OPERATIONS = Actor(person_id="operations-1", roles=frozenset({Role.OPERATIONS}))
DISPATCHER = Actor(person_id="dispatcher-1", roles=frozenset({Role.DISPATCHER}))
LEADER = Actor(person_id="leader-1", roles=frozenset({Role.LEADER}))
COLLECTOR = Actor(person_id="collector-1", roles=frozenset({Role.COLLECTOR}))


def at(text: str) -> datetime:
    """County time such as ``06-15 09:00`` of 2020, as UTC."""
    return datetime.fromisoformat(f"2020-{text}+08:00").astimezone(UTC)


def worker_of(code: str) -> Actor:
    """Somebody at a responsible unit."""
    return Actor(person_id=f"worker-{code}", roles=frozenset({Role.RESPONSIBLE_UNIT}), responsible_unit=code)


def a_filed_case(**changes: Any) -> CaseFiled:
    """立案 of a broken road: five working days, ordinary."""
    values: dict[str, Any] = {
        "case_number": CASE,
        "round": 1,
        "report_number": "R2020061500001",
        "source": Source.COLLECTOR,
        "subcategory": "I0101",
        "filing_standard": "I0101-1",
        "handbook_version": "1",
        "limit": 5,
        "limit_unit": LimitUnit.WORKING_DAY.value,
        "urgency": Urgency.ORDINARY,
        "closing_condition": "修复",
        "description": "路面破损约一平方米",
        "address": "文王路与志得街交叉口",
        "lon": 114.36,
        "lat": 35.92,
        "unit_grid_code": "41052310020001",
        "responsibility_grid": "z01",
        "supervisor": "supervisor-1",
        "filed_at": FILED,
        "photos": ("ab" * 32,),
    }
    return CaseFiled(**values | changes)


def a_failed_verification(round: int = 2, reason: str = "路面仍未修复") -> VerificationFailed:
    """核查不通过: the round that begins."""
    return VerificationFailed(
        case_number=CASE,
        round=round,
        task_id="t-1",
        collector="collector-1",
        reason=reason,
        failed_at=FILED,
    )


def a_passed_verification(round: int = 1) -> HandlingVerified:
    """核查通过."""
    return HandlingVerified(
        case_number=CASE, round=round, task_id="t-1", collector="collector-1", verified_at=FILED
    )


def a_closed_case(round: int = 1) -> CaseClosed:
    """结案."""
    return CaseClosed(
        case_number=CASE,
        round=round,
        report_numbers=("R2020061500001",),
        supervisor="supervisor-1",
        closed_at=FILED,
    )


def a_voided_case(round: int = 1, reason: str = "重复立案") -> CaseVoided:
    """作废."""
    return CaseVoided(
        case_number=CASE,
        round=round,
        reason=reason,
        report_numbers=("R2020061500001",),
        supervisor="supervisor-1",
        voided_at=FILED,
    )


def a_force_closed_case(round: int = 1) -> CaseForceClosed:
    """强制结案."""
    return CaseForceClosed(
        case_number=CASE,
        round=round,
        reason="拆迁范围，不再处置",
        approved_by="局长办公会纪要〔2020〕12号",
        report_numbers=("R2020061500001",),
        supervisor="supervisor-1",
        force_closed_at=FILED,
    )


def a_merged_case(round: int = 1) -> CaseMerged:
    """并案."""
    return CaseMerged(
        case_number=CASE,
        round=round,
        into_case_number="4105232020061500009",
        report_numbers=("R2020061500001",),
        supervisor="supervisor-1",
        merged_at=FILED,
    )


def a_reopened_case(round: int = 2) -> CaseReopened:
    """重新处置: the round that begins."""
    return CaseReopened(
        case_number=CASE,
        round=round,
        report_number="R2020061500001",
        reason="上报人反映路面又破损",
        supervisor="supervisor-1",
        reopened_at=FILED,
    )


def a_raised_urgency(urgency: Urgency = Urgency.URGENT, round: int = 1) -> UrgencyRaised:
    """轻重缓急 raised by hand."""
    return UrgencyRaised(
        case_number=CASE,
        round=round,
        urgency=urgency,
        reason="学校门口，影响通行安全",
        raised_by="supervisor-1",
        raised_at=FILED,
    )


def a_receipt(photo: str = "cd" * 32, *, unit: str = "u04", case_number: str = CASE, key: str = KEY) -> str:
    """上传回执 as intake's door gives it."""
    return attachment_tokens.sign(Receipt(sha256=photo, case_number=case_number, responsible_unit=unit), key)


def the_settings() -> Settings:
    """The settings that the product ships with."""
    path = Path(__file__).parents[3] / "handbook" / "data" / "settings.yml"
    return read_settings(yaml.safe_load(path.read_text()))


@dataclass(frozen=True)
class SmallHandbook:
    """As much of a handbook as dispatch asks for."""

    settings: Settings = field(default_factory=the_settings)
    calendar: WorkCalendar = field(default_factory=lambda: WorkCalendar(range(2020, 2022), {}, {}))
    primary: str = "u04"

    def as_of(self, version: str) -> "SmallHandbook":
        """There is only this one."""
        return self

    @property
    def units(self) -> dict[str, ResponsibleUnit]:
        """Five units, of which u09 works no more; u28 is the township."""
        return {
            code: ResponsibleUnit(code, f"单位{code}", "职能部门", code != "u09", "职能部门组", True)
            for code in ("u01", "u02", "u04", "u09", "u28")
        }

    @property
    def subcategories(self) -> dict[str, Subcategory]:
        """道路破损."""
        return {
            "I0101": Subcategory("I0101", Kind.INCIDENT, "01", "市容环境", "道路破损", True, "test", "high")
        }

    @property
    def standards(self) -> dict[str, FilingStandard]:
        """One condition of it."""
        return {
            "I0101-1": FilingStandard(
                "I0101-1",
                "I0101",
                "破损面积0.5平方米以上",
                5,
                LimitUnit.WORKING_DAY,
                "修复",
                HandbookUrgency.ORDINARY,
                "test",
                True,
            )
        }

    def township(self, unit_grid_code: str) -> str | None:
        """属地."""
        return "u28" if unit_grid_code.startswith("4105231") else None

    def duty(self, subcategory: str, unit_grid_code: str, component_code: str | None) -> DutyDecision:
        """市政 acts, and 城管 assists."""
        return DutyDecision(self.primary, ("u01",), "职责分工：道路破损由市政负责", DutyRule.DUTY)


@dataclass(frozen=True)
class InMemoryAnnounced:
    """What a published fact counts as."""

    subject: str
    sequence: int


@dataclass(frozen=True)
class Told:
    """One message to a unit."""

    responsible_unit: str
    message: ToUnit
    message_id: str
    urgent: bool
    at: datetime


@dataclass
class _Kept:
    assignments: dict[str, Assignment] = field(default_factory=dict)
    flow: list[FlowRecord] = field(default_factory=list)
    announced: list[Fact] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    wakes: dict[tuple[str, str], tuple[datetime, dict[str, Any]]] = field(default_factory=dict)
    orders: dict[str, SupervisionOrder] = field(default_factory=dict)
    decided_duties: dict[str, DecidedDuty] = field(default_factory=dict)
    outages: dict[str, Outage] = field(default_factory=dict)
    waiting: dict[str, list[Callable[[Any], None]]] = field(default_factory=dict)
    presences: dict[str, Presence] = field(default_factory=dict)
    spoken: dict[str, datetime] = field(default_factory=dict)


class InMemoryStore:
    """Everything that dispatch keeps; a transaction that raises leaves no trace."""

    def __init__(self) -> None:
        self.kept = _Kept()

    @contextmanager
    def transaction(self) -> Iterator["InMemoryTransaction"]:
        """One transaction."""
        # What was said and written down is never changed: it is shared, not copied.
        said = (*self.kept.announced, *self.kept.flow, *self.kept.told)
        kept = copy.deepcopy(self.kept, {id(one): one for one in said})
        yield InMemoryTransaction(kept)
        self.kept = kept

    def receive(self, apply: Callable[["InMemoryTransaction"], None]) -> bool:
        """A fact comes in; False when it was early and is kept."""
        try:
            with self.transaction() as tx:
                apply(tx)
        except NotYet as early:
            self.kept.waiting.setdefault(early.key, []).append(apply)
            return False
        return True

    def published(self) -> list[Fact]:
        """Every fact, in order."""
        return self.kept.announced

    def told(self) -> list[Told]:
        """Every message to a unit, in order."""
        return self.kept.told

    def wakes(self) -> dict[tuple[str, str], tuple[datetime, dict[str, Any]]]:
        """When dispatch is to be woken, by kind and subject."""
        return self.kept.wakes


class InMemoryAssignments:
    """All assignments; what is got is a copy, so that only what is saved counts."""

    def __init__(self, kept: dict[str, Assignment]) -> None:
        self._kept = kept

    def get(self, case_number: str) -> Assignment:
        found = self.find(case_number)
        if found is None:
            raise AssignmentNotFound(case_number)
        return found

    def find(self, case_number: str) -> Assignment | None:
        return copy.deepcopy(self._kept.get(case_number))

    def add(self, assignment: Assignment) -> None:
        assert assignment.case_number not in self._kept
        self._kept[assignment.case_number] = copy.deepcopy(assignment)

    def save(self, assignment: Assignment) -> None:
        assert assignment.case_number in self._kept
        self._kept[assignment.case_number] = copy.deepcopy(assignment)

    def page(self, wanted: WorkListFilter, *, after: str | None = None, limit: int) -> list[Assignment]:
        found = sorted((one for one in self._kept.values() if _is_wanted(one, wanted)), key=_place_in_lists)
        if after is not None:
            found = [one for one in found if _place_in_lists(one) > _place_in_lists(self._kept[after])]
        return copy.deepcopy(found[:limit])

    def tasks_of(self, responsible_unit: str) -> list[Assignment]:
        found = [one for one in self._kept.values() if one.state in (*WITH_UNIT, AssignmentState.SUSPENDED)]
        return copy.deepcopy([one for one in found if one.responsible_unit == responsible_unit])

    def loads(self, at: datetime) -> dict[str, Load]:
        held = [one for one in self._kept.values() if one.responsible_unit and one.state in HELD_BY_UNIT]
        late = [one for one in held if one.with_unit and one.due < at]
        return {
            code: Load(
                open=sum(one.responsible_unit == code for one in held),
                overdue=sum(one.responsible_unit == code for one in late),
            )
            for code in {one.unit for one in held}
        }

    def with_clocks(self) -> list[Assignment]:
        states = {*HELD_BY_UNIT, *AWAITING_DECISION}
        return copy.deepcopy([one for _, one in sorted(self._kept.items()) if one.state in states])


def _place_in_lists(one: Assignment) -> tuple[int, str]:
    return (RANKS[one.urgency], one.case_number)


def _is_wanted(one: Assignment, wanted: WorkListFilter) -> bool:
    asked = one.extension_request and one.extension_request.count
    pairs = [
        (wanted.responsible_unit, one.responsible_unit),
        (wanted.escalated_to, one.called),
        (wanted.extension_asked, asked),
        (wanted.suspension_asked, one.suspension_request is not None),
        (wanted.difficult, one.is_difficult),
        (wanted.was_suspended, one.suspended_until_at is not None),
    ]
    if wanted.assisted_by is not None and wanted.assisted_by not in one.assisting_units:
        return False
    return (not wanted.states or one.state in wanted.states) and all(
        value is None or value == own for value, own in pairs
    )


class InMemoryOrders:
    """All supervision orders."""

    def __init__(self, kept: dict[str, SupervisionOrder]) -> None:
        self._kept = kept

    def get(self, order_number: str) -> SupervisionOrder:
        if order_number not in self._kept:
            raise OrderNotFound(order_number)
        return copy.deepcopy(self._kept[order_number])

    def add(self, order: SupervisionOrder) -> None:
        assert order.order_number not in self._kept
        self._kept[order.order_number] = copy.deepcopy(order)

    def save(self, order: SupervisionOrder) -> None:
        assert order.order_number in self._kept
        self._kept[order.order_number] = copy.deepcopy(order)

    def open_of(self, case_number: str) -> list[SupervisionOrder]:
        return self.page(states=[OrderState.OPEN], case_number=case_number, limit=len(self._kept))

    def cases_awaiting_replies(self) -> list[str]:
        return sorted({one.case_number for one in self._kept.values() if one.state is OrderState.OPEN})

    def page(
        self,
        *,
        states: Sequence[OrderState] = (),
        case_number: str | None = None,
        responsible_unit: str | None = None,
        after: str | None = None,
        limit: int,
    ) -> list[SupervisionOrder]:
        found = [
            one
            for number, one in sorted(self._kept.items())
            if (not states or one.state in states)
            and case_number in (None, one.case_number)
            and responsible_unit in (None, one.responsible_unit)
            and (after is None or number > after)
        ]
        return copy.deepcopy(found[:limit])


class InMemoryDecidedDuties:
    """Rules that written decisions made."""

    def __init__(self, kept: dict[str, DecidedDuty]) -> None:
        self._kept = kept

    def holding(self, keys: Sequence[str]) -> dict[str, DecidedDuty]:
        return {key: copy.deepcopy(one) for key, one in self._kept.items() if key in keys and one.holds}

    def get(self, key: str) -> DecidedDuty:
        if key not in self._kept or not self._kept[key].holds:
            raise RuleNotFound(key)
        return copy.deepcopy(self._kept[key])

    def put(self, duty: DecidedDuty) -> None:
        self._kept[duty.key] = copy.deepcopy(duty)

    def page(self, *, after: str | None = None, limit: int) -> list[DecidedDuty]:
        found = [one for key, one in sorted(self._kept.items()) if one.holds and key > (after or "")]
        return copy.deepcopy(found[:limit])


class InMemoryOutages:
    """The log of credited outages."""

    def __init__(self, kept: dict[str, Outage]) -> None:
        self._kept = kept

    def add(self, outage: Outage) -> None:
        assert outage.id not in self._kept
        self._kept[outage.id] = outage

    def page(self, *, after: str | None = None, limit: int) -> list[Outage]:
        ordered = sorted(self._kept.items(), reverse=True)
        return [one for key, one in ordered if after is None or key < after][:limit]


class InMemoryFlow:
    """The flow records."""

    def __init__(self, kept: list[FlowRecord]) -> None:
        self._kept = kept

    def add(self, record: FlowRecord) -> None:
        self._kept.append(record)

    def of(self, case_number: str) -> list[FlowRecord]:
        return [record for record in self._kept if record.case_number == case_number]


class InMemoryPresences:
    """When each unit's system was last seen; ``spoken`` is what the inbox would hold."""

    def __init__(self, kept: _Kept) -> None:
        self._kept = kept

    def all(self) -> list[Presence]:
        return [presence for _, presence in sorted(self._kept.presences.items())]

    def note_read(self, codes: Sequence[str], at: datetime) -> None:
        for code in codes:
            self._kept.presences[code] = replace(self._of(code), read_at=at)

    def note_spoken(self) -> None:
        for code, at in self._kept.spoken.items():
            self._kept.presences[code] = replace(self._of(code), spoke_at=at)

    def unsigned_tasks(self) -> dict[str, int]:
        unsigned = AssignmentState.AWAITING_SIGNATURE
        codes = [
            one.responsible_unit or "" for one in self._kept.assignments.values() if one.state is unsigned
        ]
        return {code: codes.count(code) for code in codes}

    def _of(self, code: str) -> Presence:
        return self._kept.presences.get(code) or Presence(responsible_unit=code)


class SignedEvidence:
    """Tokens signed with the tests' key."""

    def receipt(self, token: str) -> Receipt:
        return attachment_tokens.read(Receipt, token, KEY)

    def upload_token(self, assignment: Assignment) -> str:
        upload = Upload(
            case_number=assignment.case_number,
            round=assignment.round,
            responsible_unit=assignment.responsible_unit or "",
        )
        return attachment_tokens.sign(upload, KEY)

    def photo_link(self, sha256: str) -> str:
        link = attachment_tokens.sign(PhotoLink(sha256=sha256), KEY)
        return f"/api/intake/attachments/{sha256}?link={link}"


class InMemoryTransaction:
    """One transaction of an :class:`InMemoryStore`."""

    def __init__(self, kept: _Kept) -> None:
        self._kept = kept
        self.assignments = InMemoryAssignments(kept.assignments)
        self.orders = InMemoryOrders(kept.orders)
        self.decided_duties = InMemoryDecidedDuties(kept.decided_duties)
        self.outages = InMemoryOutages(kept.outages)
        self.flow = InMemoryFlow(kept.flow)
        self.presences = InMemoryPresences(kept)
        self.evidence = SignedEvidence()

    def announce(self, fact: Fact, *, at: datetime) -> InMemoryAnnounced:
        self._kept.announced.append(fact)
        same = [one for one in self._kept.announced if one.subject == fact.subject]
        return InMemoryAnnounced(fact.subject, len(same))

    def tell(
        self, responsible_unit: str, message: ToUnit, *, message_id: str, urgent: bool, at: datetime
    ) -> None:
        self._kept.told.append(Told(responsible_unit, message, message_id, urgent, at))

    def released(self, key: str) -> None:
        for apply in self._kept.waiting.pop(key, []):
            try:
                apply(self)
            except NotYet as early:
                self._kept.waiting.setdefault(early.key, []).append(apply)

    def wake(self, kind: str, subject: str, at: datetime, payload: Mapping[str, Any]) -> None:
        self._kept.wakes[(kind, subject)] = (at, dict(payload))

    def cancel_wake(self, kind: str, subject: str) -> None:
        self._kept.wakes.pop((kind, subject), None)
