"""A running system under the hands of its operators: asked, counted, stopped and cut off from its servers."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families
from psycopg2 import sql

from tests.promql import metrics_in
from tests.stack import ROOT, Stack

DEPLOY = ROOT / "deploy"


class Clerk:
    """Somebody at a desk who sends each request once and sees whatever is answered."""

    def __init__(self, stack: Stack, role: str) -> None:
        self.stack = stack
        self._account = next(account for account in stack.accounts() if account.role == role)
        self._log_in()

    def _log_in(self) -> None:
        given = {"login": self._account.login, "password": self._account.password}
        answer = requests.post(f"{self.stack.address}/api/console/login", json=given, timeout=30)
        assert answer.status_code == 200, answer.text
        self._bearer = f"Bearer {answer.json()['token']}"
        self._until = time.monotonic() + 200  # a token lives for five minutes

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """One request, never repeated."""
        if time.monotonic() > self._until:
            self._log_in()
        headers = {"Authorization": self._bearer, **more.pop("headers", {})}
        return requests.request(method, self.stack.address + path, headers=headers, timeout=60, **more)

    def take_call(self, key: str, **headers: str) -> requests.Response:
        """A hotline agent registers a call."""
        call = {
            "caller_number": "13900000001",
            "caller_name": "示例来电人",
            "words": f"路灯不亮 {key}",
            "address": "人民路与文化路交叉口",
            "position": {"lon": 114.36, "lat": 35.92, "datum": "wgs84"},
        }
        return self.ask("POST", "/api/hotline/calls", json=call, headers={"Idempotency-Key": key, **headers})


def eventually(condition: Callable[[], Any], within: float = 60) -> Any:
    """Poll until the condition holds; its value."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {within:g} s"
        time.sleep(0.1)
    return value


# --- servers that are away ----------------------------------------------------------------------------------


@contextmanager
def away(stack: Stack, server: str) -> Iterator[None]:
    """A private server is killed, and the supervisor may start it again only afterwards."""
    port = stack.table.server_ports(stack.port)[server]
    assert stack.process is not None
    stack.process.send_signal(signal.SIGSTOP)
    try:
        listener = _listener(port)
        listener.kill()
        psutil.wait_procs([listener], timeout=10)
        eventually(lambda: port not in _listening(), within=10)
        yield
        assert port not in _listening()
    finally:
        stack.process.send_signal(signal.SIGCONT)
    eventually(lambda: port in _listening())


def _listener(port: int) -> psutil.Process:
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            return psutil.Process(connection.pid)
    raise LookupError(f"nobody listens on {port}")


def _listening() -> set[int]:
    return {
        connection.laddr.port
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }


# --- stopping -----------------------------------------------------------------------------------------------


def stopped_by(stack: Stack, number: signal.Signals) -> int:
    """Stop as a terminal or a service manager does; the exit code."""
    assert stack.process is not None
    stack.process.send_signal(number)
    return stack.process.wait(120)


def started_by(stack: Stack) -> list[psutil.Process]:
    """Every process that a running system consists of, its servers and their children included."""
    assert stack.process is not None
    roots = [psutil.Process(stack.process.pid)]
    own = set(stack.table.all_ports(stack.port).values())
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port in own and connection.pid:
            roots.append(psutil.Process(connection.pid))
    return list({one for root in roots for one in (root, *root.children(recursive=True))})


def left_behind(stack: Stack, before: list[psutil.Process]) -> list[str]:
    """What of it still lives, or has to do with its folder."""
    folders = {
        str(stack.folder),
        *(str(path.resolve()) for path in stack.folder.iterdir() if path.is_symlink()),
    }
    left = [one for one in before if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    for process in psutil.process_iter(["cmdline", "environ", "status"]):
        words = [*(process.info["cmdline"] or []), *(process.info["environ"] or {}).values()]
        concerned = any(folder in word for folder in folders for word in words)
        if concerned and process.info["status"] != psutil.STATUS_ZOMBIE:
            left.append(process)
    return [" ".join(process.cmdline()) for process in left]


def taken_ports(stack: Stack) -> dict[str, int]:
    """Ports of the table on which somebody still listens."""
    listening = _listening()
    return {owner: port for owner, port in stack.table.all_ports(stack.port).items() if port in listening}


# --- what is stored, what is measured -----------------------------------------------------------------------


def rows(stack: Stack, database: str) -> dict[str, int]:
    """How many rows each table of a service's database holds."""
    with closing(stack.database(database)) as connection:
        cursor = connection.cursor()
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        names = [name for (name,) in cursor.fetchall()]
        counts = {}
        for name in names:
            cursor.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(name)))
            counts[name] = cursor.fetchone()[0]
    return counts


def samples(url: str) -> list[Any]:
    """Every sample of a metrics page."""
    answer = requests.get(url, timeout=10)
    assert answer.status_code == 200, url
    return [one for family in text_string_to_metric_families(answer.text) for one in family.samples]


def process_samples(stack: Stack) -> dict[str, list[Any]]:
    """The samples of every process, by its name."""
    places = stack.table.metrics(stack.port).items()
    return {name: samples(f"http://{address}/metrics") for name, address in places}


def broker_samples(stack: Stack) -> list[Any]:
    """The broker's samples of each queue, asked for as deploy/prometheus.yml asks."""
    port = stack.table.server_ports(stack.port)["rabbitmq_metrics"]
    jobs = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    job = next(job for job in jobs if job["job_name"] == "rabbitmq-queues")
    return samples(f"http://127.0.0.1:{port}{job['metrics_path']}?{urlencode(job['params'], doseq=True)}")


def prometheus_says(stack: Stack, path: str, **query: str) -> Any:
    """What the stack's own Prometheus answers to a question of its HTTP API."""
    port = stack.table.server_ports(stack.port)["prometheus"]
    answer = requests.get(f"http://127.0.0.1:{port}/api/v1/{path}", params=query, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def scraped(stack: Stack) -> dict[tuple[str, str], str]:
    """The health of each target of Prometheus, by job and by process or address."""
    found = {}
    for target in prometheus_says(stack, "targets", state="active")["activeTargets"]:
        labels = target["labels"]
        found[labels["job"], labels.get("process", labels["instance"])] = target["health"]
    return found


def alert_metrics() -> dict[str, set[str]]:
    """The names of metrics in each alert's expression."""
    document = yaml.safe_load(Path(DEPLOY / "alerts.yml").read_text(encoding="utf-8"))
    rules = [rule for group in document["groups"] for rule in group["rules"]]
    return {rule["alert"]: metrics_in(rule["expr"]) for rule in rules}


def known_to_intake(operator: Clerk, report_number: str) -> bool:
    """Whether the report stands in intake's books."""
    return operator.ask("GET", f"/api/intake/reports/{report_number}").status_code == 200
