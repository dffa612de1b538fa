"""Filing (立案): the operator proposes, the shift supervisor decides whether a report becomes a case."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from case_contracts.codes import AnswerKind, Urgency
from case_contracts.roles import SYSTEM, Action, Actor
from handbook import Handbook
from handbook.values import FilingStandard, Kind
from services.intake.domain.case import Case
from services.intake.domain.case_courses import case_key
from services.intake.domain.position import Reading
from services.intake.domain.refusals import RuleBroken
from services.intake.domain.report import Report, ReportState
from services.intake.domain.urgency import greatest
from services.intake.ports import Announced, IntakeTransaction
from services.intake.stages import answering, keeping
from services.intake.stages.locating import located


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What the operator has found out about a report; None leaves what is known already."""

    subcategory: str
    filing_standard: str
    component_code: str | None = None
    urgency: Urgency | None = None
    """More than the standard says; ``urgency_reason`` tells why."""
    urgency_reason: str = ""
    position: Reading | None = None
    address: str | None = None


@dataclass(frozen=True, kw_only=True)
class Filed:
    """The new case, and the fact that says so."""

    case_number: str
    subject: str
    sequence: int


def propose_filing(
    tx: IntakeTransaction,
    handbook: Handbook,
    report_number: str,
    proposal: Proposal,
    *,
    at: datetime,
    by: Actor,
) -> Announced:
    """受理: the report is complete, and goes to the shift supervisor."""
    by.require(Action.PROPOSE_FILING)
    report = tx.reports.get(report_number)
    report.check_free_for(by.person_id, at=at)
    standard = standard_of(handbook, proposal.filing_standard)
    complete(handbook, report, proposal)
    before = report.state
    _raise(tx, report, standard, proposal, at=at, by=by)
    accepted = report.propose_filing(
        standard,
        Urgency(standard.urgency.value),
        at=at,
        due_at=at + timedelta(minutes=handbook.settings.accept_minutes),
        operator=by.person_id,
    )
    return keeping.report_moved(tx, report, accepted, "propose_filing", before=before, at=at, by=by)


def file_case(
    tx: IntakeTransaction, handbook: Handbook, report_number: str, *, at: datetime, by: Actor
) -> Filed:
    """立案: the case gets its number, and dispatch is told."""
    by.require(Action.FILE_CASE)
    return _file(tx, handbook, tx.reports.get(report_number), at=at, by=by)


def file_by_itself(tx: IntakeTransaction, handbook: Handbook, report: Report, *, at: datetime) -> None:
    """自动立案: a complete report that needs no confirmation is filed at once, under its first standard."""
    located_inside = report.position is not None and report.position.unit_grid_code is not None
    if report.subcategory is None or not located_inside or report.source.needs_confirmation:
        return
    standard = next(iter(handbook.standards_of(report.subcategory)), None)
    if standard is None:
        return
    before = report.state
    accepted = report.propose_filing(
        standard, Urgency(standard.urgency.value), at=at, due_at=at, operator=SYSTEM.person_id
    )
    keeping.report_moved(tx, report, accepted, "propose_filing", before=before, at=at, by=SYSTEM)
    _file(tx, handbook, report, at=at, by=SYSTEM)


def decline(tx: IntakeTransaction, report_number: str, *, reason: str, at: datetime, by: Actor) -> Announced:
    """不予立案: with a reason, which is answered."""
    by.require(Action.DECLINE_TO_FILE)
    report = tx.reports.get(report_number)
    before = report.state
    declined = report.decline(reason=reason, at=at)
    announced = keeping.report_moved(
        tx, report, declined, "decline_to_file", before=before, at=at, by=by, reason=report.reason
    )
    _answer(tx, report, AnswerKind.NOT_FILED, at=at)
    return announced


def return_for_completion(
    tx: IntakeTransaction, handbook: Handbook, report_number: str, *, reason: str, at: datetime, by: Actor
) -> Announced:
    """退回受理: the operator is to complete it."""
    by.require(Action.RETURN_FOR_COMPLETION)
    report = tx.reports.get(report_number)
    before = report.state
    due_at = at + timedelta(minutes=handbook.settings.accept_minutes)
    returned = report.return_for_completion(reason=reason, at=at, due_at=due_at)
    return keeping.report_moved(
        tx, report, returned, "return_for_completion", before=before, at=at, by=by, reason=report.reason
    )


