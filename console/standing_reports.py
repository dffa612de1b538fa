"""How several reports stand (办理情况), in one look-up: each as the case does that it has become part of."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from case_contracts.roles import Action, Actor
from chassis.doors import door
from chassis.transactions import Transaction
from console.words import State

MOST_NUMBERS = 50
_HOPS = 5  # a case that was merged into one that was merged …

_ROWS = """
select r.key, r.body, (
    select linked_case from told_facts f
    where f.report_number = r.key and f.linked_case is not null order by f.time desc limit 1) as linked_case
from live_rows r where r.key = any(:numbers)
"""
_CASES = """
select f.case_number, r.body
from told_facts f join live_rows r on r.key = coalesce(f.report_number, f.case_number)
where f.type = 'case_filed' and f.case_number = any(:cases)
"""


class Numbers(fields.String):
    """Report numbers with commas between."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> list[str]:  # type: ignore[override]
        numbers = list(dict.fromkeys(super()._deserialize(value, attr, data, **more).split(",")))
        if len(numbers) > MOST_NUMBERS:
            raise ValidationError(f"一次最多查询 {MOST_NUMBERS} 个编号")
        if any(not (number.isascii() and number.isalnum() and len(number) <= 30) for number in numbers):
            raise ValidationError("应为以逗号分隔的受理编号")
        return numbers


class StandingQuery(Schema):
    """Which reports, at most fifty."""

    numbers = Numbers(required=True, validate=validate.Length(min=1))


class StandingReport(Schema):
    """Where a report stands; linked or merged ones as their case does."""

    report_number = fields.String()
    case_number = fields.String(allow_none=True)
    state = fields.Enum(State, by_value=True)
    state_text = fields.String()
    open = fields.Boolean()
    stage = fields.Integer()
    due_at = fields.String(allow_none=True)
    unit_name = fields.String()
    answer_text = fields.String()
    place = fields.String()
    subcategory = fields.String()
    updated_at = fields.String()


class StandingReports(Schema):
    """Those that are known, in the order asked for: no pages."""

    reports = fields.List(fields.Nested(StandingReport))


class StandingReportDoors:
    """办理情况: what an agent must know of a caller's earlier reports."""

    @door("GET", "/api/console/standing-reports", query=StandingQuery, answer=StandingReports,
          action=Action.READ_CASE_FILES, tags=["案卷"], summary="若干受理编号的办理情况",
          summary_en="How several reports stand")  # fmt: skip
    def standing_reports(self, tx: Any, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        return {"reports": tx.standing_of(query["numbers"])}


def standing_of(tx: Transaction, numbers: list[str]) -> list[dict[str, Any]]:
    """How these reports stand; unknown ones are left out."""
    rows = {row.key: row for row in tx.execute(_ROWS, {"numbers": numbers})}
    cases = _cases(
        tx, {row.linked_case for row in rows.values()} | {_merged(row.body) for row in rows.values()}
    )
    return [
        _standing(number, rows[number].body, cases, rows[number].linked_case)
        for number in numbers
        if number in rows
    ]


def _cases(tx: Transaction, wanted: Iterable[str | None]) -> dict[str, dict[str, Any]]:
    """The rows of these cases, and of those into which they were merged."""
    known: dict[str, dict[str, Any]] = {}
    ahead = {case for case in wanted if case}
    for _ in range(_HOPS):
        if not ahead:
            break
        known |= {row.case_number: row.body for row in tx.execute(_CASES, {"cases": sorted(ahead)})}
        ahead = {case for case in map(_merged, known.values()) if case} - set(known)
    return known


def _standing(
    number: str, own: dict[str, Any], cases: dict[str, dict[str, Any]], linked_case: str | None
) -> dict[str, Any]:
    row = cases.get(linked_case or "", own)
    for _ in range(_HOPS):
        row = cases.get(_merged(row) or "", row)
    state = State(row["state"])
    told = {"answer_text": own["answer_text"], "place": own["place"], "subcategory": own["subcategory"]}
    # A linked report whose case is not known yet waits for that case.
    is_open = not state.ended or state is State.LINKED
    return {**row, **told, "report_number": number, "state": state, "open": is_open}


def _merged(row: dict[str, Any]) -> str | None:
    into: str | None = row["merged_into"]
    return into
