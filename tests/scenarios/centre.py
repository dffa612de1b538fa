"""A centre on a chosen day: its people do one thing after another, each at the minute that is named."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from case_contracts.readers import SERVICES
from examples.city.doors import Person, Refused
from examples.city.photos import Camera, photo
from examples.city.reporters import People
from tests.stack import Stack

SHANGHAI = ZoneInfo("Asia/Shanghai")
PATIENCE = 60
"""Seconds until a fact of one service must have reached the next."""


def at(text: str) -> datetime:
    """County time such as ``2020-06-15 08:07``."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


class Centre:
    """Everybody with an example login, and what they do about one case.

    Each verb takes the moment at which it is done, and waits first until what it needs has arrived from the
    other services.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        house = stack.house()
        accounts = stack.accounts()
        self.people = People(house, accounts)
        self.units = {
            account.login: Person(house, account)
            for account in accounts
            if account.role == "responsible_unit"
        }
        self.camera = Camera()

    # 信息收集, 案卷建立

    def report(self, when: datetime, told: dict[str, Any], *, label: str, collector: int = 0) -> str:
        """A collector reports with a photo; the report's number."""
        by = self.people.collectors[collector]
        photos = [self.camera.hand_in(by, f"before {label}", at=when)]
        document = by.post("/api/intake/reports", {"photos": photos, **told}, at=when)
        return str(document["report_number"])

    def phone(self, when: datetime, told: dict[str, Any], *, number: str) -> str:
        """A citizen calls 12319; the number that the caller is told."""
        call = {"caller_number": number, "caller_name": "示例来电人", **told}
        return str(self.people.agents.next().post("/api/hotline/calls", call, at=when)["report_number"])

    def confirm(self, sent: datetime, found: datetime, report: str, *, label: str) -> None:
        """核实: a collector is sent, and finds that it is so."""
        operator = self.people.operators.next()
        asked = self.once(
            lambda: operator.post(f"/api/intake/reports/{report}/ask-confirmation", {}, at=sent)
        )
        self.answer_task(found, asked, "confirmed", label=label)

    def propose(self, when: datetime, report: str, standard: str, **more: Any) -> None:
        """受理."""
        command = {"subcategory": standard.split("-")[0], "filing_standard": standard, **more}
        operator = self.people.operators.next()
        self.once(lambda: operator.post(f"/api/intake/reports/{report}/propose-filing", command, at=when))

    def file(self, when: datetime, report: str) -> str:
        """立案; the case's number."""
        filed = self.people.supervisors.next().post(f"/api/intake/reports/{report}/file", {}, at=when)
        return str(filed["case_number"])

    def link(self, when: datetime, report: str, case: str) -> None:
        """重复案件."""
        operator = self.people.operators.next()
        self.once(lambda: operator.post(f"/api/intake/reports/{report}/link", {"case_number": case}, at=when))

    # 任务派遣, 任务处理, 处理反馈

    def dispatch(self, when: datetime, case: str, unit: str) -> dict[str, Any]:
        """派遣; the assignment as the dispatcher's list shows it."""
        command = {"responsible_unit": unit}
        self.command_at_dispatch(when, self.people.dispatchers.next(), case, "dispatch", command)
        return self.assignment(case)

    def assignment(self, case: str) -> dict[str, Any]:
        """任务, as it stands."""
        return dict(self.people.dispatchers.next().get(f"/api/dispatch/assignments/{case}"))

    def unit_does(self, when: datetime, unit: str, case: str, what: str, **command: Any) -> Any:
        """签收, 回退 and whatever else a unit says at its own desk."""
        return self.command_at_dispatch(when, self.units[unit], case, what, command)

    def feed_back(self, when: datetime, unit: str, case: str, *, label: str) -> Any:
        """反馈 with one photo, uploaded with the task's own token."""
        receipt = self.upload(when, unit, case, label=label)
        return self.unit_does(
            when, unit, case, "feedback", text="已按要求处置完毕，现场已恢复。", receipts=[receipt]
        )

    def upload(self, when: datetime, unit: str, case: str, *, label: str) -> str:
        """A photo of the unit's; the receipt that its feedback names."""
        given = self.units[unit].get(f"/api/dispatch/assignments/{case}/upload-token", at=when)
        content, sha256 = photo(f"after {label}")
        answer = self.units[unit].house.call(
            "PUT",
            f"{given['upload_url']}/{sha256}",
            headers={
                "Authorization": f"Bearer {given['upload_token']}",
                "Content-Type": "image/jpeg",
                "X-Replay-At": when.isoformat(),
            },
            body=content,
        )
        assert answer.status in (200, 201), answer.data
        return str(json.loads(answer.data)["receipt"])

    def command_at_dispatch(
        self, when: datetime, by: Person, case: str, what: str, command: dict[str, Any]
    ) -> Any:
        """A command at one of dispatch's doors, as soon as dispatch knows the case."""
        return self.once(
            lambda: by.post(f"/api/dispatch/assignments/{case}/{what}", command, at=when),
            early=("not-found",),
        )

    # 核查结案

    def verify(
        self, sent: datetime, found: datetime, case: str, *, gone: bool = True, label: str
    ) -> dict[str, Any]:
        """核查: a collector is sent, and finds the problem gone or not; the task."""
        operator = self.people.operators.next()
        asked = self.once(
            lambda: operator.post(f"/api/intake/cases/{case}/ask-verification", {}, at=sent),
            early=("move-not-allowed",),
        )
        self.answer_task(found, asked, "gone" if gone else "remains", label=label)
        return dict(asked)

    def answer_task(self, when: datetime, asked: dict[str, Any], outcome: str, *, label: str) -> None:
        """What the collector who was sent has found."""
        collector = self.people.collector(asked["collector"])
        photos = [self.camera.hand_in(collector, f"{outcome} {label}", at=when)]
        finding = {"outcome": outcome, "words": "现场查看", "photos": photos}
        collector.post(f"/api/intake/tasks/{asked['task_id']}/answer", finding, at=when)

    def filed(self, when: datetime, told: dict[str, Any], standard: str, *, label: str) -> str:
        """上报, 受理 and 立案 within the same minute; the case's number."""
        report = self.report(when, {**told, "subcategory": standard.split("-")[0]}, label=label)
        self.propose(when, report, standard)
        return self.file(when, report)

    def close(self, when: datetime, case: str, **command: Any) -> None:
        """结案."""
        supervisor = self.people.supervisors.next()
        flags = supervisor.get(f"/api/intake/cases/{case}")["evidence_flags"]
        seen = {"flags_seen": [flag["id"] for flag in flags], **command}
        supervisor.post(f"/api/intake/cases/{case}/close", seen, at=when)

    # What is seen

    def case_file(
        self, case: str, until: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> dict[str, Any]:
        """案卷, as soon as it says what is waited for."""

        def seen() -> dict[str, Any]:
            document = dict(self.people.assessors.next().get(f"/api/console/case-files/{case}"))
            if not until(document):
                raise NotYetSeen(json.dumps(document, ensure_ascii=False)[:2000])
            return document

        return dict(self.once(seen))

    def figures(self, begin: datetime, end: datetime, unit: str | None = None) -> dict[str, Any]:
        """指标 of a period: counts and rates."""
        asked = {"from": begin.isoformat(), "to": end.isoformat(), "responsible_unit": unit}
        return dict(self.people.assessors.next().get("/api/assessment/figures", **asked))

    def cases_counted(self, figure: str, begin: datetime, end: datetime) -> list[str]:
        """The cases in the list behind a figure."""
        asked = {"from": begin.isoformat(), "to": end.isoformat(), "limit": 1000}
        listed = self.people.assessors.next().get(f"/api/assessment/figures/{figure}/cases", **asked)
        return [line["case_number"] for line in listed["lines"]]

    def night_falls(self, when: datetime) -> None:
        """Every wake-up until that moment fires, in the order of time."""
        operations = self.people.operations.next()
        for service in SERVICES:
            operations.post(f"/api/{service}/replay/wake", {"to": when.isoformat()}, at=when)

    def eventually(self, seen: Callable[[], bool]) -> None:
        """Wait until facts have arrived."""
        deadline = time.monotonic() + PATIENCE
        while not seen():
            assert time.monotonic() < deadline, f"not within {PATIENCE} s"
            time.sleep(0.05)

    def once(self, act: Callable[[], Any], early: tuple[str, ...] = ()) -> Any:
        """Do it as soon as the other service has heard of what it is about."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return act()
            except (Refused, NotYetSeen) as refusal:
                waits = isinstance(refusal, NotYetSeen) or refusal.status == 404 or refusal.kind in early
                if not waits or time.monotonic() > deadline:
                    raise
            time.sleep(0.05)


class NotYetSeen(Exception):
    """The read model does not say it yet; the message is what it says."""
