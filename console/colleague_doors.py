"""Colleagues (同事): the centre's own people by name, for desks that know them by person_id only."""

from datetime import datetime
from typing import Any

from marshmallow import Schema, fields

from case_contracts.roles import Action, Actor, Role
from chassis.app import Running
from chassis.doors import door
from console.store import PostgresStore
from console.words import ROLES


class Colleague(Schema):
    """Somebody of the centre; never a login."""

    person_id = fields.String()
    name = fields.String()
    roles = fields.List(fields.Enum(Role, by_value=True))
    role_names = fields.List(fields.String())
    responsibility_grid = fields.String(allow_none=True)


class Colleagues(Schema):
    """The centre's open accounts: some hundred people, so no pages."""

    colleagues = fields.List(fields.Nested(Colleague))


class ColleagueDoors:
    """同事: collectors to be sent, who is on the roster, who works on a report."""

    def __init__(self, running: Running) -> None:
        self.running = running

    @door("GET", "/api/console/colleagues", answer=Colleagues, action=Action.READ_CASE_FILES, tags=["账号"],
          summary="本中心人员", summary_en="The centre's own people by name")  # fmt: skip
    def colleagues(self, tx: PostgresStore, *, at: datetime, by: Actor) -> dict[str, Any]:
        own = [
            account
            for account in tx.accounts.all()
            if account.closed_at is None and account.responsible_unit is None and account.channel is None
        ]
        return {
            "colleagues": [
                {**vars(account), "role_names": [ROLES[role] for role in account.roles]} for account in own
            ]
        }
