"""What must hold in the small city at every moment, whoever has done what; each raises when it is broken.

They look at what both services keep and at what they have said, and know nothing of how a rule is kept.
"""

from collections import Counter
from datetime import datetime

from case_contracts import dispatch, intake
from case_contracts.codes import AnswerKind, Urgency
from case_contracts.facts import Fact
from services.dispatch.domain.assignment import Turn
from services.dispatch.domain.states import AssignmentState
from services.intake.domain.case import CaseState
from services.intake.domain.report import ReportState
from services.intake.domain.task import Outcome, Task, TaskState
from tests.machines.small_city import SmallCity

ANSWERED_WITH = {
    ReportState.NOT_FILED: AnswerKind.NOT_FILED,
    ReportState.NOT_ACCEPTED: AnswerKind.NOT_ACCEPTED,
    ReportState.SELF_HANDLING_VALID: AnswerKind.SELF_HANDLED,
}
"""How a report ends that becomes no case, and what its reporter hears."""

RISING = (Urgency.ORDINARY, Urgency.URGENT, Urgency.MAJOR)

GIVES_TIME = (
    dispatch.ExtensionGranted,
    dispatch.OutageCredited,
    # The clock stood still before these.
    dispatch.ReturnRefused,
    dispatch.CaseResumed,
)
"""Facts with which the due time of one task moves."""


class Memory:
    """What was seen at the step before."""

    def __init__(self) -> None:
        self._urgencies: dict[str, Urgency] = {}
        self._due: dict[tuple[str, Turn], tuple[datetime, int]] = {}

    def urgency_only_rises(self, city: SmallCity) -> None:
        """轻重缓急 of a report, of its case and of the task is raised by people, and lowered by nobody."""
        now = {
            **{f"report {n}": one.urgency for n, one in city.intake.kept.reports.items()},
            **{f"case {n}": one.urgency for n, one in city.intake.kept.cases.items()},
            **{f"task {n}": one.urgency for n, one in city.dispatch.kept.assignments.items()},
        }
        for what, urgency in now.items():
            before = self._urgencies.get(what)
            assert before is None or RISING.index(before) <= RISING.index(urgency or RISING[0]), what
        self._urgencies = {what: urgency for what, urgency in now.items() if urgency is not None}

    def a_due_time_moves_only_with_a_decision(self, city: SmallCity) -> None:
        """What is asked, refused or raised moves no due time, and nothing makes it earlier."""
        given = Counter(
            fact.case_number for fact in city.dispatch.published() if isinstance(fact, GIVES_TIME)
        )
        for number, one in city.dispatch.kept.assignments.items():
            if one.due_at is None:
                continue
            before, decisions = self._due.get((number, one.turn), (one.due_at, 0))
            assert one.due_at >= before, one
            assert one.due_at == before or given[number] > decisions, one
            self._due[number, one.turn] = one.due_at, given[number]


def what_ends_without_a_case_is_answered_once(city: SmallCity) -> None:
    """不予受理, 不予立案 and 自处置有效 come to one answer, and to no case."""
    for number, report in city.intake.kept.reports.items():
        kinds = [one.kind for one in city.intake.kept.answers.values() if one.report_number == number]
        if report.state in ANSWERED_WITH:
            assert kinds == [ANSWERED_WITH[report.state]], (report, kinds)
            assert report.case_number is None, report
        else:
            assert not set(kinds) & set(ANSWERED_WITH.values()), (report, kinds)


def what_was_mended_is_a_case_only_after_it_was_judged_not_to_be(city: SmallCity) -> None:
    """自处置: the shift supervisor looks at it before anybody else does anything with it."""
    judged = {one.report_number: one.valid for one in _said(city, intake.SelfHandlingJudged)}
    for mended in _said(city, intake.ProblemSelfHandled):
        report = city.intake.kept.reports[mended.report_number]
        if mended.report_number not in judged:
            assert report.state is ReportState.SELF_HANDLED, report
        else:
            valid = report.state is ReportState.SELF_HANDLING_VALID
            assert valid == judged[mended.report_number], report


