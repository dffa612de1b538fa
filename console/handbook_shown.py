"""What the handbook's reading doors (查阅手册) take and show: one schema a query string or an answer."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from case_contracts.codes import Urgency
from handbook import ComponentState, Datum, DutyRule, Kind, LimitUnit

MOST_COMPONENTS = 500
FARTHEST_M = 5000

_code = validate.Regexp(r"^[CI][0-9]{4}\Z", error="应为小类代码，如 I0101")
_short = validate.Regexp(r"^[0-9A-Za-z-]{1,40}\Z")


class Numbers(fields.String):
    """So many numbers with commas between, such as ``114.36,35.92``."""

    def __init__(self, how_many: int, **options: Any) -> None:
        self.how_many = how_many
        pattern = rf"^-?[0-9]+(\.[0-9]+)?(,-?[0-9]+(\.[0-9]+)?){{{how_many - 1}}}$"
        super().__init__(metadata={"pattern": pattern}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> tuple[float, ...]:  # type: ignore[override]
        parts = super()._deserialize(value, attr, data, **more).split(",")
        try:
            numbers = tuple(float(part) for part in parts)
        except ValueError as error:
            raise ValidationError("Not a valid number.") from error
        if len(numbers) != self.how_many:
            raise ValidationError(f"应为 {self.how_many} 个以逗号分隔的数字")
        if not all(abs(number) <= 180 for number in numbers):
            raise ValidationError("Must be greater than or equal to -180 and less than or equal to 180.")
        return numbers


class InVersion(Schema):
    """In which version to look; without it in the one that is in force now."""

    version = fields.String(load_default=None, validate=_short)


class Versioned(Schema):
    """Which version of the handbook was read."""

    version = fields.String(metadata={"description": "手册版本"})


class CatalogueQuery(InVersion):
    """The whole catalogue, or one kind of it."""

    subcategory = fields.String(load_default=None, validate=_code)
    kind = fields.Enum(Kind, by_value=True, load_default=None)


class ShownStandard(Schema):
    """立案标准: a condition with its limit, and when the problem is put right."""

    code = fields.String(attribute="id")
    condition = fields.String()
    limit = fields.Integer()
    limit_unit = fields.Enum(LimitUnit, by_value=True)
    limit_text = fields.Function(lambda one: str(one.time_limit), metadata={"type": "string"})
    urgency = fields.Enum(Urgency, by_value=True)
    urgency_text = fields.String(attribute="urgency.chinese")
    closing_condition = fields.String()
    basis = fields.String(metadata={"description": "依据；suggested、analogy 为参照拟定"})
    synthetic = fields.Boolean(metadata={"description": "结案条件为合成示例"})


class ShownSubcategory(Schema):
    """小类 with its filing standards."""

    code = fields.String()
    name = fields.String()
    in_use = fields.Boolean()
    provenance = fields.String()
    confidence = fields.String(metadata={"description": "来源可信程度；low 视为合成示例"})
    synthetic = fields.Boolean()
    standards = fields.List(fields.Nested(ShownStandard))


class ShownCategory(Schema):
    """大类 of components or incidents."""

    code = fields.String()
    name = fields.String()
    kind = fields.Enum(Kind, by_value=True)
    kind_text = fields.String()
    subcategories = fields.List(fields.Nested(ShownSubcategory))


class Catalogue(Versioned):
    """大类 → 小类 → 立案标准, and how much of it is synthetic."""

    categories = fields.List(fields.Nested(ShownCategory))
    subcategory_count = fields.Integer()
    standard_count = fields.Integer()
    synthetic_subcategories = fields.Integer()
    synthetic_standards = fields.Integer()


class ShownUnit(Schema):
    """责任单位; whether its own system was ever seen is dispatch's to say."""

    code = fields.String()
    name = fields.String()
    unit_type = fields.String()
    group = fields.String(metadata={"description": "评价分组"})
    active = fields.Boolean()
    synthetic = fields.Boolean()


class Units(Versioned):
    """All responsible units, in the handbook's order."""

    units = fields.List(fields.Nested(ShownUnit))


