"""People and their time: self-handling, clocks that run out, collectors on duty, rosters and hand-overs."""

from datetime import timedelta
from typing import Any

import pytest
from intake_builders import (
    ANOTHER_COLLECTOR,
    COLLECTOR,
    DISPATCHER,
    LATER,
    NOON,
    OPERATOR,
    PHOTO_AFTER,
    PHOTO_BEFORE,
    PHOTO_SEEN,
    SUPERVISOR,
    VIDEO_SEAT,
    a_dispatch,
    a_feedback,
    a_gateway,
    dissatisfied,
    names,
)
from intake_journey import (
    CELL,
    HANDBOOK,
    INSIDE,
    STANDARD,
    a_closed_case,
    a_filed_case,
    an_account,
    answer_of,
    case_of,
    close,
    confirmed,
    do,
    filed,
    flow,
    phoned_in,
    proposed,
    received,
    report_of,
    verified,
)

from case_contracts.codes import AnswerKind, Source
from case_contracts.console import AccountClosed
from case_contracts.dispatch import ExtensionGranted
from case_contracts.roles import Actor, NotAllowed, Role
from handbook.working_time import Light, TimeLimit, add, due_at
from services.intake.domain.case import CaseState
from services.intake.domain.evidence import Occasion
from services.intake.domain.position import Reading
from services.intake.domain.refusals import NotFound, RuleBroken, TaskGivenOn
from services.intake.domain.report import ReportState
from services.intake.domain.roster import Shift
from services.intake.domain.task import Outcome
from services.intake.stages import (
    confirmation,
    duty,
    filing,
    lighting,
    self_handling,
    shifts,
    surveying,
    verification,
)
from services.intake.stages.surveying import Finding

pytestmark = pytest.mark.usefixtures("ready_centre")

THIRD = Actor(person_id="p-collector-3", roles=frozenset({Role.COLLECTOR}))
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def self_handled(intake: Any, by: Any = COLLECTOR, **changes: Any) -> str:
    return received(intake, by=by, **{"self_handled": True, "after_photos": (PHOTO_AFTER,), **changes})


def judge(intake: Any, number: str, valid: bool, reason: str = "照片不清", by: Any = SUPERVISOR) -> Any:
    return do(intake, self_handling.judge, HANDBOOK, number, valid=valid, reason=reason, by=by)


def escalations(intake: Any) -> list[tuple[str, str]]:
    return [(f.subject, f.to) for f in intake.announced() if f.name.endswith("_escalated")]


def on_duty(intake: Any, by: Any, at: Any = NOON) -> None:
    do(intake, duty.go_on_duty, HANDBOOK, by=by, at=at)


def seen_at(intake: Any, by: Any, lon: float, at: Any = NOON) -> None:
    reading = Reading(lon=lon, lat=INSIDE.lat)
    do(intake, duty.is_at, HANDBOOK, reading, kept_for=30 * MINUTE, by=by, at=at)


def a_third_collector(intake: Any) -> None:
    intake.read(an_account(THIRD.person_id), at=NOON)


def ask(intake: Any, number: str, at: Any = NOON) -> Any:
    return do(intake, confirmation.ask_confirmation, HANDBOOK, number, by=OPERATOR, at=at)


def answer(intake: Any, task_id: str, by: Any, at: Any) -> Any:
    finding = Finding(outcome=Outcome.CONFIRMED, words="看过", photos=(PHOTO_SEEN,))
    return do(intake, surveying.answer_task, HANDBOOK, task_id, finding, by=by, at=at)


def actor(person_id: str) -> Any:
    return next(one for one in (COLLECTOR, ANOTHER_COLLECTOR, THIRD) if one.person_id == person_id)


# --- self-handling ------------------------------------------------------------------------------------------


