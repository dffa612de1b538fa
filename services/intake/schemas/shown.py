"""What intake's doors answer: numbers, facts, and views of reports, cases, tasks and answers."""

from typing import Any

from marshmallow import Schema, fields

from case_contracts.codes import AnswerKind, Source, Urgency
from case_contracts.roles import Role
from handbook.working_time import Light
from services.intake.domain.answer import AnswerState
from services.intake.domain.case import CaseState
from services.intake.domain.evidence import Doubt, Occasion
from services.intake.domain.report import ReportState
from services.intake.domain.task import Outcome, TaskKind, TaskState


class Announced(Schema):
    """The fact that the command brought about."""

    subject = fields.String()
    sequence = fields.Integer()


class Received(Announced):
    """上报: the number."""

    report_number = fields.String()


class Asked(Announced):
    """Who was sent."""

    task_id = fields.String()
    collector = fields.String()


class Filed(Announced):
    """立案: the number."""

    case_number = fields.String()


class ShownPosition(Schema):
    """A position with its raw values and grids."""

    lon = fields.Float()
    lat = fields.Float()
    datum = fields.String()
    raw_lon = fields.Float()
    raw_lat = fields.Float()
    accuracy = fields.Float(allow_none=True)
    unit_grid_code = fields.String(allow_none=True)
    responsibility_grid = fields.String(allow_none=True)


class ShownAnswer(Schema):
    """An answer and how far it has come."""

    id = fields.String(attribute="answer_id")
    report_number = fields.String()
    number = fields.Integer()
    kind = fields.Enum(AnswerKind, by_value=True)
    channel = fields.Enum(Source, by_value=True)
    text = fields.String()
    state = fields.Enum(AnswerState, by_value=True)
    state_text = fields.String(attribute="state.chinese")
    due_since = fields.AwareDateTime()
    reason = fields.String()
    ended_at = fields.AwareDateTime(allow_none=True)


class Answers(Schema):
    """A page of answers."""

    answers = fields.List(fields.Nested(ShownAnswer))
    after = fields.String(allow_none=True)


class ShownTask(Schema):
    """A task as its collector sees it."""

    task_id = fields.String()
    kind = fields.Enum(TaskKind, by_value=True)
    kind_text = fields.String(attribute="kind.chinese")
    report_number = fields.String()
    case_number = fields.String(allow_none=True)
    round = fields.Integer()
    collector = fields.String()
    asked_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime()
    state = fields.Enum(TaskState, by_value=True)
    outcome = fields.Enum(Outcome, by_value=True, allow_none=True)
    words = fields.String()
    photos = fields.List(fields.String())
    ended_at = fields.AwareDateTime(allow_none=True)
    claimed_at = fields.AwareDateTime(allow_none=True)
    withdrawn_because = fields.String()


class TaskOnTheSpot(ShownTask):
    """An open task with what the collector has to look for; never who reported it."""

    description = fields.String()
    address = fields.String()
    subcategory = fields.String(allow_none=True)
    component_code = fields.String(allow_none=True)
    urgency = fields.Enum(Urgency, by_value=True, allow_none=True)
    light = fields.Enum(Light, by_value=True)
    place = fields.Nested(ShownPosition, allow_none=True)
    photos_before = fields.List(fields.String())
    closing_condition = fields.String(metadata={"description": "核查时：结案条件"})
    feedback = fields.String(metadata={"description": "核查时：责任单位本轮反馈"})
    feedback_photos = fields.List(fields.String())


class Tasks(Schema):
    """A collector's open tasks, all of them, the most urgent first."""

    tasks = fields.List(fields.Nested(TaskOnTheSpot))


class ShownRecord(Schema):
    """One line of the flow record."""

    at = fields.AwareDateTime()
    actor = fields.String()
    action = fields.String()
    from_state = fields.String()
    to_state = fields.String()
    round = fields.Integer()
    reason = fields.String()
    fact_type = fields.String()


