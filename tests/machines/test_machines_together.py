"""The three machines together: whatever order people act and facts arrive in, every case lands somewhere.

Report and Case live in intake, Assignment in dispatch; between them a post that holds facts back, repeats
and reorders them. After every step each open case has an owner and a clock; every move that was written down
is one that the tables allow; and when all has arrived, both sides agree and nothing waits.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.dispatch.domain import assignment as assignments
from services.dispatch.domain.assignment import Assignment, AssignmentState
from services.intake.domain import case as cases
from services.intake.domain import report as reports
from services.intake.domain.case import Case, CaseState
from services.intake.domain.report import ReportState
from tests.machines import promises
from tests.machines.small_city import COLLECTORS, GATEWAY, REFUSED, START, SmallCity

IN_THE_CITY = 3
"""As many cases as keep a machine's steps on the same ones."""

AGREED: dict[CaseState, frozenset[AssignmentState]] = {
    CaseState.IN_COMMAND: frozenset(
        {
            AssignmentState.AWAITING_DISPATCH,
            AssignmentState.AWAITING_SIGNATURE,
            AssignmentState.HANDLING,
            AssignmentState.SUSPENDED,
            AssignmentState.RETURN_UNDER_REVIEW,
        }
    ),
    CaseState.UNDER_REVIEW: frozenset({AssignmentState.RETURNED_TO_INTAKE}),
    CaseState.AWAITING_VERIFICATION: frozenset({AssignmentState.FED_BACK}),
    CaseState.VERIFYING: frozenset({AssignmentState.FED_BACK}),
    CaseState.AWAITING_CLOSING: frozenset({AssignmentState.FED_BACK}),
    CaseState.CLOSED: frozenset({AssignmentState.DONE}),
    CaseState.FORCE_CLOSED: frozenset({AssignmentState.WITHDRAWN}),
    CaseState.VOIDED: frozenset({AssignmentState.WITHDRAWN}),
    CaseState.MERGED: frozenset({AssignmentState.WITHDRAWN}),
}
"""Where an assignment stands once everything has arrived."""


# What somebody would do next with a report, a case and an assignment; steps named twice are likelier.
WITH_A_REPORT: dict[ReportState, tuple[str, ...]] = {
    ReportState.RECEIVED: (
        *("propose", "propose", "ask_confirmation", "ask_confirmation"),
        *("not_accept", "raise_report"),
    ),
    ReportState.SELF_HANDLED: ("judge_it_mended", "judge_it_not_mended", "propose", "not_accept"),
    ReportState.AWAITING_FILING: ("file", "file", "decline", "return_for_completion", "raise_report"),
}
WITH_A_CASE: dict[CaseState, tuple[str, ...]] = {
    CaseState.UNDER_REVIEW: ("file_again",),
    CaseState.AWAITING_VERIFICATION: ("ask_verification", "ask_verification", "send_back_unseen"),
    CaseState.AWAITING_CLOSING: ("close", "close", "verify_again"),
    CaseState.CLOSED: ("be_dissatisfied", "reopen", "decline_reopening"),
}
WITH_AN_ASSIGNMENT: dict[AssignmentState, tuple[str, ...]] = {
    AssignmentState.AWAITING_DISPATCH: (
        "send",
        "send_elsewhere",
        "return_to_intake",
        "decide_responsibility",
    ),
    AssignmentState.AWAITING_SIGNATURE: ("sign", "sign", "send_back", "feed_back"),
    AssignmentState.HANDLING: (
        *("feed_back", "feed_back", "feed_back", "send_back"),
        *("ask_extension", "ask_extension", "ask_suspension"),
    ),
    AssignmentState.SUSPENDED: ("resume",) * 3,
    AssignmentState.RETURN_UNDER_REVIEW: ("accept_return", "refuse_return") * 2,
}
TO_DECIDE_ON = {
    "extension_request": ("grant_extension", "refuse_extension") * 3,
    "suspension_request": ("grant_suspension", "refuse_suspension") * 3,
}
"""What the unit has asked for, as the assignment keeps it."""
A_COLLECTOR = (*("find_it_good",) * 4, "find_it_bad", "find_it_unclear")
AT_ANY_TIME = (
    *("void", "force_close", "merge", "close", "ask_verification", "reopen", "file_again"),
    *("verify_again", "refuse_extension", "refuse_suspension", "refuse_return"),
    *("sign", "send_back", "feed_back", "send", "accept_return", "return_to_intake", "resume"),
)
"""What is tried on any case, whatever its state: much of it is refused."""


WITH_INTAKE = (AssignmentState.FED_BACK, AssignmentState.RETURNED_TO_INTAKE)
"""Intake has the case, and its clock."""


