"""`qianliyan units …` and `broker …` against a real broker: accounts come, change and go."""

import json
import stat

import pika
import pytest

from case_contracts.readers import READERS
from cli import accounts, broker_commands, main, topology

pytestmark = pytest.mark.infra
UNITS = ["u01", "u02"]


@pytest.fixture(scope="module", autouse=True)
def county_of_two_units():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "unit_codes", lambda: UNITS)
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


def test_rotation_ends_the_old_password(qianliyan, broker, city):
    qianliyan("units", "provision", "u01")
    old = password_of(qianliyan, "u01")

    qianliyan("units", "rotate", "u01")

    with pytest.raises(pika.exceptions.ProbableAuthenticationError):
        log_in(broker, city, "u01", old)
    log_in(broker, city, "u01", password_of(qianliyan, "u01")).close()


def test_a_revoked_unit_cannot_log_in_and_its_queues_stay(qianliyan, broker, city):
    qianliyan("units", "provision", "u02")
    password = password_of(qianliyan, "u02")

    qianliyan("units", "revoke", "u02")

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


def test_the_list_shows_who_has_an_account(qianliyan):
    qianliyan("units", "provision", "u01")

    code, printed = qianliyan("units", "list")

    assert code == 0
    assert "u01" in printed
    assert "有 yes" in printed


def test_an_unknown_unit_is_refused(qianliyan):
    code, printed = qianliyan("units", "provision", "u77")

    assert code == 1
    assert "u77" in printed


def test_definitions_without_accounts_hold_no_user(tmp_path, capsys):
    assert main.main(["broker", "definitions", "--without-accounts", "--state", str(tmp_path)]) == 0

    document = json.loads(capsys.readouterr().out)
    assert "users" not in document
    assert {"name": "city"} in document["vhosts"]
