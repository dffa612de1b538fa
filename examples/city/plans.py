"""What will happen in the example city: each report is planned beforehand, with its bends, from a seed."""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from case_contracts.codes import Source
from examples.city.bends import (
    ANYWHERE,
    DISSATISFIED,
    ENDED_EARLY,
    MENDED_ON_THE_SPOT,
    NO_CASE,
    OF_ANOTHER,
    Bend,
)
from handbook import Handbook

MARK = re.compile(r"〔第(\d+)号〕")

# Reports by kind in a Chengdu district's published dashboard, with the rest spread over its long tail
# (docs/domain.md, Categories). Names are those of the default catalogue.
KINDS: Mapping[str, int] = {
    "非机动车乱停放": 613,
    "违规标语宣传品": 367,
    "乱堆物堆料": 307,
    "暴露垃圾": 275,
    "沿街晾挂": 191,
    "无照经营游商": 184,
    "非法小广告": 107,
    "垃圾箱": 102,
    "道路不洁": 90,
    "店外经营": 71,
    "违章接坡": 55,
    "占道经营": 45,
    "积存垃圾渣土": 44,
    "占道废品收购": 28,
    "废弃家具": 23,
    "绿化弃料": 21,
    "绿地脏乱": 6,
    "不明井盖": 6,
    "道路破损": 6,
    "交通护栏": 5,
    "机动车乱停放": 4,
    "雨水井盖": 3,
}

SOURCES: Mapping[Source, int] = {
    Source.COLLECTOR: 70,
    Source.HOTLINE: 12,
    Source.WECHAT: 8,
    Source.VIDEO: 5,
    Source.OPEN311: 3,
    Source.TRANSFERRED_12345: 2,
}

STREETS = (
    "文王路",
    "志得街",
    "人民路",
    "中华路",
    "政通路",
    "兴隆路",
    "光明路",
    "精忠路",
    "岳庙街",
    "易源大道",
)


RESTS_FOR = timedelta(days=60)
"""How long a unit asks for its task to rest (挂账)."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One report, and all that will be done about it."""

    index: int
    source: Source
    subcategory: str
    filing_standard: str
    address: str
    lon: float
    lat: float
    responsibility_grid: str
    responsible_unit: str
    wrong_unit: str
    other_wrong_unit: str = ""
    bend: Bend = Bend.PLAIN
    original: int | None = None
    """Index of the plan that tells of the same problem, for a duplicate and for what is merged."""
    reachable: bool = True
    """Whether the reporter can be told the answer."""
    times: Mapping[str, datetime] = field(default_factory=dict)
    """Historical moment of each step (see :mod:`examples.city.steps`); empty when the plan is played live."""

    @property
    def description(self) -> str:
        """The reporter's words; the mark lets the example's people recognise the plan in any list."""
        return f"{self.address}发现{self.kind_name}问题，请派人处理。〔第{self.index:05d}号〕"

    kind_name: str = ""

    @property
    def answers(self) -> int:
        """How many answers its reporter gets: one for each outcome."""
        return {Bend.REOPENED: 3, Bend.REOPENING_DECLINED: 2}.get(self.bend, 1)

    @property
    def appeal_is_granted(self) -> bool:
        """How an appeal (申诉) of its unit ends, if it appeals."""
        return self.index % 2 == 0

    @property
    def complains_at_once(self) -> bool:
        """Whether a dissatisfied reporter says so when rung back; the others speak up later."""
        return self.bend in DISSATISFIED and self.source is Source.HOTLINE and self.index % 2 == 0


def plan_index(text: str) -> int | None:
    """The index of the plan whose mark stands in a description, if one does."""
    found = MARK.search(text or "")
    return int(found[1]) if found else None


