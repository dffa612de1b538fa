"""docker-compose.yml from the process table, so that the file that is rarely run stays true."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from cli.infrastructure.nginx import render
from cli.infrastructure.prometheus import scrape_settings
from cli.process_table import Process, ProcessTable, filled

IMAGES = {
    "postgres": "postgres:15.8-bookworm",
    "rabbitmq": "rabbitmq:3.13.7-management",
    "prometheus": "prom/prometheus:v2.53.2",
    "alertmanager": "prom/alertmanager:v0.27.0",
    "grafana": "grafana/grafana:11.1.4",
}
HEAD = "# Written by `qianliyan compose` from config.yml; a test compares. Passwords come from .env.\n"
ROOT = Path(__file__).parents[1]
HTTP_PORT, METRICS_PORT = "8000", "9000"
STATE = "/var/lib/qianliyan"
PLACES = {
    "database_server": "postgresql://qianliyan:${POSTGRES_PASSWORD}@postgres:5432",
    "amqp_uri": "amqp://services:${RABBITMQ_PASSWORD}@rabbitmq:5672/city",
    "state": STATE,
}
VOLUMES = ("postgres", "rabbitmq", "prometheus", "alertmanager", "grafana", "state")
LEAST_SHARE = 16
"""Of 1024 that every other container has: the share of one that takes what others leave of the processor."""
EVERY = {"interval": "10s", "timeout": "5s", "retries": 12}


def compose_text(table: ProcessTable) -> str:
    """The whole file."""
    return HEAD + yaml.dump(compose(table), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def compose(table: ProcessTable) -> dict[str, Any]:
    """The whole document."""
    return {
        "name": "qianliyan",
        "services": {
            **_servers(table),
            **_watchers(),
            "keys": _once("qianliyan", "keys", "--state", STATE),
            "migrate": {
                **_once("qianliyan", "migrate", "--state", STATE),
                "environment": {"DATABASE_URL": PLACES["database_server"]},
                "depends_on": {"postgres": {"condition": "service_healthy"}},
            },
            **{process.name: _process(process, table) for process in table.processes},
        },
        "configs": {"alertmanager": {"content": alertmanager_text()}},
        "volumes": {name: {} for name in VOLUMES},
    }


def nginx_text(table: ProcessTable) -> str:
    """The front door's configuration inside the compose network."""
    doors = table.doors(lambda process: f"{process.name}:{HTTP_PORT}")
    folder = "/tmp"  # noqa: S108 - inside a container of its own
    return render(doors, table.callers({}), listen="80", folder=folder, web="/web")


def prometheus_text(table: ProcessTable) -> str:
    """What Prometheus scrapes inside the compose network."""
    processes = {process.name: f"{process.name}:{METRICS_PORT}" for process in table.processes}
    return scrape_settings(
        processes, ("rabbitmq:15692",), "/etc/prometheus/alerts.yml", ("alertmanager:9093",)
    )


def alertmanager_text() -> str:
    """Where alerts go; compose fills in the address that only the operators know."""
    return (ROOT / "deploy" / "alertmanager.yml").read_text(encoding="utf-8")


def write(table: ProcessTable, root: Path) -> list[Path]:
    """Write docker-compose.yml and the two files that it mounts."""
    texts = {
        root / "docker-compose.yml": compose_text(table),
        root / "deploy" / "compose.nginx.conf": nginx_text(table),
        root / "deploy" / "prometheus.yml": prometheus_text(table),
    }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return list(texts)


def _servers(table: ProcessTable) -> dict[str, Any]:
    doors = [process.name for process in table.processes if process.role == "doors"]
    return {
        "postgres": {
            "image": IMAGES["postgres"],
            "environment": {"POSTGRES_USER": "qianliyan", "POSTGRES_PASSWORD": "${POSTGRES_PASSWORD}"},
            "volumes": ["postgres:/var/lib/postgresql/data"],
            "healthcheck": {"test": ["CMD-SHELL", "pg_isready -U qianliyan"], **EVERY},
            "restart": "unless-stopped",
        },
        "rabbitmq": {
            "image": IMAGES["rabbitmq"],
            "hostname": "rabbitmq",
            # definitions.json: qianliyan broker definitions --state deploy/compose
            "volumes": [
                "rabbitmq:/var/lib/rabbitmq",
                "./deploy/compose.rabbitmq.conf:/etc/rabbitmq/conf.d/20-qianliyan.conf:ro",
                "./deploy/compose/definitions.json:/etc/rabbitmq/definitions.json:ro",
            ],
            "healthcheck": {
                "test": ["CMD", "rabbitmq-diagnostics", "-q", "check_port_connectivity"],
                **EVERY,
            },
            "restart": "unless-stopped",
        },
        "nginx": {
            "build": {"context": ".", "target": "front"},
            "image": "qianliyan-front:0.1.0",
            "ports": ["${PORT:-8080}:80"],
            "volumes": ["./deploy/compose.nginx.conf:/etc/nginx/nginx.conf:ro"],
            "depends_on": {name: {"condition": "service_healthy"} for name in doors},
            "healthcheck": {"test": ["CMD-SHELL", "curl -fsS -o /dev/null http://127.0.0.1/"], **EVERY},
            "restart": "unless-stopped",
        },
    }