def test_what_a_collector_mended_on_the_spot_is_judged_answered_and_makes_no_case(intake: Any) -> None:
    number = self_handled(intake)
    assert report_of(intake, number).state is ReportState.SELF_HANDLED
    assert report_of(intake, number).owner is Role.SHIFT_SUPERVISOR

    judge(intake, number, valid=True, reason="")

    assert names(intake.announced()) == [
        "report_received",
        "problem_self_handled",
        "self_handling_judged",
        "answer_due",
    ]
    told, mended, judged, _ = intake.announced()
    assert (told.self_handled, mended.after_photos, judged.valid) == (True, (PHOTO_AFTER,), True)
    assert (judged.collector, judged.supervisor) == (COLLECTOR.person_id, SUPERVISOR.person_id)
    assert report_of(intake, number).state is ReportState.SELF_HANDLING_VALID
    assert answer_of(intake, number).kind is AnswerKind.SELF_HANDLED


def test_the_photos_from_after_the_mending_are_noted_to_be_examined_too(intake: Any) -> None:
    number = self_handled(intake)

    with intake.transaction() as tx:
        noted = tx.evidence.of_reports([number])
    assert [(one.use.sha256, one.use.occasion) for one in noted] == [
        (PHOTO_BEFORE, Occasion.REPORT),
        (PHOTO_AFTER, Occasion.SELF_HANDLING),
    ]


def test_self_handling_that_is_not_valid_goes_on_as_any_other_report(intake: Any) -> None:
    number = self_handled(intake)

    judge(intake, number, valid=False)

    report = report_of(intake, number)
    assert (report.state, report.owner) == (ReportState.RECEIVED, Role.INTAKE_OPERATOR)
    assert report.due_at == LATER + 15 * MINUTE
    assert answer_of(intake, number) is None
    assert case_of(intake, filed(intake, number)).photos == (PHOTO_BEFORE,)


