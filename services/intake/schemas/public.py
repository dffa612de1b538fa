"""What the public page (公众网页) sends and reads: details only for the query word."""

from marshmallow import Schema, fields, validate

from case_contracts.codes import AnswerKind, Satisfaction
from services.intake.schemas.taken import NOT_BLANK, SUBCATEGORY, GivenPosition
from services.intake.stages.public_page import MOST_PHOTOS

_TELEPHONE = validate.Regexp(r"^\+?[0-9][0-9 -]{4,19}\Z", error="应为电话号码")
_WORD = validate.Regexp(r"^[0-9A-Za-z -]{10,20}\Z", error="应为受理时告知的查询码")


class Draft(Schema):
    """草稿: with its token photos are uploaded, and the report is sent once."""

    token = fields.String()
    expires_at = fields.AwareDateTime()
    most_photos = fields.Integer()
    largest_photo = fields.Integer(metadata={"description": "单张照片最大字节数"})


class TellPublicly(Schema):
    """公众上报: one to three photos, a place on the map or in words, and what is wrong; no name is needed."""

    draft = fields.String(required=True, validate=validate.Length(1, 2000))
    description = fields.String(required=True, validate=[validate.Length(max=500), NOT_BLANK])
    address = fields.String(load_default="", validate=validate.Length(max=200))
    position = fields.Nested(GivenPosition, load_default=None, allow_none=True)
    photos = fields.List(
        fields.String(validate=validate.Length(1, 2000)),
        required=True,
        validate=validate.Length(1, MOST_PHOTOS),
        metadata={"description": "上传照片时得到的回执（receipt）"},
    )
    subcategory = fields.String(load_default=None, allow_none=True, validate=SUBCATEGORY)
    name = fields.String(load_default="", validate=validate.Length(max=40))
    telephone = fields.String(load_default=None, allow_none=True, validate=_TELEPHONE)
    # No person sees this field; programs that fill in every field do.
    website = fields.String(
        load_default="",
        validate=validate.Length(max=0, error="此项应留空"),
        metadata={"description": "应留空"},
    )


class ToldPublicly(Schema):
    """受理编号 and 查询码: the word is told this once."""

    report_number = fields.String()
    query_word = fields.String()
    subject = fields.String()
    sequence = fields.Integer()


class QueryWord(Schema):
    """查询码, however it is typed."""

    query_word = fields.String(required=True, validate=_WORD)


class Rating(QueryWord):
    """评价: how satisfied, once an answer."""

    satisfaction = fields.Enum(
        Satisfaction,
        by_value=True,
        required=True,
        validate=validate.NoneOf([Satisfaction.NOT_SAID], error="请选择满意程度"),
    )
    words = fields.String(load_default="", validate=validate.Length(max=500))


class AskAgain(QueryWord):
    """不满意: what is still wrong."""

    words = fields.String(required=True, validate=[validate.Length(max=500), NOT_BLANK])


class ProgressStep(Schema):
    """办理进度: one step in plain words."""

    at = fields.AwareDateTime()
    text = fields.String()


class PublicAnswer(Schema):
    """What the reporter is told."""

    kind = fields.Enum(AnswerKind, by_value=True)
    text = fields.String()
    answered_at = fields.AwareDateTime(attribute="due_since")


class PublicReport(Schema):
    """What anybody who knows a number may read: nothing of a person, a place or a picture."""

    report_number = fields.String()
    state = fields.String()
    state_text = fields.String()
    received_at = fields.AwareDateTime()
    answer = fields.Nested(PublicAnswer, allow_none=True)
    steps = fields.List(fields.Nested(ProgressStep))
    with_query_word = fields.Boolean(metadata={"description": "是否可凭查询码查看详情"})


class OwnAnswer(PublicAnswer):
    """An answer, and how satisfied the reporter was with it."""

    satisfaction = fields.Enum(Satisfaction, by_value=True, allow_none=True)


class OwnPhoto(Schema):
    """A photo behind a link that holds for an hour."""

    sha256 = fields.String()
    link = fields.String()


class OpenedReport(Schema):
    """What the reporter sees with the query word."""

    report_number = fields.String()
    state = fields.String()
    state_text = fields.String()
    received_at = fields.AwareDateTime()
    description = fields.String()
    address = fields.String()
    lon = fields.Float(allow_none=True)
    lat = fields.Float(allow_none=True)
    photos = fields.List(fields.Nested(OwnPhoto))
    photos_after = fields.List(fields.Nested(OwnPhoto))
    steps = fields.List(fields.Nested(ProgressStep))
    answers = fields.List(fields.Nested(OwnAnswer))
    may_rate = fields.Boolean()
    may_ask_reopening_until = fields.AwareDateTime(allow_none=True)
