"""Return to intake (退回受理): a case cannot be dispatched as it was filed; supervision has it again."""

from datetime import datetime

from case_contracts.roles import Action, Actor
from services.dispatch.domain import returning
from services.dispatch.domain.reactions import returned_key
from services.dispatch.domain.refusals import require_text
from services.dispatch.ports import Announced, DispatchTransaction
from services.dispatch.stages._keeping import keep


def return_to_intake(
    tx: DispatchTransaction, case_number: str, *, reason: str, at: datetime, by: Actor
) -> Announced:
    """退回受理: intake files it anew under its number, or voids it."""
    by.require(Action.RETURN_TO_INTAKE)
    assignment = tx.assignments.get(case_number)
    reason = require_text("reason", reason, at_most=500, case_number=case_number)
    before = assignment.state
    returned = returning.return_to_intake(assignment, reason=reason, dispatcher=by.person_id, at=at)
    announced = keep(
        tx,
        assignment,
        returned,
        action="return_to_intake",
        from_state=before,
        actor=by.person_id,
        at=at,
        reason=reason,
    )
    tx.released(returned_key(case_number))
    return announced
