"""Refiling (退回复核): what dispatch returned is filed anew under the same number (重新立案)."""

from datetime import datetime, timedelta

from case_contracts.codes import Urgency
from case_contracts.roles import Action, Actor
from handbook import Handbook
from services.intake.domain.case_courses import round_key
from services.intake.ports import IntakeTransaction
from services.intake.stages import keeping
from services.intake.stages.filing import Filed, Proposal, complete, standard_of


def file_again(
    tx: IntakeTransaction,
    handbook: Handbook,
    case_number: str,
    proposal: Proposal,
    *,
    at: datetime,
    by: Actor,
) -> Filed:
    """重新立案: the shift supervisor corrects what was wrong; dispatch begins anew, in the next round."""
    by.require(Action.FILE_CASE)
    case = tx.cases.get(case_number)
    before = case.state
    standard = standard_of(handbook, proposal.filing_standard)
    complete(handbook, case, proposal)
    filed = case.file_again(
        standard,
        Urgency(standard.urgency.value),
        handbook_version=handbook.version,
        at=at,
        due_at=at + timedelta(minutes=handbook.settings.dispatch_minutes),
        supervisor=by.person_id,
    )
    announced = keeping.case_moved(
        tx, case, filed, "file_again", before=before, at=at, by=by, reason=standard.id
    )
    tx.released(round_key(case.case_number, case.round))
    return Filed(case_number=case_number, subject=announced.subject, sequence=announced.sequence)