class Planner:
    """Draws plans from a seed: the same seed gives the same city."""

    def __init__(self, handbook: Handbook, seed: int) -> None:
        self.handbook = handbook
        self.chance = random.Random(seed)
        self.cells = sorted(handbook.grid.cells.values(), key=lambda cell: cell.code)
        self.units = sorted(handbook.units)
        by_name = {kind.name: code for code, kind in sorted(handbook.subcategories.items(), reverse=True)}
        self.kinds = [by_name[name] for name in KINDS if name in by_name]
        self.weights = [weight for name, weight in KINDS.items() if name in by_name]

    def plan(
        self,
        index: int,
        *,
        source: Source,
        bend: Bend = Bend.PLAIN,
        unit: str | None = None,
        original: Plan | None = None,
        reachable: bool = True,
    ) -> Plan:
        """One plan; ``unit`` asks for a problem that is this responsible unit's duty."""
        if original is not None:
            place, subcategory, responsible = original, original.subcategory, original.responsible_unit
            lon, lat, grid, address = place.lon, place.lat, place.responsibility_grid, place.address
        else:
            subcategory, cell = self._problem(unit)
            lon, lat = _inside(cell.polygon)
            grid = cell.responsibility_grid
            address = self._address()
            responsible = unit or self.handbook.duty(subcategory, cell.code).primary
        standards = self.handbook.standards_of(subcategory)
        standard = standards[self.chance.randrange(len(standards))]
        wrong, other_wrong = self.chance.sample([code for code in self.units if code != responsible], 2)
        if bend is Bend.PLAIN and source.needs_confirmation:
            bend = Bend.CONFIRMED
        return Plan(
            index=index,
            source=source,
            subcategory=subcategory,
            filing_standard=standard.id,
            address=address,
            lon=lon,
            lat=lat,
            responsibility_grid=grid,
            responsible_unit=responsible,
            wrong_unit=wrong,
            other_wrong_unit=other_wrong,
            bend=bend,
            original=original.index if original else None,
            reachable=reachable,
            kind_name=self.handbook.subcategories[subcategory].name,
        )

    def source(self) -> Source:
        """One source, drawn by the shares of the channels."""
        return self.chance.choices(list(SOURCES), list(SOURCES.values()))[0]

    def _problem(self, unit: str | None) -> tuple[str, object]:
        if unit is None:
            return self.chance.choices(self.kinds, self.weights)[0], self.chance.choice(self.cells)
        for subcategory, cell in self._searched():
            if self.handbook.duty(subcategory, cell.code).primary == unit:
                return subcategory, cell
        raise LookupError(f"no duty for {unit}")

    def _searched(self) -> Iterator[tuple[str, object]]:
        grids = {cell.responsibility_grid: cell for cell in self.cells}
        yield from ((code, cell) for code in sorted(self.handbook.subcategories) for cell in grids.values())

    def _address(self) -> str:
        first, second = self.chance.sample(STREETS, 2)
        side = self.chance.choice("东西南北")
        return f"{first}与{second}交叉口向{side}{self.chance.randrange(1, 40) * 10}米"


def a_day(handbook: Handbook, *, seed: int, reports: int = 200, each_bend: int = 5) -> list[Plan]:
    """A day: the channels in their shares, every unit at least once, every bend ``each_bend`` times."""
    planner = Planner(handbook, seed)
    sources = [source for source, share in SOURCES.items() for _ in range(round(reports * share / 100))]
    sources = (sources + [Source.COLLECTOR] * reports)[:reports]
    planner.chance.shuffle(sources)
    bends = _bends(sources, each_bend, planner.chance)
    units = list(planner.units)
    plans: list[Plan] = []
    for index, (source, bend) in enumerate(zip(sources, bends, strict=True)):
        original = _an_original(plans, planner.chance) if bend in OF_ANOTHER else None
        if bend in OF_ANOTHER and original is None:
            bend = Bend.PLAIN
        unit = units.pop() if units and bend in (Bend.PLAIN, Bend.CONFIRMED) and original is None else None
        plans.append(planner.plan(index, source=source, bend=bend, unit=unit, original=original))
    able = [
        plan
        for plan in plans
        if plan.source in (Source.HOTLINE, Source.WECHAT) and plan.bend not in DISSATISFIED
    ]
    for plan in able[:: max(reports // 25, 3)]:
        plans[plan.index] = _replaced(plan, reachable=False)
    return plans


def _bends(sources: list[Source], each: int, chance: random.Random) -> list[Bend]:
    """A bend for each report: citizens' ones confirmed or denied, the rest where they fit."""
    bends = [Bend.PLAIN] * len(sources)
    citizens = [i for i, source in enumerate(sources) if source.needs_confirmation]
    others = [i for i, source in enumerate(sources) if not source.needs_confirmation]
    chance.shuffle(citizens)
    chance.shuffle(others)
    for _ in range(min(each, len(citizens) // 3)):
        bends[citizens.pop()] = Bend.DENIED
    for bend in sorted(DISSATISFIED):
        for _ in range(min(each, len(citizens) // 4)):
            bends[citizens.pop()] = bend
    for bend in sorted(OF_ANOTHER):
        late = [place for place in sorted(citizens + others) if place >= len(sources) // 2]
        for place in chance.sample(late, min(each, len(late) // 4)):
            (citizens if place in citizens else others).remove(place)
            bends[place] = bend
    for bend in sorted(MENDED_ON_THE_SPOT):
        walked = [place for place in others if sources[place] is Source.COLLECTOR]
        for place in walked[: min(each, max(len(walked) // 12, 1))]:
            others.remove(place)
            bends[place] = bend
    most = max(len(others) // 20, 1)
    for bend in ANYWHERE:
        for _ in range(min(each, most)):
            bends[others.pop()] = bend
    return bends


def may_be_original(plan: Plan) -> bool:
    """Whether others may tell of its problem too: it becomes a case, and that comes to one good end."""
    return plan.bend not in NO_CASE | ENDED_EARLY | DISSATISFIED


def _an_original(plans: list[Plan], chance: random.Random) -> Plan | None:
    able = [plan for plan in plans if may_be_original(plan)]
    return chance.choice(able) if able else None


def _replaced(plan: Plan, **changes: object) -> Plan:
    return Plan(**{**{name: getattr(plan, name) for name in plan.__dataclass_fields__}, **changes})  # type: ignore[arg-type]


def _inside(polygon: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    """A point within the polygon."""
    from shapely import Polygon

    point = Polygon(polygon).representative_point()
    return round(point.x, 6), round(point.y, 6)
