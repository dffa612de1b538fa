"""`qianliyan units …` and `broker …` against a real broker: accounts come, change and go."""

import json
import stat
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pika
import pytest

from case_contracts.readers import READERS
from cli import accounts, broker_commands, main, topology

pytestmark = pytest.mark.infra
UNITS = {"u01": "城市管理局", "u02": "交通运输局"}


@pytest.fixture(scope="module", autouse=True)
def county_of_two_units():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "unit_names", lambda: UNITS)
        yield


@pytest.fixture(scope="module")
def city(broker):
    name = "units_commands"
    broker.create_vhost(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(topology, "VHOST", name)
        broker.ask("POST", "definitions", topology.definitions(UNITS, READERS, vhost=name))
        yield name
    broker.delete_vhost(name)


@pytest.fixture
def qianliyan(broker, city, tmp_path, monkeypatch, capsys):
    """Runs a command against the private broker; the state folder is the test's own."""
    monkeypatch.setenv("RABBITMQ_ADMIN", "tester")
    monkeypatch.setenv("RABBITMQ_ADMIN_PASSWORD", broker.password)

    def command(*words):
        code = main.main([*words, "--state", str(tmp_path), "--management", broker.server.management_url])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    command.state = tmp_path
    return command


def log_in(broker, city, code, password):
    return pika.BlockingConnection(pika.URLParameters(broker.uri(city, code, password)))


def password_of(qianliyan, code):
    return (qianliyan.state / "units" / f"{code}.password").read_text()


def mode_of(qianliyan, code):
    return stat.S_IMODE((qianliyan.state / "units" / f"{code}.password").stat().st_mode)


def was_closed(connection):
    """Whether the broker has ended the connection."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            connection.process_data_events(time_limit=0.2)
        except pika.exceptions.ConnectionClosedByBroker:
            return True
    return False


def publish(broker, city, routing_key):
    connection = pika.BlockingConnection(pika.URLParameters(broker.uri(city)))
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_publish("units.tasks", routing_key, b"task", mandatory=True)
    connection.close()


@pytest.fixture
def metrics_of_dispatch():
    """dispatch has seen u01 on 2020-06-15."""

    class Metrics(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            labels = 'service="dispatch",responsible_unit="u01"'
            self.wfile.write(f"unit_last_seen_timestamp_seconds{{{labels}}} 1.59218142e+09\n".encode())

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Metrics)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/metrics"
    server.shutdown()
    server.server_close()


def test_a_provisioned_unit_reads_its_queue_and_its_password_is_written_nowhere_else(qianliyan, broker, city):
    code, printed = qianliyan("units", "provision", "u01")

    assert code == 0
    secret = qianliyan.state / "units" / "u01.password"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert secret.read_text() not in printed
    connection = log_in(broker, city, "u01", secret.read_text())
    assert connection.channel().basic_get("unit.u01.tasks")[0] is None
    connection.close()


def test_provisioning_twice_keeps_the_password(qianliyan):
    qianliyan("units", "provision", "u01")
    before = password_of(qianliyan, "u01")

    qianliyan("units", "provision", "all")

    assert password_of(qianliyan, "u01") == before


def test_rotation_ends_the_old_password_and_every_connection_that_was_opened_with_it(qianliyan, broker, city):
    qianliyan("units", "provision", "u01", "u02")
    old = password_of(qianliyan, "u01")
    open_one = log_in(broker, city, "u01", old)
    of_another = log_in(broker, city, "u02", password_of(qianliyan, "u02"))

    code, printed = qianliyan("units", "rotate", "u01")

    assert code == 0
    assert old not in printed
    assert password_of(qianliyan, "u01") not in printed
    assert mode_of(qianliyan, "u01") == 0o600
    assert was_closed(open_one)
    of_another.channel().basic_get("unit.u02.tasks")
    of_another.close()
    with pytest.raises(pika.exceptions.ProbableAuthenticationError):
        log_in(broker, city, "u01", old)
    log_in(broker, city, "u01", password_of(qianliyan, "u01")).close()


def test_a_password_that_the_broker_did_not_take_does_not_replace_the_old_one(qianliyan, monkeypatch):
    qianliyan("units", "provision", "u01")
    old = password_of(qianliyan, "u01")
    asked = accounts.Management.ask

    def ask(self, method, path, body=None):
        if method == "PUT":
            raise accounts.BrokerRefused("away")
        return asked(self, method, path, body)

    monkeypatch.setattr(accounts.Management, "ask", ask)

    code, _ = qianliyan("units", "rotate", "u01")

    assert code == 1
    assert password_of(qianliyan, "u01") == old
    assert [file.name for file in (qianliyan.state / "units").iterdir()] == ["u01.password"]


def test_rotation_opens_no_account_that_was_not_there(qianliyan, broker):
    qianliyan("units", "provision", "u02")
    qianliyan("units", "revoke", "u02")

    code, printed = qianliyan("units", "rotate", "u02")

    assert code == 1
    assert "provision u02" in printed
    assert "u02" not in {user["name"] for user in broker.ask("GET", "users")}


def test_a_revoked_unit_cannot_log_in_and_its_queues_stay(qianliyan, broker, city):
    qianliyan("units", "provision", "u02")
    password = password_of(qianliyan, "u02")
    open_one = log_in(broker, city, "u02", password)

    assert "已收回" in qianliyan("units", "revoke", "u02")[1]
    assert "本无账号" in qianliyan("units", "revoke", "u02")[1]

    assert was_closed(open_one)
    with pytest.raises(pika.exceptions.ProbableAuthenticationError):
        log_in(broker, city, "u02", password)
    assert not (qianliyan.state / "units" / "u02.password").exists()
    assert broker.count(city, "unit.u02.tasks") == 0


def test_a_revoked_unit_gets_no_account_back_by_a_later_start(qianliyan):
    first = accounts.whole_document(broker_commands.State(qianliyan.state))
    assert {"u01", "u02"} <= {user["name"] for user in first["users"]}

    qianliyan("units", "provision", "u02")
    qianliyan("units", "revoke", "u02")

    later = accounts.whole_document(broker_commands.State(qianliyan.state))
    assert "u02" not in {user["name"] for user in later["users"]}
    assert "unit.u02.tasks" in {queue["name"] for queue in later["queues"]}


def test_the_list_shows_name_account_readers_waiting_messages_and_when_the_unit_was_seen(
    qianliyan, broker, city, metrics_of_dispatch, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "200")
    qianliyan("units", "provision", "u01")
    qianliyan("units", "revoke", "u02")
    connection = log_in(broker, city, "u01", password_of(qianliyan, "u01"))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=1)
    channel.basic_consume("unit.u01.tasks", lambda *_: None)
    publish(broker, city, "u02.urgent")

    def row(code):
        _, printed = qianliyan("units", "list", "--metrics", metrics_of_dispatch)
        (found,) = [line for line in printed.splitlines() if f" {code} " in line]
        return [cell.strip() for cell in found.split("│")[1:-1]]

    # The management door's figures lag behind by some seconds.
    deadline = time.monotonic() + 60
    while row("u01")[3] != "1" or row("u02")[4] != "1":
        connection.process_data_events()
        assert time.monotonic() < deadline
    seen = f"{datetime.fromtimestamp(1592181420, UTC).astimezone():%Y-%m-%d %H:%M}"
    assert row("u01") == ["u01", UNITS["u01"], "有 yes", "1", "0", seen]
    assert row("u02") == ["u02", UNITS["u02"], "无 no", "0", "1", "—"]
    connection.close()


def test_the_list_does_without_dispatch(qianliyan):
    code, printed = qianliyan("units", "list", "--metrics", "http://127.0.0.1:9/metrics")

    assert code == 0
    assert "—" in printed


def test_a_unit_that_left_the_handbook_is_listed_and_loses_its_account(qianliyan, broker, monkeypatch):
    qianliyan("units", "provision", "u01", "u02")
    monkeypatch.setattr(accounts, "unit_names", lambda: {"u01": UNITS["u01"]})
    monkeypatch.setenv("COLUMNS", "200")

    assert "已不在手册" in qianliyan("units", "list")[1]
    assert qianliyan("units", "provision", "u02")[0] == 1
    assert "已收回" in qianliyan("units", "revoke", "u02")[1]

    assert "u02" not in {user["name"] for user in broker.ask("GET", "users")}


def test_without_a_running_system_the_bundled_handbook_is_the_register_and_that_is_said(qianliyan):
    code, printed = qianliyan("units", "provision", "u01")

    assert code == 0
    assert "按随附手册" in printed


def test_an_unknown_unit_is_refused(qianliyan):
    code, printed = qianliyan("units", "provision", "u77")

    assert code == 1
    assert "u77" in printed


def test_definitions_without_accounts_hold_no_user(tmp_path, capsys):
    assert main.main(["broker", "definitions", "--without-accounts", "--state", str(tmp_path)]) == 0

    document = json.loads(capsys.readouterr().out)
    assert "users" not in document
    assert {"name": "city"} in document["vhosts"]
