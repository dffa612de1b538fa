"""Intake's doors over real HTTP on a real database: the journey, photos, rights, and whatever may come in."""

import contextlib
import hashlib
import io
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from evidence_kit import a_scene, encoded, exif_of
from intake_builders import NOON, a_feedback, returned_to_intake
from intake_postgres import PostgresIntake
from openapi_spec_validator import validate
from PIL import Image

from case_contracts import attachment_tokens
from case_contracts.attachment_tokens import PhotoLink, Receipt, Upload
from case_contracts.console import AccountOpened
from case_contracts.dispatch import OutageLogged
from chassis import sealing, tokens
from cli.infrastructure.server import free_ports
from services.intake import county
from services.intake.domain import case, report
from services.intake.service import (
    OVERDUE,
    WITHOUT_OWNER,
    cases_by_state,
    open_answers,
    open_reports,
    overdue,
    overdue_hand_overs,
    work_without_owner,
)
from tests.infrastructure_fixtures import _administer, _fresh_name

pytestmark = pytest.mark.infra

ROOT = Path(__file__).parents[3]
HANDBOOK = county.handbook(NOON)
CELL = next(iter(HANDBOOK.grid.cells.values()))
CORNERS = CELL.polygon[:-1]
INSIDE = {
    "lon": sum(lon for lon, _ in CORNERS) / len(CORNERS),
    "lat": sum(lat for _, lat in CORNERS) / len(CORNERS),
}
STANDARD = next(iter(HANDBOOK.standards.values()))
NAME, TELEPHONE = "张三丰", "13800138000"

_serial = itertools.count(1)


HOLD = ("report_number", "held_by", "held_until")


@dataclass
class Centre:
    """A running doors process and the database behind it."""

    url: str
    keys: Path
    store: PostgresIntake

    def token(self, role: str, **claims: Any) -> str:
        who = {"sub": f"p-{role}", "roles": [role], **claims}
        return tokens.sign(who, tokens.private_key(self.keys), at=datetime.now(UTC))

    def ask(self, method: str, path: str, role: str | None = None, **named: Any) -> requests.Response:
        claims = named.pop("claims", {})
        headers = {"Idempotency-Key": f"k-{next(_serial)}", **named.pop("headers", {})}
        if role:
            headers.setdefault("Authorization", f"Bearer {self.token(role, **claims)}")
        return requests.request(method, f"{self.url}/api/intake/{path}", headers=headers, timeout=30, **named)

    def post(self, path: str, role: str, body: Any = None, **named: Any) -> dict[str, Any]:
        answered = self.ask("POST", path, role, json=body or {}, **named)
        assert answered.status_code in (200, 201), answered.text
        return answered.json()

    def get(self, path: str, role: str, **named: Any) -> dict[str, Any]:
        answered = self.ask("GET", path, role, **named)
        assert answered.status_code == 200, answered.text
        return answered.json()

    def rows(self, table: str) -> int:
        with self.store.database.transaction() as tx:
            return tx.execute(f"select count(*) from {table}").scalar_one()

    def photo(self, shade: int | None = None) -> str:
        content = a_picture(shade)
        sha256 = hashlib.sha256(content).hexdigest()
        answered = self.ask("PUT", f"attachments/{sha256}", "collector", data=content)
        assert answered.status_code in (200, 201), answered.text
        return sha256


@pytest.fixture(scope="module")
def centre(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    room = tmp_path_factory.mktemp("intake")
    name = _fresh_name()
    _administer(postgres_url, f'create database "{name}"')
    store = PostgresIntake(f"{postgres_url}/{name}")
    keys = room / "keys"
    tokens.make_keys(keys)
    sealing.make_key(keys / "personal.key")
    for person in ("p-collector", "p-collector-2"):
        store.read(
            AccountOpened(
                person_id=person,
                roles=("collector",),
                opened_at=NOON,
                responsibility_grid=CELL.responsibility_grid,
            ),
            at=NOON,
        )
    try:
        with doors(room, keys, f"{postgres_url}/{name}") as url:
            yield Centre(url, keys, store)
    finally:
        store.close()
        _administer(postgres_url, f'drop database "{name}" with (force)')


@contextlib.contextmanager
def doors(room: Path, keys: Path, database_url: str) -> Iterator[str]:
    http_port, metrics_port = free_ports(2)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": database_url,
        "HTTP_PORT": str(http_port),
        "METRICS_PORT": str(metrics_port),
        "KEYS_DIR": str(keys),
        "ATTACHMENTS_DIR": str(room / "attachments"),
    }
    log = room / "doors.log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "chassis.run", "doors", "services.intake.service"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
    try:
        deadline = time.monotonic() + 60
        while not _is_ready(metrics_port):
            assert running.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{http_port}"
    finally:
        running.terminate()
        running.wait(60)


def _is_ready(metrics_port: int) -> bool:
    with contextlib.suppress(requests.RequestException):
        return requests.get(f"http://127.0.0.1:{metrics_port}/health/ready", timeout=5).status_code == 200
    return False


def a_picture(shade: int | None = None, kind: str = "JPEG") -> bytes:
    content = io.BytesIO()
    colour = shade if shade is not None else 1000 + next(_serial)
    picture = Image.new("RGB", (64, 64))
    picture.putdata([((colour >> n % 16 & 1) * 255, n % 64 * 4, colour % 256) for n in range(64 * 64)])
    picture.save(content, kind)
    return content.getvalue()


def a_report(photos: list[str], **changes: Any) -> dict[str, Any]:
    return {
        "description": "道路路面有破损",
        "address": "文王路与志得街交叉口",
        "position": INSIDE,
        "photos": photos,
        "subcategory": STANDARD.subcategory,
        **changes,
    }


def reported(centre: Centre, **changes: Any) -> str:
    number: str = centre.post("reports", "collector", a_report([centre.photo()], **changes))["report_number"]
    return number


def told_by_wechat(centre: Centre, **changes: Any) -> str:
    body = a_report([], reporter={"name": NAME, "telephone": TELEPHONE}, **changes)
    number: str = centre.post("reports", "channel", body, claims={"channel": "wechat"})["report_number"]
    return number


