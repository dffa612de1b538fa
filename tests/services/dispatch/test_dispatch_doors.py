"""The desks of dispatchers and units, over the doors as the web server calls them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from case_contracts import attachment_tokens
from case_contracts.attachment_tokens import Upload
from chassis.app import Measured
from chassis.doors import doors_of
from chassis.openapi import document
from chassis.transactions import Database, Transaction
from handbook import CalendarYearMissing, load
from services.dispatch.domain.states import AssignmentState
from services.dispatch.evidence import SignedEvidence
from services.dispatch.service import app, assignments_measured, calendar_ahead
from services.dispatch.stages import dispatching
from services.dispatch.store import OVERDUE, WITHOUT_OWNER, PostgresStore
from tests.services.dispatch.dispatch_kit import BOOK, Dispatch
from tests.services.dispatch.fakes import CASE, KEY, a_filed_case, a_receipt, at
from tests.services.hotline.hotline_kit import Desk

pytestmark = pytest.mark.infra
DISPATCHER = {"sub": "dispatcher-1", "roles": ["dispatcher"]}
WORKER = {"sub": "worker-1", "roles": ["responsible_unit"], "unit": "u04"}
STRANGER = {"sub": "worker-2", "roles": ["responsible_unit"], "unit": "u02"}
COLLECTOR = {"sub": "collector-1", "roles": ["collector"]}
ONE = f"/api/dispatch/assignments/{CASE}"


@pytest.fixture
def desk(dispatch: Dispatch, tmp_path: Path) -> Desk:
    """The doors, with a filed case."""
    dispatch.read(a_filed_case())
    desk = Desk(app, dispatch.database, tmp_path)
    desk.now = at("06-15 08:37")
    return desk


def test_a_case_goes_over_the_desks_from_suggestion_to_feedback(desk: Desk):
    suggested = desk.get(f"{ONE}/suggestion", DISPATCHER).document
    assert suggested["rule"] in ("duty", "territorial", "owner")
    dispatched = desk.post(f"{ONE}/dispatch", {"responsible_unit": "u04"}, DISPATCHER)
    assert dispatched.document == {"subject": f"assignment/{CASE}", "sequence": 1}
    assert desk.post(f"{ONE}/sign", {"round": 1, "dispatch_number": 1}, WORKER).status == 200
    fed_back = desk.post(f"{ONE}/feedback", {"text": "已修复", "receipts": [a_receipt()]}, WORKER)

    assert fed_back.document["sequence"] == 3
    seen = desk.get(ONE, DISPATCHER).document
    assert (seen["state"], seen["state_text"], seen["owner"]) == ("fed_back", "已反馈", "intake")
    assert [line["action"] for line in seen["flow"]] == ["open", "dispatch", "sign", "feedback"]


def test_a_return_goes_over_the_desks(desk: Desk):
    desk.post(f"{ONE}/dispatch", {"responsible_unit": "u04"}, DISPATCHER)
    assert desk.post(f"{ONE}/send-back", {"reason": "不属于本单位"}, WORKER).status == 200
    assert desk.post(f"{ONE}/refuse-return", {"reason": "属于贵单位"}, DISPATCHER).status == 200
    assert desk.post(f"{ONE}/send-back", {"reason": "确实不属于本单位"}, WORKER).status == 200
    assert desk.post(f"{ONE}/accept-return", {}, DISPATCHER).status == 200

    assert desk.get(ONE, DISPATCHER).document["returns"] == 2


@pytest.mark.parametrize(
    ("path", "body", "by", "status", "problem"),
    [
        ("sign", {}, WORKER, 404, "assignment-not-found"),
        ("accept-return", {}, DISPATCHER, 409, "move-not-allowed"),
        ("dispatch", {"responsible_unit": "u04"}, COLLECTOR, 403, "not-allowed"),
        ("dispatch", {"responsible_unit": "u77"}, DISPATCHER, 422, "invalid"),
        ("dispatch", {}, DISPATCHER, 422, "invalid"),
        ("dispatch", {"responsible_unit": "u04", "unit": "u04"}, DISPATCHER, 422, "invalid"),
        ("sign", {"round": 1}, WORKER, 422, "invalid"),
    ],
)
def test_what_is_not_allowed_is_answered_as_a_problem(desk: Desk, path, body, by, status, problem):
    answered = desk.post(f"{ONE}/{path}", body, by)

    assert answered.status == status
    assert answered.document["type"] == f"urn:qianliyan:problem:{problem}"


def test_a_limit_that_reaches_into_a_year_that_was_not_entered_is_refused_with_what_to_do(desk: Desk):
    desk.now = datetime(2026, 12, 29, 2, tzinfo=UTC)

    answered = desk.post(f"{ONE}/dispatch", {"responsible_unit": "u04"}, DISPATCHER)

    assert (answered.status, answered.document["year"]) == (409, 2027)
    assert answered.document["type"] == "urn:qianliyan:problem:calendar-year-missing"
    assert answered.document["detail"] == CalendarYearMissing(2027).chinese
    assert "chinese" not in answered.document
    assert desk.get(ONE, DISPATCHER).document["state"] == "awaiting_dispatch"


def test_a_list_is_read_though_the_year_that_it_is_was_not_entered(desk: Desk):
    desk.now = datetime(2026, 12, 18, 2, tzinfo=UTC)  # due on Christmas day
    assert desk.post(f"{ONE}/dispatch", {"responsible_unit": "u04"}, DISPATCHER).status == 200
    desk.now = datetime(2027, 1, 5, 2, tzinfo=UTC)

    (late,) = desk.get("/api/dispatch/assignments", DISPATCHER).document["assignments"]

    assert (late["light"], late["used_share"], late["remaining_seconds"]) == ("red", None, None)


@pytest.mark.parametrize(
    ("day", "year"), [("2026-11-01", 0), ("2026-11-02", 2027), ("2027-01-05", 2027), ("2025-12-31", 0)]
)
def test_the_gauge_names_the_year_that_limits_will_soon_reach_and_nobody_entered(
    monkeypatch: pytest.MonkeyPatch, day: str, year: int
):
    noon = datetime.fromisoformat(f"{day}T12:00:00+08:00")
    monkeypatch.setattr("services.dispatch.service.now", lambda: noon)
    monkeypatch.setattr("services.dispatch.service.the_handbook", lambda: load())

    assert list(calendar_ahead(None)) == [("city_calendar_year_missing", {}, float(year))]


def test_feedback_without_photo_names_the_field_and_the_rule(desk: Desk):
    desk.post(f"{ONE}/dispatch", {"responsible_unit": "u04"}, DISPATCHER)

    answered = desk.post(f"{ONE}/feedback", {"text": "已修复", "receipts": []}, WORKER)

    assert answered.status == 422
    assert answered.document["errors"] == [{"field": "receipts", "rule": "至少需要一张处置后照片的上传回执"}]


def test_a_page_that_is_out_of_date_cannot_act_on_a_newer_task(desk: Desk):
    desk.post(f"{ONE}/dispatch", {"responsible_unit": "u04"}, DISPATCHER)

    answered = desk.post(f"{ONE}/sign", {"round": 1, "dispatch_number": 2}, WORKER)

    assert (answered.status, answered.document["case_number"]) == (409, CASE)
    assert answered.document["type"] == "urn:qianliyan:problem:task-outdated"


def test_the_same_key_is_answered_once(desk: Desk):
    first = desk.post(f"{ONE}/dispatch", {"responsible_unit": "u04"}, DISPATCHER, key="k")
    again = desk.post(f"{ONE}/dispatch", {"responsible_unit": "u04"}, DISPATCHER, key="k")

    assert again.document == first.document
    assert again.status == 200


def test_work_lists_are_filtered_paged_and_a_units_own(desk: Desk):
    desk.post(f"{ONE}/dispatch", {"responsible_unit": "u04"}, DISPATCHER)
    path = "/api/dispatch/assignments"

    page = desk.get(path, DISPATCHER, limit=1).document
    assert [one["case_number"] for one in page["assignments"]] == [CASE]
    assert page["after"] == CASE
    beyond = desk.get(path, DISPATCHER, after=CASE).document
    assert (beyond["assignments"], beyond["after"]) == ([], None)
    assert desk.get(path, DISPATCHER, state="done").document["assignments"] == []
    assert len(desk.get(path, WORKER, state="awaiting_signature").document["assignments"]) == 1
    assert desk.get(path, STRANGER).document["assignments"] == []
    assert desk.get(ONE, STRANGER).status == 404
    assert desk.get(path, COLLECTOR).status == 403
    assert desk.get(path, DISPATCHER, state="asleep").status == 422


def test_a_unit_reads_the_tasks_in_which_it_assists_and_changes_nothing_in_them(desk: Desk):
    desk.post(f"{ONE}/dispatch", {"responsible_unit": "u04", "assisting": ["u02"]}, DISPATCHER)
    path = "/api/dispatch/assignments"

    assisted = desk.get(path, STRANGER, assisting="true").document["assignments"]
    assert [(one["case_number"], one["responsible_unit"]) for one in assisted] == [(CASE, "u04")]
    assert desk.get(path, WORKER, assisting="true").document["assignments"] == []
    asked = desk.get(path, DISPATCHER, assisting="true", responsible_unit="u02").document["assignments"]
    assert len(asked) == 1
    assert desk.get(path, STRANGER, assisting="true", state="fed_back").document["assignments"] == []
    assert desk.post(f"{ONE}/sign", {}, STRANGER).status == 404
    refused = desk.get(path, DISPATCHER, assisting="true")
    assert (refused.status, refused.document["errors"][0]["field"]) == (422, "responsible_unit")


def test_the_units_desk_gets_its_upload_token(desk: Desk):
    desk.post(f"{ONE}/dispatch", {"responsible_unit": "u04"}, DISPATCHER)

    document = desk.get(f"{ONE}/upload-token", WORKER).document

    assert document["upload_url"] == "/api/intake/attachments"
    upload = attachment_tokens.read(Upload, document["upload_token"], KEY)
    assert upload == Upload(case_number=CASE, round=1, responsible_unit="u04")
    assert desk.get(f"{ONE}/upload-token", STRANGER).status == 404
    assert desk.get(f"{ONE}/upload-token", DISPATCHER).status == 403


def test_the_doors_describe_themselves_in_valid_openapi():
    described = document(app.title, [one for kind in app.door_classes() for one in doors_of(kind)])

    validate(described)
    assert "/api/dispatch/assignments/{case_number}/dispatch" in described["paths"]


def test_the_gauges_tell_of_open_tasks_overdue_work_and_nothing_without_owner(dispatch: Dispatch):
    dispatch.file_and_dispatch()
    dispatch.read(a_filed_case(case_number="4105232020061500002"))

    measured = _measured(dispatch)

    assert measured[("city_open_work_without_owner", "dispatch")] == 0
    assert measured[("city_oldest_without_owner_seconds", "dispatch")] == 0
    assert measured[("unit_task_open", "u04")] == 1
    assert measured[("unit_task_oldest_seconds", "u04")] > 0
    assert measured[("city_overdue", "awaiting_dispatch")] == 1
    punctual = _measured(dispatch, after="update assignments set act_by_at = now() + interval '1 hour'")
    assert punctual[("city_overdue", "awaiting_dispatch")] == 0


def test_work_without_a_clock_is_counted_and_its_age_told(dispatch: Dispatch):
    dispatch.file_and_dispatch()

    lost = _measured(dispatch, after="update assignments set act_by_at = null")

    assert lost[("city_open_work_without_owner", "dispatch")] == 1
    age = (datetime.now(UTC) - dispatch.assignment.filed_at).total_seconds()
    assert lost[("city_oldest_without_owner_seconds", "dispatch")] == pytest.approx(age, abs=60)


def test_the_gauges_of_open_work_name_every_state_that_is_not_an_end():
    still_open = {state for state in AssignmentState if state.is_open}
    ends = set(AssignmentState) - still_open

    assert {state for state in still_open if f"'{state}'" not in WITHOUT_OWNER} == set()
    without_clock_here = {AssignmentState.FED_BACK, AssignmentState.RETURNED_TO_INTAKE}
    assert {state for state in still_open if f"'{state}'" not in OVERDUE} == without_clock_here
    assert not any(f"'{state}'" in query for state in ends for query in (WITHOUT_OWNER, OVERDUE))


def _measured(dispatch: Dispatch, *, after: str = "") -> dict[tuple[str, ...], float]:
    """What the gauges read, be it after a change that does not last."""
    readings: list[Measured] = []

    def read(tx: Transaction) -> None:
        if after:
            tx.execute(after)
        readings.extend(assignments_measured(tx.bound))
        raise _Undone

    with pytest.raises(_Undone):
        dispatch.database.run(read)
    return {(name, *labels.values()): value for name, labels, value in readings}


class _Undone(Exception):
    """Leaves nothing behind."""


def test_the_app_measures_and_migrates_what_it_is_made_of(database: str):
    Dispatch(database).database.close()
    store = Database(database, codec=app.codec, service="dispatch")
    with store.transaction() as tx:
        bound = PostgresStore(tx, SignedEvidence(KEY, lambda: datetime.now(UTC)))
        dispatching.open_assignment(bound, BOOK, a_filed_case(), at=at("06-15 08:30"), automatic=True)
    with store.transaction() as tx:
        bound = PostgresStore(tx, SignedEvidence(KEY, lambda: datetime.now(UTC)))
        assert bound.assignments.get(CASE).responsible_unit == "u04"
    store.close()
