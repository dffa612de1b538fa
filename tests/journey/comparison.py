"""The examination after a journey: the example's own log against everything the system says."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from case_contracts.codes import Source
from examples.city.bends import ASKS_FOR_REST, ASKS_FOR_TIME, DISSATISFIED, Bend
from examples.city.dispatcher import URGED
from examples.city.duty import WORDS, HandedOver, Place
from examples.city.log import Log, Story
from examples.city.reporters import People
from tests.journey import expected


class Comparison:
    """Collects every difference; ``differences`` stays empty when all is right."""

    def __init__(
        self,
        log: Log,
        people: People,
        *,
        standing: Mapping[str, Place] | None = None,
        handed_over: list[HandedOver] | None = None,
    ) -> None:
        self.log = log
        self.people = people
        self.standing = standing or {}
        """Where each collector stands who is on duty."""
        self.handed_over = handed_over or []
        self.differences: list[str] = []

    def run(self, queues: dict[str, int]) -> list[str]:
        """Compare all; answers the differences in words."""
        self._sums()
        self._reports()
        self._cases()
        self._assignments()
        self._decisions()
        self._visits()
        self._posts()
        self._ledger()
        self._totals()
        self._figures()
        self._parked(queues)
        return self.differences

    def expect(self, what: str, ours: object, theirs: object) -> None:
        """Note a difference."""
        if ours != theirs:
            self.differences.append(f"{what}: ours {ours!r}, the system's {theirs!r}")

    def _sums(self) -> None:
        counts = self.log.counts()
        ends = ("cases", "not_accepted", "not_filed", "linked", "self_handled")
        self.expect(f"reports = {' + '.join(ends)}", counts["reports"], sum(counts[end] for end in ends))
        told = counts["answered"] + counts["unreachable"]
        self.expect("answered + unreachable = reports", counts["reports"], told)
        for story in self.log.stories.values():
            if not story.ended:
                self.differences.append(
                    f"plan {story.plan.index} ({story.plan.bend}): not ended: {story.steps}"
                )
            if story.answer == "answered" and not story.answer_text:
                self.differences.append(f"plan {story.plan.index}: answered without a text")
            due = expected.answers(story, self.log)
            told_of = tuple(kind for kind, end in due if end == "delivered")
            self.expect(f"plan {story.plan.index} ({story.plan.bend}) heard", told_of, story.heard)

    def _reports(self) -> None:
        operator = self.people.operators.next()
        theirs = {row["report_number"]: row for row in _rows(operator, "/api/intake/reports", "reports")}
        self.expect("report numbers", sorted(self.log.by_report), sorted(theirs))
        for number, story in self.log.by_report.items():
            row = theirs.get(number)
            if row is None:
                continue
            self.expect(f"report {number} state", expected.report_state(story), row["state"])
            self.expect(f"report {number} case", story.case_number or None, row.get("case_number"))
            answers = operator.get(f"/api/intake/reports/{number}")["answers"]
            self.expect(
                f"report {number} answers",
                expected.answers(story, self.log),
                [(answer["kind"], answer["state"]) for answer in answers],
            )

    def _cases(self) -> None:
        operator = self.people.operators.next()
        theirs = {row["case_number"]: row for row in _rows(operator, "/api/intake/cases", "cases")}
        self.expect("case numbers", sorted(self.log.by_case), sorted(theirs))
        for number, story in self.log.by_case.items():
            row = theirs.get(number)
            if row is None:
                continue
            self.expect(f"case {number} state", story.outcome, row["state"])
            self.expect(f"case {number} round", expected.rounds(story), row["round"])
            self.expect(f"case {number} went into", self._went_into(story), row["merged_into"])
            self.expect(f"case {number} took in", self._taken_in(story), sorted(row["linked_reports"]))
            asked = [(story.report_number, story.plan.bend is Bend.REOPENED)]
            self.expect(
                f"case {number} reopenings",
                asked if story.plan.bend in DISSATISFIED else [],
                [(one["report_number"], one["granted"]) for one in row["reopenings"]],
            )
            self._urgency(f"case {number}", story, row["urgency"])

    def _went_into(self, story: Story) -> str | None:
        original = self.log.original_of(story) if story.outcome == "merged" else None
        return original.case_number if original else None

    def _taken_in(self, story: Story) -> list[str]:
        others = self.log.stories.values()
        return sorted(other.report_number for other in others if other.plan.original == story.plan.index)

    def _urgency(self, what: str, story: Story, theirs: str | None) -> None:
        if story.plan.bend in (Bend.URGENT, Bend.RAISED):
            self.expect(f"{what} urgency", "major", theirs)

    def _assignments(self) -> None:
        dispatcher = self.people.dispatchers.next()
        rows = _rows(dispatcher, "/api/dispatch/assignments", "assignments")
        assignments = {row["case_number"]: row for row in rows}
        self.expect("assignments", sorted(self.log.by_case), sorted(assignments))
        for number, story in self.log.by_case.items():
            row = assignments.get(number)
            if row is None:
                continue
            end = "done" if story.outcome == "closed" else "withdrawn"
            self.expect(f"assignment {number} state", end, row["state"])
            self.expect(f"assignment {number} unit", story.plan.responsible_unit, row["responsible_unit"])
            self._urgency(f"assignment {number}", story, row["urgency"])
            self._time_given(number, story, row)
            last_told = next(reversed(story.urgencies), None)
            self._urgency(f"assignment {number}, as its unit knows it,", story, last_told)

    def _time_given(self, number: str, story: Story, row: dict[str, Any]) -> None:
        """延期, 挂账 and 催办: what the unit was told of its time, and nothing more where it was refused."""
        bend = story.plan.bend
        words = [URGED["words"]] if bend is Bend.URGED else []
        self.expect(f"unit of {number} ({bend}) was urged with", words, story.urged_with)
        if bend in ASKS_FOR_TIME | ASKS_FOR_REST | {Bend.URGED}:
            times = list(dict.fromkeys(story.due_times))
            self.expect(f"unit of {number} ({bend}) was given times", expected.times_given(story), len(times))
            self.expect(f"unit of {number} ({bend}) was given later times", sorted(times), times)
        if bend in ASKS_FOR_TIME | {Bend.SUSPENSION_REFUSED, Bend.URGED} and story.due_times:
            due = datetime.fromisoformat(row["due_at"])
            self.expect(f"assignment {number} ({bend}) due", story.due_times[-1], due)
        extensions = expected.times_given(story) - 1
        self.expect(f"assignment {number} extensions", extensions, row["extensions_granted"])

    def _visits(self) -> None:
        """上岗: of the collectors on duty the nearest is sent; without a duty record it is the grid's own."""
        if not self.standing:
            return
        rows = self.people.operators.next().get("/api/intake/collectors")["collectors"]
        theirs = {row["collector"]: (row["lon"], row["lat"]) for row in rows if row["on_duty"]}
        self.expect("collectors on duty", dict(sorted(self.standing.items())), dict(sorted(theirs.items())))
        for story in self.log.by_report.values():
            own = story.plan.source is Source.COLLECTOR
            reporter = self.people.reporter(story).person_id if own else ""
            self.expect(
                f"report {story.report_number} visited by",
                list(expected.visitors(story, self.standing, reporter)),
                story.visitors,
            )

    def _posts(self) -> None:
        """交接班: as both remember it; in the evening nothing is left on any desk."""
        posts = {one["post"]: one for one in self.people.supervisors.next().get("/api/intake/posts")["posts"]}
        for one in self.handed_over:
            theirs = posts[one.post]["last_hand_over"] or {}
            for name, ours in (
                ("handed_over_by", one.handed_over_by),
                ("taken_over_by", one.taken_over_by),
                ("words", WORDS),
            ):
                self.expect(f"last hand-over of {one.post}: {name}", ours, theirs.get(name))
        left = {post: one["open_items"] for post, one in posts.items() if one["open_items"]}
        self.expect("left on the desks", {}, left)

    def _decisions(self) -> None:
        """疑难案件台账 and 确权规则: what had to be decided in writing."""
        dispatcher = self.people.dispatchers.next()
        decided = [story for story in self.log.by_case.values() if story.plan.bend is Bend.COORDINATED]
        difficult = {
            row["case_number"]: row for row in _rows(dispatcher, "/api/dispatch/difficult", "assignments")
        }
        self.expect("difficult cases", sorted(one.case_number for one in decided), sorted(difficult))
        rules = _rows(dispatcher, "/api/dispatch/duty-rules", "rules")
        self.expect(
            "rules made of decisions",
            sorted(
                {
                    (plan.subcategory, plan.responsibility_grid, plan.responsible_unit)
                    for plan in (story.plan for story in decided if story.becomes_rule)
                }
            ),
            sorted((rule["subcategory"], rule["area"], rule["responsible_unit"]) for rule in rules),
        )

    def _ledger(self) -> None:
        assessor = self.people.assessors.next()
        for number, story in self.log.by_case.items():
            facts = assessor.get(f"/api/assessment/ledger/{number}")["facts"]
            kinds = Counter(fact["type"] for fact in facts)
            for kind, count in expected.facts(story).items():
                self.expect(f"ledger of {number} ({story.plan.bend}): {kind}", count, kinds[kind])
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

    def _totals(self) -> None:
        totals = self.people.assessors.next().get("/api/assessment/totals")
        counts = self.log.counts()
        for name in (
            "reports",
            "cases",
            "closed",
            "voided",
            "force_closed",
            "merged",
            "reopened",
            "answered",
            "unreachable",
            "rework",
            "sent_back",
        ):
            self.expect(f"assessment's total of {name}", counts[name], totals[name])

    def _figures(self) -> None:
        now = datetime.now(UTC)
        period = {"from": (now - timedelta(days=1)).isoformat(), "to": (now + timedelta(days=1)).isoformat()}
        theirs = self.people.assessors.next().get("/api/assessment/figures", **period)["counts"]
        for name, count in expected.figures(self.log).items():
            self.expect(f"figure {name}", count, theirs[name])

    def _parked(self, queues: dict[str, int]) -> None:
        parked = self.people.operations.next().get("/api/console/parked", status="open")["messages"]
        self.expect("parked messages", [], [item.get("error") for item in parked])
        self.expect(
            "queues that hold something", {}, {name: count for name, count in queues.items() if count}
        )


def _rows(person: Any, path: str, name: str) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        page = person.get(path, limit=200, after=after)
        yield from page[name]
        after = page.get("after")
        if not after:
            return
