"""Colleagues by name (同事): who stands behind a person_id in lists, rosters and records."""

from datetime import datetime
from typing import Any

from marshmallow import Schema, fields

from case_contracts.roles import Actor, Role
from chassis.doors import door
from chassis.problems import problem
from console.words import ROLES


class PeopleQuery(Schema):
    """All, or those of one role."""

    role = fields.Enum(Role, by_value=True, load_default=None)


class Colleague(Schema):
    """One of the centre's people; closed accounts stay, since records name them."""

    person_id = fields.String()
    name = fields.String()
    roles = fields.List(fields.Enum(Role, by_value=True))
    role_names = fields.List(fields.String())
    responsibility_grid = fields.String(allow_none=True)
    active = fields.Boolean()


class People(Schema):
    """The centre's people, by name: no pages."""

    people = fields.List(fields.Nested(Colleague))


class PeopleDoors:
    """同事: for the centre's own people; a unit and a gateway have no need to know them."""

    @door("GET", "/api/console/people", query=PeopleQuery, answer=People, cached=True, tags=["账号"],
          summary="中心人员姓名", summary_en="The centre's people by name")  # fmt: skip
    def people(self, tx: Any, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        if by.responsible_unit is not None or by.channel is not None:
            raise problem("not-allowed")
        role = query["role"]
        found = [
            {
                **vars(account),
                "role_names": [ROLES[one] for one in account.roles],
                "active": account.closed_at is None,
            }
            for account in tx.accounts.all()
            if account.responsible_unit is None
            and account.channel is None
            and (role is None or role in account.roles)
        ]
        return {"people": sorted(found, key=lambda one: (one["name"], one["person_id"]))}
