"""Who has a story in hand (经办): the unit or collector that must act on it now, and all who ever had to."""

from case_contracts.roles import Action, Actor, Role
from console.story import Story

_TASK_ASKED = ("confirmation_asked", "verification_asked")
_TASK_ANSWERED = (
    "report_confirmed",
    "report_denied",
    "handling_verified",
    "verification_failed",
    "verification_unclear",
)
_TASK_GIVEN = ("case_dispatched", "rework_ordered")


def holders(story: Story) -> list[str]:
    """Who has it now, as ``unit/<code>`` and ``collector/<person_id>``."""
    unit = story.standing.responsible_unit
    units = set() if unit is None else {of_unit(unit)}
    return sorted(units | _collectors(story, open_only=True))


def concerned(story: Story) -> list[str]:
    """Everybody who has it or ever had it."""
    given = (f.data.get("responsible_unit") for f in story.flow if f.type in _TASK_GIVEN)
    units = {of_unit(unit) for unit in given if unit}
    return sorted({*units, *holders(story)} | _collectors(story, open_only=False))


def scopes(actor: Actor) -> frozenset[str] | None:
    """Whose stories a person may follow: None is everybody's, an empty set nobody's."""
    if actor.may(Action.READ_CASE_FILES):
        return None
    found = set()
    if Role.RESPONSIBLE_UNIT in actor.roles and actor.responsible_unit:
        found.add(of_unit(actor.responsible_unit))
    if Role.COLLECTOR in actor.roles:
        found.add(of_collector(actor.person_id))
    return frozenset(found)


def of_unit(code: str) -> str:
    """A responsible unit, as a holder."""
    return f"unit/{code}"


def of_collector(person_id: str) -> str:
    """A collector, as a holder."""
    return f"collector/{person_id}"


def _collectors(story: Story, *, open_only: bool) -> set[str]:
    asked = {f.data.get("task_id"): f.data.get("collector") for f in story.flow if f.type in _TASK_ASKED}
    answered = {f.data.get("task_id") for f in story.flow if f.type in _TASK_ANSWERED}
    if open_only and story.state.ended:
        return set()
    return {
        of_collector(collector)
        for task, collector in asked.items()
        if collector and not (open_only and task in answered)
    }