def filed(centre: Centre, number: str) -> str:
    proposal = {"subcategory": STANDARD.subcategory, "filing_standard": STANDARD.id}
    centre.post(f"reports/{number}/propose-filing", "intake_operator", proposal)
    case: str = centre.post(f"reports/{number}/file", "shift_supervisor")["case_number"]
    return case


def test_a_report_goes_through_every_desk_to_its_answer(centre: Centre) -> None:
    number = reported(centre)
    case = filed(centre, number)
    centre.store.read(a_feedback(case), at=NOON)
    asked = centre.post(f"cases/{case}/ask-verification", "intake_operator")
    (task,) = [
        one
        for one in centre.get("tasks", "collector", claims={"sub": asked["collector"]})["tasks"]
        if one["task_id"] == asked["task_id"]
    ]
    centre.post(
        f"tasks/{task['task_id']}/answer",
        "collector",
        {
            "outcome": "gone",
            "photos": [centre.photo()],
            "position": INSIDE,
            "claimed_at": "2020-06-15T02:00:00Z",
        },
        claims={"sub": asked["collector"]},
    )
    (row,) = [
        one
        for one in centre.get("cases?state=awaiting_closing&limit=200", "shift_supervisor")["cases"]
        if one["case_number"] == case
    ]
    blind = centre.ask("POST", f"cases/{case}/close", "shift_supervisor", json={})
    seen = {"flags_seen": [flag["id"] for flag in row["evidence_flags"]]}
    closed = centre.post(f"cases/{case}/close", "shift_supervisor", seen)
    (own,) = [
        one for one in centre.get("my-reports", "collector")["reports"] if one["report_number"] == number
    ]
    public = centre.ask("GET", f"public/reports/{number}").json()

    assert (blind.status_code, blind.json()["type"]) == (409, "urn:qianliyan:problem:evidence-not-seen")
    assert {flag["doubt"] for flag in row["evidence_flags"]} == {"not_examined"}
    assert asked["collector"] == "p-collector-2"
    assert (task["kind_text"], task["description"]) == ("核查", "道路路面有破损")
    assert task["closing_condition"] == STANDARD.closing_condition
    assert (task["feedback"], task["light"], task["round"]) == (a_feedback(case).text, "green", 1)
    assert task["feedback_photos"] == list(a_feedback(case).photos)
    assert (closed["subject"], closed["sequence"]) == (f"case/{case}", 4)
    assert (own["state"], own["answer"]["state"]) == ("filed", "delivered")
    assert (public["state_text"], public["answer"]["kind"]) == ("已办结", "closed")
    whole = centre.get(f"cases/{case}", "shift_supervisor")
    assert whole["state_text"] == "已结案"
    (done,) = whole["tasks"]
    assert done["claimed_at"].startswith("2020-06-15T02:00:00")
    assert done["ended_at"] > done["asked_at"] > done["claimed_at"], "our own clock decides"
    assert [record["to_state"] for record in whole["flow"]][-1] == "closed"
    assert centre.get(f"reports/{number}", "intake_operator")["answer"]["kind"] == "closed"


def test_who_works_on_a_report_is_shown_until_it_is_put_back_or_has_run_out(centre: Centre) -> None:
    number, other = reported(centre), {"sub": "p-another"}

    def shown() -> list[dict[str, Any]]:
        rows = centre.get("reports?limit=200", "intake_operator")["reports"]
        (row,) = [row for row in rows if row["report_number"] == number]
        whole = centre.get(f"reports/{number}", "intake_operator")
        return [{name: one[name] for name in HOLD} for one in (row, whole)]

    def hold(method: str, **named: Any) -> dict[str, Any]:
        answered = centre.ask(method, f"reports/{number}/hold", "intake_operator", **named)
        assert answered.status_code == 200, answered.text
        return answered.json()

    taken = hold("PUT")
    assert (taken["held_by"], taken["report_number"]) == ("p-intake_operator", number)
    assert shown() == [taken] * 2
    assert hold("DELETE", claims=other) == taken
    with centre.store.database.transaction() as tx:
        tx.execute(
            "update reports set body = jsonb_set(body, '{held_until}', '\"2020-06-15T04:00:00Z\"')"
            " where key = :number",
            {"number": number},
        )
    free = {"report_number": number, "held_by": None, "held_until": None}
    assert shown() == [free] * 2
    assert hold("DELETE", claims=other) == free
    assert hold("PUT", claims=other)["held_by"] == "p-another"
    assert hold("DELETE", claims=other) == free
    assert shown() == [free] * 2


def test_a_repeated_report_gets_its_first_number_and_is_stored_once(centre: Centre) -> None:
    body, key = a_report([centre.photo()]), {"Idempotency-Key": f"twice-{next(_serial)}"}
    before = centre.rows("reports")

    answers = [centre.ask("POST", "reports", "collector", json=body, headers=key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert centre.rows("reports") == before + 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"description": " "}, "description"),
        ({"description": "多" * 501}, "description"),
        ({"description": 5}, "description"),
        ({"description": "坏\u0000字"}, "description"),
        ({"address": None}, "address"),
        ({"position": {"lon": 181, "lat": 35}}, "position.lon"),
        ({"position": {"lon": 114}}, "position.lat"),
        ({"position": {**INSIDE, "datum": "mars"}}, "position.datum"),
        ({"position": None}, "position"),
        ({"photos": []}, "photos"),
        ({"photos": ["x"]}, "photos.0"),
        ({"photos": ["0" * 64]}, "photos"),
        ({"photos": [f"{n:064x}" for n in range(21)]}, "photos"),
        ({"subcategory": "道路"}, "subcategory"),
        ({"subcategory": "I9999"}, "subcategory"),
        ({"source": "rumour"}, "source"),
        ({"source": "leader"}, "source"),
        ({"claimed_at": "2020-06-15T08:00:00"}, "claimed_at"),
        ({"colour": "red"}, "colour"),
        ({"component_code": "12"}, "component_code"),
        ({"reporter": {"name": "多" * 41}}, "reporter.name"),
    ],
)
def test_a_bad_report_is_refused_with_its_field_and_nothing_is_stored(
    centre: Centre, changes: dict[str, Any], field: str
) -> None:
    body = {**a_report([centre.photo(1)]), **changes}
    before = [centre.rows(table) for table in ("reports", "outbox", "flow_records", "numbers")]

    answered = centre.ask("POST", "reports", "collector", json=body)

    assert answered.status_code == 422, answered.text
    assert answered.headers["Content-Type"] == "application/problem+json"
    assert field in [error["field"] for error in answered.json()["errors"]]
    assert all(error["rule"] for error in answered.json()["errors"])
    assert [centre.rows(table) for table in ("reports", "outbox", "flow_records", "numbers")] == before


