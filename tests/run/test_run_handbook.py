"""A new version of the handbook takes force while everything runs: for new cases, and for those alone."""

import csv
import io
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pika
import psycopg2
import pytest

import handbook
from tests.run.run_kit import Clerk, eventually
from tests.stack import ROOT, Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

BOOK = handbook.load()
STANDARD = next(one for one in BOOK.standards.values() if BOOK.subcategories[one.subcategory].in_use)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("handbook") / "state") as running:
        yield running


def with_limit(limit: int) -> bytes:
    """A ZIP of the filing standards in which the standard's limit is another."""
    rows = rows_of("filing_standards.csv")
    for row in rows:
        letter = {"component": "C", "incident": "I"}[row["kind"]]
        if f"{letter}{row['category_code']}{row['subcategory_code']}-{row['condition_no']}" == STANDARD.id:
            row["limit"] = str(limit)
    return packed({"filing_standards.csv": rows})


def with_unit(code: str) -> bytes:
    """A ZIP of the responsible units with one more, which assists in the first duty."""
    units, duties = rows_of("units.csv"), rows_of("duties.csv")
    units.append({**units[-1], "code": code, "name": "新设单位"})
    duties[0]["assisting"] = code
    return packed({"units.csv": units, "duties.csv": duties})


def rows_of(name: str) -> list[dict[str, str]]:
    """A table of the bundled handbook."""
    return list(csv.DictReader(io.StringIO(BOOK.file(name).decode("utf-8-sig"))))


def packed(tables: dict[str, list[dict[str, str]]]) -> bytes:
    """A ZIP with these tables."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, rows in tables.items():
            text = io.StringIO()
            writer = csv.DictWriter(text, rows[0])
            writer.writeheader()
            writer.writerows(rows)
            archive.writestr(name, text.getvalue())
    return whole.getvalue()


class Centre:
    """The people whom this takes."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.operator = Clerk(stack, "intake_operator")
        self.supervisor = Clerk(stack, "shift_supervisor")
        self.dispatcher = Clerk(stack, "dispatcher")
        self.administrator = Clerk(stack, "administrator")

    def file_case(self) -> str:
        """A leader's report becomes a case under the standard; its number."""
        cell = next(iter(BOOK.grid.cells.values()))
        lon, lat = (sum(axis) / len(axis) for axis in zip(*cell.polygon[:-1], strict=True))
        report = self._post(
            self.operator,
            "intake/reports",
            {
                "description": "道路破损",
                "address": "人民路",
                "source": "leader",
                "position": {"lon": lon, "lat": lat, "datum": "wgs84"},
                "subcategory": STANDARD.subcategory,
            },
        )
        path = f"intake/reports/{report['report_number']}"
        standard = {"subcategory": STANDARD.subcategory, "filing_standard": STANDARD.id}
        self._post(self.operator, f"{path}/propose-filing", standard)
        return str(self._post(self.supervisor, f"{path}/file", {})["case_number"])

    def case_under(self, version: str) -> str | None:
        """A new case, once it is filed under this version."""
        case = self.file_case()
        return case if self.filed_under(case)[0] == version else None

    def publish(self, changed: bytes) -> str:
        """The administrator uploads the changed file; the version."""
        answer = self.administrator.ask(
            "POST",
            "/api/console/handbook/versions",
            data=changed,
            headers={"Content-Type": "application/zip"},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["version"])

    def filed_under(self, case_number: str) -> tuple[str, int]:
        """The version and the limit of a case, as intake has them."""
        case = self.operator.ask("GET", f"/api/intake/cases/{case_number}").json()
        return case["handbook_version"], case["limit"]

    def limit_in_dispatch(self, case_number: str) -> int | None:
        """The limit of its assignment; None while there is none."""
        answer = self.dispatcher.ask("GET", f"/api/dispatch/assignments/{case_number}")
        return int(answer.json()["limit"]) if answer.status_code == 200 else None

    def _post(self, who: Clerk, path: str, document: Any) -> Any:
        key = os.urandom(8).hex()
        answer = who.ask("POST", f"/api/{path}", json=document, headers={"Idempotency-Key": key})
        assert answer.status_code < 300, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def centre(stack: Stack) -> Centre:
    return Centre(stack)