def _watchers() -> dict[str, Any]:
    return {
        "prometheus": {
            "image": IMAGES["prometheus"],
            "volumes": [
                "prometheus:/prometheus",
                "./deploy/prometheus.yml:/etc/prometheus/prometheus.yml:ro",
                "./deploy/alerts.yml:/etc/prometheus/alerts.yml:ro",
            ],
            **_asked_at("http://127.0.0.1:9090/-/ready"),
        },
        "alertmanager": {
            "image": IMAGES["alertmanager"],
            "configs": [{"source": "alertmanager", "target": "/etc/alertmanager/alertmanager.yml"}],
            "volumes": ["alertmanager:/alertmanager"],
            **_asked_at("http://127.0.0.1:9093/-/ready"),
        },
        "grafana": {
            "image": IMAGES["grafana"],
            "environment": {
                "GF_SECURITY_ADMIN_PASSWORD": "${GRAFANA_PASSWORD:?}",
                "GF_USERS_DEFAULT_LANGUAGE": "zh-Hans",
                "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": "/etc/grafana/dashboards/city-day.json",
                "GF_ANALYTICS_REPORTING_ENABLED": "false",
                "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            },
            "ports": ["127.0.0.1:${GRAFANA_PORT:-3000}:3000"],
            "volumes": [
                "grafana:/var/lib/grafana",
                "./deploy/grafana/provisioning:/etc/grafana/provisioning:ro",
                "./deploy/grafana/dashboards:/etc/grafana/dashboards:ro",
            ],
            **_asked_at("http://127.0.0.1:3000/api/health"),
        },
    }


def _asked_at(url: str) -> dict[str, Any]:
    """Started again when it ends, and well while this address answers."""
    probe = ["CMD", "wget", "-q", "-O", "/dev/null", url]
    return {"healthcheck": {"test": probe, **EVERY}, "restart": "unless-stopped"}


def _process(process: Process, table: ProcessTable) -> dict[str, Any]:
    ready = f"http://127.0.0.1:{METRICS_PORT}/health/ready"
    probe = f"import urllib.request; urllib.request.urlopen('{ready}', timeout=3)"
    return {
        **_ours(process.command),
        # Containers are weighed against each other; within its own a process has nobody to give way to.
        **({"cpu_shares": LEAST_SHARE} if process.role == "work" else {}),
        "environment": _environment(process, table),
        "volumes": [f"state:{STATE}"],
        "depends_on": {
            "rabbitmq": {"condition": "service_healthy"},
            "keys": {"condition": "service_completed_successfully"},
            "migrate": {"condition": "service_completed_successfully"},
        },
        "healthcheck": {"test": ["CMD", "python", "-c", probe], **EVERY, "start_period": "10s"},
        "restart": "unless-stopped",
        "stop_grace_period": "15s",
    }


def _environment(process: Process, table: ProcessTable) -> dict[str, str]:
    addresses = {line.name: f"{line.name}:{HTTP_PORT}" for line in table.processes if line.role == "doors"}
    places = {**PLACES, **addresses, "service": process.service}
    ports = {"HTTP_PORT": HTTP_PORT, "METRICS_PORT": METRICS_PORT}
    told = {name: filled(text, places) for name, text in process.environment.items()}
    return {**told, **{name: ports[name] for name in process.offsets}, "BIND": "0.0.0.0"}


def _once(*command: str) -> dict[str, Any]:
    return {
        **_ours(command),
        "volumes": [f"state:{STATE}"],
        "restart": "no",
        "healthcheck": {"disable": True},
    }


def _ours(command: Iterable[str]) -> dict[str, Any]:
    return {"image": "qianliyan:0.1.0", "build": {"context": "."}, "command": list(command)}


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as they are written."""


def _as_block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _as_block)