COMMANDS = [
    ("reports/{report}/ask-confirmation", "intake_operator", {"collector": "nobody"}, "collector"),
    ("reports/{report}/ask-confirmation", "intake_operator", {"collector": 7}, "collector"),
    ("reports/{report}/not-accept", "intake_operator", {"reason": " "}, "reason"),
    ("reports/{report}/not-accept", "intake_operator", {}, "reason"),
    ("reports/{report}/link", "intake_operator", {"case_number": "nothing"}, "case_number"),
    ("reports/{report}/link", "intake_operator", {}, "case_number"),
    ("reports/{report}/propose-filing", "intake_operator", {"subcategory": "I0101"}, "filing_standard"),
    (
        "reports/{report}/propose-filing",
        "intake_operator",
        {"subcategory": STANDARD.subcategory, "filing_standard": "nothing"},
        "filing_standard",
    ),
    (
        "reports/{report}/propose-filing",
        "intake_operator",
        {
            "subcategory": STANDARD.subcategory,
            "filing_standard": STANDARD.id,
            "position": {"lon": 116.4, "lat": 39.9},
        },
        "position",
    ),
    ("reports/{report}/file", "shift_supervisor", {"reason": "没有这一项"}, "reason"),
    ("reports/{report}/decline", "shift_supervisor", {"reason": ""}, "reason"),
    ("reports/{report}/return-for-completion", "shift_supervisor", {"reason": "多" * 501}, "reason"),
    ("cases/{case}/ask-verification", "intake_operator", {"collector": ""}, "collector"),
    ("cases/{case}/close", "shift_supervisor", {"words": "x"}, "words"),
    ("cases/{case}/void", "shift_supervisor", {"reason": "  "}, "reason"),
    ("tasks/any/answer", "collector", {"outcome": "perhaps"}, "outcome"),
    ("tasks/any/answer", "collector", {"outcome": "gone", "photos": ["zz"]}, "photos.0"),
    ("answers/{report}/undeliverable", "channel", {}, "reason"),
    ("reports/{report}/raise-urgency", "intake_operator", {"urgency": "ordinary", "reason": "x"}, "urgency"),
    ("reports/{report}/raise-urgency", "intake_operator", {"urgency": "huge", "reason": "x"}, "urgency"),
    ("reports/{report}/raise-urgency", "shift_supervisor", {"urgency": "major"}, "reason"),
    ("reports/{report}/judge-self-handling", "shift_supervisor", {"reason": "x"}, "valid"),
    ("reports/{report}/ask-reopening", "channel", {"words": " "}, "words"),
    ("cases/{case}/raise-urgency", "shift_supervisor", {"urgency": "major", "reason": ""}, "reason"),
    ("cases/{case}/send-back", "intake_operator", {}, "reason"),
    ("cases/{case}/verify-again", "shift_supervisor", {"reason": " "}, "reason"),
    ("cases/{case}/file-again", "shift_supervisor", {"subcategory": "I0101"}, "filing_standard"),
    (
        "cases/{case}/file-again",
        "shift_supervisor",
        {"subcategory": STANDARD.subcategory, "filing_standard": STANDARD.id, "urgency": "major"},
        "urgency",
    ),
    ("cases/{case}/force-close", "shift_supervisor", {"reason": "x"}, "approved_by"),
    ("cases/{case}/force-close", "shift_supervisor", {"reason": "x", "approved_by": " "}, "approved_by"),
    ("cases/{case}/merge", "shift_supervisor", {}, "into_case_number"),
    ("cases/{case}/merge", "shift_supervisor", {"into_case_number": "nothing"}, "into_case_number"),
    ("cases/{case}/reopen", "shift_supervisor", {}, "reason"),
    ("cases/{case}/decline-reopening", "shift_supervisor", {"reason": ""}, "reason"),
    ("duty/on", "collector", {"lon": 1}, "lon"),
    ("duty/off", "collector", {}, "collector"),
    ("duty/position", "collector", {"lon": 181, "lat": 0}, "lon"),
    ("duty/position", "collector", INSIDE, "collector"),
    ("shifts", "shift_supervisor", {"shifts": []}, "shifts"),
    ("shifts", "shift_supervisor", {"shifts": [{"post": "collector"}]}, "shifts.0.person_id"),
    ("hand-overs", "intake_operator", {"post": "mayor", "taken_over_by": "p"}, "post"),
    ("hand-overs", "intake_operator", {"post": "intake_operator"}, "taken_over_by"),
]


@pytest.fixture(scope="module")
def open_work(centre: Centre) -> dict[str, str]:
    report = reported(centre)
    return {"report": report, "case": filed(centre, reported(centre))}


