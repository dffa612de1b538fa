"""What goes through the console's doors: fields, lengths and rules (校验)."""

from marshmallow import Schema, fields, validate

from case_contracts.codes import Source, Urgency
from case_contracts.roles import Role
from console.parked import Status
from console.words import State
from console.work import MATTERS

_number = validate.Regexp(r"^[0-9A-Za-z]{1,40}\Z")


class _Text(fields.String):
    """Text that must not be blank."""

    def __init__(self, longest: int, *, shortest: int = 1, **options: object) -> None:
        super().__init__(validate=validate.Length(shortest, longest), **options)  # type: ignore[arg-type]


class Login(Schema):
    """登录; ``new_password`` with a one-time password only, which it takes the place of."""

    login = _Text(64, required=True)
    password = _Text(200, required=True)
    new_password = _Text(200, shortest=10, load_default=None)


class RefreshGiven(Schema):
    """续期 or 退出."""

    refresh_token = _Text(200, required=True)


class Person(Schema):
    """Who is in, with what they may do."""

    person_id = fields.String()
    login = fields.String()
    name = fields.String()
    roles = fields.List(fields.String())
    role_names = fields.List(fields.String())
    actions = fields.List(fields.String())
    responsible_unit = fields.String(allow_none=True)
    unit_name = fields.String(allow_none=True)
    responsibility_grid = fields.String(allow_none=True)
    grid_name = fields.String(allow_none=True)
    channel = fields.String(allow_none=True)
    opened_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)
    one_time_until = fields.AwareDateTime(
        allow_none=True, metadata={"description": "一次性口令的有效期；已自设口令时为空"}
    )


class LoggedIn(Schema):
    """令牌."""

    token = fields.String()
    expires_at = fields.AwareDateTime()
    refresh_token = fields.String()
    person = fields.Nested(Person)


class OpenAccount(Schema):
    """开户."""

    login = fields.String(
        required=True, validate=[validate.Length(2, 64), validate.Regexp(r"^[a-z0-9][a-z0-9._-]*\Z")]
    )
    name = _Text(60, required=True)
    password = _Text(200, shortest=10, required=True)
    roles = fields.List(
        fields.Enum(Role, by_value=True), required=True, validate=validate.Length(1, len(Role))
    )
    responsible_unit = _Text(20, load_default=None, allow_none=True)
    responsibility_grid = _Text(40, load_default=None, allow_none=True)
    channel = _Text(40, load_default=None, allow_none=True)
    one_time = fields.Boolean(
        load_default=False, metadata={"description": "口令仅用于首次登录，届时须另设新口令"}
    )


class ChangeAccount(Schema):
    """修改账号: everything that can be changed, as it is to be."""

    name = _Text(60, required=True)
    roles = fields.List(
        fields.Enum(Role, by_value=True), required=True, validate=validate.Length(1, len(Role))
    )
    responsible_unit = _Text(20, load_default=None, allow_none=True)
    responsibility_grid = _Text(40, load_default=None, allow_none=True)
    channel = _Text(40, load_default=None, allow_none=True)


class ChangePassword(Schema):
    """修改口令; with ``refresh_token`` the session it belongs to goes on, all others end."""

    old_password = _Text(200, required=True)
    new_password = _Text(200, shortest=10, required=True)
    refresh_token = _Text(200, load_default=None)


class OneTimePassword(Schema):
    """一次性口令: shown here and nowhere else."""

    person_id = fields.String()
    login = fields.String()
    password = fields.String()
    until = fields.AwareDateTime()


class FieldChange(Schema):
    """What one field was before and is now: nothing, one text, or the roles."""

    field = fields.String()
    before = fields.List(fields.String())
    after = fields.List(fields.String())


class JournalLine(Schema):
    """Something that was done with an account."""

    action = fields.String()
    action_text = fields.String()
    by_person = fields.String()
    by_name = fields.String()
    at = fields.AwareDateTime()
    changes = fields.List(fields.Nested(FieldChange))


class AccountJournal(Schema):
    """账号日志, the last first."""

    person_id = fields.String()
    lines = fields.List(fields.Nested(JournalLine))