def one_collector_is_on_the_way(city: SmallCity) -> None:
    """Somebody is sent where a report is confirmed or a case verified: one, never who reported it."""
    kept = city.intake.kept
    open_tasks = [task for task in kept.tasks.values() if task.state is TaskState.OPEN]
    reports = Counter(task.report_number for task in open_tasks if task.case_number is None)
    cases = Counter(task.case_number for task in open_tasks if task.case_number is not None)
    assert reports == {n: 1 for n, one in kept.reports.items() if one.state is ReportState.CONFIRMING}
    assert cases == {n: 1 for n, one in kept.cases.items() if one.state is CaseState.VERIFYING}
    assert all(task.collector != kept.reports[task.report_number].reporter for task in kept.tasks.values())


def a_case_is_closed_on_what_was_seen_last(city: SmallCity) -> None:
    """再次核查: what an earlier collector found counts no more."""
    for number, case in city.intake.kept.cases.items():
        if case.state in (CaseState.AWAITING_CLOSING, CaseState.CLOSED):
            last = _looks(city, number, case.round)[-1]
            assert last.outcome is Outcome.GONE, (case, last)


def every_request_has_one_decision(city: SmallCity) -> None:
    """What a unit asked for is granted, refused, or still to be decided; refusals use nothing up."""
    counts = Counter((fact.name, getattr(fact, "case_number", "")) for fact in city.dispatch.published())
    settings = city.book.settings
    for number, one in city.dispatch.kept.assignments.items():

        def said(name: str, number: str = number) -> int:
            return counts[name, number]

        extensions = said("extension_granted") + said("extension_refused")
        suspensions = said("case_suspended") + said("suspension_refused")
        assert said("extension_asked") - extensions == (one.extension_request is not None), one
        assert said("suspension_asked") - suspensions == (one.suspension_request is not None), one
        assert said("extension_granted") == one.extensions_granted <= settings.extension_max, one
        assert said("case_suspended") == one.suspensions <= settings.suspension_max, one
        if one.state is not AssignmentState.WITHDRAWN:
            returns = said("return_accepted") + said("return_refused")
            under_review = one.state is AssignmentState.RETURN_UNDER_REVIEW
            assert said("case_sent_back") - returns == under_review, one


def a_clock_runs_while_a_unit_has_the_task(city: SmallCity) -> None:
    """处置时限: and rests while a return is looked at, while suspended, and once fed back."""
    for one in city.dispatch.kept.assignments.values():
        if one.clock is not None and one.state is not AssignmentState.WITHDRAWN:
            assert one.clock.is_paused is not one.with_unit, one


def both_sides_know_how_urgent_it_is(city: SmallCity) -> None:
    """Once all has arrived: intake, dispatch, and the unit by the last word that it was told of it."""
    told = {
        (message.case_number, message.round, message.dispatch_number): message.urgency
        for message in (one.message for one in city.dispatch.told())
        if hasattr(message, "urgency")
    }
    for number, one in city.dispatch.kept.assignments.items():
        case = city.intake.kept.cases[number]
        if one.state.is_open:
            assert one.urgency is case.urgency, (case, one)
        if one.with_unit or one.state is AssignmentState.SUSPENDED:
            assert told[number, one.round, one.dispatch_number] == one.urgency, one


def _said(city: SmallCity, *kinds: type[Fact]) -> list[Fact]:
    return [fact for fact in city.intake.announced() if isinstance(fact, kinds)]


def _looks(city: SmallCity, case: str, round: int) -> list[Task]:
    """The visits that were made, the latest last."""
    made = [
        task
        for task in city.intake.kept.tasks.values()
        if task.case_number == case and task.round == round and task.state is TaskState.ANSWERED
    ]
    return sorted(made, key=lambda task: int(task.task_id.rpartition("-")[2]))
