"""What watches the system stays true: each metric that a dashboard or alert asks for is exported."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from chassis import metrics
from console.words import State
from tests.promql import metrics_in

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
OF_OTHERS = re.compile(r"rabbitmq_detailed_queue_(messages_ready|messages_unacked|messages|consumers)|up")


def exported() -> set[str]:
    """Every name that a process of ours exports."""
    of_chassis = {
        sample
        for metric in vars(metrics).values()
        if isinstance(metric, MetricWrapperBase)
        for family in metric.describe()
        for sample in _samples(family.name, family.type)
    }
    services = [*ROOT.glob("services/*/service.py"), ROOT / "console" / "service.py"]
    return of_chassis | {name for path in services for name in gauges_of(path)}


def _samples(name: str, kind: str) -> list[str]:
    endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
    return [name + ending for ending in endings.get(kind, [""])]


def gauges_of(path: Path) -> Iterator[str]:
    """The names in the readings ``(name, labels, value)`` of the functions that an app calls its gauges."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "gauges"]
    functions = {name.id for one in told for name in ast.walk(one) if isinstance(name, ast.Name)}
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.name in functions:
            for node in ast.walk(function):
                if isinstance(node, ast.Tuple) and len(node.elts) == 3 and isinstance(node.elts[1], ast.Dict):
                    yield ast.literal_eval(node.elts[0])


def alert_expressions() -> list[str]:
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


def board(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def board_expressions(path: Path) -> list[str]:
    return [target["expr"] for panel in board(path)["panels"] for target in panel["targets"]]


def test_the_names_in_an_expression_are_found():
    expression = (
        'sum by (le) (rate(a_b_total{x="c_d"}[5m])) / on (s) max(e_f) or label_replace(g, "h", "", "", "")'
    )

    assert metrics_in(expression) == {"a_b_total", "e_f", "g"}


def test_every_service_with_gauges_was_found():
    assert {"city_case_files", "city_cases", "city_overdue", "hotline_call_backs_due"} <= exported()
    assert {"outbox_published_total", "door_seconds_bucket", "waiting_facts"} <= exported()


@pytest.mark.parametrize("source", ["alerts", *(path.stem for path in BOARDS)])
def test_every_metric_that_is_asked_for_is_exported(source):
    asked = alert_expressions() if source == "alerts" else board_expressions(_named(source))
    known = exported()

    for expression in asked:
        for name in metrics_in(expression):
            assert name in known or OF_OTHERS.fullmatch(name), f"{name} in {expression}"


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_prometheus_can_read_every_expression_of_a_dashboard(path, tmp_path):
    rules = [
        {"record": f"board:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(board_expressions(path))
    ]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}))

    done = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole_and_speaks_chinese_and_english(path):
    document = board(path)
    taken: set[tuple[int, int]] = set()

    assert document["uid"] == path.stem
    for title in [document["title"], *(panel["title"] for panel in document["panels"])]:
        assert re.search(r"[\u4e00-\u9fff].* ?/ .*[a-z]", title), title
    assert len({panel["id"] for panel in document["panels"]}) == len(document["panels"])
    for panel in document["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + right, place["y"] + down)
            for right in range(place["w"])
            for down in range(place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_citys_day_shows_every_open_case_in_the_stage_where_it_stands():
    (panel,) = [one for one in board(_named("city-day"))["panels"] if one["title"].startswith("案卷按环节")]
    shown = {}
    for target in panel["targets"]:
        for state in re.search(r'state=~"([^"]+)"', target["expr"])[1].split("|"):
            shown[State(state)] = target["legendFormat"].split()[1]

    assert set(shown) == {state for state in State if not state.ended}
    assert shown == {state: state.stage.chinese for state in shown}


def test_grafana_finds_its_dashboards_and_the_metrics():
    provisioning = DEPLOY / "grafana" / "provisioning"
    sources = yaml.safe_load((provisioning / "datasources" / "qianliyan.yml").read_text(encoding="utf-8"))
    providers = yaml.safe_load((provisioning / "dashboards" / "qianliyan.yml").read_text(encoding="utf-8"))
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]

    (folder,) = [provider["options"]["path"] for provider in providers["providers"]]
    assert f"./deploy/grafana/dashboards:{folder}:ro" in services["grafana"]["volumes"]
    home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert Path(home).name in {path.name for path in BOARDS}
    uids = {source["uid"] for source in sources["datasources"]}
    for path in BOARDS:
        assert {panel["datasource"]["uid"] for panel in board(path)["panels"]} <= uids
    for source in sources["datasources"]:
        assert re.fullmatch(r"http://(\w+):\d+", source["url"])[1] in services


def test_alertmanager_accepts_its_settings_once_the_address_is_filled_in(tmp_path):
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    text = document["configs"]["alertmanager"]["content"]
    assert re.findall(r"\$\{?\w+", text) == ["${ALERT_WEBHOOK_URL"]
    file = tmp_path / "alertmanager.yml"
    file.write_text(text.replace("${ALERT_WEBHOOK_URL:?}", "https://duty.example/hook"), encoding="utf-8")

    done = subprocess.run(["amtool", "check-config", file], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    for severity in ("page", "ticket"):
        command = ["amtool", "config", "routes", "test", f"--config.file={file}", f"severity={severity}"]
        assert (
            subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "operations"
        )


def test_every_severity_of_an_alert_is_one_that_is_routed():
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    severities = {rule["labels"]["severity"] for group in groups for rule in group["rules"]}

    assert severities == {"page", "ticket"}


def test_prometheus_tells_alertmanager_of_its_alerts():
    settings = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))

    (told,) = settings["alerting"]["alertmanagers"]
    assert told["static_configs"] == [{"targets": ["alertmanager:9093"]}]


def test_the_runbook_of_every_alert_is_a_section_of_the_page():
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    sections = {line.strip("# ").lower().replace(" ", "-") for line in re.findall(r"(?m)^#+ .+$", page)}
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]

    for rule in (rule for group in groups for rule in group["rules"]):
        page_name, _, section = rule["annotations"]["runbook"].partition("#")
        assert page_name == "docs/operations.md"
        assert section in sections, rule["alert"]
        assert f"`{rule['alert']}`" in page


def _named(stem: str) -> Path:
    return DEPLOY / "grafana" / "dashboards" / f"{stem}.json"