class SessionShown(Schema):
    """会话: somebody who is in."""

    session_id = fields.String()
    person_id = fields.String()
    login = fields.String()
    name = fields.String()
    began_at = fields.AwareDateTime()
    last_used_at = fields.AwareDateTime()


class SessionList(Schema):
    """会话列表, whoever was heard of last first."""

    sessions = fields.List(fields.Nested(SessionShown))


class SessionsEnded(Schema):
    """How many sessions were ended."""

    ended = fields.Integer()


class AccountKept(Schema):
    """What opening or closing an account announced."""

    person_id = fields.String()
    subject = fields.String()
    sequence = fields.Integer()


class AccountLine(Person):
    """An account in the administrator's list."""

    last_login_at = fields.AwareDateTime(allow_none=True)
    locked_until = fields.AwareDateTime(allow_none=True)


class AccountList(Schema):
    """账号列表."""

    accounts = fields.List(fields.Nested(AccountLine))


class LiveQuery(Schema):
    """From which change on."""

    after = fields.Integer(load_default=None, validate=validate.Range(min=0))
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))


class StreamQuery(Schema):
    """From which change on; the header ``Last-Event-ID`` goes first."""

    after = fields.Integer(load_default=None, validate=validate.Range(min=0))


class SearchQuery(Schema):
    """What to look for among the case files; ``state`` may be given several times."""

    q = fields.String(
        load_default="",
        validate=validate.Length(max=100),
        metadata={"description": "编号、地点、描述、网格、类别、单位中的词，空格分开，须全部出现"},
    )
    state = fields.List(
        fields.Enum(State, by_value=True), load_default=(), validate=validate.Length(max=len(State))
    )
    responsible_unit = _Text(20, load_default=None)
    grid = _Text(
        40,
        load_default=None,
        metadata={"description": "责任网格代码、单元网格代码（15 位）或社区、村代码（12 位）"},
    )
    category = _Text(40, load_default=None, metadata={"description": "大类名称"})
    subcategory = _Text(20, load_default=None, metadata={"description": "小类代码"})
    source = fields.Enum(Source, by_value=True, load_default=None)
    urgency = fields.Enum(Urgency, by_value=True, load_default=None)
    received_from = fields.AwareDateTime(load_default=None, metadata={"description": "含"})
    received_until = fields.AwareDateTime(load_default=None, metadata={"description": "不含"})
    overdue = fields.Boolean(load_default=False, metadata={"description": "仅处置超时的"})
    matter = fields.String(
        load_default=None,
        validate=validate.OneOf([one.name for one in MATTERS]),
        metadata={"description": "仅有此待办事项的，如 escalated_to_leader（已上报领导）"},
    )
    before = fields.Integer(load_default=None, validate=validate.Range(1, 2**53))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class FileQuery(Schema):
    """``at_least``: ``<subject>:<sequence>`` that a command answered; the door waits up to 2 s for it."""

    at_least = fields.String(
        load_default=None,
        validate=validate.Regexp(r"^(report|case|assignment|call)/[^:/]{1,60}:[0-9]{1,9}\Z"),
    )


class MarkShown(Schema):
    """标记: what must be seen beside the state, such as 延期待审 or 曾超时."""

    mark = fields.String()
    text = fields.String()


class CallingShown(Schema):
    """逐级上报: what lies undone, and the post that was called for it last."""

    post = fields.String(metadata={"description": "岗位代码，如 shift_supervisor、leader"})
    to = fields.String()
    reason = fields.String()
    at = fields.String()


class Row(Schema):
    """一行案件: 编号、地点、现场图片、所属网格、大类、小类、问题类别、状态、责任单位."""

    number = fields.String()
    report_number = fields.String(allow_none=True)
    case_number = fields.String(allow_none=True)
    place = fields.String()
    description = fields.String()
    photo = fields.String(allow_none=True)
    grid = fields.String()
    grid_code = fields.String(allow_none=True)
    category = fields.String()
    subcategory = fields.String()
    subcategory_code = fields.String(allow_none=True)
    kind = fields.String()
    state = fields.String()
    state_text = fields.String()
    stage = fields.Integer()
    round = fields.Integer()
    responsible_unit = fields.String(allow_none=True)
    unit_name = fields.String()
    due_at = fields.String(allow_none=True, metadata={"description": "没有任务或暂停计时时为空"})
    suspended_until = fields.String(allow_none=True)
    merged_into = fields.String(allow_none=True)
    urgency = fields.String(allow_none=True)
    source = fields.String(allow_none=True)
    source_text = fields.String()
    received_at = fields.String(allow_none=True)
    marks = fields.List(fields.Nested(MarkShown))
    callings = fields.List(fields.Nested(CallingShown), metadata={"description": "逐级上报，最近的在前"})
    answer = fields.String(allow_none=True)
    answer_text = fields.String()
    updated_at = fields.String()
    cursor = fields.Integer()


