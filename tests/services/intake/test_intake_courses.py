"""Facts of other services: each (state, fact) has its course, and no field of the tables is empty."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from intake_builders import NOON, a_call, a_case, a_report, all_dispatch_facts, informed, unreachable

from case_contracts.codes import AnswerKind, Source
from case_contracts.console import AccountChanged, AccountClosed, AccountOpened, HandbookPublished
from case_contracts.dispatch import OutageLogged
from case_contracts.facts import FACTS, Fact
from case_contracts.hotline import CallerDissatisfied, CallerInformed, CallerUnreachable, ProblemPhonedIn
from case_contracts.readers import READERS
from case_contracts.roles import Role
from services.intake.domain import answer, case_courses, collector, outage, reopening, report
from services.intake.domain.answer import Answer, AnswerState
from services.intake.domain.case import ENDS, CaseState
from services.intake.domain.collector import Candidate, Collector, choose
from services.intake.domain.courses import Course
from services.intake.domain.report import ReportState

POSTS = [Role.INTAKE_OPERATOR, Role.COLLECTOR, Role.SHIFT_SUPERVISOR, Role.DISPATCHER]

TABLES: list[tuple[dict[Any, Course], list[Any], set[type[Fact]]]] = [
    (case_courses.COURSES, [None, *CaseState], {type(fact) for fact in all_dispatch_facts()}),
    (answer.COURSES, [None, *AnswerState], {CallerInformed, CallerUnreachable}),
    (report.COURSES, [None, *ReportState], {ProblemPhonedIn}),
    (reopening.COURSES, [None, *CaseState], {CallerDissatisfied}),
    (collector.COURSES, [None, True, False], {AccountOpened, AccountChanged, AccountClosed}),
    (outage.COURSES, [None, *POSTS, Role.RESPONSIBLE_UNIT], {OutageLogged}),
]


@pytest.mark.parametrize(("table", "states", "facts"), TABLES)
def test_no_field_of_a_table_is_empty(
    table: dict[Any, Course], states: list[Any], facts: set[type[Fact]]
) -> None:
    assert set(table) == set(itertools.product(states, facts))


def test_every_fact_that_intake_reads_stands_in_one_table() -> None:
    # An edition of the handbook is fetched whatever else is there.
    tabled = [HandbookPublished, *(kind for _, _, facts in TABLES for kind in facts)]

    assert sorted(kind.name for kind in tabled) == sorted(name for _, name in READERS["intake"])
    assert all(FACTS[key] in tabled for key in READERS["intake"])


@pytest.mark.parametrize("state", CaseState)
@pytest.mark.parametrize("fact", all_dispatch_facts(round=2), ids=lambda fact: fact.name)
def test_only_a_case_in_command_follows_the_facts_of_its_round(state: CaseState, fact: Any) -> None:
    expected = Course.APPLY if state is CaseState.IN_COMMAND else Course.NOTE

    assert case_courses.course_of(a_case(state=state, round=2), fact) is expected


@pytest.mark.parametrize("state", CaseState)
@pytest.mark.parametrize("fact", all_dispatch_facts(round=1), ids=lambda fact: fact.name)
def test_a_fact_of_an_older_round_is_only_noted(state: CaseState, fact: Any) -> None:
    assert case_courses.course_of(a_case(state=state, round=2), fact) is Course.NOTE


@pytest.mark.parametrize("state", CaseState)
@pytest.mark.parametrize("fact", all_dispatch_facts(round=3), ids=lambda fact: fact.name)
def test_a_fact_of_a_round_to_come_waits_unless_no_round_will_come(state: CaseState, fact: Any) -> None:
    expected = Course.NOTE if state in ENDS else Course.WAIT

    assert case_courses.course_of(a_case(state=state, round=2), fact) is expected


@pytest.mark.parametrize("fact", all_dispatch_facts(), ids=lambda fact: fact.name)
def test_a_fact_about_a_case_that_is_not_there_yet_waits(fact: Any) -> None:
    assert case_courses.course_of(None, fact) is Course.WAIT


@pytest.mark.parametrize("state", AnswerState)
@pytest.mark.parametrize("told", [informed, unreachable])
def test_only_an_answer_on_its_way_to_hotline_follows_what_hotline_says(
    state: AnswerState, told: Any
) -> None:
    an = Answer(
        report_number="H1",
        kind=AnswerKind.CLOSED,
        channel=Source.HOTLINE,
        text="",
        due_since=NOON,
        state=state,
    )

    expected = Course.APPLY if state is AnswerState.SENT else Course.NOTE
    assert answer.course_of(an, told("H1", AnswerKind.CLOSED)) is expected
    assert answer.course_of(an, told("H1", AnswerKind.VOIDED)) is Course.WAIT
    assert answer.course_of(None, told("H1", AnswerKind.CLOSED)) is Course.WAIT


@pytest.mark.parametrize("state", CaseState)
def test_only_a_closed_case_listens_to_a_dissatisfied_caller_and_every_other_says_why_not(
    state: CaseState,
) -> None:
    course = reopening.COURSES[(state, CallerDissatisfied)]

    assert (course is Course.APPLY) == (state is CaseState.CLOSED)
    assert (state in reopening.NOT_OPEN_TO_IT) == (course is Course.NOTE)


@pytest.mark.parametrize("state", ReportState)
def test_a_call_makes_its_report_only_once(state: ReportState) -> None:
    assert report.course_of(None, a_call()) is Course.APPLY
    assert report.course_of(a_report(state=state), a_call()) is Course.NOTE


OPENED = AccountOpened(person_id="p", roles=("collector",), opened_at=NOON)
CHANGED = AccountChanged(person_id="p", roles=("collector",), changed_at=NOON)
CLOSED = AccountClosed(person_id="p", closed_at=NOON)


def known(active: bool, told_at: Any = None) -> Collector:
    return Collector(person_id="p", responsibility_grid=None, active=active, told_at=told_at)


@pytest.mark.parametrize(
    ("fact", "unknown", "active", "inactive"),
    [
        (OPENED, Course.APPLY, Course.NOTE, Course.NOTE),
        (CHANGED, Course.APPLY, Course.APPLY, Course.APPLY),
        (CLOSED, Course.APPLY, Course.APPLY, Course.NOTE),
    ],
)
def test_what_is_told_of_an_account_is_followed_by_what_is_known_of_it(
    fact: Any, unknown: Course, active: Course, inactive: Course
) -> None:
    before = NOON - timedelta(seconds=1)

    assert collector.course_of(None, fact) is unknown
    for told_at in (None, before):
        assert collector.course_of(known(True, told_at), fact) is active
        assert collector.course_of(known(False, told_at), fact) is inactive


@pytest.mark.parametrize("fact", [OPENED, CHANGED, CLOSED])
@pytest.mark.parametrize("active", [True, False])
def test_what_is_told_of_an_account_after_something_newer_is_only_noted(fact: Any, active: bool) -> None:
    assert collector.course_of(known(active, NOON + timedelta(seconds=1)), fact) is Course.NOTE


@pytest.mark.parametrize("fact", [OPENED, CHANGED, CLOSED])
def test_who_left_and_came_at_one_moment_has_left(fact: Any) -> None:
    assert collector.course_of(known(False, NOON), fact) is Course.NOTE
    assert collector.course_of(known(True, NOON), CLOSED) is Course.APPLY


def candidate(person_id: str, grid: str | None = "Z1", open_tasks: int = 0, last: Any = None) -> Candidate:
    return Candidate(person_id=person_id, responsibility_grid=grid, open_tasks=open_tasks, last_asked_at=last)


@pytest.mark.parametrize(
    ("candidates", "were_there", "expected"),
    [
        ([candidate("far", "Z2"), candidate("near", open_tasks=5)], set(), "near"),
        ([candidate("a"), candidate("b", open_tasks=3)], {"a"}, "b"),
        ([candidate("a")], {"a"}, "a"),
        ([candidate("a", open_tasks=1), candidate("b")], set(), "b"),
        ([candidate("a", last=NOON), candidate("b")], set(), "b"),
        ([candidate("b"), candidate("a")], set(), "a"),
        ([candidate("reporter"), candidate("far", "Z2")], set(), "far"),
        ([candidate("reporter")], set(), None),
        ([], set(), None),
    ],
)
def test_the_collector_who_is_sent_is_chosen_by_rule_and_never_the_reporter(
    candidates: list[Candidate], were_there: set[str], expected: str | None
) -> None:
    chosen = choose(candidates, responsibility_grid="Z1", reporter="reporter", were_there=were_there)

    assert chosen == expected


def test_a_dissatisfied_caller_who_is_heard_before_the_report_waits_for_it():
    assert reopening.COURSES[(None, CallerDissatisfied)] is Course.WAIT


def test_an_outage_reaches_whatever_a_post_or_a_collector_has_to_act_on():
    assert all(outage.COURSES[(post, OutageLogged)] is Course.APPLY for post in POSTS)
    assert set(report.OWNERS.values()) <= {None, *POSTS}


def test_an_outage_changes_nothing_that_has_ended_or_that_a_unit_has_to_act_on():
    for owner in (None, Role.RESPONSIBLE_UNIT):
        assert outage.COURSES[(owner, OutageLogged)] is Course.NOTE
