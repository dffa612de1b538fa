"""What the doors of duty (值班) answer: who is on, where, until when, and what was handed over."""

from marshmallow import Schema, fields

from case_contracts.roles import Role


class Duty(Schema):
    """Whether a collector is on duty, and since when."""

    collector = fields.String(attribute="person_id")
    responsibility_grid = fields.String(allow_none=True)
    grid_name = fields.String()
    on_duty_since = fields.AwareDateTime(allow_none=True)
    open_tasks = fields.Integer()


class ShownCollector(Schema):
    """An active collector: on duty or not, how busy, and where last."""

    collector = fields.String(attribute="person_id")
    responsibility_grid = fields.String(allow_none=True)
    on_duty = fields.Boolean()
    open_tasks = fields.Integer()
    lon = fields.Float(allow_none=True)
    lat = fields.Float(allow_none=True)


class Collectors(Schema):
    """All active collectors."""

    collectors = fields.List(fields.Nested(ShownCollector))


class ShownShift(Schema):
    """One person at one post."""

    shift_id = fields.String()
    post = fields.Enum(Role, by_value=True)
    person_id = fields.String()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()


class Shifts(Schema):
    """排班."""

    shifts = fields.List(fields.Nested(ShownShift))


class Removed(Schema):
    """The shift that is no more."""

    shift_id = fields.String()


class ShownHandOver(Schema):
    """交接班."""

    handed_over_by = fields.String()
    taken_over_by = fields.String()
    open_items = fields.Integer()
    words = fields.String()
    handed_over_at = fields.AwareDateTime()


class PostNow(Schema):
    """在岗情况 of one post."""

    post = fields.Enum(Role, by_value=True)
    on = fields.List(fields.Nested(ShownShift))
    open_items = fields.Integer()
    last_hand_over = fields.Nested(ShownHandOver, allow_none=True)
    not_handed_over = fields.List(fields.Nested(ShownShift))


class Posts(Schema):
    """All posts."""

    posts = fields.List(fields.Nested(PostNow))