class RowGone(Schema):
    """A row that the follower does not have in hand any more."""

    report_number = fields.String(allow_none=True)
    case_number = fields.String(allow_none=True)


class StreamEvent(Schema):
    """The data of the event ``change``; those of ``ready``, ``reset`` and ``bye`` are empty."""

    rows = fields.List(fields.Nested(Row))
    gone = fields.List(fields.Nested(RowGone))


class StageCount(Schema):
    """How many stand in a stage."""

    stage = fields.Integer()
    name = fields.String()
    count = fields.Integer()


class Live(Schema):
    """The live list."""

    rows = fields.List(fields.Nested(Row))
    cursor = fields.Integer()
    stages = fields.List(fields.Nested(StageCount))


class Found(Schema):
    """What was found, the last to arrive first; ask with ``before`` for the next, 0 means there are none."""

    rows = fields.List(fields.Nested(Row))
    before = fields.Integer()
    total = fields.Integer()
    more = fields.Boolean(metadata={"description": "总数可能多于 total"})


class WorkCount(Schema):
    """How much of one kind of work waits."""

    name = fields.String()
    text = fields.String()
    count = fields.Integer()


class Work(Schema):
    """待办数量."""

    counts = fields.List(fields.Nested(WorkCount))


class PhotoShown(Schema):
    """One picture."""

    sha256 = fields.String()
    round = fields.Integer()
    at = fields.String()


class Photos(Schema):
    """现场图片 by what they show: 上报、核实、挂账、处置、核查."""

    report = fields.List(fields.Nested(PhotoShown))
    confirmation = fields.List(fields.Nested(PhotoShown))
    suspension = fields.List(fields.Nested(PhotoShown))
    feedback = fields.List(fields.Nested(PhotoShown))
    verification = fields.List(fields.Nested(PhotoShown))


class AnswerShown(Schema):
    """答复 of one report."""

    report_number = fields.String()
    kind = fields.String(allow_none=True)
    kind_text = fields.String(allow_none=True)
    text = fields.String(allow_none=True)
    state = fields.String()
    state_text = fields.String()


class SupervisionShown(Schema):
    """督办 with its reply."""

    order_number = fields.String()
    kind_text = fields.String()
    words = fields.String(allow_none=True)
    ordered_at = fields.String(allow_none=True)
    reply_by_at = fields.String(allow_none=True)
    reply = fields.String(allow_none=True)
    replied_at = fields.String(allow_none=True)
    in_time = fields.Boolean(allow_none=True)


class FlowLine(Schema):
    """流转记录: one fact in a sentence."""

    at = fields.String()
    source = fields.String()
    type = fields.String()
    subject = fields.String()
    sequence = fields.Integer()
    round = fields.Integer()
    stage = fields.Integer(allow_none=True)
    stage_name = fields.String()
    sentence = fields.String()


class ClockPause(Schema):
    """A stretch in which a clock stood still; without an end it still does."""

    began_at = fields.String()
    ended_at = fields.String(allow_none=True)
    text = fields.String()


class ClockMark(Schema):
    """What happened on a clock: 签收, 延期, 补时, 催办, 督办."""

    at = fields.String()
    name = fields.String()
    text = fields.String()


class ClockRun(Schema):
    """计时: one run of a post's clock; ``in_time`` is null while it runs, or when it was dropped."""

    name = fields.String()
    text = fields.String()
    round = fields.Integer()
    unit_name = fields.String()
    began_at = fields.String()
    due_at = fields.String(allow_none=True)
    ended_at = fields.String(allow_none=True)
    in_time = fields.Boolean(allow_none=True)
    pauses = fields.List(fields.Nested(ClockPause))
    marks = fields.List(fields.Nested(ClockMark))


