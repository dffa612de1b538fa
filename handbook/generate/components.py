"""Writes components.csv (示例部件): a synthetic register spread over the synthetic grid."""

import csv
import random
from pathlib import Path

from handbook.files import CATEGORIES, DUTIES
from handbook.generate.grid import Layout
from handbook.generate.writing import csv_bytes
from handbook.reading import SYNTHETIC
from handbook.values import Position

COMPONENTS = 5000
SEED = 12345
COUNTY = "410523"
HEADING = [
    "code",
    "subcategory",
    "name",
    "lon",
    "lat",
    "unit_grid_code",
    "owner",
    "keeper",
    "state",
    "provenance",
]

# How often a kind stands in a street, beside the ordinary kind's 1.
COMMON = {
    "路灯": 40, "行道树": 45, "垃圾箱（果皮箱、桶）": 25, "雨水箅子": 30, "雨水井盖": 18, "污水井盖": 18,
    "上水井盖": 12, "通信井盖": 14, "电力井盖": 8, "交通标志牌": 12, "交通护栏": 8, "牌匾标识": 10,
    "公交站亭（牌）": 5, "电力立杆": 10, "通信立杆": 8, "绿地": 8, "监控电子眼": 6, "路名牌": 6,
    "燃气井盖": 6, "热力井盖": 5, "消防设施": 5, "通讯交接箱": 4, "公共厕所": 2, "便道桩": 6,
}  # fmt: skip
# Things that several companies own alike: here the register, not the duty table, knows whose it is.
SHARED = {
    "通信井盖": ("u24", "u25", "u26"), "网络井盖": ("u24", "u25", "u26"), "通讯交接箱": ("u24", "u25", "u26"),
    "通信立杆": ("u24", "u25", "u26", "u27"),
}  # fmt: skip
STATES = {"intact": 950, "damaged": 30, "lost": 5, "abandoned": 10, "removed": 5}


def components_csv(data: Path, layout: Layout) -> bytes:
    """Every kind at least once; about one in ten has no owner on record."""
    chance = random.Random(SEED)  # noqa: S311  a drawing, no secret
    kinds = [row for row in _read(data / CATEGORIES) if row["kind"] == "component"]
    primaries = {row["subcategory"]: row["primary"] for row in _read(data / DUTIES) if not row["area"]}
    weights = [COMMON.get(kind["subcategory"], 1) for kind in kinds]
    drawn = [*kinds, *chance.choices(kinds, weights, k=COMPONENTS - len(kinds))]
    serial: dict[str, int] = {}
    spots = sorted(layout.code_of)
    rows = []
    for kind in drawn:
        number = kind["category_code"] + kind["subcategory_code"]
        serial[number] = serial.get(number, 0) + 1
        spot = chance.choice(spots)
        lon, lat = _inside(layout.mesh.rings[spot], chance)
        owner, keeper = _recorded(kind["subcategory"], primaries[f"C{number}"], chance)
        state = chance.choices(list(STATES), list(STATES.values()))[0]
        rows.append(
            [
                f"{COUNTY}{number}{serial[number]:06}", f"C{number}",
                f"{kind['subcategory']}{serial[number]}号",
                f"{lon:.7f}", f"{lat:.7f}", layout.code_of[spot], owner, keeper, state, SYNTHETIC,
            ]
        )  # fmt: skip
    return csv_bytes(HEADING, sorted(rows))


def _recorded(name: str, primary: str, chance: random.Random) -> tuple[str, str]:
    owner = chance.choice(SHARED[name]) if name in SHARED else primary
    if chance.random() < 0.1 or name == "不明井盖":
        return "", ""
    return owner, owner if chance.random() < 0.8 else ""


def _inside(ring: tuple[Position, ...], chance: random.Random) -> Position:
    """Between the middle of the cell and a point of its border, never near the border."""
    corners = ring[:-1]
    middle_lon = sum(lon for lon, _ in corners) / len(corners)
    middle_lat = sum(lat for _, lat in corners) / len(corners)
    index, along, out = chance.randrange(len(corners)), chance.random(), chance.random() ** 0.5 * 0.8
    (lon0, lat0), (lon1, lat1) = ring[index], ring[index + 1]
    edge_lon, edge_lat = lon0 + (lon1 - lon0) * along, lat0 + (lat1 - lat0) * along
    return middle_lon + (edge_lon - middle_lon) * out, middle_lat + (edge_lat - middle_lat) * out


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