@pytest.mark.parametrize(("path", "role", "body", "field"), COMMANDS)
def test_bad_input_at_a_desk_is_refused_with_its_field_and_changes_nothing(
    centre: Centre, open_work: dict[str, str], path: str, role: str, body: Any, field: str
) -> None:
    before = [centre.rows(table) for table in ("outbox", "flow_records", "tasks")]

    answered = centre.ask(
        "POST",
        path.format(**open_work),
        role,
        json=body,
        claims={"channel": "wechat"} if role == "channel" else {},
    )

    assert answered.status_code == 422, answered.text
    assert field in [error["field"] for error in answered.json()["errors"]]
    assert [centre.rows(table) for table in ("outbox", "flow_records", "tasks")] == before


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("reports/{report}/file", "shift_supervisor"),
        ("cases/{case}/close", "shift_supervisor"),
        ("cases/{case}/ask-verification", "intake_operator"),
        ("cases/{case}/reopen", "shift_supervisor"),
        ("cases/{case}/decline-reopening", "shift_supervisor"),
        ("cases/{case}/send-back", "intake_operator"),
        ("cases/{case}/verify-again", "shift_supervisor"),
    ],
)
def test_what_the_state_does_not_allow_is_answered_409_with_both_states(
    centre: Centre, open_work: dict[str, str], path: str, role: str
) -> None:
    needs_a_reason = path.rsplit("/", 1)[1] not in ("file", "close", "ask-verification")
    body = {"reason": "因为"} if needs_a_reason else {}
    answered = centre.ask("POST", path.format(**open_work), role, json=body)

    assert answered.status_code == 409, answered.text
    document = answered.json()
    assert document["type"] == "urn:qianliyan:problem:move-not-allowed"
    assert {"number", "state", "wanted"} <= set(document)


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "reports/R1", "intake_operator"),
        ("GET", "reports/R1/similar", "intake_operator"),
        ("POST", "reports/R1/file", "shift_supervisor"),
        ("GET", "cases/1", "shift_supervisor"),
        ("POST", "cases/1/close", "shift_supervisor"),
        ("GET", "public/reports/R1", None),
        ("GET", "attachments/" + "0" * 64, "collector"),
    ],
)
def test_what_is_not_there_is_answered_404(centre: Centre, method: str, path: str, role: str | None) -> None:
    assert centre.ask(method, path, role, json={} if method == "POST" else None).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("POST", "reports", "dispatcher"),
        ("GET", "reports", "collector"),
        ("POST", "reports/R1/file", "intake_operator"),
        ("POST", "cases/1/close", "intake_operator"),
        ("PUT", "reports/R1/hold", "collector"),
        ("DELETE", "reports/R1/hold", "shift_supervisor"),
        ("GET", "tasks", "intake_operator"),
        ("GET", "answers", "intake_operator"),
        ("GET", "my-reports", "shift_supervisor"),
        ("GET", "reports/R1/reporter?reason=x", "collector"),
        ("POST", "reports/R1/raise-urgency", "collector"),
        ("POST", "reports/R1/judge-self-handling", "intake_operator"),
        ("POST", "reports/R1/ask-reopening", "intake_operator"),
        ("POST", "cases/1/raise-urgency", "dispatcher"),
        ("POST", "cases/1/send-back", "shift_supervisor"),
        ("POST", "cases/1/verify-again", "intake_operator"),
        ("POST", "cases/1/file-again", "intake_operator"),
        ("POST", "cases/1/force-close", "leader"),
        ("POST", "cases/1/merge", "intake_operator"),
        ("POST", "cases/1/reopen", "intake_operator"),
        ("POST", "cases/1/decline-reopening", "intake_operator"),
        ("GET", "duty", "intake_operator"),
        ("POST", "duty/on", "dispatcher"),
        ("POST", "duty/off", "dispatcher"),
        ("POST", "duty/position", "dispatcher"),
        ("GET", "collectors", "collector"),
        ("GET", "collectors", "dispatcher"),
        ("POST", "shifts", "intake_operator"),
        ("DELETE", "shifts/any", "dispatcher"),
        ("GET", "shifts", "collector"),
        ("GET", "posts", "collector"),
        ("POST", "hand-overs", "collector"),
    ],
)
def test_a_door_stays_shut_for_whoever_lacks_the_right(
    centre: Centre, method: str, path: str, role: str
) -> None:
    assert centre.ask(method, path, role, json={} if method == "POST" else None).status_code == 403
    assert centre.ask(method, path, json={} if method == "POST" else None).status_code == 401


def test_no_desk_and_no_fact_shows_a_citizens_name_and_the_reveal_is_written_down(centre: Centre) -> None:
    number = told_by_wechat(centre)
    shown = [
        centre.ask("GET", f"reports/{number}", "intake_operator").text,
        centre.ask("GET", "reports?limit=200", "intake_operator").text,
        centre.ask("GET", f"public/reports/{number}").text,
    ]
    with centre.store.database.transaction() as tx:
        for table in ("reports", "outbox", "reporters", "flow_records", "idempotency"):
            shown += [str(row) for row in tx.execute(f"select * from {table}").all()]

    assert not [text for text in shown if NAME in text or TELEPHONE in text]
    revealed = centre.get(f"reports/{number}/reporter?reason=核对地址", "intake_operator")
    assert (revealed["name"], revealed["telephone"]) == (NAME, TELEPHONE)
    assert centre.rows("reveals") == 1
    assert centre.ask("GET", f"reports/{number}/reporter", "intake_operator").status_code == 422
    (logged,) = centre.get("reveals", "leader", params={"report_number": number})["reveals"]
    assert (logged["person_id"], logged["reason"]) == ("p-intake_operator", "核对地址")
    assert centre.ask("GET", "reveals", "intake_operator").status_code == 403


def test_a_gateway_carries_its_own_answers(centre: Centre) -> None:
    number = told_by_wechat(centre)
    centre.post(f"reports/{number}/not-accept", "intake_operator", {"reason": "不属城市管理范围"})
    wechat, other = {"channel": "wechat"}, {"channel": "transferred_12345"}

    due = centre.get("answers?state=due", "channel", claims=wechat)["answers"]
    assert number in [answer["id"] for answer in due]
    assert centre.get("answers?state=due", "channel", claims=other)["answers"] == []
    refused = centre.ask("POST", f"answers/{number}/delivered", "channel", json={}, claims=other)
    assert refused.status_code == 403
    centre.post(f"answers/{number}/delivered", "channel", claims=wechat)

    again = centre.ask("POST", f"answers/{number}/delivered", "channel", json={}, claims=wechat)
    assert again.status_code == 409