@pytest.mark.parametrize(
    ("by", "changes", "field"),
    [
        (COLLECTOR, {"after_photos": ()}, "after_photos"),
        (COLLECTOR, {"after_photos": ("d" * 64,)}, "photos"),
        (COLLECTOR, {"photos": ()}, "photos"),
        (COLLECTOR, {"subcategory": None}, "subcategory"),
        (COLLECTOR, {"self_handled": False}, "after_photos"),
        (VIDEO_SEAT, {}, "self_handled"),
        (a_gateway(Source.WECHAT), {}, "self_handled"),
    ],
)
def test_self_handling_needs_a_collector_a_kind_and_photos_from_before_and_after(
    intake: Any, by: Any, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(RuleBroken) as broken:
        self_handled(intake, by=by, **changes)

    assert broken.value.field == field
    assert intake.announced() == []


def test_only_the_shift_supervisor_judges_and_invalid_needs_a_reason(intake: Any) -> None:
    number = self_handled(intake)

    with pytest.raises(NotAllowed):
        judge(intake, number, valid=True, by=OPERATOR)
    with pytest.raises(RuleBroken):
        judge(intake, number, valid=False, reason=" ")


# --- clocks -------------------------------------------------------------------------------------------------


def test_a_report_that_nobody_accepts_calls_the_supervisor_and_then_the_leader_once_each(
    intake: Any,
) -> None:
    number = received(intake)

    intake.pass_time(NOON + 15 * MINUTE)
    assert escalations(intake) == []
    intake.pass_time(NOON + 15 * MINUTE + SECOND)
    assert escalations(intake) == [(f"report/{number}", "shift_supervisor")]
    intake.pass_time(NOON + timedelta(days=7))

    assert escalations(intake) == [
        (f"report/{number}", "shift_supervisor"),
        (f"report/{number}", "leader"),
    ]
    for post in (Role.LEADER, Role.INTAKE_OPERATOR):
        with intake.transaction() as tx:
            listed = tx.reports.listed(state=None, post=post, after=None, limit=9)
        assert [report.report_number for report in listed] == [number]


def test_a_report_that_moves_on_in_time_calls_nobody(intake: Any) -> None:
    number = proposed(intake, received(intake))
    filed_at = LATER + 10 * MINUTE
    do(intake, filing.file_case, HANDBOOK, number, by=SUPERVISOR, at=filed_at)

    assert intake.pass_time(NOON + timedelta(days=7)) == 0
    assert escalations(intake) == []


def test_what_the_supervisor_leaves_lying_calls_the_leader(intake: Any) -> None:
    waiting = proposed(intake, received(intake))
    mended = self_handled(intake)
    closed = a_filed_case(intake)
    verified(intake, closed)

    intake.pass_time(NOON + timedelta(days=1))

    assert set(escalations(intake)) == {
        (f"case/{closed}", "leader"),
        (f"report/{waiting}", "leader"),
        (f"report/{mended}", "leader"),
    }
    assert len(escalations(intake)) == 3


def test_feedback_that_nobody_has_verified_and_a_reopening_nobody_decides_are_escalated(intake: Any) -> None:
    lying = a_filed_case(intake)
    intake.read(a_feedback(lying), at=LATER)
    number = phoned_in(intake)
    confirmed(intake, number)
    closed = a_closed_case(intake, number)
    intake.read(dissatisfied(number), at=LATER)

    intake.pass_time(LATER + 61 * MINUTE)

    assert sorted(escalations(intake)) == sorted(
        [
            (f"case/{lying}", "shift_supervisor"),
            (f"case/{lying}", "leader"),
            (f"case/{closed}", "leader"),
        ]
    )
    reasons = {f.subject: f.reason for f in intake.announced() if f.name == "case_escalated"}
    assert reasons[f"case/{closed}"] == "重新处置审批超过时限"
    assert "escalate" in flow(intake, f"case/{lying}")


def test_a_case_in_command_is_dispatchs_to_escalate(intake: Any) -> None:
    case = a_filed_case(intake)
    intake.read(a_dispatch(case), at=LATER)

    assert intake.pass_time(LATER + timedelta(days=30)) == 0


def test_the_light_of_a_report_turns_yellow_at_four_fifths_and_red_when_it_is_late(intake: Any) -> None:
    report = report_of(intake, received(intake))

    def light(minutes: float) -> Light | None:
        return lighting.light_of_report(report, HANDBOOK, at=NOON + minutes * MINUTE)

    assert [light(m) for m in (0, 11.9, 12, 15, 15.1)] == [
        Light.GREEN,
        Light.GREEN,
        Light.YELLOW,
        Light.YELLOW,
        Light.RED,
    ]


def test_the_light_goes_on_where_the_confirmation_stopped_it(intake: Any) -> None:
    number = received(intake, by=a_gateway(Source.WECHAT))
    asked = ask(intake, number, at=NOON + 10 * MINUTE)
    answer(intake, asked.task_id, actor(asked.collector), NOON + 30 * MINUTE)
    report = report_of(intake, number)

    lights = [
        lighting.light_of_report(report, HANDBOOK, at=NOON + minutes * MINUTE) for minutes in (31, 33, 36)
    ]

    assert lights == [Light.GREEN, Light.YELLOW, Light.RED]


def test_while_a_unit_has_it_the_light_counts_in_the_limits_own_time(intake: Any) -> None:
    case = a_filed_case(intake)
    standard = HANDBOOK.standards[STANDARD]
    due = due_at(NOON, TimeLimit(standard.limit, standard.limit_unit), HANDBOOK.calendar)
    intake.read(a_dispatch(case, due_at=due), at=NOON)
    handled = case_of(intake, case)

    assert lighting.light_of_case(handled, HANDBOOK, at=NOON) is Light.GREEN
    assert lighting.light_of_case(handled, HANDBOOK, at=due) is Light.YELLOW
    assert lighting.light_of_case(handled, HANDBOOK, at=due + SECOND) is Light.RED


def test_an_extension_belongs_to_the_limit_of_which_the_light_counts_the_share(intake: Any) -> None:
    case = a_filed_case(intake)
    standard = HANDBOOK.standards[STANDARD]
    once, unit, calendar = standard.limit, standard.limit_unit, HANDBOOK.calendar
    due, later = (due_at(NOON, TimeLimit(times * once, unit), calendar) for times in (1, 2))
    seconds = TimeLimit(once, unit).seconds(calendar)
    intake.read(a_dispatch(case, due_at=due), at=NOON)
    extended = ExtensionGranted(
        case_number=case,
        round=1,
        dispatch_number=1,
        responsible_unit="u04",
        count=1,
        due_at=later,
        decided_by="p-dispatcher",
        granted_at=NOON,
        limit_seconds=2.0 * seconds,
    )
    intake.read(extended, at=NOON)

    def lit(share: float) -> Light | None:
        at = add(NOON, 2 * seconds * share, unit, calendar)
        return lighting.light_of_case(case_of(intake, case), HANDBOOK, at=at)

    assert [lit(share) for share in (0.3, 0.79, 0.81, 0.99)] == [Light.GREEN] * 2 + [Light.YELLOW] * 2

    intake.read(a_dispatch(case, due_at=due, dispatch_number=2, responsible_unit="u05"), at=NOON)
    assert lit(0.41) is Light.YELLOW  # another unit has the full limit and no more


# --- collectors on duty -------------------------------------------------------------------------------------


def test_going_on_and_off_duty_is_told_without_a_position(intake: Any) -> None:
    on_duty(intake, COLLECTOR)
    seen_at(intake, COLLECTOR, INSIDE.lon)
    do(intake, duty.go_off_duty, HANDBOOK, by=COLLECTOR)

    assert names(intake.announced()) == ["collector_went_on_duty", "collector_went_off_duty"]
    assert intake.announced()[0].responsibility_grid == CELL.responsibility_grid
    assert flow(intake, f"person/{COLLECTOR.person_id}") == ["go_on_duty", "go_off_duty"]


def test_nobody_goes_on_duty_twice_off_duty_unasked_or_is_followed_off_duty(intake: Any) -> None:
    for attempt in (
        lambda: do(intake, duty.go_off_duty, HANDBOOK, by=COLLECTOR),
        lambda: seen_at(intake, COLLECTOR, INSIDE.lon),
        lambda: on_duty(intake, THIRD),
    ):
        with pytest.raises(RuleBroken):
            attempt()
    on_duty(intake, COLLECTOR)
    with pytest.raises(RuleBroken):
        on_duty(intake, COLLECTOR)


def test_the_nearest_collector_on_duty_is_sent(intake: Any) -> None:
    a_third_collector(intake)
    for someone, lon in ((COLLECTOR, 0.02), (ANOTHER_COLLECTOR, 0.001), (THIRD, 0.005)):
        on_duty(intake, someone)
        seen_at(intake, someone, INSIDE.lon + lon)

    asked = ask(intake, phoned_in(intake))

    assert asked.collector == ANOTHER_COLLECTOR.person_id


def test_whoever_is_on_duty_is_sent_before_the_grids_own_who_is_not(intake: Any) -> None:
    intake.read(an_account(THIRD.person_id, responsibility_grid="410523Z999"), at=NOON)
    on_duty(intake, THIRD)

    assert ask(intake, phoned_in(intake)).collector == THIRD.person_id


def test_a_centre_where_nobody_is_on_duty_sends_as_before(intake: Any) -> None:
    assert ask(intake, phoned_in(intake)).collector == COLLECTOR.person_id


def test_nobody_looks_twice_at_one_problem_while_another_is_on_duty(intake: Any) -> None:
    for someone, lon in ((COLLECTOR, 0.0), (ANOTHER_COLLECTOR, 0.02)):
        on_duty(intake, someone)
        seen_at(intake, someone, INSIDE.lon + lon)
    number = phoned_in(intake)
    first = confirmed(intake, number)
    case = filed(intake, number)
    intake.read(a_feedback(case), at=LATER)

    second = do(intake, verification.ask_verification, HANDBOOK, case, by=OPERATOR)

    assert (first, second.collector) == (COLLECTOR.person_id, ANOTHER_COLLECTOR.person_id)


def test_a_position_is_forgotten_after_its_time_and_when_going_off_duty(intake: Any) -> None:
    for someone in (COLLECTOR, ANOTHER_COLLECTOR):
        on_duty(intake, someone)
        seen_at(intake, someone, INSIDE.lon)

    def known() -> set[str]:
        with intake.transaction() as tx:
            return {one.person_id for one in tx.collectors.candidates() if one.lon is not None}

    do(intake, duty.go_off_duty, HANDBOOK, by=COLLECTOR)
    assert known() == {ANOTHER_COLLECTOR.person_id}
    seen_at(intake, ANOTHER_COLLECTOR, INSIDE.lon, at=NOON + 10 * MINUTE)
    intake.pass_time(NOON + 31 * MINUTE)
    assert known() == {ANOTHER_COLLECTOR.person_id}
    intake.pass_time(NOON + 40 * MINUTE)
    assert known() == set()


def test_an_errand_that_is_not_done_in_time_goes_to_another_on_duty_and_the_late_answer_is_refused(
    intake: Any,
) -> None:
    for someone in (COLLECTOR, ANOTHER_COLLECTOR):
        on_duty(intake, someone)
    number = phoned_in(intake)
    asked = ask(intake, number)
    other = next(p for p in (COLLECTOR, ANOTHER_COLLECTOR) if p.person_id != asked.collector)

    intake.pass_time(NOON + 30 * MINUTE)
    assert names(intake.announced()).count("confirmation_asked") == 1
    intake.pass_time(NOON + 31 * MINUTE)

    assert names(intake.announced())[-1] == "confirmation_asked"
    assert escalations(intake) == []
    with pytest.raises(TaskGivenOn):
        answer(intake, asked.task_id, actor(asked.collector), NOON + 32 * MINUTE)
    with intake.transaction() as tx:
        (given_on,) = tx.tasks.open_of(other.person_id)
    answer(intake, given_on.task_id, other, NOON + 40 * MINUTE)
    assert report_of(intake, number).confirmed is True


def test_an_errand_that_nobody_does_is_given_on_twice_and_then_escalated(intake: Any) -> None:
    a_third_collector(intake)
    for someone in (COLLECTOR, ANOTHER_COLLECTOR, THIRD):
        on_duty(intake, someone)
    number = phoned_in(intake)
    ask(intake, number)

    intake.pass_time(NOON + timedelta(hours=5))

    sent = [fact.collector for fact in intake.announced() if fact.name == "confirmation_asked"]
    assert len(set(sent)) == len(sent) == 3
    assert escalations(intake) == [
        (f"report/{number}", "shift_supervisor"),
        (f"report/{number}", "leader"),
    ]
    with intake.transaction() as tx:
        (still,) = [task for task in tx.tasks.of_report(number) if task.state == "open"]
    answer(intake, still.task_id, actor(still.collector), NOON + timedelta(hours=6))
    assert report_of(intake, number).called is None


def test_with_nobody_on_duty_a_late_errand_stays_and_its_late_answer_counts(intake: Any) -> None:
    case = a_filed_case(intake)
    intake.read(a_feedback(case), at=NOON)
    asked = do(intake, verification.ask_verification, HANDBOOK, case, by=OPERATOR, at=NOON)

    intake.pass_time(NOON + HOUR)
    finding = Finding(outcome=Outcome.GONE, photos=(PHOTO_SEEN,))
    do(
        intake,
        surveying.answer_task,
        HANDBOOK,
        asked.task_id,
        finding,
        by=actor(asked.collector),
        at=NOON + 2 * HOUR,
    )

    assert escalations(intake)[0] == (f"case/{case}", "shift_supervisor")
    assert case_of(intake, case).state is CaseState.AWAITING_CLOSING
    verified_fact = next(fact for fact in intake.announced() if fact.name == "handling_verified")
    assert verified_fact.in_time is False


def test_what_somebody_going_off_duty_had_to_do_goes_to_another_on_duty(intake: Any) -> None:
    for someone in (COLLECTOR, ANOTHER_COLLECTOR):
        on_duty(intake, someone)
    number = phoned_in(intake)
    asked = ask(intake, number)
    leaving = actor(asked.collector)
    other = next(p for p in (COLLECTOR, ANOTHER_COLLECTOR) if p is not leaving)

    do(intake, duty.go_off_duty, HANDBOOK, by=leaving)

    with intake.transaction() as tx:
        assert [task.report_number for task in tx.tasks.open_of(other.person_id)] == [number]
    with pytest.raises(TaskGivenOn):
        answer(intake, asked.task_id, leaving, LATER)
    do(intake, duty.go_off_duty, HANDBOOK, by=other)
    with intake.transaction() as tx:
        assert [task.report_number for task in tx.tasks.open_of(other.person_id)] == [number]


def test_who_comes_on_duty_gets_what_nobody_on_duty_has_answered_in_time(intake: Any) -> None:
    number = phoned_in(intake)
    asked = ask(intake, number)
    a_third_collector(intake)

    on_duty(intake, THIRD, at=NOON + HOUR)

    with intake.transaction() as tx:
        assert [task.report_number for task in tx.tasks.open_of(THIRD.person_id)] == [number]
        assert tx.tasks.open_of(asked.collector) == []


def test_a_closed_account_is_on_duty_no_more(intake: Any) -> None:
    on_duty(intake, COLLECTOR)
    seen_at(intake, COLLECTOR, INSIDE.lon)

    intake.read(AccountClosed(person_id=COLLECTOR.person_id, closed_at=LATER), at=LATER)

    with pytest.raises(RuleBroken):
        on_duty(intake, COLLECTOR)
    assert intake.pass_time(NOON + timedelta(days=1)) == 0


# --- rosters and hand-overs ---------------------------------------------------------------------------------


def a_shift(person: Any, begins: Any, hours: float = 8, post: Role = Role.INTAKE_OPERATOR) -> Shift:
    return Shift(
        shift_id=f"{post}-{person.person_id}-{begins:%Y%m%dT%H%M}",
        post=post,
        person_id=person.person_id,
        starts_at=begins,
        ends_at=begins + hours * HOUR,
    )


def enter(intake: Any, *entered: Shift, by: Any = SUPERVISOR) -> None:
    do(intake, shifts.enter_shifts, entered, by=by)


def post_now(intake: Any, at: Any, post: Role = Role.INTAKE_OPERATOR) -> Any:
    posts = do(intake, shifts.posts_now, by=OPERATOR, at=at)
    return next(one for one in posts if one.post is post)


def hand_over(intake: Any, at: Any, by: Any = OPERATOR, to: str = "p-next", **named: Any) -> Any:
    given = {"post": Role.INTAKE_OPERATOR, "taken_over_by": to, "words": "两件待核实", **named}
    post = given.pop("post")
    return do(intake, shifts.hand_over, post, **given, by=by, at=at)


NEXT = Actor(person_id="p-next", roles=frozenset({Role.INTAKE_OPERATOR}))


def test_a_night_shift_is_on_over_midnight_and_the_next_begins_where_it_ends(intake: Any) -> None:
    night = a_shift(OPERATOR, NOON + 10 * HOUR)
    enter(intake, night, a_shift(NEXT, night.ends_at))

    on = [[shift.person_id for shift in post_now(intake, at).on] for at in (
        night.starts_at - SECOND, night.starts_at, night.starts_at + 5 * HOUR, night.ends_at,
    )]  # fmt: skip

    assert on == [[], ["p-operator"], ["p-operator"], ["p-next"]]


@pytest.mark.parametrize(
    ("shift", "field"),
    [
        (a_shift(OPERATOR, NOON + HOUR), "shifts.0"),
        (a_shift(OPERATOR, NOON - HOUR, post=Role.SHIFT_SUPERVISOR), "shifts.0"),
        (a_shift(NEXT, NOON, hours=25), "ends_at"),
        (a_shift(NEXT, NOON, hours=0), "ends_at"),
        (a_shift(NEXT, NOON, post=Role.COLLECTOR), "post"),
    ],
)
def test_nobody_stands_two_shifts_at_once_and_a_shift_is_one_that_can_be_stood(
    intake: Any, shift: Shift, field: str
) -> None:
    enter(intake, a_shift(OPERATOR, NOON))

    with pytest.raises(RuleBroken) as broken:
        enter(intake, shift)

    assert broken.value.field == field


def test_a_whole_roster_is_entered_with_one_look_at_what_is_there(
    intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(intake, a_shift(OPERATOR, NOON + 8 * HOUR))
    looks = []
    with intake.transaction() as tx:
        between = tx.rosters.between
        monkeypatch.setattr(tx.rosters, "between", lambda *span: looks.append(span) or between(*span))
        shifts.enter_shifts(
            tx, [a_shift(NEXT, NOON + 8 * n * HOUR) for n in range(5)], at=LATER, by=SUPERVISOR
        )

    assert looks == [(NOON, NOON + 40 * HOUR)]
    with pytest.raises(RuleBroken) as broken:
        enter(intake, a_shift(NEXT, NOON + 48 * HOUR), a_shift(OPERATOR, NOON + 9 * HOUR))
    assert broken.value.field == "shifts.1"


def test_a_shift_can_be_taken_out_and_only_the_supervisor_keeps_the_roster(intake: Any) -> None:
    shift = a_shift(OPERATOR, NOON)
    enter(intake, shift)
    with pytest.raises(NotAllowed):
        enter(intake, a_shift(NEXT, NOON), by=OPERATOR)

    do(intake, shifts.remove_shift, shift.shift_id, by=SUPERVISOR)

    assert post_now(intake, NOON).on == ()
    with pytest.raises(NotFound):
        do(intake, shifts.remove_shift, shift.shift_id, by=SUPERVISOR)


def test_a_hand_over_counts_what_is_open_and_is_told(intake: Any) -> None:
    received(intake)
    case = a_filed_case(intake)
    intake.read(a_feedback(case), at=LATER)
    called_back = phoned_in(intake)
    do(intake, filing.not_accept, called_back, reason="不属实", by=OPERATOR)

    hand_over(intake, LATER)

    told = intake.announced()[-1]
    assert (told.name, told.post, told.open_items) == ("shift_handed_over", "intake_operator", 2)
    assert (told.handed_over_by, told.taken_over_by) == (OPERATOR.person_id, "p-next")
    assert post_now(intake, LATER).last_hand_over.words == "两件待核实"
    assert post_now(intake, LATER, Role.HOTLINE_AGENT).open_items == 1
    assert post_now(intake, LATER, Role.DISPATCHER).open_items == 0


def test_nobody_hands_over_another_post_or_to_themselves(intake: Any) -> None:
    with pytest.raises(NotAllowed):
        hand_over(intake, NOON, by=DISPATCHER)
    with pytest.raises(NotAllowed):
        hand_over(intake, NOON, by=COLLECTOR)
    with pytest.raises(RuleBroken):
        hand_over(intake, NOON, to=OPERATOR.person_id)


def test_a_shift_that_ended_without_a_hand_over_is_seen_half_an_hour_later(intake: Any) -> None:
    shift = a_shift(OPERATOR, NOON)
    enter(intake, shift, a_shift(NEXT, NOON), a_shift(NEXT, NOON + 8 * HOUR))
    late = shift.ends_at + 30 * MINUTE + SECOND

    before = post_now(intake, late - SECOND).not_handed_over
    after = post_now(intake, late).not_handed_over
    hand_over(intake, late)

    assert (before, after) == ((), (shift,))
    assert post_now(intake, late).not_handed_over == ()


def test_closing_leaves_nobody_called(intake: Any) -> None:
    case = a_filed_case(intake)
    verified(intake, case)
    intake.pass_time(LATER + timedelta(hours=2))
    assert case_of(intake, case).called is Role.LEADER

    close(intake, case)

    assert case_of(intake, case).called is None