class CaseFields(Schema):
    """What was told of the problem and the case, each as it was told last."""

    source = fields.String(allow_none=True)
    source_text = fields.String()
    description = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    lon = fields.Float(allow_none=True)
    lat = fields.Float(allow_none=True)
    unit_grid_code = fields.String(allow_none=True)
    responsibility_grid = fields.String(allow_none=True)
    subcategory_code = fields.String(allow_none=True)
    component_code = fields.String(allow_none=True)
    filing_standard = fields.String(allow_none=True)
    filing_condition = fields.String()
    closing_condition = fields.String(allow_none=True)
    urgency = fields.String(allow_none=True)
    urgency_text = fields.String()
    limit = fields.Integer(allow_none=True)
    limit_unit = fields.String(allow_none=True)
    limit_text = fields.String()
    handbook_version = fields.String(allow_none=True)
    received_at = fields.String(allow_none=True)
    phoned_in_at = fields.String(allow_none=True)
    filed_at = fields.String(allow_none=True)
    dispatched_at = fields.String(allow_none=True)
    fed_back_at = fields.String(allow_none=True)
    in_time = fields.Boolean(allow_none=True)
    suspended_until = fields.String(allow_none=True)
    closed_at = fields.String(allow_none=True)
    force_closed_at = fields.String(allow_none=True)
    reopened_at = fields.String(allow_none=True)


class CaseFile(Row):
    """案卷."""

    class Meta:
        exclude = ("cursor",)

    stage_name = fields.String()
    linked_case = fields.String(allow_none=True)
    linked_reports = fields.List(fields.String())
    merged_cases = fields.List(fields.String())
    supervisions = fields.List(fields.Nested(SupervisionShown))
    appeal = fields.String(allow_none=True)
    fields_ = fields.Nested(CaseFields, data_key="fields", attribute="fields")
    photos = fields.Nested(Photos)
    clocks = fields.List(fields.Nested(ClockRun))
    answers = fields.List(fields.Nested(AnswerShown))
    flow = fields.List(fields.Nested(FlowLine))


class ParkedQuery(Schema):
    """Which parked messages to list."""

    status = fields.Enum(Status, by_value=True, load_default=Status.OPEN)
    fingerprint = fields.String(load_default=None, validate=_number)
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))


class ParkedGroup(Schema):
    """Messages that failed in the same way."""

    fingerprint = fields.String()
    queue = fields.String()
    reason = fields.String()
    error = fields.String()
    frame = fields.String()
    count = fields.Integer()
    first_at = fields.AwareDateTime()
    last_at = fields.AwareDateTime()


class ParkedLine(Schema):
    """One parked message in a list."""

    id = fields.String()
    fingerprint = fields.String()
    queue = fields.String()
    message_id = fields.String()
    reason = fields.String()
    error = fields.String()
    parked_at = fields.AwareDateTime()
    status = fields.String()


class ParkedList(Schema):
    """滞留消息."""

    messages = fields.List(fields.Nested(ParkedLine))
    groups = fields.List(fields.Nested(ParkedGroup))


class ParkedAction(Schema):
    """What somebody did with a parked message."""

    action = fields.String()
    person_id = fields.String()
    reason = fields.String()
    at = fields.AwareDateTime()


class ParkedShown(ParkedLine):
    """One parked message whole, with personal data masked."""

    exchange = fields.String()
    routing_key = fields.String()
    content_type = fields.String()
    frame = fields.String()
    traceback = fields.String()
    headers = fields.Dict(keys=fields.String(), metadata={"description": "任何人都可能写入的内容"})
    size = fields.Integer()
    body = fields.Raw(metadata={"description": "JSON 内容或文字"})
    actions = fields.List(fields.Nested(ParkedAction))


class Discard(Schema):
    """丢弃, with its reason."""

    reason = _Text(500, required=True)


class Settled(Schema):
    """What became of a parked message."""

    id = fields.String()
    status = fields.String()


class GroupReplayed(Schema):
    """How many messages were sent again."""

    fingerprint = fields.String()
    replayed = fields.Integer()