class DutiesQuery(InVersion):
    """Rows of the duty table; with ``cell`` also who would act there."""

    subcategory = fields.String(load_default=None, validate=_code)
    area = fields.String(load_default=None, validate=_short)
    cell = fields.String(load_default=None, validate=validate.Regexp(r"^[0-9]{15}\Z"))
    component = fields.String(load_default=None, validate=validate.Regexp(r"^[0-9]{16}\Z"))

    @validates_schema
    def a_decision_needs_a_kind(self, query: dict[str, Any], **_: Any) -> None:
        """Who would act depends on the kind first of all."""
        if (query.get("cell") or query.get("component")) and not query.get("subcategory"):
            raise ValidationError("Missing data for required field.", "subcategory")


class ShownDuty(Schema):
    """职责分工: a kind, an area (empty: everywhere) and its units."""

    subcategory = fields.String()
    subcategory_name = fields.String()
    area = fields.String(allow_none=True)
    area_name = fields.String()
    primary = fields.String()
    primary_name = fields.String()
    assisting = fields.List(fields.String())
    assisting_names = fields.List(fields.String())
    synthetic = fields.Boolean()


class Decision(Schema):
    """Who must act on this kind here, and by which rule of the handbook."""

    primary = fields.String()
    primary_name = fields.String()
    assisting = fields.List(fields.String())
    rule = fields.Enum(DutyRule, by_value=True)
    reason = fields.String()


class Duties(Versioned):
    """Rows of the duty table (some two hundred in all: no pages)."""

    duties = fields.List(fields.Nested(ShownDuty))
    decision = fields.Nested(Decision, allow_none=True)


class GridQuery(InVersion):
    """The whole county, or one responsibility grid with its cells."""

    responsibility_grid = fields.String(load_default=None, validate=_short)


def _ring(depth: int) -> fields.Field:
    inner: fields.Field = fields.Float()
    for _ in range(depth):
        inner = fields.List(inner)
    return inner


class Polygon(Schema):
    """GeoJSON, longitude before latitude, WGS-84."""

    type = fields.Constant("Polygon", metadata={"type": "string"})
    coordinates = _ring(3)


class MultiPolygon(Schema):
    """GeoJSON."""

    type = fields.Constant("MultiPolygon", metadata={"type": "string"})
    coordinates = _ring(4)


class CellProperties(Schema):
    """单元网格."""

    code = fields.String()
    responsibility_grid = fields.String()
    village = fields.String()
    town = fields.String()
    area_m2 = fields.Float()
    synthetic = fields.Boolean()


class GridProperties(Schema):
    """责任网格."""

    code = fields.String()
    name = fields.String()
    town = fields.String()
    town_code = fields.String()
    cells = fields.Integer()
    synthetic = fields.Boolean()


class OutlineProperties(Schema):
    """The county's covered area."""

    name = fields.String()


def _feature(name: str, properties: type[Schema], geometry: type[Schema]) -> type[Schema]:
    shape: dict[str, Any] = {
        "type": fields.Constant("Feature", metadata={"type": "string"}),
        "id": fields.String(),
        "properties": fields.Nested(properties),
        "geometry": fields.Nested(geometry),
        "__doc__": "A GeoJSON feature.",
    }
    return type(name, (Schema,), shape)


def _collection(name: str, feature: type[Schema]) -> type[Schema]:
    shape: dict[str, Any] = {
        "type": fields.Constant("FeatureCollection", metadata={"type": "string"}),
        "features": fields.List(fields.Nested(feature)),
        "__doc__": "A GeoJSON feature collection.",
    }
    return type(name, (Schema,), shape)


CellFeature = _feature("CellFeature", CellProperties, Polygon)
GridFeature = _feature("GridFeature", GridProperties, Polygon)
OutlineFeature = _feature("OutlineFeature", OutlineProperties, MultiPolygon)
CellFeatures = _collection("CellFeatures", CellFeature)
GridFeatures = _collection("GridFeatures", GridFeature)


class ShownGrid(Versioned):
    """单元网格, 责任网格 and the outline (辖区范围) of both, each of them GeoJSON."""

    cells = fields.Nested(CellFeatures)
    responsibility_grids = fields.Nested(GridFeatures)
    outline = fields.Nested(OutlineFeature)


