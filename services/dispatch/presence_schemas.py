"""What the door on the units' presence (在线) gives."""

from typing import Any

from marshmallow import Schema, fields

from services.dispatch.stages.unit_presence import UnitSeen


class ResponsibleUnit(Schema):
    """责任单位, with when its own system was last seen."""

    code = fields.String()
    name = fields.String()
    read_at = fields.AwareDateTime(allow_none=True)
    spoke_at = fields.AwareDateTime(allow_none=True)
    seen_at = fields.AwareDateTime(allow_none=True)
    unsigned = fields.Integer()
    open = fields.Integer(metadata={"description": "在办：待签收、处置中、挂账与回退待审的任务数"})
    overdue = fields.Integer(metadata={"description": "其中已超期的任务数"})
    silent = fields.Boolean()


class ResponsibleUnits(Schema):
    """All responsible units, by code."""

    units = fields.List(fields.Nested(ResponsibleUnit))


def responsible_unit(seen: UnitSeen) -> dict[str, Any]:
    """A responsible unit with when its system was last seen."""
    presence = seen.presence
    return {**vars(seen), **vars(presence), **vars(seen.load), "seen_at": presence.seen_at}
