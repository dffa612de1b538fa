"""The example accounts: opened once, each can log in, their file is for its owner only."""

import csv

import pytest

import handbook
from case_contracts.roles import Role
from console.seed import examples, seed, write
from tests.console.console_kit import EIGHT, Desk, migrated, posted

pytestmark = pytest.mark.infra


def test_there_are_accounts_for_every_role_unit_grid_and_gateway():
    county = handbook.load()
    wanted = list(examples(county))

    assert {one.role for one in wanted} == set(Role)
    units = {one.scope for one in wanted if one.role is Role.RESPONSIBLE_UNIT}
    assert units == {code for code, unit in county.units.items() if unit.active}
    grids = [one.scope for one in wanted if one.role is Role.COLLECTOR]
    assert sorted(grids) == sorted(list(county.grid.responsibility_grids) * 2)
    assert {one.scope for one in wanted if one.role is Role.CHANNEL} == {
        "wechat",
        "open311",
        "transferred_12345",
    }
    assert len({one.login for one in wanted}) == len(wanted)


def test_the_example_accounts_are_opened_once_and_can_log_in(database, tmp_path):
    from console import service

    console_database = migrated(database, service.app)
    logins = seed(console_database, at=EIGHT)

    assert seed(console_database, at=EIGHT) == []
    assert len(posted(console_database)) == len(logins)
    desk = Desk(service.app, console_database, tmp_path)
    for one in (logins[0], logins[-1]):
        given = {"login": one["login"], "password": one["password"]}
        assert desk.post("/api/console/login", given).status == 200
    console_database.close()


def test_the_file_of_logins_is_for_its_owner_only(tmp_path):
    path = tmp_path / "state" / "example-logins.csv"

    write([{"login": "a", "password": "b", "name": "甲", "role": "leader", "scope": ""}], path)

    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(encoding="utf-8") as file:
        assert next(iter(csv.DictReader(file)))["name"] == "甲"