class TownProperties(Schema):
    """乡镇、街道."""

    code = fields.String()
    name = fields.String()


TownFeature = _feature("TownFeature", TownProperties, MultiPolygon)
TownFeatures = _collection("TownFeatures", TownFeature)


class PublicOutline(Versioned):
    """What anybody may know of the county's shape: its outline and its towns', simplified."""

    outline = fields.Nested(OutlineFeature)
    towns = fields.Nested(TownFeatures)


class PlaceQuery(InVersion):
    """A point in the datum that the map has."""

    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    datum = fields.Enum(Datum, by_value=True, load_default=Datum.WGS84)


class Place(Versioned):
    """In which cell, responsibility grid, village and town a point lies; longitude and latitude in WGS-84."""

    lon = fields.Float()
    lat = fields.Float()
    unit_grid_code = fields.String()
    responsibility_grid = fields.String()
    grid_name = fields.String()
    village_code = fields.String()
    village = fields.String()
    town_code = fields.String()
    town = fields.String()
    township = fields.String(allow_none=True, metadata={"description": "属地单位代码"})
    township_name = fields.String()


class ComponentsQuery(InVersion):
    """Components of a kind, in a box (west,south,east,north) or around a point (lon,lat)."""

    subcategory = fields.String(load_default=None, validate=_code)
    bbox = Numbers(4, load_default=None)
    near = Numbers(2, load_default=None)
    within = fields.Integer(load_default=300, validate=validate.Range(1, FARTHEST_M))
    limit = fields.Integer(load_default=100, validate=validate.Range(1, MOST_COMPONENTS))

    @validates_schema
    def somewhere(self, query: dict[str, Any], **_: Any) -> None:
        """Nobody needs the whole register at once."""
        if query.get("bbox") and query.get("near"):
            raise ValidationError("bbox 与 near 只能给出一个", "near")
        if not any(query.get(name) for name in ("subcategory", "bbox", "near")):
            raise ValidationError("应给出 subcategory、bbox、near 之一", "subcategory")


class ShownComponent(Schema):
    """部件; ``metres`` from the point that was asked about."""

    code = fields.String()
    subcategory = fields.String()
    subcategory_name = fields.String()
    name = fields.String()
    lon = fields.Float()
    lat = fields.Float()
    unit_grid_code = fields.String()
    owner = fields.String(allow_none=True)
    owner_name = fields.String()
    keeper = fields.String(allow_none=True)
    keeper_name = fields.String()
    state = fields.Enum(ComponentState, by_value=True)
    metres = fields.Float(allow_none=True)
    synthetic = fields.Boolean()


class Components(Versioned):
    """The first of them by distance or by code; ``more`` when there are others: ask for a smaller box."""

    components = fields.List(fields.Nested(ShownComponent))
    more = fields.Boolean()


class CalendarDay(Schema):
    """A day that is not what its weekday says."""

    day = fields.Date()
    festival = fields.String()


class Calendar(Versioned):
    """工作日历 of one year."""

    year = fields.Integer()
    years = fields.List(fields.Integer(), metadata={"description": "已录入的年份"})
    holidays = fields.List(fields.Nested(CalendarDay))
    make_up_days = fields.List(fields.Nested(CalendarDay))


class ShownPeriod(Schema):
    """One stretch of working hours, local time."""

    begins = fields.String()
    ends = fields.String()


class Grade(Schema):
    """评价等级 and the lowest score for it."""

    grade = fields.String()
    score = fields.Integer()


