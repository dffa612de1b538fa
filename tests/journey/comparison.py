"""The examination after a journey: the example's own log against everything the system says."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from examples.city.log import Log, Story
from examples.city.plans import Bend
from examples.city.reporters import People

STATES = {
    "closed": "closed",
    "voided": "voided",
    "force_closed": "force_closed",
    "not_accepted": "not_accepted",
    "not_filed": "not_filed",
    "linked": "linked",
}


class Comparison:
    """Collects every difference; ``differences`` stays empty when all is right."""

    def __init__(self, log: Log, people: People) -> None:
        self.log = log
        self.people = people
        self.differences: list[str] = []

    def run(self, queues: dict[str, int]) -> list[str]:
        """Compare all; answers the differences in words."""
        self._sums()
        self._reports()
        self._cases()
        self._ledger()
        self._figures()
        self._parked(queues)
        return self.differences

    def expect(self, what: str, ours: object, theirs: object) -> None:
        """Note a difference."""
        if ours != theirs:
            self.differences.append(f"{what}: ours {ours!r}, the system's {theirs!r}")

    def _sums(self) -> None:
        counts = self.log.counts()
        parts = counts["cases"] + counts["not_accepted"] + counts["not_filed"] + counts["linked"]
        self.expect("reports = cases + not accepted + not filed + linked", counts["reports"], parts)
        told = counts["answered"] + counts["unreachable"]
        self.expect("answered + unreachable = reports", counts["reports"], told)
        for story in self.log.stories.values():
            if not story.ended:
                self.differences.append(
                    f"plan {story.plan.index} ({story.plan.bend}): not ended: {story.steps}"
                )
            if story.answer == "answered" and not story.answer_text:
                self.differences.append(f"plan {story.plan.index}: answered without a text")

    def _reports(self) -> None:
        operator = self.people.operators.next()
        theirs = {row["report_number"]: row for row in _rows(operator, "/api/intake/reports", "reports")}
        self.expect("report numbers", sorted(self.log.by_report), sorted(theirs))
        for number, story in self.log.by_report.items():
            row = theirs.get(number)
            if row is None:
                continue
            is_case = story.outcome in ("closed", "voided", "force_closed")
            state = "filed" if is_case else STATES.get(story.outcome)
            self.expect(f"report {number} state", state, row["state"])
            self.expect(f"report {number} case", story.case_number or None, row.get("case_number"))

    def _cases(self) -> None:
        operator = self.people.operators.next()
        theirs = {row["case_number"]: row for row in _rows(operator, "/api/intake/cases", "cases")}
        self.expect("case numbers", sorted(self.log.by_case), sorted(theirs))
        dispatcher = self.people.dispatchers.next()
        assignments = {
            row["case_number"]: row for row in _rows(dispatcher, "/api/dispatch/assignments", "assignments")
        }
        self.expect("assignments", sorted(self.log.by_case), sorted(assignments))
        for number, story in self.log.by_case.items():
            if number in theirs:
                self.expect(f"case {number} state", story.outcome, theirs[number]["state"])
                rounds = 2 if story.plan.bend in (Bend.REWORK, Bend.FILED_ANEW) else 1
                self.expect(f"case {number} round", rounds, theirs[number]["round"])
            if number in assignments:
                end = "done" if story.outcome == "closed" else "withdrawn"
                self.expect(f"assignment {number} state", end, assignments[number]["state"])
                self.expect(
                    f"assignment {number} unit",
                    story.plan.responsible_unit,
                    assignments[number]["responsible_unit"],
                )

    def _ledger(self) -> None:
        assessor = self.people.assessors.next()
        for number, story in self.log.by_case.items():
            facts = assessor.get(f"/api/assessment/ledger/{number}")["facts"]
            kinds = Counter(fact["type"] for fact in facts)
            for kind, count in _expected_facts(story).items():
                self.expect(f"ledger of {number}: {kind}", count, kinds[kind])
            by_subject: dict[tuple[str, str], list[int]] = {}
            for fact in facts:
                by_subject.setdefault((fact["source"], fact["subject"]), []).append(fact["sequence"])
            for subject, sequences in by_subject.items():
                if subject[1].startswith(("case/", "assignment/")):
                    self.expect(
                        f"ledger of {number}: {subject} without gap",
                        list(range(1, len(sequences) + 1)),
                        sorted(sequences),
                    )

    def _figures(self) -> None:
        figures = self.people.assessors.next().get("/api/assessment/totals")
        counts = self.log.counts()
        for name in (
            "reports",
            "cases",
            "closed",
            "voided",
            "answered",
            "unreachable",
            "rework",
            "sent_back",
        ):
            self.expect(f"assessment's total of {name}", counts[name], figures[name])

    def _parked(self, queues: dict[str, int]) -> None:
        parked = self.people.operations.next().get("/api/console/parked", status="open")["messages"]
        self.expect("parked messages", [], [item.get("error") for item in parked])
        self.expect(
            "queues that hold something", {}, {name: count for name, count in queues.items() if count}
        )


def _expected_facts(story: Story) -> dict[str, int]:
    closed, bend = story.outcome == "closed", story.plan.bend
    sent_back = bend in (Bend.SENT_BACK_SAME, Bend.SENT_BACK_OTHER)
    rework = bend is Bend.REWORK
    return {
        "report_received": 1,
        "case_filed": 2 if bend is Bend.FILED_ANEW else 1,
        "case_returned_to_intake": 1 if bend is Bend.FILED_ANEW else 0,
        "case_dispatched": 2 if sent_back else 1,
        "case_sent_back": 1 if sent_back or bend is Bend.RETURN_REFUSED else 0,
        "return_accepted": 1 if sent_back else 0,
        "return_refused": 1 if bend is Bend.RETURN_REFUSED else 0,
        "extension_asked": 1 if bend is Bend.EXTENDED else 0,
        "extension_granted": 1 if bend is Bend.EXTENDED else 0,
        "suspension_asked": 1 if bend is Bend.SUSPENDED else 0,
        "case_suspended": 1 if bend is Bend.SUSPENDED else 0,
        "case_resumed": 1 if bend is Bend.SUSPENDED else 0,
        "supervision_ordered": 1 if bend is Bend.SUPERVISED else 0,
        "supervision_replied": 1 if bend is Bend.SUPERVISED else 0,
        "rework_ordered": 1 if rework else 0,
        "feedback_submitted": 0 if not closed else 2 if rework else 1,
        "verification_failed": 1 if rework else 0,
        "handling_verified": 1 if closed else 0,
        "case_closed": 1 if closed else 0,
        "case_voided": 1 if story.outcome == "voided" else 0,
        "case_force_closed": 1 if story.outcome == "force_closed" else 0,
        "task_withdrawn": 0 if closed else 1,
    }


def _rows(person: Any, path: str, name: str) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        page = person.get(path, limit=200, after=after)
        yield from page[name]
        after = page.get("after")
        if not after:
            return
