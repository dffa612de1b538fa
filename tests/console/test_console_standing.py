"""Every turn a case may take has its state, due time and marks, whatever order the facts came in."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from case_contracts import assessment, dispatch, facts, hotline, intake
from case_contracts.codes import AnswerKind, Satisfaction, Source, SupervisionKind, Urgency
from case_contracts.wire import Envelope, time_text
from console import county
from console.sentences import sentence
from console.showing import case_file, row
from console.story import Story
from console.told import Told, belonging
from console.words import AnswerState, State
from tests.console.console_kit import CASE, NAMES, REPORT, Telling, a_story, at

OTHER_CASE = "4105232020061500002"


def file_of(story: Story) -> dict[str, Any]:
    """The case file of a story that nothing is linked to."""
    return case_file(story, [], NAMES, county.edition_at)


def story(*envelopes: Envelope) -> Story:
    names = ("id", "source", "type", "subject", "sequence", "time", "data")
    return Story(Told(**{name: getattr(one, name) for name in names}) for one in envelopes)


class CaseLife(Telling):
    """The case of a story, told further move by move; each minute something happens."""

    def __init__(self) -> None:
        super().__init__()
        self.minute = 0.0
        self.round = 1
        self.number = 0
        self.unit = "u03"

    def say(self, kind: type[facts.Fact], /, **fields: Any) -> "CaseLife":
        self.minute += 1
        moments = {
            name: at(self.minute)
            for name in kind.__dataclass_fields__
            if name.endswith("_at") and name not in ("due_at", "until_at", "reply_by_at", "claimed_at")
        }
        known = {
            "case_number": CASE, "report_number": REPORT, "round": self.round, "dispatch_number": self.number,
            "responsible_unit": self.unit, "report_numbers": (REPORT,), "supervisor": "supervisor-1",
            "decided_by": "d1", "dispatcher": "d1", "collector": "c1", "task_id": "t", "reason": "原因",
            "words": "请抓紧", "call_id": "call-1",
        }  # fmt: skip
        wanted = {name: value for name, value in known.items() if name in kind.__dataclass_fields__}
        self.tell(kind(**{**wanted, **moments, **fields}), self.minute)
        return self

    def filed(self, **fields: Any) -> "CaseLife":
        return self.say(
            intake.CaseFiled, source=Source.COLLECTOR, subcategory="I0203", filing_standard="I0203-1",
            handbook_version="v", limit=3, limit_unit="working_day", urgency=Urgency.ORDINARY,
            closing_condition="平整", description="坑", address="文王路", lon=114.3, lat=35.9,
            unit_grid_code="410523100201001", responsibility_grid="G07", **fields,
        )  # fmt: skip

    def dispatched(self, unit: str = "u03", *, due: float = 1000) -> "CaseLife":
        self.number += 1
        self.unit = unit
        return self.say(dispatch.CaseDispatched, due_at=at(due))

    def handling(self) -> "CaseLife":
        return self.filed().dispatched().say(dispatch.HandlingStarted)

    def fed_back(self, *, in_time: bool = True) -> "CaseLife":
        return self.say(
            dispatch.FeedbackSubmitted, text="已修", photos=("a" * 64,), due_at=at(1000), in_time=in_time
        )

    def closed(self) -> "CaseLife":
        return (
            self.say(intake.VerificationAsked, due_at=at(99))
            .say(intake.HandlingVerified)
            .say(intake.CaseClosed)
        )

    def extension_asked(self, count: int = 1) -> "CaseLife":
        return self.say(dispatch.ExtensionAsked, count=count)

    def extended(self, due: float, count: int = 1) -> "CaseLife":
        return self.say(dispatch.ExtensionGranted, count=count, due_at=at(due))

    def suspended(self) -> "CaseLife":
        return self.say(dispatch.CaseSuspended, until_at=at(90_000))

    def supervised(self, order: str = "S1") -> "CaseLife":
        return self.say(
            dispatch.SupervisionOrdered, order_number=order, kind=SupervisionKind.OVERDUE,
            ordered_by="clock", reply_by_at=at(500),
        )  # fmt: skip

    @property
    def story(self) -> Story:
        return story(*self.told)

    @property
    def marks(self) -> list[str]:
        return [one["text"] for one in self.story.marks.shown()]


def due(life: CaseLife) -> float | None:
    text = life.story.standing.due_at
    return None if text is None else (datetime.fromisoformat(text) - at(0)) / timedelta(minutes=1)


def test_an_extension_is_a_mark_until_it_is_decided_and_moves_the_due_time_only_when_granted():
    life = CaseLife().handling().extension_asked()
    assert (life.story.state, life.marks, due(life)) == (State.HANDLING, ["延期待审"], 1000)

    life.say(dispatch.ExtensionRefused)
    assert (life.marks, due(life)) == ([], 1000)

    life.extension_asked().extended(2000)
    assert (life.story.state, life.marks, due(life)) == (State.HANDLING, [], 2000)


def test_an_extension_that_nobody_decided_is_pointless_after_feedback():
    assert CaseLife().handling().extension_asked().fed_back().marks == []


def test_a_suspended_case_has_a_day_and_no_due_time_until_it_is_resumed():
    life = CaseLife().handling().say(dispatch.SuspensionAsked, until_at=at(90_000))
    assert (life.story.state, life.marks) == (State.HANDLING, ["挂账待审"])

    life.suspended()
    assert (life.story.state, life.story.state.chinese, int(life.story.state.stage)) == (
        State.SUSPENDED,
        "挂账",
        4,
    )
    assert (life.marks, due(life), life.story.standing.responsible_unit) == ([], None, "u03")
    assert life.story.standing.suspended_until == time_text(at(90_000))

    life.say(dispatch.CaseResumed, due_at=at(91_000), resumed_by="clock")
    assert (life.story.state, due(life), life.story.standing.suspended_until) == (
        State.HANDLING,
        91_000,
        None,
    )


def test_a_refused_suspension_leaves_the_case_where_it_was():
    life = (
        CaseLife()
        .handling()
        .say(dispatch.SuspensionAsked, until_at=at(90_000))
        .say(dispatch.SuspensionRefused)
    )

    assert (life.story.state, life.marks, due(life)) == (State.HANDLING, [], 1000)


def test_an_outage_of_ours_moves_the_due_time():
    life = CaseLife().handling()
    life.say(
        dispatch.OutageCredited, outage_from=at(1), outage_until=at(61), due_at=at(1060), credited_by="o1"
    )

    assert (life.story.state, due(life)) == (State.HANDLING, 1060)


def test_no_due_time_runs_while_a_return_is_under_review():
    life = CaseLife().handling().say(dispatch.CaseSentBack)
    assert (life.story.state, due(life)) == (State.RETURN_UNDER_REVIEW, None)

    life.say(dispatch.ReturnRefused, due_at=at(1100))
    assert (life.story.state, due(life)) == (State.HANDLING, 1100)


def test_a_case_sent_back_too_often_rests_until_it_is_decided_whose_it_is():
    life = CaseLife().filed().dispatched("u03").say(dispatch.CaseSentBack).say(dispatch.ReturnAccepted)
    life.say(dispatch.CoordinationCalled, returns=2, units=("u03", "u04"))
    assert (life.story.state, life.story.state.chinese, int(life.story.state.stage)) == (
        State.COORDINATION, "待确权", 3,
    )  # fmt: skip
    assert life.story.standing.responsible_unit is None

    life.say(dispatch.ResponsibilityDecided, decision="由市政所负责", responsible_unit="u04")
    assert life.story.state is State.AWAITING_DISPATCH
    life.dispatched("u04")
    assert (life.story.state, life.story.standing.responsible_unit) == (State.AWAITING_SIGNATURE, "u04")


def test_a_case_returned_to_intake_is_filed_anew_in_the_next_round_and_is_no_rework():
    life = CaseLife().filed().say(dispatch.CaseReturnedToIntake)
    assert (life.story.state, life.story.state.chinese, int(life.story.state.stage)) == (
        State.UNDER_REVIEW, "退回受理", 2,
    )  # fmt: skip

    life.round = 2
    life.filed()
    assert (life.story.state, due(life)) == (State.AWAITING_DISPATCH, None)
    life.dispatched().say(dispatch.HandlingStarted)
    assert (life.story.state, life.story.standing.round, life.story.report_number) == (
        State.HANDLING,
        2,
        REPORT,
    )


@pytest.mark.parametrize(
    ("ended", "state", "chinese"),
    [
        (intake.CaseForceClosed, State.FORCE_CLOSED, "强制结案"),
        (intake.CaseVoided, State.VOIDED, "作废"),
        (intake.CaseMerged, State.MERGED, "已并案"),
    ],
)
def test_every_other_end_wins_over_what_dispatch_still_says(ended, state, chinese):
    fields = {"approved_by": "分管副县长"} if ended is intake.CaseForceClosed else {}
    fields |= {"into_case_number": OTHER_CASE} if ended is intake.CaseMerged else {}
    life = CaseLife().handling().extension_asked().say(ended, **fields).fed_back()

    assert (life.story.state, life.story.state.chinese, life.story.state.counted) == (state, chinese, False)
    assert life.marks == []


def test_a_merged_case_names_the_one_it_went_into():
    life = CaseLife().handling().say(intake.CaseMerged, into_case_number=OTHER_CASE)

    assert row(life.story, NAMES)["merged_into"] == OTHER_CASE
    assert belonging(life.told[-1]).linked_case == OTHER_CASE


def test_a_dissatisfied_reporter_is_a_mark_until_the_supervisor_has_decided():
    life = CaseLife().handling().fed_back().closed()
    life.say(intake.ReopeningAsked, report_number="R1").say(intake.ReopeningAsked, report_number="R2")
    assert (life.story.state, life.marks) == (State.CLOSED, ["要求重新处置"])

    life.say(intake.ReopeningDeclined, report_number="R1")
    assert life.marks == ["要求重新处置"]

    life.round = 2
    life.say(intake.CaseReopened, report_number="R2")
    assert (life.story.state, life.story.state.chinese, life.marks) == (State.REOPENED, "重新处置中", [])


def test_a_reopened_case_is_handled_again_and_closed_again():
    life = CaseLife().handling().fed_back().closed()
    life.round = 2
    life.say(intake.CaseReopened)
    assert due(life) is None
    life.say(dispatch.ReworkOrdered, due_at=at(3000))
    assert (life.story.state, due(life), int(life.story.state.stage)) == (State.REOPENED, 3000, 4)
    life.fed_back()
    assert life.story.state is State.AWAITING_VERIFICATION
    life.closed()
    assert life.story.state is State.CLOSED


def test_a_reopening_that_dispatch_has_heard_of_first_is_believed():
    life = CaseLife().handling().fed_back().closed()
    life.round = 2
    life.say(dispatch.ReworkOrdered, due_at=at(3000))

    assert life.story.state is State.REWORK


def test_the_latest_word_on_urgency_counts():
    life = CaseLife().handling()
    assert life.story.marks.urgency == "ordinary"

    life.say(intake.UrgencyRaised, urgency=Urgency.MAJOR, raised_by="supervisor-1")
    life.say(dispatch.UrgencyChanged, urgency=Urgency.MAJOR)

    assert (life.story.marks.urgency, life.marks) == ("major", ["重大"])


def test_a_supervision_order_is_open_until_its_own_reply():
    life = CaseLife().handling().supervised("S1").supervised("S2")
    assert life.marks == ["督办待回复 2"]

    life.say(dispatch.SupervisionReplied, order_number="S1", text="正在抢修", in_time=False)

    assert life.marks == ["督办待回复 1"]
    shown = file_of(life.story)["supervisions"]
    assert [(one["order_number"], one["kind_text"], one["reply"], one["in_time"]) for one in shown] == [
        ("S1", "超时督办", "正在抢修", False),
        ("S2", "超时督办", None, None),
    ]


def test_a_reply_is_wanted_by_the_time_that_was_told_last():
    life = CaseLife().handling().supervised("S1").supervised("S2")
    life.say(
        dispatch.ReplyTimeCredited, order_number="S1", outage_from=at(1), outage_until=at(61),
        reply_by_at=at(560), credited_by="o1",
    )  # fmt: skip

    shown = file_of(life.story)["supervisions"]

    assert [one["reply_by_at"] for one in shown] == [time_text(at(560)), time_text(at(500))]


def test_an_order_whose_task_was_returned_with_consent_awaits_no_reply():
    life = CaseLife().filed().dispatched().supervised("S1").say(dispatch.CaseSentBack)
    assert life.marks == ["督办待回复 1"]

    life.say(dispatch.ReturnAccepted)
    assert life.marks == []
    life.dispatched("u04").supervised("S2")
    assert life.marks == ["督办待回复 1"]


def test_who_was_called_for_help_is_a_mark_until_somebody_acts():
    life = CaseLife().filed().say(dispatch.AssignmentEscalated, to="shift_supervisor")
    assert life.marks == ["已上报值班长"]
    life.say(dispatch.AssignmentEscalated, to="leader")
    assert life.marks == ["已上报领导"]

    life.dispatched()
    assert life.marks == []
    life.say(dispatch.HandlingStarted).fed_back().say(intake.CaseEscalated, to="leader")
    assert life.marks == ["已上报领导"]
    life.say(intake.VerificationAsked, due_at=at(99))
    assert life.marks == []


def a_report(**fields: Any) -> CaseLife:
    return CaseLife().say(
        intake.ReportReceived, source=Source.COLLECTOR, description="坑", address="文王路", **fields
    )


def test_a_report_that_nobody_touched_shows_who_was_called():
    life = a_report().say(intake.ReportEscalated, to="shift_supervisor")
    assert (life.story.state, life.marks) == (State.RECEIVED, ["已上报值班长"])

    assert life.filed().marks == []


@pytest.mark.parametrize(("valid", "state"), [(True, "自处置有效"), (False, "待受理")])
def test_a_self_handled_report_ends_when_it_is_valid_and_goes_on_when_it_is_not(valid, state):
    life = a_report(self_handled=True)
    assert (life.story.state, life.story.state.counted) == (State.SELF_HANDLED, True)

    life.say(intake.ProblemSelfHandled, subcategory="I0203")
    assert life.story.state.chinese == "自处置待审"
    life.say(intake.SelfHandlingJudged, valid=valid)
    assert (life.story.state.chinese, life.story.state.counted) == (state, not valid)


def test_an_appeal_belongs_to_its_case_and_takes_nothing_away():
    life = CaseLife().handling().fed_back(in_time=False).closed()
    assert life.marks == ["曾超时"]
    life.say(assessment.AppealMade)
    assert life.marks == ["曾超时", "申诉待初审"]
    assert belonging(life.told[-1]).case_number == CASE
    life.say(assessment.AppealReviewed, recommended=True, reviewer="d1")
    assert life.marks == ["曾超时", "申诉待决定"]

    life.say(assessment.AppealGranted, assessor="a1")
    assert life.marks == ["曾超时（申诉通过不计）"]
    assert (life.story.state, file_of(life.story)["appeal"]) == (State.CLOSED, "申诉通过")


def test_each_answer_of_a_reopened_case_is_told_for_itself():
    life = a_report()

    def call_back_due(kind: AnswerKind) -> None:
        life.say(intake.CallBackDue, kind=kind, text=kind.value, due_since=at(life.minute))

    def informed(kind: AnswerKind) -> None:
        life.say(hotline.CallerInformed, kind=kind, attempts=1, satisfaction=Satisfaction.DISSATISFIED)

    call_back_due(AnswerKind.CLOSED)
    informed(AnswerKind.CLOSED)
    life.say(intake.AnswerDelivered, kind=AnswerKind.CLOSED, channel=Source.HOTLINE)
    assert life.story.answer is AnswerState.DELIVERED
    call_back_due(AnswerKind.REOPENED)
    assert life.story.answer is AnswerState.DUE
    informed(AnswerKind.REOPENED)
    call_back_due(AnswerKind.CLOSED)

    shown = file_of(life.story)["answers"]
    assert [(one["kind_text"], one["state_text"]) for one in shown] == [
        ("结案", "已答复"), ("重新处置", "已答复"), ("结案", "待答复"),
    ]  # fmt: skip


def a_hard_life() -> CaseLife:
    """A case that meets with nearly everything that a case can meet with."""
    life = CaseLife().filed().say(dispatch.AssignmentEscalated, to="shift_supervisor")
    life.say(dispatch.CaseReturnedToIntake)
    life.round = 2
    life.filed().dispatched("u03").say(dispatch.CaseSentBack).say(dispatch.ReturnAccepted)
    life.say(dispatch.CoordinationCalled, returns=2, units=("u03",))
    life.say(dispatch.ResponsibilityDecided, decision="由市政所负责", responsible_unit="u04")
    life.dispatched("u04").say(dispatch.HandlingStarted).extension_asked().extended(2000)
    life.say(
        dispatch.OutageCredited, outage_from=at(1), outage_until=at(61), due_at=at(2060), credited_by="o1"
    )
    life.say(dispatch.SuspensionAsked, until_at=at(9000)).suspended()
    life.say(dispatch.CaseResumed, due_at=at(9500), resumed_by="clock").supervised()
    life.say(dispatch.UnitUrged, urged_by="clock")
    life.say(dispatch.SupervisionReplied, order_number="S1", text="已派人").fed_back(in_time=False).closed()
    life.say(hotline.CallerDissatisfied).say(intake.ReopeningAsked)
    life.round = 3
    life.say(intake.CaseReopened).say(dispatch.ReworkOrdered, due_at=at(12_000)).fed_back().closed()
    return life.say(assessment.AppealMade).say(assessment.AppealReviewed, recommended=True, reviewer="d1")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_hardest_life_reads_the_same_at_every_moment_in_every_order_and_with_repetitions(data):
    whole = a_hard_life().told
    known = whole[: data.draw(st.integers(1, len(whole)))]
    again = data.draw(st.lists(st.sampled_from(known), max_size=8))
    shuffled = data.draw(st.permutations([*known, *again]))

    assert file_of(story(*shuffled)) == file_of(story(*known))


@given(st.data())
def test_any_part_of_the_hardest_life_can_be_shown(data):
    part = data.draw(st.lists(st.sampled_from([*a_hard_life().told, *a_story()]), min_size=1))

    assert all(line["sentence"] for line in file_of(story(*part))["flow"])


def test_every_sentence_of_the_hardest_life_is_whole():
    for envelope in a_hard_life().told:
        said = sentence(envelope.type, envelope.data, NAMES)

        assert "{" not in said
        assert "None" not in said
        assert said.endswith("。"), said
        assert "。。" not in said


def test_what_somebody_wrote_does_not_run_into_the_next_sentence():
    order = CaseLife().handling().supervised().told[-1]
    decided = CaseLife().say(dispatch.ResponsibilityDecided, decision="属市政所", becomes_rule=True).told[-1]

    assert sentence(order.type, order.data, NAMES) == (
        "系统对园林绿化中心发出超时督办：请抓紧。请于06月15日16:27 前回复。"
    )
    assert sentence(decided.type, decided.data, NAMES) == (
        "派遣员书面确权：由园林绿化中心负责。属市政所。今后同类问题照此派遣。"
    )
