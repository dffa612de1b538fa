"""The three machines together: whatever order people act and facts arrive in, every case lands somewhere.

Report and Case live in intake, Assignment in dispatch; between them a post that holds facts back, repeats and
reorders them. After every step each open case has an owner and a clock; every move that was written down is one
that the tables allow; and when all has arrived, both sides agree and nothing waits.
"""

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.dispatch.domain import assignment as assignments
from services.dispatch.domain.assignment import Assignment, AssignmentState
from services.intake.domain import case as cases
from services.intake.domain import report as reports
from services.intake.domain.case import Case, CaseState
from services.intake.domain.report import ReportState
from tests.machines.small_city import COLLECTORS, REFUSED, UNITS, SmallCity

IN_THE_CITY = 3
"""As many cases as keep a machine's steps on the same ones."""

AGREED: dict[CaseState, frozenset[AssignmentState]] = {
    CaseState.IN_COMMAND: frozenset(
        {
            AssignmentState.AWAITING_DISPATCH,
            AssignmentState.AWAITING_SIGNATURE,
            AssignmentState.HANDLING,
            AssignmentState.RETURN_UNDER_REVIEW,
        }
    ),
    CaseState.AWAITING_VERIFICATION: frozenset({AssignmentState.FED_BACK}),
    CaseState.VERIFYING: frozenset({AssignmentState.FED_BACK}),
    CaseState.AWAITING_CLOSING: frozenset({AssignmentState.FED_BACK}),
    CaseState.CLOSED: frozenset({AssignmentState.DONE}),
    CaseState.VOIDED: frozenset({AssignmentState.WITHDRAWN}),
}
"""Where an assignment stands once everything has arrived."""


