"""Rows of case files as a city has them after years (案卷样例): words of many people, few of them alike."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from case_contracts.codes import Source
from console.columns import EDITION, PLACES, place_of, words
from console.words import State
from handbook import Handbook
from handbook.values import village_of

BEGINNING = datetime(2019, 1, 1, tzinfo=UTC)
YEARS = 7

_FIRST = "文武中人民光明兴隆精忠岳飞政通和平建设解放友谊新华胜利长江黄河东风西城南关北环永安德胜金水龙泉凤凰"
_SECOND = "王华主平和民山水阳明强兴安康宁泰福顺昌盛源达通利庆荣林园湖海"
_KINDS_OF_ROAD = ("路", "街", "大道", "巷", "北路", "南街", "东路", "西巷")
_AT = (
    "小区",
    "花园",
    "家园",
    "商厦",
    "超市",
    "小学",
    "中学",
    "医院",
    "菜市场",
    "公园",
    "广场",
    "车站",
    "饭店",
    "银行",
    "幼儿园",
    "加油站",
)
_GREETING = ("", "", "", "您好，", "我是附近居民，", "市民反映：", "来电人称，", "路过时看到")
_SINCE = (
    "",
    "已经三天了",
    "有一个多星期了",
    "从上个月开始",
    "昨天晚上开始",
    "反映过一次没有解决",
    "一直没人管",
    "下雨后",
)
_EFFECT = (
    "",
    "影响通行",
    "味道很大",
    "老人小孩走路不安全",
    "车辆无法通过",
    "晚上看不见很危险",
    "严重影响市容",
    "居民意见很大",
    "影响店铺经营",
    "噪音扰民",
    "蚊蝇很多",
    "积水很深",
    "差点绊倒人",
    "已有人受伤",
)
_WISH = ("，请派人处理", "，希望尽快解决", "，麻烦看一下", "", "，望有关部门及时处理", "，请回电告知结果")
_OPEN = (
    State.RECEIVED,
    State.CONFIRMING,
    State.AWAITING_FILING,
    State.AWAITING_DISPATCH,
    State.AWAITING_SIGNATURE,
    State.HANDLING,
    State.REWORK,
    State.SUSPENDED,
    State.RETURN_UNDER_REVIEW,
    State.AWAITING_VERIFICATION,
    State.VERIFYING,
    State.AWAITING_CLOSING,
)
_ENDED = (
    (State.CLOSED,) * 88
    + (State.NOT_ACCEPTED,) * 5
    + (State.LINKED,) * 4
    + (State.VOIDED, State.NOT_FILED, State.FORCE_CLOSED)
)
_SOURCES = (
    (Source.COLLECTOR,) * 55
    + (Source.HOTLINE,) * 25
    + (Source.WECHAT,) * 12
    + (Source.VIDEO,) * 7
    + (Source.LEADER,)
)


class City:
    """Chooses what happened where; the same seed gives the same city."""

    def __init__(self, handbook: Handbook, seed: int) -> None:
        self.chance = random.Random(seed)
        self.roads = sorted(
            {
                self.chance.choice(_FIRST) + self.chance.choice(_SECOND) + self.chance.choice(_KINDS_OF_ROAD)
                for _ in range(400)
            }
        )
        self.places = sorted(
            {
                self.chance.choice(_FIRST) + self.chance.choice(_SECOND) + self.chance.choice(_AT)
                for _ in range(1500)
            }
        )
        self.subcategories = list(handbook.subcategories.values())
        self.units = {code: unit.name for code, unit in handbook.units.items()}
        self.unit_of = {one.code: self.chance.choice(list(self.units)) for one in self.subcategories}
        self.grids = {code: grid.name for code, grid in handbook.grid.responsibility_grids.items()}
        self.cells: dict[str, list[str]] = {code: [] for code in self.grids}
        for cell in handbook.grid.cells.values():
            self.cells[cell.responsibility_grid].append(cell.code)

    def rows(self, count: int, open_rows: int) -> Iterator[dict[str, Any]]:
        """So many rows from the oldest on; the newest are open."""
        step = timedelta(days=365 * YEARS) / count
        for number in range(count):
            yield self._row(number, BEGINNING + step * number, number >= count - open_rows)

    def _row(self, number: int, at: datetime, is_open: bool) -> dict[str, Any]:
        choose = self.chance.choice
        kind = self.subcategories[min(int(self.chance.expovariate(0.05)), len(self.subcategories) - 1)]
        road, other = choose(self.roads), choose(self.roads)
        where = choose(self.places)
        address = (
            f"{road}与{other}交叉口向{choose('东西南北')}{self.chance.randrange(10, 400, 10)}米{where}门口"
        )
        said = (
            f"{choose(_GREETING)}{where}附近{kind.name}，{choose(_SINCE)}{choose(_EFFECT)}{choose(_WISH)}。"
        )
        state = choose(_OPEN) if is_open else choose(_ENDED)
        unit = self.unit_of[kind.code] if state.of_case else None
        source = choose(_SOURCES)
        report = f"{'H' if source is Source.HOTLINE else 'R'}{at:%Y%m%d}{number % 100_000:05}"
        case = f"410523{at:%Y%m%d}{number % 100_000:05}" if state.of_case else None
        grid = choose(list(self.grids))
        cell = choose(self.cells[grid])
        body = {
            "number": case or report,
            "report_number": report,
            "case_number": case,
            "place": address,
            "description": said,
            "photo": f"{self.chance.getrandbits(256):064x}",
            "grid": self.grids[grid],
            "grid_code": grid,
            "category": kind.category,
            "subcategory": kind.name,
            "subcategory_code": kind.code,
            "kind": "事件",
            "state": state.value,
            "state_text": state.chinese,
            "stage": int(state.stage),
            "round": 1,
            "responsible_unit": unit,
            "unit_name": self.units.get(unit or "", ""),
            "due_at": None,
            "suspended_until": None,
            "merged_into": None,
            "urgency": self.chance.choices(("ordinary", "urgent", "major"), (980, 18, 2))[0],
            "source": source.value,
            "source_text": source.chinese,
            "received_at": at.isoformat(),
            "marks": [],
            "answer": None,
            "answer_text": "",
            "updated_at": at.isoformat(),
        }
        text, grams = words(body)
        return {
            "key": report,
            "change": number + 1,
            "report_number": report,
            "case_number": case,
            "state": state.value,
            "edition": EDITION,
            "place": place_of(at) + number % PLACES,
            "responsible_unit": unit,
            "grid": grid,
            "cell": cell,
            "community": village_of(cell),
            "category": kind.category,
            "subcategory": kind.code,
            "source": source.value,
            "urgency": body["urgency"],
            "handling_due_at": at + timedelta(days=3) if is_open and state is State.HANDLING else None,
            "matters": ["extension_pending"] if is_open and number % 40 == 0 else [],
            "holders": [f"unit/{unit}"] if unit else [],
            "concerned": [f"unit/{unit}"] if unit else [],
            "body": body,
            "words": text,
            "grams": grams,
        }
