"""The whole system as its operators meet it: pages, measures, servers that go away.

One system serves all tests of this file, in their order, since a start takes its time.
"""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from openapi_spec_validator import validate

import handbook
from cli.topology import SERVICES
from tests.run.hostile import complaints, entitled_role, writing_doors
from tests.run.run_kit import (
    Clerk,
    alert_metrics,
    away,
    broker_samples,
    eventually,
    known_to_intake,
    process_samples,
    prometheus_says,
    rows,
    scraped,
)
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("run") / "state", options=["--prometheus"]) as running:
        yield running


@pytest.fixture
def agent(stack: Stack) -> Clerk:
    return Clerk(stack, "hotline_agent")


@pytest.fixture
def operator(stack: Stack) -> Clerk:
    return Clerk(stack, "intake_operator")


def test_the_live_page_is_served_with_strict_rules_and_all_that_it_names(agent: Clerk) -> None:
    page = agent.ask("GET", "/")

    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(rule.strip().split(" ", 1) for rule in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    named = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert named
    assert {name: agent.ask("GET", name).status_code for name in named} == dict.fromkeys(named, 200)
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\son\w+=", page.text) == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_describes_its_doors_in_valid_openapi(agent: Clerk, service: str) -> None:
    answer = agent.ask("GET", f"/api/{service}/openapi.json")

    assert answer.status_code == 200
    validate(answer.json())
    assert len(answer.json()["paths"]) > 1


@pytest.mark.parametrize("service", SERVICES)
def test_every_door_names_field_and_rule_of_nonsense_and_stores_nothing(
    stack: Stack, agent: Clerk, service: str
) -> None:
    doors = list(writing_doors(service, agent.ask("GET", f"/api/{service}/openapi.json").json()))
    assert doors or service == "assessment", "only the assessment takes no commands"
    clerks = {role: Clerk(stack, role) for role in {entitled_role(door) for door in doors}}
    before = rows(stack, service)

    found = [wrong for door in doors for wrong in complaints(clerks[entitled_role(door)], door)]

    assert found == []
    assert rows(stack, service) == before


def test_every_metric_of_the_alerts_is_measured_and_a_healthy_system_raises_none(stack: Stack) -> None:
    by_process = process_samples(stack)
    measured = [sample for samples in by_process.values() for sample in samples]
    of_queues = eventually(lambda: broker_samples(stack))

    assert set(by_process) == {process.name for process in stack.table.processes}
    assert all(by_process.values())
    names = {sample.name for sample in measured + of_queues}
    needed = alert_metrics()
    assert needed
    assert all(needed.values())
    assert {alert: missing for alert, wanted in needed.items() if (missing := wanted - names)} == {}
    consumers = {
        sample.labels["queue"]: sample.value
        for sample in of_queues
        if sample.name == "rabbitmq_detailed_queue_consumers"
    }
    worked = {*(f"{service}.facts" for service in SERVICES), "dispatch.feedback", "parking"}
    assert {queue for queue in worked if not consumers.get(queue)} == set()
    lagging = {sample.labels["service"] for sample in measured if sample.name.startswith("outbox_oldest")}
    assert lagging == set(SERVICES)
    for name in ("city_open_work_without_owner", "parked_messages"):
        values = [
            sample.value
            for sample in measured
            if sample.name == name and sample.labels.get("status", "open") == "open"
        ]
        assert values, name
        assert sum(values) == 0, name


def test_prometheus_reaches_every_process_and_the_broker_and_no_alert_fires(stack: Stack) -> None:
    broker = f"127.0.0.1:{stack.table.server_ports(stack.port)['rabbitmq_metrics']}"
    wanted = {
        **{("qianliyan", process.name): "up" for process in stack.table.processes},
        ("rabbitmq", broker): "up",
        ("rabbitmq-queues", broker): "up",
    }

    eventually(lambda: scraped(stack) == wanted)
    rules = {
        rule["name"]: rule for group in prometheus_says(stack, "rules")["groups"] for rule in group["rules"]
    }
    assert set(rules) == set(alert_metrics())
    assert {name: why for name, rule in rules.items() if (why := rule.get("lastError"))} == {}
    # Asked directly, an alert's condition need not hold for minutes first.
    conditions = {name: prometheus_says(stack, "query", query=rule["query"]) for name, rule in rules.items()}
    # Late in a year whose successor has no calendar yet, one alert is right to ring, and must.
    missing = handbook.load().calendar.missing_year_ahead(datetime.now(handbook.COUNTY_TIME).date())
    right = {"CalendarYearMissing"} if missing else set()
    assert {name for name, found in conditions.items() if found["result"]} == right, conditions
    assert {alert["labels"]["alertname"] for alert in prometheus_says(stack, "alerts")["alerts"]} <= right


def test_without_replay_nobody_sets_the_clock(stack: Stack, agent: Clerk) -> None:
    before = rows(stack, "hotline")

    refused = agent.take_call("clock-1", **{"X-Replay-At": "2020-06-15T08:37:00+08:00"})

    assert refused.status_code == 400
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:qianliyan:problem:replay-not-allowed"
    assert rows(stack, "hotline") == before
    assert agent.take_call("clock-1").status_code == 201


def test_while_the_broker_is_away_doors_accept_and_the_facts_follow(
    stack: Stack, agent: Clerk, operator: Clerk
) -> None:
    pids = stack.pids()

    with away(stack, "rabbitmq"):
        answers = [agent.take_call(f"broker-{number}") for number in range(5)]
        numbers = [answer.json().get("report_number") for answer in answers]
        assert [answer.status_code for answer in answers] == [201] * 5
        assert not any(known_to_intake(operator, number) for number in numbers)

    assert eventually(lambda: all(known_to_intake(operator, number) for number in numbers))
    assert eventually(lambda: rows(stack, "assessment")["waiting_facts"] == 0)
    assert stack.pids() == pids


def test_while_the_database_is_away_doors_say_so_and_recover_by_themselves(
    stack: Stack, agent: Clerk, operator: Clerk
) -> None:
    pids = stack.pids()
    dispatcher, assessor = Clerk(stack, "dispatcher"), Clerk(stack, "assessor")
    asked = {
        "intake": lambda: operator.ask("GET", "/api/intake/reports"),
        "dispatch": lambda: dispatcher.ask("GET", "/api/dispatch/assignments"),
        "assessment": lambda: assessor.ask("GET", "/api/assessment/totals"),
        "console": lambda: operator.ask("GET", "/api/console/me"),
        "hotline": lambda: agent.take_call("database-1"),
    }
    assert set(asked) == set(SERVICES)

    with away(stack, "postgres"):
        answers = {service: ask() for service, ask in asked.items()}
        assert {service: answer.status_code for service, answer in answers.items()} == dict.fromkeys(
            asked, 503
        )
        for answer in answers.values():
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.json()["type"] == "urn:qianliyan:problem:database-away"

    for service, ask in asked.items():
        wanted = 201 if service == "hotline" else 200
        assert eventually(lambda ask=ask, wanted=wanted: ask().status_code == wanted), service
    taken = asked["hotline"]()
    assert taken.headers["Idempotent-Replay"] == "true"
    assert eventually(lambda: known_to_intake(operator, taken.json()["report_number"]))
    assert stack.pids() == pids
