"""How a story is shown (展示): its row in the live list, and the whole case file (案卷)."""

from collections.abc import Iterable
from typing import Any

from case_contracts.codes import Source, SupervisionKind, Urgency
from case_contracts.wire import time_text
from console.clocks import EditionAt, clocks
from console.marks import Calling, Supervision
from console.names import Names
from console.sentences import sentence, stage_of
from console.story import Story
from console.told import Told
from console.words import ANSWER_KINDS, LIMIT_UNITS

_PHOTO_KINDS = ("report", "confirmation", "suspension", "feedback", "verification")


def row(story: Story, names: Names) -> dict[str, Any]:
    """One line of the live list: 编号、地点、现场图片、所属网格、大类、小类、问题类别、状态、责任单位."""
    subcategory = names.subcategory(story.described("subcategory"))
    photos = [photo.sha256 for photo in story.photos if photo.kind in ("report", "confirmation")]
    return {
        "number": story.case_number or story.report_number,
        "report_number": story.report_number,
        "case_number": story.case_number,
        "place": story.described("address") or "",
        "description": story.described("description") or "",
        "photo": photos[0] if photos else None,
        "grid": names.grid(story.described("responsibility_grid")),
        "grid_code": story.described("responsibility_grid"),
        "category": subcategory.category,
        "subcategory": subcategory.name,
        "subcategory_code": story.described("subcategory"),
        "kind": subcategory.kind,
        "state": story.state.value,
        "state_text": story.state.chinese,
        "stage": int(story.state.stage),
        "round": story.standing.round,
        "responsible_unit": story.standing.responsible_unit,
        "unit_name": names.responsible_unit(story.standing.responsible_unit),
        "due_at": story.standing.due_at,
        "suspended_until": story.standing.suspended_until,
        "merged_into": story.merged_into,
        "urgency": story.marks.urgency,
        "source": story.described("source"),
        "source_text": _chinese(Source, story.described("source")),
        "received_at": story.latest("received_at", "report_received"),
        "marks": story.marks.shown(),
        "callings": [_calling(one) for one in story.marks.callings],
        "answer": story.answer.value if story.answer else None,
        "answer_text": story.answer.chinese if story.answer else "",
        "updated_at": time_text(story.flow[-1].time),
    }


def case_file(
    story: Story,
    linked: Iterable[Story],
    names: Names,
    edition_at: EditionAt,
    outages: Iterable[Told] = (),
) -> dict[str, Any]:
    """The case file: where it stands, the problem, pictures by stage, answers, and the flow in sentences."""
    linked = list(linked)
    return {
        **row(story, names),
        "stage_name": story.state.stage.chinese,
        "linked_case": story.linked_case,
        "linked_reports": [one.report_number for one in linked if one.report_number],
        "merged_cases": [one.case_number for one in linked if one.case_number],
        "supervisions": [_supervision(one) for one in story.marks.supervisions],
        "appeal": story.marks.appeal.chinese if story.marks.appeal else None,
        "fields": _fields(story, names),
        "photos": {
            kind: [
                {"sha256": photo.sha256, "round": photo.round, "at": time_text(photo.time)}
                for photo in story.photos
                if photo.kind == kind
            ]
            for kind in _PHOTO_KINDS
        },
        "clocks": clocks(story.flow, outages, names, edition_at),
        "answers": [answer for one in (story, *linked) for answer in _answers(one)],
        "flow": [_line(fact, names) for fact in story.flow],
    }


def _fields(story: Story, names: Names) -> dict[str, Any]:
    limit, limit_unit = story.latest("limit", "case_filed"), story.latest("limit_unit", "case_filed")
    standard = story.latest("filing_standard", "case_filed", "report_accepted")
    return {
        "source": story.described("source"),
        "source_text": _chinese(Source, story.described("source")),
        "description": story.described("description"),
        "address": story.described("address"),
        "lon": story.described("lon"),
        "lat": story.described("lat"),
        "unit_grid_code": story.described("unit_grid_code"),
        "responsibility_grid": story.described("responsibility_grid"),
        "subcategory_code": story.described("subcategory"),
        "component_code": story.latest("component_code", "case_filed"),
        "filing_standard": standard,
        "filing_condition": names.filing_conditions.get(standard or "", ""),
        "closing_condition": story.latest("closing_condition", "case_filed"),
        "urgency": story.marks.urgency,
        "urgency_text": _chinese(Urgency, story.marks.urgency),
        "limit": limit,
        "limit_unit": limit_unit,
        "limit_text": f"{limit} {LIMIT_UNITS.get(limit_unit, limit_unit)}" if limit else "",
        "handbook_version": story.latest("handbook_version", "case_filed"),
        "received_at": story.latest("received_at", "report_received"),
        "phoned_in_at": story.latest("phoned_in_at", "problem_phoned_in"),
        "filed_at": story.latest("filed_at", "case_filed"),
        "dispatched_at": story.latest("dispatched_at", "case_dispatched"),
        "fed_back_at": story.latest("fed_back_at", "feedback_submitted"),
        "in_time": story.latest("in_time", "feedback_submitted"),
        "suspended_until": story.standing.suspended_until,
        "closed_at": story.latest("closed_at", "case_closed"),
        "force_closed_at": story.latest("force_closed_at", "case_force_closed"),
        "reopened_at": story.latest("reopened_at", "case_reopened"),
    }


def _answers(story: Story) -> list[dict[str, Any]]:
    return [
        {
            "report_number": story.report_number,
            "kind": answer.kind or None,
            "kind_text": ANSWER_KINDS.get(answer.kind, answer.kind),
            "text": answer.text,
            "state": answer.state.value,
            "state_text": answer.state.chinese,
        }
        for answer in story.answers
    ]


def _calling(one: Calling) -> dict[str, Any]:
    return {"post": one.post, "to": one.to, "reason": one.reason, "at": time_text(one.at)}


def _supervision(one: Supervision) -> dict[str, Any]:
    reply = one.replied.data if one.replied else {}
    return {
        "order_number": one.number,
        "kind_text": _chinese(SupervisionKind, one.ordered.data.get("kind")),
        "words": one.ordered.data.get("words"),
        "ordered_at": one.ordered.data.get("ordered_at"),
        "reply_by_at": one.reply_by_at,
        "reply": reply.get("text"),
        "replied_at": reply.get("replied_at"),
        "in_time": reply.get("in_time"),
    }


def _line(fact: Told, names: Names) -> dict[str, Any]:
    stage = stage_of(fact.type)
    return {
        "at": time_text(fact.time),
        "source": fact.source,
        "type": fact.type,
        "subject": fact.subject,
        "sequence": fact.sequence,
        "round": fact.round,
        "stage": int(stage) if stage else None,
        "stage_name": stage.chinese if stage else "",
        "sentence": sentence(fact.type, fact.data, names),
    }


def _chinese(codes: type[Source | Urgency | SupervisionKind], code: str | None) -> str:
    return codes(code).chinese if code in list(codes) else code or ""