def test_similar_cases_are_shown_with_their_distance(centre: Centre) -> None:
    case = filed(centre, reported(centre))
    number = reported(centre)

    similar = centre.get(f"reports/{number}/similar", "intake_operator")["cases"]

    assert (case, 0.0) in [(one["case_number"], one["metres"]) for one in similar]


def test_the_nearest_component_of_the_kind_is_offered_to_the_operator(centre: Centre) -> None:
    known = next(one for one in HANDBOOK.components.values() if one.state.value == "intact")
    beside = {"lon": known.lon + 0.0001, "lat": known.lat, "datum": "wgs84"}
    number = reported(centre, position=beside, subcategory=known.subcategory)

    offered = centre.get(f"reports/{number}/nearest-component", "intake_operator")["component"]
    of_an_incident = centre.get(f"reports/{number}/nearest-component?subcategory=I0101", "intake_operator")

    assert (offered["code"], offered["subcategory"]) == (known.code, known.subcategory)
    assert 8 < offered["metres"] < 10
    assert of_an_incident["component"] is None
    assert centre.ask("GET", f"reports/{number}/nearest-component", "collector").status_code == 403


def test_lists_are_read_page_by_page(centre: Centre) -> None:
    for _ in range(3):
        reported(centre)
    seen: list[str] = []
    after = ""
    while after is not None:
        page = centre.get(f"reports?limit=2{'&after=' + after if after else ''}", "intake_operator")
        seen += [report["report_number"] for report in page["reports"]]
        after = page["after"]

    assert len(set(seen)) == len(seen) == centre.rows("reports")
    assert centre.ask("GET", "reports?state=lost", "intake_operator").status_code == 422
    assert centre.ask("GET", "reports?limit=0", "intake_operator").status_code == 422


# --- the rules in full --------------------------------------------------------------------------------------


def closed(centre: Centre, number: str) -> str:
    case = filed(centre, number)
    verified(centre, case)
    close(centre, case)
    return case


def close(centre: Centre, case: str) -> None:
    flags = centre.get(f"cases/{case}", "shift_supervisor")["evidence_flags"]
    seen = {"flags_seen": [flag["id"] for flag in flags]}
    centre.post(f"cases/{case}/close", "shift_supervisor", seen)


def verified(centre: Centre, case: str, round: int = 1) -> None:
    centre.store.read(a_feedback(case, round), at=NOON)
    asked = centre.post(f"cases/{case}/ask-verification", "intake_operator")
    finding = {"outcome": "gone", "photos": [centre.photo()]}
    centre.post(f"tasks/{asked['task_id']}/answer", "collector", finding, claims={"sub": asked["collector"]})


def confirmed(centre: Centre, number: str) -> str:
    asked = centre.post(f"reports/{number}/ask-confirmation", "intake_operator")
    finding = {"outcome": "confirmed", "photos": [centre.photo()]}
    centre.post(f"tasks/{asked['task_id']}/answer", "collector", finding, claims={"sub": asked["collector"]})
    return number


def test_what_is_raised_stands_first_with_its_light(centre: Centre) -> None:
    number = reported(centre)
    urgent = {"urgency": "major", "reason": "学校门口"}
    centre.post(f"reports/{number}/raise-urgency", "intake_operator", urgent)

    first = centre.get("reports?limit=1&state=received&post=intake_operator", "intake_operator")["reports"][0]

    assert (first["report_number"], first["urgency"]) == (number, "major")
    assert (first["light"], first["called"]) == ("green", None)
    case = filed(centre, number)
    assert centre.get("cases?limit=1&state=in_command", "dispatcher")["cases"][0]["case_number"] == case
    assert centre.ask("GET", "cases?post=mayor", "dispatcher").status_code == 422


def test_an_outage_moves_the_times_in_every_list_and_told_twice_moves_them_once(
    centre: Centre,
) -> None:
    number = reported(centre)
    case = filed(centre, reported(centre))
    centre.store.read(a_feedback(case), at=datetime.now(UTC))
    asked = centre.post(f"cases/{case}/ask-verification", "intake_operator")
    mine = {"sub": asked["collector"]}

    def listed() -> list[datetime]:
        reports = centre.get("reports?post=intake_operator&limit=200", "intake_operator")["reports"]
        cases = centre.get("cases?post=collector&limit=200", "shift_supervisor")["cases"]
        tasks = centre.get("tasks", "collector", claims=mine)["tasks"]
        rows = [
            *(one for one in reports if one["report_number"] == number),
            *(one for one in cases if one["case_number"] == case),
            *(one for one in tasks if one["task_id"] == asked["task_id"]),
        ]
        return [datetime.fromisoformat(one["due_at"]) for one in rows]

    before = listed()
    begins = datetime.now(UTC)
    outage = OutageLogged(
        outage_id="o-1",
        outage_from=begins,
        outage_until=begins + timedelta(minutes=20),
        reason="机房停电",
        credited_by="p-operations",
        credited_at=begins + timedelta(minutes=20),
    )
    for _ in range(2):
        centre.store.read(outage, at=begins + timedelta(minutes=20))

    assert len(before) == 3
    assert [after - due for after, due in zip(listed(), before, strict=True)] == [timedelta(minutes=20)] * 3
    told = [fact for fact in centre.store.announced() if fact.name.endswith("_time_credited")]
    about = [fact for fact in told if number in vars(fact).values() or case in vars(fact).values()]
    assert [fact.name for fact in about] == ["report_time_credited", "case_time_credited"]


