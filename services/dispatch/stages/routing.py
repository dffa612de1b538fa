"""Routing (责任认定): decided duties first, then a component's owner, the duty table, and the township."""

from collections.abc import Sequence

from case_contracts.roles import Action, Actor
from handbook import Handbook, NoResponsibleUnit
from services.dispatch.domain.assignment import Assignment
from services.dispatch.domain.decided_duty import DecidedDuty, key_of
from services.dispatch.domain.responsibility import DECIDED, Suggestion, suggestion
from services.dispatch.domain.states import AssignmentState
from services.dispatch.ports import DispatchTransaction


def suggest(tx: DispatchTransaction, handbook: Handbook, case_number: str, *, by: Actor) -> Suggestion:
    """派遣建议: the unit that the rules name, for the dispatcher to agree with or not."""
    by.require(Action.DISPATCH_CASE)
    return route(tx, handbook, tx.assignments.get(case_number))


def route(tx: DispatchTransaction, handbook: Handbook, assignment: Assignment) -> Suggestion:
    """The unit that the rules name, with the reason in words; raises ``NoResponsibleUnit``."""
    key = _key(assignment)
    return _named(handbook, assignment, tx.decided_duties.holding([key]).get(key))


def suggestions(
    tx: DispatchTransaction, handbook: Handbook, assignments: Sequence[Assignment]
) -> dict[str, Suggestion]:
    """The same for those of a list that await dispatch, by case number; without those nobody is named for."""
    awaiting = [one for one in assignments if one.state is AssignmentState.AWAITING_DISPATCH]
    decided = tx.decided_duties.holding([_key(one) for one in awaiting]) if awaiting else {}
    found = {}
    for assignment in awaiting:
        try:
            found[assignment.case_number] = _named(handbook, assignment, decided.get(_key(assignment)))
        except NoResponsibleUnit:
            continue
    return found


def _named(handbook: Handbook, assignment: Assignment, decided: DecidedDuty | None) -> Suggestion:
    unit = None if decided is None else handbook.units.get(decided.responsible_unit)
    if decided is not None and unit is not None and unit.active:
        return Suggestion(
            case_number=assignment.case_number,
            responsible_unit=unit.code,
            name=unit.name,
            reason=f"按确权规则，由{unit.name}负责（案件 {decided.case_number} 的书面决定）",
            rule=DECIDED,
            assisting=(),
        )
    duty = handbook.duty(assignment.subcategory, assignment.unit_grid_code, assignment.component_code)
    return suggestion(assignment.case_number, duty, handbook.units)


def _key(assignment: Assignment) -> str:
    return key_of(assignment.subcategory, assignment.responsibility_grid)
