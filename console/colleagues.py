"""The door of the names (同事姓名) behind the person_ids that journals hold."""

from datetime import datetime
from typing import Any

from marshmallow import Schema, fields

from case_contracts.roles import Action, Actor, NotAllowed
from chassis.doors import door
from console.store import PostgresStore

JOURNALS = (Action.READ_REVEALS, Action.MANAGE_ACCOUNTS, Action.PUBLISH_HANDBOOK, Action.MANAGE_PARKED)
"""Whoever reads a journal may know who stands in it."""


class Colleague(Schema):
    """A person by name."""

    person_id = fields.String()
    name = fields.String()


class Colleagues(Schema):
    """Everybody who has, or had, an account."""

    colleagues = fields.List(fields.Nested(Colleague))


class ColleagueDoors:
    """同事: names alone, for readers of journals."""

    @door("GET", "/api/console/colleagues", answer=Colleagues, tags=["账号"], summary="同事姓名",
          summary_en="The names behind person_ids")  # fmt: skip
    def colleagues(self, tx: PostgresStore, *, at: datetime, by: Actor) -> dict[str, Any]:
        if not any(by.may(action) for action in JOURNALS):
            raise NotAllowed(by, Action.READ_REVEALS)
        names = tx.accounts.names()
        return {
            "colleagues": [
                {"person_id": person_id, "name": name}
                for person_id, name in sorted(names.items(), key=lambda one: (one[1], one[0]))
            ]
        }
