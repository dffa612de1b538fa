"""What is deployed stays true: compose file, front door, alerts, all from the one process table."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cli import compose
from cli.infrastructure.prometheus import scrape_settings
from cli.process_table import TableBroken, load

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="module")
def table():
    return load()


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("docker-compose.yml", compose.compose_text),
        ("deploy/compose.nginx.conf", compose.nginx_text),
        ("deploy/prometheus.yml", compose.prometheus_text),
    ],
)
def test_the_generated_file_is_what_the_process_table_yields(file, text, table):
    assert (ROOT / file).read_text(encoding="utf-8") == text(table), "run `qianliyan compose`"


def test_the_compose_file_keeps_to_the_compose_specification():
    program = Path(sys.executable).with_name("check-jsonschema")
    command = [program, "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_every_process_of_the_table_is_a_compose_service(document, table):
    for process in table.processes:
        assert document["services"][process.name]["command"] == list(process.command)


def test_every_compose_service_has_a_healthcheck_and_a_pinned_tag(document):
    for name, service in document["services"].items():
        assert "healthcheck" in service, name
        tag = service["image"].rpartition(":")[2]
        assert re.fullmatch(r"v?\d+\.\d+.*", tag), name


def test_every_variable_that_compose_sets_is_explained_in_the_table(document, table):
    of_others = {"postgres", "grafana"}
    for name, service in document["services"].items():
        if name not in of_others:
            assert set(service.get("environment", {})) <= set(table.variables), name


def test_every_file_that_compose_mounts_exists_or_is_told_how_to_make(document):
    made_by_hand = {"./deploy/compose/definitions.json"}
    for service in document["services"].values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert not source.startswith("./") or source in made_by_hand or (ROOT / source).exists()


def test_what_depends_on_something_depends_on_a_service_that_exists(document):
    for service in document["services"].values():
        assert set(service.get("depends_on", {})) <= set(document["services"])


def test_the_front_door_accepts_its_configuration(tmp_path, table):
    text = compose.nginx_text(table).replace("listen 80;", "listen 127.0.0.1:28999;")
    for process in table.processes:
        text = text.replace(f"{process.name}:8000", "127.0.0.1:8000")
    (tmp_path / "nginx.conf").write_text(text.replace("/tmp/", f"{tmp_path}/"))

    command = [
        "/usr/sbin/nginx",
        "-t",
        "-p",
        tmp_path,
        "-e",
        tmp_path / "error.log",
        "-c",
        tmp_path / "nginx.conf",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_each_alert_fires_when_it_should_and_not_before():
    done = subprocess.run(
        ["promtool", "test", "rules", DEPLOY / "alerts.test.yml"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_test_and_a_runbook():
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    tested = (DEPLOY / "alerts.test.yml").read_text()

    assert len(rules) == 9
    for rule in rules:
        assert f"alertname: {rule['alert']}\n" in tested
        assert rule["annotations"]["runbook"].startswith("docs/operations.md#")


def test_prometheus_accepts_what_it_is_told_to_scrape(tmp_path, table):
    shutil.copy(DEPLOY / "alerts.yml", tmp_path)
    settings = tmp_path / "prometheus.yml"
    settings.write_text(scrape_settings(table.metrics(18000), ("127.0.0.1:18004",), "alerts.yml"))

    done = subprocess.run(
        ["promtool", "check", "config", settings], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    jobs = yaml.safe_load(settings.read_text())["scrape_configs"]
    assert {job["job_name"]: len(job["static_configs"]) for job in jobs}["qianliyan"] == len(table.processes)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda text: text.replace("METRICS_PORT: 21", "METRICS_PORT: 15"), "one port is given twice"),
        (lambda text: text.replace("port: 18000", "port: 32760"), "below 32768"),
        (lambda text: text.replace("role: relay", "role: relais", 1), "relais is no role"),
        (lambda text: text.replace('  LOG_LEVEL: "$', '  LOGLEVEL: "$'), "unknown variables LOGLEVEL"),
    ],
    ids=["a port twice", "an ephemeral port", "an unknown role", "a misspelt variable"],
)
def test_a_broken_process_table_is_refused_with_the_reason(wrong, why, tmp_path):
    config = tmp_path / "config.yml"
    config.write_text(wrong((ROOT / "config.yml").read_text(encoding="utf-8")), encoding="utf-8")

    with pytest.raises(TableBroken, match=why):
        load(config)