def not_accept(
    tx: IntakeTransaction, report_number: str, *, reason: str, at: datetime, by: Actor
) -> Announced:
    """不予受理: with a reason, which is answered."""
    by.require(Action.NOT_ACCEPT)
    report = tx.reports.get(report_number)
    report.check_free_for(by.person_id, at=at)
    before = report.state
    refused = report.not_accept(reason=reason, at=at)
    announced = keeping.report_moved(
        tx, report, refused, "not_accept", before=before, at=at, by=by, reason=report.reason
    )
    _answer(tx, report, AnswerKind.NOT_ACCEPTED, at=at)
    return announced


def check_subcategory(handbook: Handbook, code: str) -> None:
    """The kind must be one that the county's handbook has in use."""
    subcategory = handbook.subcategories.get(code)
    if subcategory is None or not subcategory.in_use:
        raise RuleBroken("subcategory", "没有这个小类或该小类已停用", "No subcategory in use has this code.")


def check_component(handbook: Handbook, subcategory: str | None, component_code: str | None) -> None:
    """A component's code goes with a component's kind only."""
    if component_code is None:
        return
    known = handbook.subcategories.get(subcategory) if subcategory is not None else None
    if known is None or known.kind is not Kind.COMPONENT:
        raise RuleBroken(
            "component_code", "只有部件类问题才填写部件编码", "Only a component problem has a component code."
        )


def _file(tx: IntakeTransaction, handbook: Handbook, report: Report, *, at: datetime, by: Actor) -> Filed:
    report.check_move(ReportState.FILED)
    assert report.filing_standard is not None
    before = report.state
    case, filed = report.file(
        standard_of(handbook, report.filing_standard),
        case_number=tx.numbers.next_case(at, handbook.settings.county_code),
        handbook_version=handbook.version,
        at=at,
        supervisor=by.person_id,
        dispatch_due_at=at + timedelta(minutes=handbook.settings.dispatch_minutes),
    )
    keeping.report_became_case(tx, report, before=before, at=at, by=by)
    announced = keeping.case_moved(tx, case, filed, "file_case", before=None, at=at, by=by)
    tx.released(case_key(case.case_number))
    return Filed(case_number=case.case_number, subject=announced.subject, sequence=announced.sequence)


def _answer(tx: IntakeTransaction, report: Report, kind: AnswerKind, *, at: datetime) -> None:
    answering.open_answer(tx, report.report_number, report.source, kind, reason=report.reason, at=at)


def complete(handbook: Handbook, problem: Report | Case, proposal: Proposal) -> None:
    """What the operator or the supervisor found out goes into the report, or into the returned case."""
    check_subcategory(handbook, proposal.subcategory)
    # A code belongs to its kind: with another kind it may be wrong.
    kept = problem.component_code if proposal.subcategory == problem.subcategory else None
    problem.subcategory = proposal.subcategory
    problem.component_code = proposal.component_code or kept
    check_component(handbook, problem.subcategory, problem.component_code)
    problem.address = proposal.address or problem.address
    if proposal.position is not None:
        problem.position = located(handbook, proposal.position)


def standard_of(handbook: Handbook, standard_id: str) -> FilingStandard:
    """The filing standard of this name."""
    standard = handbook.standards.get(standard_id)
    if standard is None:
        raise RuleBroken("filing_standard", "没有这个立案条件", "There is no such filing standard.")
    return standard


def _raise(
    tx: IntakeTransaction,
    report: Report,
    standard: FilingStandard,
    proposal: Proposal,
    *,
    at: datetime,
    by: Actor,
) -> None:
    by_standard = Urgency(standard.urgency.value)
    if proposal.urgency in (None, by_standard, report.raised_urgency):
        return
    assert proposal.urgency is not None
    # Not from what an earlier proposal's standard said.
    report.urgency = greatest(by_standard, report.raised_urgency)
    raised = report.raise_urgency(proposal.urgency, reason=proposal.urgency_reason, at=at, by=by.person_id)
    keeping.report_moved(
        tx, report, raised, "raise_urgency", before=report.state, at=at, by=by, reason=raised.reason
    )