@contextmanager
def stopped(stack: Stack, name: str) -> Iterator[int]:
    """A process that does nothing for a while."""
    pid = stack.pids()[name]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield pid
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def one(stack: Stack, database: str, query: str) -> Any:
    """The single value of a query on a service's database."""
    password = (stack.folder / "postgres" / "password").read_text()
    port = stack.table.server_ports(stack.port)["postgres"]
    url = f"postgresql://qianliyan:{password}@127.0.0.1:{port}/{database}"
    with closing(psycopg2.connect(url)) as connection:
        cursor = connection.cursor()
        cursor.execute(query)
        return cursor.fetchone()[0]


def test_a_changed_limit_holds_for_new_cases_and_an_open_case_keeps_the_old_one(centre: Centre) -> None:
    before = centre.file_case()

    version = centre.publish(with_limit(STANDARD.limit + 3))

    after = eventually(lambda: centre.case_under(version))
    assert centre.filed_under(after) == (version, STANDARD.limit + 3)
    assert eventually(lambda: centre.limit_in_dispatch(after)) == STANDARD.limit + 3
    assert centre.filed_under(before) == (BOOK.version, STANDARD.limit)
    assert eventually(lambda: centre.limit_in_dispatch(before)) == STANDARD.limit


def test_dispatch_killed_while_it_fetches_catches_up_and_the_case_that_waited_is_there(
    stack: Stack, centre: Centre
) -> None:
    with stopped(stack, "dispatch-facts") as facts:
        version = centre.publish(with_limit(STANDARD.limit + 5))
        case = eventually(lambda: centre.case_under(version))
        with stopped(stack, "console-doors"):
            os.kill(facts, signal.SIGCONT)
            missing = "select count(*) from fetched_versions where content is null"
            eventually(lambda: one(stack, "dispatch", missing) == 1)
            waiting = f"select count(*) from waiting_facts where key = 'handbook/{version}'"
            eventually(lambda: one(stack, "dispatch", waiting) >= 1)
            stack.kill("dispatch-facts")
            eventually(lambda: stack.pids()["dispatch-facts"] != facts)
            assert one(stack, "dispatch", missing) == 1

    assert eventually(lambda: centre.limit_in_dispatch(case)) == STANDARD.limit + 5
    assert one(stack, "dispatch", missing) == 0
    assert one(stack, "dispatch", waiting) == 0


def test_a_unit_that_the_published_handbook_brings_gets_queues_and_an_account(
    stack: Stack, centre: Centre
) -> None:
    centre.publish(with_unit("u30"))

    said = eventually(lambda: qianliyan(stack, "units", "provision", "u30"))

    assert "已开通" in said
    password = (stack.folder / "units" / "u30.password").read_text()
    port = stack.table.server_ports(stack.port)["rabbitmq"]
    with closing(
        pika.BlockingConnection(pika.URLParameters(f"amqp://u30:{password}@127.0.0.1:{port}/city"))
    ) as link:
        assert link.channel().basic_get("unit.u30.tasks") == (None, None, None)
    assert "新设单位" in qianliyan(stack, "units", "list")


def qianliyan(stack: Stack, *words: str) -> str:
    """What a command of operations on the running system says; nothing when it is refused."""
    command = [
        sys.executable,
        "-m",
        "cli.main",
        *words,
        "--state",
        str(stack.folder),
        "--port",
        str(stack.port),
    ]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)
    return done.stdout if done.returncode == 0 else ""


def test_the_archives_are_not_to_be_had_at_the_front_door(centre: Centre) -> None:
    assert centre.operator.ask("GET", f"/api/console/handbook/archives/{BOOK.version}").status_code == 404