class Machines(RuleBasedStateMachine):
    """People of the centre, units, and a post that cannot be trusted."""

    def __init__(self) -> None:
        super().__init__()
        self.city = SmallCity()
        self.refused = 0

    # People: most of the time somebody does what can be done, in any order; sometimes what cannot.

    @precondition(lambda self: len(self.city.intake.kept.reports) < IN_THE_CITY + 2)
    @rule(by=st.sampled_from(COLLECTORS))
    def report(self, by):
        self.city.report(by)

    @rule(number=st.integers(0, 9), step=st.sampled_from(("propose", "ask_confirmation", "file", "file")))
    def go_on_with_a_report(self, number, step):
        wanted = {
            "propose": ReportState.RECEIVED,
            "ask_confirmation": ReportState.RECEIVED,
            "file": ReportState.AWAITING_FILING,
        }
        self._on_report(number, wanted[step], getattr(self.city, step))

    @rule(number=st.integers(0, 9), step=st.sampled_from(("decline", "return_for_completion")))
    def do_not_file(self, number, step):
        self._on_report(number, ReportState.AWAITING_FILING, getattr(self.city, step))

    @rule(number=st.integers(0, 9), case=st.integers(0, 9))
    def link_a_report(self, number, case):
        known = self._cases()
        if known:
            into = known[case % len(known)].case_number
            self._on_report(number, ReportState.RECEIVED, lambda found: self.city.link(found, into))

    @precondition(lambda self: self.city.open_tasks())
    @rule(number=st.integers(0, 9), good=st.booleans())
    def answer_a_task(self, number, good):
        tasks = self.city.open_tasks()
        self._try(lambda: self.city.answer_task(tasks[number % len(tasks)], good=good))

    @rule(number=st.integers(0, 9), unit=st.sampled_from(UNITS))
    def dispatch(self, number, unit):
        self._on_assignment(
            number, AssignmentState.AWAITING_DISPATCH, lambda found: self.city.send(found, unit)
        )

    @rule(number=st.integers(0, 9))
    def sign(self, number):
        self._on_assignment(number, AssignmentState.AWAITING_SIGNATURE, self.city.sign)

    @rule(number=st.integers(0, 9), signed=st.booleans())
    def send_back(self, number, signed):
        state = AssignmentState.HANDLING if signed else AssignmentState.AWAITING_SIGNATURE
        self._on_assignment(number, state, self.city.send_back)

    @rule(number=st.integers(0, 9), accept=st.booleans())
    def decide_a_return(self, number, accept):
        self._on_assignment(
            number,
            AssignmentState.RETURN_UNDER_REVIEW,
            lambda found: self.city.decide_return(found, accept=accept),
        )

    @rule(number=st.integers(0, 9), signed=st.booleans())
    def feed_back(self, number, signed):
        state = AssignmentState.HANDLING if signed else AssignmentState.AWAITING_SIGNATURE
        self._on_assignment(number, state, self.city.feed_back)

    @rule(number=st.integers(0, 9))
    def ask_verification(self, number):
        self._on_case(number, CaseState.AWAITING_VERIFICATION, self.city.ask_verification)

    @rule(number=st.integers(0, 9))
    def close(self, number):
        self._on_case(number, CaseState.AWAITING_CLOSING, self.city.close)

    @rule(number=st.integers(0, 9), state=st.sampled_from(sorted(set(CaseState) - cases.ENDS)))
    def void(self, number, state):
        self._on_case(number, state, self.city.void)

    @rule(
        number=st.integers(0, 9),
        step=st.sampled_from(("close", "void", "ask_verification", "sign", "send_back", "feed_back")),
    )
    def try_what_may_be_refused(self, number, step):
        known = self._cases()
        if known:
            self._try(lambda: getattr(self.city, step)(known[number % len(known)].case_number))

    # The post, and the clock.

    @precondition(lambda self: self.city.post)
    @rule(number=st.integers(0, 99), again=st.booleans())
    def a_letter_arrives(self, number, again):
        self.city.deliver(self.city.post[number % len(self.city.post)], again=again)

    @precondition(lambda self: self.city.post)
    @rule()
    def the_post_catches_up(self):
        self.city.deliver_all()

    @rule(minutes=st.sampled_from((1, 20, 60, 24 * 60)))
    def time_passes(self, minutes):
        self.city.wait(minutes)

    # What must always hold.

    @invariant()
    def every_open_case_has_an_owner_and_a_clock(self):
        for case in self._cases():
            if case.state not in cases.ENDS:
                assert case.owner is not None, case
                assert case.due_at is not None, case
        for assignment in self._assignments():
            if assignment.state.is_open:
                assert assignment.owner is not None, assignment
                if assignment.state is not AssignmentState.FED_BACK:
                    assert assignment.act_by_at is not None, assignment

    @invariant()
    def every_open_report_has_an_owner_and_a_clock(self):
        for report in self.city.intake.kept.reports.values():
            if reports.ALLOWED_MOVES[report.state]:
                assert report.owner is not None, report
                assert report.due_at is not None, report

    @invariant()
    def every_move_that_was_written_down_is_one_of_the_tables(self):
        case_states = {state.value for state in CaseState}
        for record in self.city.intake.kept.flow_records:
            if record.subject.startswith("case/") and record.from_state in case_states:
                before, after = CaseState(record.from_state), CaseState(record.to_state)
                assert before is after or after in cases.ALLOWED_MOVES[before], record
        for record in self.city.dispatch.kept.flow:
            if record.from_state:
                before, after = AssignmentState(record.from_state), AssignmentState(record.to_state)
                assert before is after or after in assignments.ALLOWED_MOVES[before], record

    @invariant()
    def no_number_is_given_twice(self):
        of_reports = [case.report_number for case in self._cases()]
        assert len(set(of_reports)) == len(of_reports)

    def teardown(self):
        self.city.deliver_all()
        for store in (self.city.intake, self.city.dispatch):
            assert not any(store.kept.waiting), store.kept.waiting
        by_number = {one.case_number: one for one in self._assignments()}
        assert set(by_number) == {case.case_number for case in self._cases()}
        for case in self._cases():
            assignment = by_number[case.case_number]
            assert assignment.state in AGREED[case.state], (case, assignment)
            if assignment.state is not AssignmentState.WITHDRAWN:
                assert assignment.round == case.round, (case, assignment)
            if case.state is CaseState.IN_COMMAND and assignment.with_unit:
                assert case.responsible_unit == assignment.responsible_unit, (case, assignment)
        self._everybody_is_answered_in_the_end()

    def _everybody_is_answered_in_the_end(self) -> None:
        answered = set(self.city.intake.kept.answers)
        for report in self.city.intake.kept.reports.values():
            case = self.city.intake.kept.cases.get(report.case_number or "")
            ended = report.state in (ReportState.NOT_FILED, ReportState.NOT_ACCEPTED)
            if ended or (case is not None and case.state in cases.ENDS):
                assert report.report_number in answered, report

    def _cases(self) -> list[Case]:
        return sorted(self.city.intake.kept.cases.values(), key=lambda case: case.case_number)

    def _assignments(self) -> list[Assignment]:
        return sorted(self.city.dispatch.kept.assignments.values(), key=lambda one: one.case_number)

    def _on_report(self, number: int, state: ReportState, command: Callable[[str], None]) -> None:
        found = sorted(n for n, one in self.city.intake.kept.reports.items() if one.state is state)
        if found:
            self._try(lambda: command(found[number % len(found)]))

    def _on_case(self, number: int, state: CaseState, command: Callable[[str], None]) -> None:
        found = [one.case_number for one in self._cases() if one.state is state]
        if found:
            self._try(lambda: command(found[number % len(found)]))

    def _on_assignment(self, number: int, state: AssignmentState, command: Callable[[str], None]) -> None:
        found = [one.case_number for one in self._assignments() if one.state is state]
        if found:
            self._try(lambda: command(found[number % len(found)]))

    def _try(self, command: Callable[[], None]) -> None:
        try:
            command()
        except REFUSED:
            self.refused += 1


TestMachines = Machines.TestCase
TestMachines.settings = settings(
    max_examples=300,
    stateful_step_count=45,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