def test_a_case_is_merged_returned_filed_anew_and_closed_by_force(centre: Centre) -> None:
    one, other = filed(centre, reported(centre)), filed(centre, reported(centre))
    similar = centre.get(f"cases/{one}/similar", "shift_supervisor")["cases"]
    assert other in [case["case_number"] for case in similar]
    assert one not in [case["case_number"] for case in similar]
    centre.post(f"cases/{one}/merge", "shift_supervisor", {"into_case_number": other})
    assert centre.get(f"cases/{one}", "shift_supervisor")["merged_into"] == other

    centre.store.read(returned_to_intake(other), at=NOON)
    proposal = {"subcategory": STANDARD.subcategory, "filing_standard": STANDARD.id}
    again = centre.post(f"cases/{other}/file-again", "shift_supervisor", proposal)
    assert again["case_number"] == other
    forced = {"reason": "待拆迁", "approved_by": "县政府会议纪要"}
    centre.post(f"cases/{other}/force-close", "shift_supervisor", forced)

    whole = centre.get(f"cases/{other}", "shift_supervisor")
    assert (whole["state_text"], whole["round"], whole["approved_by"]) == ("强制结案", 2, "县政府会议纪要")
    assert len(whole["linked_reports"]) == 1
    number = whole["linked_reports"][0]
    public = centre.ask("GET", f"public/reports/{number}").json()
    assert (public["state"], public["answer"]["kind"]) == ("force_closed", "force_closed")


def test_a_dissatisfied_citizen_is_heard_through_their_channel_once(centre: Centre) -> None:
    wechat = {"channel": "wechat"}
    number = confirmed(centre, told_by_wechat(centre))
    case = closed(centre, number)
    words = {"words": "坑还在"}
    centre.post(f"reports/{number}/ask-reopening", "channel", words, claims=wechat)
    listed = centre.get("cases?state=closed&post=shift_supervisor", "shift_supervisor")["cases"]
    (asked,) = [one for one in listed if one["case_number"] == case]
    assert (asked["reopenings"][0]["words"], asked["light"]) == ("坑还在", "green")

    centre.post(f"cases/{case}/reopen", "shift_supervisor", {"reason": "照片可见"})
    verified(centre, case, round=2)
    close(centre, case)

    due = centre.get("answers?state=due&limit=200", "channel", claims=wechat)["answers"]
    own = [answer for answer in due if answer["report_number"] == number]
    assert [(answer["id"], answer["kind"]) for answer in own] == [
        (number, "closed"),
        (f"{number}-2", "reopened"),
        (f"{number}-3", "closed"),
    ]
    centre.post(f"answers/{number}-3/delivered", "channel", claims=wechat)
    refused = centre.ask("POST", f"reports/{number}/ask-reopening", "channel", json=words, claims=wechat)
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:qianliyan:problem:reopening-not-possible"
    assert "一次" in refused.json()["detail"]


def test_a_declined_reopening_is_answered(centre: Centre) -> None:
    wechat = {"channel": "wechat"}
    number = confirmed(centre, told_by_wechat(centre))
    case = closed(centre, number)
    centre.post(f"reports/{number}/ask-reopening", "channel", {"words": "坑还在"}, claims=wechat)

    declined = {"reason": "系另一处", "report_number": number}
    centre.post(f"cases/{case}/decline-reopening", "shift_supervisor", declined)

    whole = centre.get(f"reports/{number}", "intake_operator")
    assert [answer["kind"] for answer in whole["answers"]] == ["closed", "reopening_declined"]
    assert whole["answer"]["kind"] == "reopening_declined"


def test_feedback_is_sent_back_unseen_or_verified_again(centre: Centre) -> None:
    case = filed(centre, reported(centre))
    centre.store.read(a_feedback(case), at=NOON)
    centre.post(f"cases/{case}/send-back", "intake_operator", {"reason": "照片不是该处"})
    assert centre.get(f"cases/{case}", "dispatcher")["round"] == 2

    verified(centre, case, round=2)
    asked = centre.post(f"cases/{case}/verify-again", "shift_supervisor", {"reason": "角度不同"})
    assert asked["collector"] == "p-collector-2"
    assert centre.get(f"cases/{case}", "dispatcher")["state"] == "verifying"


def test_a_collector_mends_on_the_spot_and_sees_the_judgement(centre: Centre) -> None:
    number = reported(centre, self_handled=True, after_photos=[centre.photo()])
    assert centre.get(f"reports/{number}", "shift_supervisor")["state_text"] == "自处置待审核"

    centre.post(f"reports/{number}/judge-self-handling", "shift_supervisor", {"valid": True})

    own = centre.get("my-reports", "collector")["reports"]
    (mine,) = [report for report in own if report["report_number"] == number]
    assert (mine["state"], mine["answer"]["kind"], mine["answer"]["state"]) == (
        "self_handling_valid",
        "self_handled",
        "delivered",
    )
    public = centre.ask("GET", f"public/reports/{number}").json()
    assert public["state_text"] == "已自行处置"


def test_a_collector_goes_on_duty_and_only_operator_and_supervisor_see_where(centre: Centre) -> None:
    off = centre.get("duty", "collector")
    grid = HANDBOOK.grid.responsibility_grids[CELL.responsibility_grid]
    assert (off["on_duty_since"], off["grid_name"]) == (None, grid.name)
    gone_on = centre.post("duty/on", "collector")
    centre.post("duty/position", "collector", INSIDE)
    seen = centre.get("collectors", "intake_operator")["collectors"]
    assert centre.get("collectors", "shift_supervisor")["collectors"] == seen
    (on,) = [one for one in seen if one["on_duty"]]
    centre.post("duty/off", "collector")
    seen = centre.get("collectors", "intake_operator")["collectors"]

    assert gone_on["subject"] == "person/p-collector"
    assert (on["collector"], on["lon"]) == ("p-collector", pytest.approx(INSIDE["lon"]))
    assert not [one for one in seen if one["on_duty"] or one["lon"] is not None]
    with centre.store.database.transaction() as tx:
        sent = str(tx.execute("select body from outbox where type like 'collector_went%'").all())
    assert str(INSIDE["lon"])[:8] not in sent


