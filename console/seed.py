"""Example accounts (示例账号): one or two for every role, with random passwords, when there are none yet.

``python -m console.seed`` writes ``example-logins.csv`` to STATE_DIR, readable by its owner only.
"""

import csv
import os
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import handbook
from case_contracts.codes import Source
from case_contracts.roles import SYSTEM, Role
from chassis.clock import now
from chassis.settings import read
from chassis.transactions import Database
from console import accounts
from console.accounts import Account
from console.service import app, county_places
from console.sessions import Passwords
from console.store import PostgresStore
from console.words import ROLES

LOCK = "console/seed"
COLUMNS = ("login", "password", "name", "role", "scope")
_CENTRE = (
    (Role.HOTLINE_AGENT, "hotline", 2),
    (Role.INTAKE_OPERATOR, "intake", 2),
    (Role.SHIFT_SUPERVISOR, "supervisor", 1),
    (Role.DISPATCHER, "dispatch", 2),
    (Role.VIDEO_SEAT, "video", 1),
    (Role.ASSESSOR, "assess", 1),
    (Role.LEADER, "leader", 1),
    (Role.ADMINISTRATOR, "admin", 1),
    (Role.OPERATIONS, "ops", 1),
)
_GATEWAYS = (Source.WECHAT, Source.OPEN311, Source.TRANSFERRED_12345)
COLLECTORS_A_GRID = 2


@dataclass(frozen=True, kw_only=True)
class Example:
    """One example account and where it is at home: a unit, a responsibility grid, a channel."""

    login: str
    name: str
    role: Role
    responsible_unit: str | None = None
    responsibility_grid: str | None = None
    channel: str | None = None

    @property
    def scope(self) -> str:
        """Unit, grid or channel; empty for the centre's own people."""
        return self.responsible_unit or self.responsibility_grid or self.channel or ""


def examples(county: handbook.Handbook) -> Iterator[Example]:
    """The accounts of a county's centre, its collectors, its units and its gateways."""
    for role, login, count in _CENTRE:
        for number in range(1, count + 1):
            suffix = str(number) if count > 1 else ""
            yield Example(login=f"{login}{suffix}", name=f"示例{ROLES[role]}{suffix}", role=role)
    for code, grid in county.grid.responsibility_grids.items():
        for number in range(1, COLLECTORS_A_GRID + 1):
            login = f"collector-{code.lower()}-{number}"
            name = f"{grid.name}采集员{number}"
            yield Example(login=login, name=name, role=Role.COLLECTOR, responsibility_grid=code)
    for code, unit in county.units.items():
        if unit.active:
            yield Example(login=code, name=unit.name, role=Role.RESPONSIBLE_UNIT, responsible_unit=code)
    for source in _GATEWAYS:
        login = source.value.removeprefix("transferred_")
        yield Example(login=login, name=f"{source.chinese}网关", role=Role.CHANNEL, channel=source.value)


def seed(database: Database, *, at: datetime) -> list[dict[str, str]]:
    """Open the example accounts; nothing, and an empty list, when anybody has an account already."""
    wanted = list(examples(handbook.load()))
    secret = {example.login: secrets.token_urlsafe(12) for example in wanted}
    passwords = Passwords()
    with ThreadPoolExecutor() as cores:
        hashed = dict(zip(secret, cores.map(passwords.hash, secret.values()), strict=True))

    def open_all(tx: PostgresStore) -> bool:
        tx.lock(LOCK)
        if tx.accounts.all():
            return False
        for example in wanted:
            accounts.open_account(
                tx, _account(example, hashed[example.login], at), county_places(), by=SYSTEM
            )
        return True

    if not database.run(lambda tx: open_all(tx.bound)):
        return []
    return [
        {
            "login": example.login,
            "password": secret[example.login],
            "name": example.name,
            "role": example.role.value,
            "scope": example.scope,
        }
        for example in wanted
    ]


def write(logins: Sequence[Mapping[str, str]], path: Path) -> None:
    """The logins as CSV, for their owner's eyes only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(logins)


def _account(example: Example, password_hash: str, at: datetime) -> Account:
    return Account(
        person_id=str(uuid4()),
        login=example.login,
        name=example.name,
        password_hash=password_hash,
        roles=(example.role,),
        responsible_unit=example.responsible_unit,
        responsibility_grid=example.responsibility_grid,
        channel=example.channel,
        opened_at=at,
        opened_by=SYSTEM.person_id,
    )


def main(environment: Mapping[str, str]) -> int:
    """Open the example accounts and write their logins; no password is printed, as output is logged."""
    told = read("migrate", environment)
    path = Path(told.need("STATE_DIR")) / "example-logins.csv"
    database = Database(told.database_url, codec=app.codec, service=app.name, bind=app.bind)
    logins = seed(database, at=now())
    database.close()
    if not logins:
        print("已有账号，未新建示例账号。")
        return 0
    write(logins, path)
    print(f"已新建 {len(logins)} 个示例账号，登录名和密码在 {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