class ShownReport(Schema):
    """A report as a desk sees it; never its reporter."""

    report_number = fields.String()
    source = fields.Enum(Source, by_value=True)
    source_text = fields.String(attribute="source.chinese")
    state = fields.Enum(ReportState, by_value=True)
    state_text = fields.String(attribute="state.chinese")
    owner = fields.Enum(Role, by_value=True, allow_none=True)
    due_at = fields.AwareDateTime(allow_none=True)
    light = fields.Enum(Light, by_value=True, allow_none=True)
    called = fields.Enum(Role, by_value=True, allow_none=True)
    description = fields.String()
    address = fields.String()
    received_at = fields.AwareDateTime()
    claimed_at = fields.AwareDateTime(allow_none=True)
    position = fields.Nested(ShownPosition, allow_none=True)
    photos = fields.List(fields.String())
    after_photos = fields.List(fields.String())
    subcategory = fields.String(allow_none=True)
    component_code = fields.String(allow_none=True)
    confirmed = fields.Boolean(allow_none=True)
    confirmation_photos = fields.List(fields.String())
    filing_standard = fields.String(allow_none=True)
    urgency = fields.Enum(Urgency, by_value=True, allow_none=True)
    case_number = fields.String(allow_none=True)
    reason = fields.String()
    ended_at = fields.AwareDateTime(allow_none=True)


class Hold(Schema):
    """领取: who works on a report, and until when unless they go on."""

    report_number = fields.String()
    held_by = fields.String(allow_none=True, metadata={"description": "领取人，空为无人办理"})
    held_until = fields.AwareDateTime(allow_none=True)


class ListedReport(ShownReport, Hold):
    """A report in the pool, and who works on it."""


class WholeReport(ListedReport):
    """A report with its history; ``answer`` is the latest of its answers."""

    answer = fields.Nested(ShownAnswer, allow_none=True)
    answers = fields.List(fields.Nested(ShownAnswer))
    tasks = fields.List(fields.Nested(ShownTask))
    flow = fields.List(fields.Nested(ShownRecord))


class Reports(Schema):
    """A page of reports."""

    reports = fields.List(fields.Nested(ListedReport))
    after = fields.String(allow_none=True)


class OwnReport(ShownReport):
    """One's own report and its answers; ``answer`` is the latest."""

    answer = fields.Nested(ShownAnswer, allow_none=True)
    answers = fields.List(fields.Nested(ShownAnswer))


class OwnReports(Schema):
    """A page of one's own reports, the newest first; unread answers stand on the first page, however old."""

    reports = fields.List(fields.Nested(OwnReport))
    after = fields.String(allow_none=True)


class ShownReopening(Schema):
    """What a dissatisfied reporter said, and what came of it."""

    report_number = fields.String()
    words = fields.String()
    asked_at = fields.AwareDateTime()
    granted = fields.Boolean(allow_none=True)


class EarlierUse(Schema):
    """Where the same photo was used before."""

    report_number = fields.String()
    case_number = fields.String(allow_none=True)
    occasion = fields.Enum(Occasion, by_value=True)
    round = fields.Integer()
    sha256 = fields.String()
    used_at = fields.AwareDateTime()


class ShownFlag(Schema):
    """A doubt about a photo; closing names the ids of those that were shown."""

    id = fields.String(attribute="flag_id")
    doubt = fields.Enum(Doubt, by_value=True)
    doubt_text = fields.String(attribute="doubt.chinese")
    sha256 = fields.String()
    occasion = fields.Enum(Occasion, by_value=True)
    occasion_text = fields.String(attribute="occasion.chinese")
    used_at = fields.AwareDateTime()
    metres = fields.Float(allow_none=True)
    taken_at = fields.AwareDateTime(allow_none=True)
    other = fields.Nested(EarlierUse, allow_none=True)


class ShownCase(Schema):
    """A case as a desk sees it; never a reporter."""

    case_number = fields.String()
    report_number = fields.String()
    source = fields.Enum(Source, by_value=True)
    source_text = fields.String(attribute="source.chinese")
    state = fields.Enum(CaseState, by_value=True)
    state_text = fields.String(attribute="state.chinese")
    round = fields.Integer()
    owner = fields.Enum(Role, by_value=True, allow_none=True)
    due_at = fields.AwareDateTime(allow_none=True)
    light = fields.Enum(Light, by_value=True, allow_none=True)
    called = fields.Enum(Role, by_value=True, allow_none=True)
    subcategory = fields.String()
    filing_standard = fields.String()
    handbook_version = fields.String()
    limit = fields.Integer()
    limit_unit = fields.String()
    urgency = fields.Enum(Urgency, by_value=True)
    closing_condition = fields.String()
    description = fields.String()
    address = fields.String()
    position = fields.Nested(ShownPosition)
    component_code = fields.String(allow_none=True)
    supervisor = fields.String()
    filed_at = fields.AwareDateTime()
    photos = fields.List(fields.String())
    linked_reports = fields.List(fields.String())
    responsible_unit = fields.String(allow_none=True)
    handling_due_at = fields.AwareDateTime(allow_none=True)
    feedback = fields.String()
    feedback_photos = fields.List(fields.String())
    verification_photos = fields.List(fields.String())
    reason = fields.String()
    approved_by = fields.String()
    merged_into = fields.String(allow_none=True)
    reopenings = fields.List(fields.Nested(ShownReopening))
    ended_at = fields.AwareDateTime(allow_none=True)
    evidence_flags = fields.List(fields.Nested(ShownFlag))