def test_a_roster_is_kept_and_a_post_handed_over_once(centre: Centre) -> None:
    begins = datetime.now(UTC).replace(microsecond=0)
    shift = {
        "post": "intake_operator",
        "person_id": "p-intake_operator",
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=8)).isoformat(),
    }
    (entered,) = centre.post("shifts", "shift_supervisor", {"shifts": [shift]})["shifts"]
    overlapping = centre.ask("POST", "shifts", "shift_supervisor", json={"shifts": [shift]})
    assert overlapping.status_code == 422

    posts = centre.get("posts", "hotline_agent")["posts"]
    (post,) = [one for one in posts if one["post"] == "intake_operator"]
    assert [one["person_id"] for one in post["on"]] == ["p-intake_operator"]
    key = {"Idempotency-Key": f"hand-over-{next(_serial)}"}
    words = {"post": "intake_operator", "taken_over_by": "p-next", "words": "两件待核实"}
    before = centre.rows("hand_overs")
    twice = [
        centre.ask("POST", "hand-overs", "intake_operator", json=words, headers=key).json() for _ in range(2)
    ]

    assert twice[0] == twice[1]
    assert centre.rows("hand_overs") == before + 1
    (post,) = [one for one in centre.get("posts", "dispatcher")["posts"] if one["post"] == "intake_operator"]
    assert post["last_hand_over"]["words"] == "两件待核实"
    assert post["last_hand_over"]["open_items"] == post["open_items"] > 0
    ids = [one["shift_id"] for one in centre.get("shifts", "shift_supervisor")["shifts"]]
    assert entered["shift_id"] in ids
    removed = centre.ask("DELETE", f"shifts/{entered['shift_id']}", "shift_supervisor")
    assert removed.status_code == 200
    assert centre.ask("DELETE", f"shifts/{entered['shift_id']}", "shift_supervisor").status_code == 404


# --- photos -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_stored_once_and_read_back(centre: Centre, kind: str) -> None:
    content = a_picture(kind=kind)
    sha256 = hashlib.sha256(content).hexdigest()

    first = centre.ask("PUT", f"attachments/{sha256}", "collector", data=content)
    second = centre.ask("PUT", f"attachments/{sha256}", "collector", data=content)
    read = centre.ask("GET", f"attachments/{sha256}", "dispatcher")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == {"sha256": sha256, "media_type": f"image/{kind.lower()}", "size": len(content)}
    assert (read.status_code, read.headers["Content-Type"]) == (200, f"image/{kind.lower()}")
    with Image.open(io.BytesIO(read.content)) as shown, Image.open(io.BytesIO(content)) as uploaded:
        assert (shown.format, shown.size) == (uploaded.format, uploaded.size) == (kind, uploaded.size)


@pytest.mark.parametrize(
    ("content", "address", "status"),
    [
        (b"<script>alert(1)</script>", None, 422),
        (b"", None, 422),
        (b"\xff\xd8\xff no end", None, 422),
        (a_picture(2), "0" * 64, 422),
        (a_picture(2), "not-a-hash", 422),
        (b"\xff" * (10 * 1024 * 1024 + 1), None, 413),
    ],
)
def test_what_is_no_photo_of_that_hash_is_not_stored(
    centre: Centre, content: bytes, address: str | None, status: int
) -> None:
    before = centre.rows("attachments")

    sha256 = address or hashlib.sha256(content).hexdigest()
    answered = centre.ask("PUT", f"attachments/{sha256}", "collector", data=content)

    assert answered.status_code == status, answered.text
    assert centre.rows("attachments") == before


def test_nobody_is_shown_where_a_photo_was_taken_and_a_broken_one_is_shown_to_nobody(centre: Centre) -> None:
    exif = exif_of(taken="2020:06:15 12:00:00", lon=114.36, lat=35.92)
    content, broken = encoded(a_scene("door"), exif=exif), b"\xff\xd8\xff broken \xff\xd9"
    answers = []
    for uploaded in (content, broken):
        sha256 = hashlib.sha256(uploaded).hexdigest()
        assert centre.ask("PUT", f"attachments/{sha256}", "collector", data=uploaded).status_code == 201
        answers.append(centre.ask("GET", f"attachments/{sha256}", "shift_supervisor"))
    shown, refused = answers

    assert (shown.status_code, len(shown.content)) == (200, int(shown.headers["Content-Length"]))
    assert b"2020:06:15" in content
    assert b"2020:06:15" not in shown.content
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:qianliyan:problem:photo-unreadable")


def test_a_photo_needs_a_token_or_a_link_of_ours(centre: Centre) -> None:
    photo, other = centre.photo(), centre.photo()
    key = (centre.keys / "attachments.key").read_text().strip()
    link = attachment_tokens.sign(PhotoLink(sha256=photo), key)
    forged = attachment_tokens.sign(PhotoLink(sha256=photo), "f" * 64)

    def status(sha256: str, query: str = "", role: str | None = None) -> int:
        return centre.ask("GET", f"attachments/{sha256}{query}", role).status_code

    assert status(photo, f"?link={link}") == 200
    assert status(other, f"?link={link}") == 403
    assert status(photo, f"?link={forged}") == 401
    assert status(photo) == 401
    assert centre.ask("PUT", f"attachments/{photo}", data=a_picture(3)).status_code == 401
    assert centre.ask("PUT", f"attachments/{photo}", "dispatcher", data=a_picture(3)).status_code == 403


def test_a_unit_uploads_for_its_round_only_and_gets_a_receipt(centre: Centre) -> None:
    case = filed(centre, reported(centre))
    key = (centre.keys / "attachments.key").read_text().strip()
    content = a_picture()
    sha256 = hashlib.sha256(content).hexdigest()

    def put(round: int, number: str = case) -> requests.Response:
        upload = Upload(case_number=number, round=round, responsible_unit="u04")
        bearer = {"Authorization": f"Bearer {attachment_tokens.sign(upload, key)}"}
        return centre.ask("PUT", f"attachments/{sha256}", data=content, headers=bearer)

    assert (put(2).status_code, put(1, "nothing").status_code) == (409, 404)
    stored = put(1)
    assert stored.status_code == 201
    receipt = attachment_tokens.read(Receipt, stored.json()["receipt"], key)
    assert receipt == Receipt(sha256=sha256, case_number=case, responsible_unit="u04")
    centre.store.read(a_feedback(case, photos=(sha256,)), at=NOON)
    assert put(1).status_code == 409