class Machines(RuleBasedStateMachine):
    """People of the centre, units, and a post that cannot be trusted."""

    def __init__(self) -> None:
        super().__init__()
        self.city = SmallCity()
        self.seen = promises.Memory()

    @initialize(filed=st.integers(0, IN_THE_CITY - 1))
    def some_cases_are_filed(self, filed):
        for _ in range(filed):
            self.city.report(COLLECTORS[0])
        self.city.report(GATEWAY)
        for number in sorted(self.city.intake.kept.reports):
            if self.city.intake.kept.reports[number].source.needs_confirmation:
                self.city.ask_confirmation(number)
                self.city.find_it_good(self.city.open_tasks()[0])
            self.city.propose(number)
            self.city.file(number)

    # People: most of the time somebody does what is to be done next; sometimes what cannot be done.

    @precondition(lambda self: len(self.city.intake.kept.reports) < IN_THE_CITY + 2)
    @rule(by=st.sampled_from((*COLLECTORS, GATEWAY)), mended=st.booleans())
    def report(self, by, mended):
        self.city.report(by, mended=mended and by is not GATEWAY)

    @rule(choice=st.integers(0, 999))
    def somebody_goes_on(self, choice):
        self._choose(self._next_steps(), choice)

    @rule(choice=st.integers(0, 999))
    def and_somebody_else(self, choice):
        self._choose(self._next_steps(), choice)

    @rule(choice=st.integers(0, 999), step=st.sampled_from(AT_ANY_TIME))
    def somebody_tries_what_may_be_refused(self, choice, step):
        self._choose([(step, case.case_number) for case in self._cases()], choice)

    @rule(number=st.integers(0, 9), case=st.integers(0, 9))
    def a_report_is_linked(self, number, case):
        loose = self._reports(ReportState.RECEIVED)
        known = self._cases()
        if loose and known:
            into = known[case % len(known)].case_number
            self._try(lambda: self.city.link(loose[number % len(loose)], into))

    @rule(choice=st.integers(0, 999))
    def somebody_is_in_a_hurry(self, choice):
        self._choose([("raise_case", case.case_number) for case in self._cases()], choice)

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

    @precondition(lambda self: len(self.city.dispatch.kept.outages) < 4)
    @rule(minutes=st.sampled_from((5, 90, 30 * 60)))
    def an_outage_is_credited_and_then_once_more(self, minutes):
        before = self._due()
        self.city.credit_outage(minutes)
        credited = self._due()
        again = self.city.credit_outage(minutes)

        assert all(credited[number] >= due for number, due in before.items())
        assert again.credited == 0
        assert self._due() == credited
        since_the_start = (self.city.now - START).total_seconds()
        for one in self._assignments():
            assert one.clock is None or one.clock.credited_seconds <= since_the_start, one

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
                if assignment.state not in WITH_INTAKE:
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

    @invariant()
    def promises_are_kept(self):
        promises.what_ends_without_a_case_is_answered_once(self.city)
        promises.what_was_mended_is_a_case_only_after_it_was_judged_not_to_be(self.city)
        promises.one_collector_is_on_the_way(self.city)
        promises.a_case_is_closed_on_what_was_seen_last(self.city)
        promises.every_request_has_one_decision(self.city)
        promises.a_clock_runs_while_a_unit_has_the_task(self.city)
        self.seen.urgency_only_rises(self.city)
        self.seen.a_due_time_moves_only_with_a_decision(self.city)

    def teardown(self):
        self.city.deliver_all()
        promises.both_sides_know_how_urgent_it_is(self.city)
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
        self._collectors_have_the_time_that_the_centre_counts()
        self._everybody_is_answered_in_the_end()

    def _collectors_have_the_time_that_the_centre_counts(self) -> None:
        kept = self.city.intake.kept
        for task in map(kept.tasks.__getitem__, self.city.open_tasks()):
            of = kept.cases[task.case_number] if task.case_number else kept.reports[task.report_number]
            assert of.due_at == task.due_at, (of, task)

    def _everybody_is_answered_in_the_end(self) -> None:
        kept = self.city.intake.kept
        answered = {answer.report_number for answer in kept.answers.values()}
        for report in kept.reports.values():
            case = kept.cases.get(report.case_number or "")
            while case is not None and case.merged_into is not None:
                case = kept.cases[case.merged_into]
            ended = report.state in promises.ANSWERED_WITH
            if ended or (case is not None and case.state in cases.ENDS):
                assert report.report_number in answered, report

    def _cases(self) -> list[Case]:
        return sorted(self.city.intake.kept.cases.values(), key=lambda case: case.case_number)

    def _assignments(self) -> list[Assignment]:
        return sorted(self.city.dispatch.kept.assignments.values(), key=lambda one: one.case_number)

    def _due(self) -> dict[str, datetime]:
        """By when the owner of each assignment must have acted, as far as dispatch keeps that clock."""
        by = {one.case_number: one.act_by_at for one in self._assignments()}
        return {number: due for number, due in by.items() if due is not None}

    def _reports(self, state: ReportState) -> list[str]:
        return sorted(n for n, one in self.city.intake.kept.reports.items() if one.state is state)

    def _next_steps(self) -> list[tuple[str, str]]:
        """Every step that somebody could be at now, with what it is done to."""
        steps: list[tuple[str, str]] = []
        for state, named in WITH_A_REPORT.items():
            steps += [(step, number) for number in self._reports(state) for step in named]
        for case in self._cases():
            steps += [(step, case.case_number) for step in WITH_A_CASE.get(case.state, ())]
        for one in self._assignments():
            steps += [(step, one.case_number) for step in WITH_AN_ASSIGNMENT.get(one.state, ())]
            for asked, decisions in TO_DECIDE_ON.items():
                if getattr(one, asked) is not None:
                    steps += [(step, one.case_number) for step in decisions]
        for task in self.city.open_tasks():
            steps += [(found, task) for found in A_COLLECTOR]
        return steps

    def _choose(self, steps: list[tuple[str, str]], choice: int) -> None:
        if steps:
            step, number = steps[choice % len(steps)]
            self._try(lambda: getattr(self.city, step)(number))

    def _try(self, command: Callable[[], None]) -> None:
        with suppress(*REFUSED):
            command()


TestMachines = pytest.mark.deep(Machines.TestCase)
TestMachines.settings = settings(
    max_examples=450,  # some end early: 300 and more go all of their 40 steps and more
    stateful_step_count=45,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