class WholeCase(ShownCase):
    """A case with its history."""

    tasks = fields.List(fields.Nested(ShownTask))
    flow = fields.List(fields.Nested(ShownRecord))


class Cases(Schema):
    """A page of cases."""

    cases = fields.List(fields.Nested(ShownCase))
    after = fields.String(allow_none=True)


class SimilarCase(ShownCase):
    """A case that a report may tell of, and how far away it is."""

    metres = fields.Float()


class SimilarReport(ShownReport):
    """An open report that may tell of the same problem, and how far away it is."""

    metres = fields.Float()


class Similar(Schema):
    """相似案件 and reports, the nearest first."""

    cases = fields.List(fields.Nested(SimilarCase))
    reports = fields.List(fields.Nested(SimilarReport))


class NearCase(SimilarCase):
    """A case near a place, and how alike its words are (0 to 1)."""

    likeness = fields.Float()


class NearReport(SimilarReport):
    """An open report near a place, and how alike its words are (0 to 1)."""

    likeness = fields.Float()


class NearPlace(Schema):
    """What may be the same problem: the likest first, then the nearest; at most fifty of each."""

    cases = fields.List(fields.Nested(NearCase))
    reports = fields.List(fields.Nested(NearReport))


class OfferedComponent(Schema):
    """部件 of the register, and how far from the report it stands."""

    code = fields.String()
    subcategory = fields.String()
    name = fields.String()
    lon = fields.Float()
    lat = fields.Float()
    owner = fields.String(allow_none=True)
    keeper = fields.String(allow_none=True)
    state = fields.String()
    metres = fields.Float()


class NearestComponent(Schema):
    """The component to choose, or none: too far, an incident, or no position."""

    component = fields.Nested(OfferedComponent, allow_none=True)


class Reporter(Schema):
    """上报人, revealed and written down."""

    report_number = fields.String()
    name = fields.String()
    telephone = fields.String()
    openid = fields.String()


class ShownReveal(Schema):
    """查看记录: who looked, when, at the reporter of which report, and why."""

    id = fields.Integer(attribute="reveal_id")
    report_number = fields.String()
    at = fields.AwareDateTime()
    person_id = fields.String()
    reason = fields.String()


class Reveals(Schema):
    """A page of them, the newest first; ``before`` continues it."""

    reveals = fields.List(fields.Nested(ShownReveal))
    before = fields.Integer(allow_none=True)


class Stored(Schema):
    """A stored photo; the receipt is for a unit to name in its feedback."""

    sha256 = fields.String()
    media_type = fields.String()
    size = fields.Integer()
    receipt = fields.String()


def view(aggregate: Any, **more: Any) -> dict[str, Any]:
    """An aggregate's own attributes and what a view adds to them."""
    properties = {"owner": aggregate.owner} if hasattr(aggregate, "owner") else {}
    return {**vars(aggregate), **properties, **more}


def offered(one: Any) -> dict[str, Any]:
    """A component of the register with its distance."""
    return {**vars(one.component), "metres": one.metres}


def near(found: Any) -> list[dict[str, Any]]:
    """What a stage found around a place."""
    return [view(one.found, metres=one.metres, likeness=one.likeness) for one in found]


def similar(found: Any) -> dict[str, Any]:
    """What a stage found to be similar, with the distances."""
    return {
        "cases": [view(case, metres=metres) for case, metres in found.cases],
        "reports": [view(report, metres=metres) for report, metres in found.reports],
    }
