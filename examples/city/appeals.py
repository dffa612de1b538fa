"""Appeals (申诉): a unit that was late says that it could not help it; dispatcher and assessor answer."""

from collections.abc import Iterator

from examples.city.doors import Refused
from examples.city.log import Story
from examples.city.workplace import Workplace

NOT_KNOWN_YET = ("cannot-appeal", "not-found")
"""The ledger has not taken the closing in."""


class AppealDesks(Workplace):
    """One method for each of the three who have a say; in a replay only, since nothing is late in one day."""

    def appeal(self) -> int:
        """申诉, by somebody of the unit, once it has heard of the closing."""
        return sum(self._appeal(story) for story in self._appealed("appeal", after="close"))

    def _appeal(self, story: Story) -> int:
        person = self.people.units[story.plan.responsible_unit]
        words = {"case_number": story.case_number, "reason": "连续降雨，现场无法施工"}
        try:
            return self._do(person, story, "appeal", "assessment/appeals", words)
        except Refused as refusal:
            if refusal.kind in NOT_KNOWN_YET:
                return 0
            raise

    def review_appeals(self) -> int:
        """初审, by the dispatcher."""
        dispatcher = self.people.dispatchers.next()
        return sum(
            self._do(
                dispatcher,
                story,
                "review",
                f"assessment/appeals/{story.case_number}/review",
                {"recommended": story.plan.appeal_is_granted, "reason": "已核对天气与施工记录"},
            )
            for story in self._appealed("review", after="appeal")
        )

    def decide_appeals(self) -> int:
        """决定, by the assessor."""
        assessor = self.people.assessors.next()
        return sum(
            self._do(
                assessor,
                story,
                "decide_appeal",
                f"assessment/appeals/{story.case_number}/decide",
                {"granted": story.plan.appeal_is_granted, "reason": "按天气记录认定"},
            )
            for story in self._appealed("decide_appeal", after="review")
        )

    def _appealed(self, step: str, *, after: str) -> Iterator[Story]:
        for story in self.log.appealed:
            if story.done[after] and not story.done[step]:
                yield story
