"""The private PostgreSQL and its folder: idempotent, durable, unbothered by what a crash leaves behind."""

import os
import pwd
import shutil
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from cli.infrastructure.postgres import Postgres, create_databases
from cli.infrastructure.server import (
    FALLBACK_ROOM,
    ServerDidNotStart,
    dropped_to,
    existing_user,
    free_ports,
    room_for,
    wait_until,
)

pytestmark = pytest.mark.infra
LOCAL = Path(__file__).parents[2] / ".local"
as_root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")


@pytest.fixture(scope="module")
def cluster():
    folder = LOCAL / f"test-postgres-{os.getpid()}"
    postgres = Postgres(folder, free_ports(1)[0])
    postgres.start()
    yield postgres
    postgres.stop()
    shutil.rmtree(folder)


def asked(postgres, query):
    with closing(psycopg2.connect(postgres.url("postgres"))) as connection:
        cursor = connection.cursor()
        cursor.execute(query)
        return cursor.fetchone()[0]


def postmaster(postgres):
    return int((postgres.folder / "data" / "postmaster.pid").read_text().split()[0])


def test_nothing_that_was_confirmed_can_be_lost(cluster):
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert asked(cluster, f"show {setting}") == "on"


def test_it_listens_on_loopback_only_and_asks_for_a_password(cluster):
    assert asked(cluster, "show listen_addresses") == "127.0.0.1"
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(f"postgresql://qianliyan:wrong@127.0.0.1:{cluster.port}/postgres")


def test_its_own_address_is_a_socket_where_the_path_is_short_enough(cluster):
    with closing(psycopg2.connect(cluster.url("postgres"))) as connection:
        assert connection.info.host == str(cluster.folder.resolve())
        assert connection.info.port == cluster.port


@pytest.mark.parametrize("folder", ["long" * 30, "a,b"])
def test_elsewhere_it_is_the_loopback_port(tmp_path, folder):
    elsewhere = Postgres(tmp_path / folder, 5433)
    elsewhere.folder.mkdir()
    (elsewhere.folder / "password").write_text("secret")

    assert elsewhere.url("intake") == "postgresql://qianliyan:secret@127.0.0.1:5433/intake"


def test_starting_what_runs_changes_nothing(cluster):
    before = postmaster(cluster)

    cluster.start()

    assert postmaster(cluster) == before


def test_databases_are_created_once(cluster):
    create_databases(cluster.url(), ["intake", "dispatch"])
    create_databases(cluster.url(), ["intake", "hotline"])

    assert (
        asked(cluster, "select count(*) from pg_database where datname in ('intake', 'dispatch', 'hotline')")
        == 3
    )


def test_after_a_kill_what_names_its_process_is_no_obstacle(cluster):
    os.kill(postmaster(cluster), signal.SIGKILL)
    wait_until(lambda: not cluster.is_alive(), within=10, what="the end of the postmaster")
    # The same number may belong to quite another process by now, of the same user at that.
    other = subprocess.Popen(["sleep", "600"], **dropped_to(existing_user("postgres")))
    for pid_file in (
        cluster.folder / "data" / "postmaster.pid",
        cluster.folder / f".s.PGSQL.{cluster.port}.lock",
    ):
        text = pid_file.read_text()
        pid_file.write_text(text.replace(text.split()[0], str(other.pid), 1))

    try:
        cluster.start()
    finally:
        other.kill()
        other.wait()

    assert asked(cluster, "select 1") == 1


def test_one_that_runs_on_another_port_is_stopped_before_a_second_start(cluster):
    moved = Postgres(cluster.folder, free_ports(1)[0])

    moved.start()

    assert asked(moved, "select 1") == 1
    assert not cluster.is_running()
    cluster.start()
    assert not moved.is_running()


def test_a_port_that_is_taken_is_told_with_the_servers_own_words(cluster):
    folder = LOCAL / f"test-postgres-{os.getpid()}-second"
    try:
        with pytest.raises(ServerDidNotStart, match="Address already in use"):
            Postgres(folder, cluster.port).start()
    finally:
        shutil.rmtree(folder)


@as_root_only
def test_a_folder_that_the_servers_user_cannot_enter_becomes_a_link(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    room = room_for(closed / "postgres", "nobody")

    try:
        assert room.parent == FALLBACK_ROOM
        assert (closed / "postgres").resolve() == room
        assert room_for(closed / "postgres", "nobody") == room
        assert room.stat().st_uid == pwd.getpwnam("nobody").pw_uid
    finally:
        room.rmdir()
