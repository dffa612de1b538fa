"""领取 through intake's stages, on both stores: two operators do not work on one report."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from intake_builders import COLLECTOR, NOON, OPERATOR
from intake_journey import HANDBOOK, do, proposal, received, report_of

from case_contracts.codes import Source, Urgency
from case_contracts.roles import NotAllowed
from services.intake.domain.refusals import HeldByAnother
from services.intake.domain.report import ReportState
from services.intake.stages import confirmation, filing, holding, linking, raising_urgency

pytestmark = pytest.mark.usefixtures("ready_centre")

COLLEAGUE = replace(OPERATOR, person_id="another-operator")

ACTS: dict[str, Any] = {
    "propose": partial(filing.propose_filing, handbook=HANDBOOK, proposal=proposal()),
    "not accept": partial(filing.not_accept, reason="不归本市管"),
    "link": partial(linking.link, case_number="4105232020061500001"),
    "confirm": partial(confirmation.ask_confirmation, handbook=HANDBOOK),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_nobody_else_acts_on_a_report_that_is_taken_up(intake: Any, act: Any) -> None:
    number = received(intake)
    do(intake, holding.hold, report_number=number, at=NOON, by=OPERATOR)

    with pytest.raises(HeldByAnother):
        do(intake, act, report_number=number, at=NOON, by=COLLEAGUE)

    assert report_of(intake, number).state is ReportState.RECEIVED


def test_who_has_taken_a_report_up_works_on_it_and_so_does_anybody_when_nobody_has(intake: Any) -> None:
    held, free = received(intake), received(intake)
    do(intake, holding.hold, report_number=held, at=NOON, by=OPERATOR)

    for number in (held, free):
        do(intake, filing.not_accept, report_number=number, reason="不归本市管", at=NOON, by=OPERATOR)

    assert report_of(intake, held).state is report_of(intake, free).state is ReportState.NOT_ACCEPTED


def test_what_was_put_back_or_left_is_taken_up_by_a_colleague(intake: Any) -> None:
    put_back, left = received(intake), received(intake)
    for number in (put_back, left):
        do(intake, holding.hold, report_number=number, at=NOON, by=OPERATOR)
    with intake.transaction() as tx:
        holding.release(tx, put_back, by=OPERATOR)

    do(intake, holding.hold, report_number=put_back, at=NOON, by=COLLEAGUE)
    do(intake, holding.hold, report_number=left, at=NOON + timedelta(minutes=10), by=COLLEAGUE)

    assert report_of(intake, put_back).held_by == report_of(intake, left).held_by == COLLEAGUE.person_id


def test_only_an_operator_takes_a_report_up_or_puts_it_back(intake: Any) -> None:
    number = received(intake)

    with pytest.raises(NotAllowed):
        do(intake, holding.hold, report_number=number, at=NOON, by=COLLECTOR)
    with pytest.raises(NotAllowed), intake.transaction() as tx:
        holding.release(tx, number, by=COLLECTOR)


def test_the_pool_is_read_by_source_and_urgency(intake: Any) -> None:
    ordinary, urgent = received(intake), received(intake)
    raised = {"urgency": Urgency.URGENT, "reason": "学校门前"}
    do(intake, raising_urgency.raise_report, report_number=urgent, at=NOON, by=OPERATOR, **raised)

    def listed(**wanted: Any) -> list[str]:
        with intake.transaction() as tx:
            page = tx.reports.listed(state=None, post=None, after=None, limit=9, **wanted)
            return [report.report_number for report in page]

    assert listed(urgency=Urgency.URGENT) == [urgent]
    assert listed(urgency=Urgency.ORDINARY) == [ordinary]
    assert listed(source=Source.COLLECTOR) == [urgent, ordinary]
    assert listed(source=Source.WECHAT) == []