class ShownSettings(Versioned):
    """参数: minutes, counts and distances as desks show them (docs/domain.md, "Defaults")."""

    county_code = fields.String()
    county_name = fields.String()
    work_periods = fields.List(fields.Nested(ShownPeriod))
    workday_hours = fields.Integer()
    accept_minutes = fields.Integer()
    confirm_minutes = fields.Integer()
    dispatch_minutes = fields.Integer()
    verify_minutes = fields.Integer()
    close_minutes = fields.Integer()
    light_yellow = fields.Float()
    light_red = fields.Float()
    extension_max = fields.Integer()
    suspension_max = fields.Integer()
    suspension_max_days = fields.Integer()
    return_window_working_hours = fields.Integer()
    urgent_return_window_minutes = fields.Integer()
    sign_working_minutes = fields.Integer()
    urgent_sign_minutes = fields.Integer()
    supervision_reply_hours = fields.Integer()
    request_working_hours = fields.Integer()
    urgent_request_hours = fields.Integer()
    call_back_working_hours = fields.Integer()
    appeal_review_working_days = fields.Integer()
    appeal_decision_working_days = fields.Integer()
    automatic_dispatch = fields.List(fields.String())
    forced_coordination_after_returns = fields.Integer()
    rework_supervision_after = fields.Integer()
    duplicate_distance_m = fields.Integer()
    duplicate_closed_hours = fields.Integer()
    component_distance_m = fields.Integer()
    photo_far_m = fields.Integer()
    photo_report_hours = fields.Integer()
    photo_clock_minutes = fields.Integer()
    reopening_window_days = fields.Integer()
    grades = fields.List(fields.Nested(Grade))


class DraftedDuty(Schema):
    """A row of the draft: it takes the place of the row of its kind and area, or is a new one."""

    subcategory = fields.String(required=True, validate=_code)
    area = fields.String(load_default=None, allow_none=True, validate=_short)
    primary = fields.String(required=True, validate=_short)
    assisting = fields.List(
        fields.String(validate=_short), load_default=list, validate=validate.Length(max=29)
    )


class TakenOutDuty(Schema):
    """A row that the draft no longer has."""

    subcategory = fields.String(required=True, validate=_code)
    area = fields.String(load_default=None, allow_none=True, validate=_short)


class DutiesDraft(Schema):
    """职责分工草案: a whole duties.csv, or rows that change; tried against the newest ``cases``."""

    csv = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 900_000))
    rows = fields.List(fields.Nested(DraftedDuty), load_default=list, validate=validate.Length(max=2000))
    taken_out = fields.List(
        fields.Nested(TakenOutDuty), load_default=list, validate=validate.Length(max=2000)
    )
    cases = fields.Integer(load_default=5000, validate=validate.Range(1, 20_000))

    @post_load
    def one_or_the_other(self, draft: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A file, or rows."""
        given = [draft["csv"] is not None, bool(draft["rows"] or draft["taken_out"])]
        if given.count(True) != 1:
            raise ValidationError("应给出 csv，或 rows 与 taken_out", "csv")
        return {"table": draft.pop("csv"), **draft}


class MovedCases(Schema):
    """So many cases of a kind that one unit had would have gone to another (empty: to nobody by rule)."""

    subcategory = fields.String()
    subcategory_name = fields.String()
    from_unit = fields.String()
    from_name = fields.String()
    to_unit = fields.String(allow_none=True)
    to_name = fields.String()
    cases = fields.Integer()


class UnitsShare(Schema):
    """What the draft would take from a unit, and give it."""

    responsible_unit = fields.String(allow_none=True)
    name = fields.String()
    lost = fields.Integer()
    gained = fields.Integer()


class Trial(Schema):
    """试算: how many past cases would have gone elsewhere, and to whom."""

    tried = fields.Integer()
    elsewhere = fields.Integer()
    moved = fields.List(fields.Nested(MovedCases))
    units = fields.List(fields.Nested(UnitsShare))


class ChangedFile(Schema):
    """What an upload changes in one file; ``keys`` names the first few rows."""

    file = fields.String()
    added = fields.Integer()
    changed = fields.Integer()
    removed = fields.Integer()
    keys = fields.List(fields.String())


class UploadTaken(Schema):
    """A version that passed every check; ``published`` says whether it was only tried."""

    version = fields.String()
    sha256 = fields.String()
    published = fields.Boolean()
    changes = fields.List(fields.Nested(ChangedFile))
    valid_from = fields.AwareDateTime(allow_none=True)
    subject = fields.String(allow_none=True)
    sequence = fields.Integer(allow_none=True)
