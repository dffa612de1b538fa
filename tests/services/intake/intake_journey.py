"""What tests of intake's stages do over and over: reports and cases are brought where they are wanted."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from intake_builders import (
    ANOTHER_COLLECTOR,
    COLLECTOR,
    LATER,
    NOON,
    OPERATOR,
    PHOTO_AFTER,
    PHOTO_BEFORE,
    PHOTO_SEEN,
    SUPERVISOR,
    a_call,
    a_feedback,
)

from case_contracts.console import AccountOpened
from services.intake import county
from services.intake.domain.position import Reading
from services.intake.domain.task import Outcome
from services.intake.ports import Attachment
from services.intake.stages import (
    closing,
    confirmation,
    examining,
    filing,
    reporting,
    surveying,
    verification,
)
from services.intake.stages.filing import Proposal
from services.intake.stages.reporting import Told
from services.intake.stages.surveying import Finding

HANDBOOK = county.handbook(NOON)
KIND = next(iter(HANDBOOK.standards.values())).subcategory
STANDARD = HANDBOOK.standards_of(KIND)[0].id
CELL = next(iter(HANDBOOK.grid.cells.values()))
INSIDE = Reading(
    lon=sum(lon for lon, _ in CELL.polygon[:-1]) / len(CELL.polygon[:-1]),
    lat=sum(lat for _, lat in CELL.polygon[:-1]) / len(CELL.polygon[:-1]),
)
OUTSIDE = Reading(lon=116.4, lat=39.9)


def an_account(person_id: str, **changes: Any) -> AccountOpened:
    values = {"roles": ("collector",), "responsibility_grid": CELL.responsibility_grid, "opened_at": NOON}
    return AccountOpened(person_id=person_id, **{**values, **changes})


def told(**changes: Any) -> Told:
    values: dict[str, Any] = {
        "description": "道路路面有破损",
        "address": "文王路",
        "position": INSIDE,
        "photos": (PHOTO_BEFORE,),
        "subcategory": KIND,
    }
    return Told(**{**values, **changes})


def received(intake: Any, by: Any = COLLECTOR, at: datetime = NOON, **changes: Any) -> str:
    with intake.transaction() as tx:
        return reporting.receive_report(tx, HANDBOOK, told(**changes), at=at, by=by).report_number


def phoned_in(intake: Any) -> str:
    intake.read(a_call(lon=INSIDE.lon, lat=INSIDE.lat), at=NOON)
    return "H2020061500001"


def do(
    intake: Any, stage: Callable[..., Any], *arguments: Any, by: Any, at: datetime = LATER, **named: Any
) -> Any:
    with intake.transaction() as tx:
        return stage(tx, *arguments, at=at, by=by, **named)


def proposal(**changes: Any) -> Proposal:
    return Proposal(**{"subcategory": KIND, "filing_standard": STANDARD, **changes})


def confirmed(intake: Any, number: str, outcome: Outcome = Outcome.CONFIRMED) -> str:
    asked = do(intake, confirmation.ask_confirmation, HANDBOOK, number, by=OPERATOR)
    finding = Finding(outcome=outcome, words="看过", photos=(PHOTO_SEEN,))
    do(intake, surveying.answer_task, HANDBOOK, asked.task_id, finding, by=person(asked.collector))
    return asked.collector


def person(person_id: str) -> Any:
    return next(one for one in (COLLECTOR, ANOTHER_COLLECTOR) if one.person_id == person_id)


def proposed(intake: Any, number: str) -> str:
    do(intake, filing.propose_filing, HANDBOOK, number, proposal(position=INSIDE), by=OPERATOR)
    return number


def filed(intake: Any, number: str) -> str:
    proposed(intake, number)
    return do(intake, filing.file_case, HANDBOOK, number, by=SUPERVISOR).case_number


def a_filed_case(intake: Any) -> str:
    return filed(intake, received(intake))


def verified(intake: Any, case: str, outcome: Outcome = Outcome.GONE, round: int = 1) -> Any:
    intake.read(a_feedback(case, round), at=LATER)
    asked = do(intake, verification.ask_verification, HANDBOOK, case, by=OPERATOR)
    finding = Finding(outcome=outcome, words="看过", photos=(PHOTO_SEEN,))
    do(intake, surveying.answer_task, HANDBOOK, asked.task_id, finding, by=person(asked.collector))
    return asked


def a_closed_case(intake: Any, number: str | None = None) -> str:
    case = filed(intake, number or received(intake))
    verified(intake, case)
    close(intake, case)
    return case


def close(intake: Any, case: str) -> Any:
    """The supervisor has looked at the photos, which nobody has examined in these tests."""
    with intake.transaction() as tx:
        flags = examining.flags_of_case(tx, HANDBOOK, tx.cases.get(case))
    seen = [flag.flag_id for flag in flags]
    return do(intake, closing.close_case, HANDBOOK, case, flags_seen=seen, by=SUPERVISOR)


def report_of(intake: Any, number: str) -> Any:
    with intake.transaction() as tx:
        return tx.reports.get(number)


def case_of(intake: Any, number: str) -> Any:
    with intake.transaction() as tx:
        return tx.cases.get(number)


def answer_of(intake: Any, number: str) -> Any:
    """The latest answer."""
    return next(reversed(answers_of(intake, number)), None)


def answers_of(intake: Any, number: str) -> list[Any]:
    with intake.transaction() as tx:
        return tx.answers.of_report(number)


def flow(intake: Any, subject: str) -> list[str]:
    with intake.transaction() as tx:
        return [record.action for record in tx.flow_records.of(subject)]


def a_ready_centre(intake: Any) -> None:
    """Photos are stored, and two collectors have their accounts."""
    with intake.transaction() as tx:
        for photo in (PHOTO_BEFORE, PHOTO_AFTER, PHOTO_SEEN):
            tx.attachments.add(
                Attachment(sha256=photo, media_type="image/jpeg", size=1, uploaded_by="p", uploaded_at=NOON)
            )
    for person in (COLLECTOR, ANOTHER_COLLECTOR):
        intake.read(an_account(person.person_id), at=NOON)