# --- what the service shows of itself -----------------------------------------------------------------------


def test_the_description_of_the_doors_is_valid_openapi(centre: Centre) -> None:
    document = centre.ask("GET", "openapi.json").json()

    validate(document)
    assert "/api/intake/reports/{report_number}/propose-filing" in document["paths"]


def test_no_open_work_is_without_an_owner_and_the_gauges_would_show_it_and_its_age(centre: Centre) -> None:
    reported(centre)
    centre.post(f"reports/{told_by_wechat(centre)}/ask-confirmation", "intake_operator")
    in_command = filed(centre, reported(centre))
    losses = (
        "update reports set due_at = null, received_at = now() - interval '1 year' where state = 'received'",
        "update cases set owner = null, body = jsonb_set(body, '{filed_at}', to_jsonb(now() - interval"
        f" '2 years')) where key = '{in_command}'",
        "update tasks set collector = '', asked_at = now() - interval '3 years' where state = 'open'",
    )

    assert measured(centre, work_without_owner) == {
        ("city_open_work_without_owner", "intake"): 0,
        ("city_oldest_without_owner_seconds", "intake"): 0,
    }
    names = {
        name for gauge in (cases_by_state, open_reports, open_answers) for name, *_ in measured(centre, gauge)
    }
    assert {"city_cases", "city_open_reports", "city_oldest_open_report_seconds"} <= names
    for years, loss in enumerate(losses, start=1):
        lost = measured(centre, work_without_owner, after=loss)
        assert lost[("city_open_work_without_owner", "intake")] > 0
        assert years * 365 <= lost[("city_oldest_without_owner_seconds", "intake")] / 86400 < years * 366 + 1


def test_what_is_past_the_due_time_of_its_stage_is_counted_where_it_stands(centre: Centre) -> None:
    waiting = reported(centre)
    in_command = filed(centre, reported(centre))
    fed_back = filed(centre, reported(centre))
    centre.store.read(a_feedback(fed_back), at=NOON)
    before = measured(centre, overdue)

    late = "update {} set due_at = now() - interval '1 minute' where key = '{}'"
    after = {
        key: measured(centre, overdue, after=late.format(table, key))
        for table, key in (("reports", waiting), ("cases", in_command), ("cases", fed_back))
    }

    assert ("city_overdue", "in_command") not in before
    assert after[in_command] == before, "what the unit is late with is dispatch's to count"
    received = ("city_overdue", "received")
    assert after[waiting][received] == before[received] + 1
    unverified = "update cases set due_at = now() + interval '1 hour' where state = 'awaiting_verification'"
    assert measured(centre, overdue, after=unverified)[("city_overdue", "awaiting_verification")] == 0
    assert after[fed_back][("city_overdue", "awaiting_verification")] >= 1


def test_a_post_that_was_not_handed_over_is_counted_until_it_is(centre: Centre) -> None:
    ended = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=31)
    shifts = [
        {
            "post": "dispatcher",
            "person_id": person,
            "starts_at": (ended - timedelta(hours=8)).isoformat(),
            "ends_at": (ended + later).isoformat(),
        }
        for person, later in (("p-dispatcher", timedelta()), ("p-punctual", timedelta(minutes=2)))
    ]
    none = measured(centre, overdue_hand_overs)

    centre.post("shifts", "shift_supervisor", {"shifts": shifts})
    one = measured(centre, overdue_hand_overs)
    centre.post("hand-overs", "dispatcher", {"post": "dispatcher", "taken_over_by": "p-punctual"})

    posts = ("hotline_agent", "intake_operator", "shift_supervisor", "dispatcher")
    assert none == {("city_hand_overs_overdue", post): 0 for post in posts}
    assert one == none | {("city_hand_overs_overdue", "dispatcher"): 1}
    assert measured(centre, overdue_hand_overs) == none


def test_the_gauges_of_open_work_name_every_state_that_is_not_an_end() -> None:
    moves = {**report.ALLOWED_MOVES, **case.ALLOWED_MOVES}
    still_open = {state for state, onward in moves.items() if onward} - case.ENDS

    assert {state for state in still_open if f"'{state}'" not in WITHOUT_OWNER} == set()
    assert {state for state in still_open if f"'{state}'" not in OVERDUE} == {case.CaseState.IN_COMMAND}
    ends = set(moves) - still_open
    assert not any(f"'{state}'" in query for state in ends for query in (WITHOUT_OWNER, OVERDUE))


def measured(centre: Centre, gauge: Any, *, after: str = "") -> dict[tuple[str, ...], float]:
    """What a gauge reads, be it after a change that does not last."""
    readings: list[Any] = []

    def read(tx: Any) -> None:
        if after:
            assert tx.execute(after).rowcount > 0
        readings.extend(gauge(tx.bound))
        raise _Undone

    with pytest.raises(_Undone):
        centre.store.database.run(read)
    return {(name, *labels.values()): value for name, labels, value in readings}


class _Undone(Exception):
    """Leaves nothing behind."""


def test_an_agent_sees_what_is_near_before_there_is_a_report(centre: Centre) -> None:
    told = centre.post(
        "reports",
        "collector",
        {"description": "井盖缺失", "address": "文王路", "position": INSIDE, "photos": [centre.photo()]},
    )
    query = {**INSIDE, "words": "井盖没有了"}

    found = centre.get("similar", "hotline_agent", params=query)["reports"]

    (ours,) = [one for one in found if one["report_number"] == told["report_number"]]
    assert (ours["metres"], ours["likeness"]) == (0, 0.25)
    assert centre.ask("GET", "similar", "collector", params=query).status_code == 403
    for hostile in (
        {"lat": 35.9},
        {**INSIDE, "lon": "nan"},
        {**INSIDE, "within": 9999},
        {**INSIDE, "x": "1"},
    ):
        assert centre.ask("GET", "similar", "hotline_agent", params=hostile).status_code == 422
