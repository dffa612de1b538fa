"""Finding case files among a million (案卷查询): every kind of question, asked at the console's door."""

import io
import statistics
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import psycopg2
import requests

import handbook
from bench.case_texts import BEGINNING, City
from bench.measuring import keep
from chassis.migrating import migrate
from cli.infrastructure.postgres import Postgres
from cli.infrastructure.server import free_ports
from console.service import app
from tests.console.stream_kit import hall

ROWS = 1_000_000
OPEN = 3_000
TIMES = 40
_BESIDE = (
    "key",
    "change",
    "report_number",
    "case_number",
    "state",
    "edition",
    "place",
    "responsible_unit",
    "grid",
    "cell",
    "community",
    "category",
    "subcategory",
    "source",
    "urgency",
    "handling_due_at",
    "matters",
    "holders",
    "concerned",
    "body",
)
_WORDS = ("key", "words", "grams")

Question = Callable[[int], dict[str, Any]]


def bench_search(folder: Path, seconds: float, rows: int = ROWS) -> None:
    """Each kind of question so many times, all with other words; the slowest twentieth counts."""
    folder.mkdir(parents=True, exist_ok=True)
    (port,) = free_ports(1)
    postgres = Postgres(folder / "postgres", port)
    postgres.start()
    try:
        postgres.create_databases(["console"])
        url = postgres.url("console")
        migrate(url, app.migrations_folder())
        city = City(handbook.load(), 1)
        with closing(psycopg2.connect(url)) as connection:
            _fill(connection, city, rows)
        with hall(url, folder) as opened:
            took = _ask(
                f"http://127.0.0.1:{opened.port}/api/console", opened.token("leader", seconds=3600), city
            )
        everything = sorted(one for times in took.values() for one in times)
        keep(
            {
                "bench": "search",
                "rows": rows,
                "operations": len(everything),
                "p50_ms": _percentile(everything, 50),
                "p95_ms": _percentile(everything, 95),
                "max_ms": round(everything[-1] * 1000, 1),
                "kinds": {
                    name: {"p50_ms": _percentile(times, 50), "p95_ms": _percentile(times, 95)}
                    for name, times in took.items()
                },
            }
        )
    finally:
        postgres.stop()


def _fill(connection: Any, city: City, count: int) -> None:
    """Copy the rows in, and make the index of grams when they are there."""
    begun = time.perf_counter()
    counts: dict[str, int] = {}
    with connection, connection.cursor() as cursor:
        cursor.execute("set maintenance_work_mem = '1GB'")
        cursor.execute("select indexdef from pg_indexes where indexname = 'live_words_by_gram'")
        (index,) = cursor.fetchone()
        cursor.execute("drop index live_words_by_gram")
        portion: list[dict[str, Any]] = []
        for row in city.rows(count, min(OPEN, count // 2)):
            counts[row["state"]] = counts.get(row["state"], 0) + 1
            portion.append(row)
            if len(portion) == 20_000:
                _copy(cursor, portion)
                portion = []
        _copy(cursor, portion)
        cursor.execute(index)
        cursor.executemany("insert into state_counts values (%s, %s)", list(counts.items()))
        cursor.execute("select setval('live_changes', %s)", (count,))
    connection.autocommit = True
    connection.cursor().execute("vacuum analyze live_rows, live_words")
    print(f"{count} rows in {time.perf_counter() - begun:.0f} s", flush=True)


def _copy(cursor: Any, portion: list[dict[str, Any]]) -> None:
    for table, names in (("live_rows", _BESIDE), ("live_words", _WORDS)):
        lines = io.StringIO("".join("\t".join(_field(row[name]) for name in names) + "\n" for row in portion))
        cursor.copy_expert(f"copy {table} ({', '.join(names)}) from stdin", lines)


def _field(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, dict):
        return orjson.dumps(value).decode().replace("\\", "\\\\")
    if isinstance(value, list):
        return "{" + ",".join(map(str, value)) + "}"
    return str(value)


def _ask(address: str, token: str, city: City) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {}
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        for name, question in _questions(city).items():
            for number in range(TIMES):
                query = question(number)
                begun = time.perf_counter()
                answer = session.get(
                    f"{address}/{query.pop('_door', 'case-files')}", params=query, timeout=60
                )
                took.setdefault(name, []).append(time.perf_counter() - begun)
                answer.raise_for_status()
            found = answer.json()
            print(
                f"{name}: {_percentile(took[name], 95)} ms, {query} → {found.get('total')}"
                f"{'+' if found.get('more') else ''} ({len(found.get('rows', ()))})",
                flush=True,
            )
    return took


def _questions(city: City) -> dict[str, Question]:
    """Every kind of question: (how often it was asked) → its query."""
    road, place = _of(city.roads), _of(city.places)
    kind = _of([one.name for one in city.subcategories])
    code = _of([one.code for one in city.subcategories])
    category = _of(sorted({one.category for one in city.subcategories}))
    unit, grid = _of(list(city.units)), _of(list(city.grids))
    char = _of("路井街灯水垃圾车树蛇坑店门东城飞")
    often = _of(("垃圾", "交叉", "门口", "附近", "影响", "处理", "小区", "居民", "井盖", "乱停"))
    moment = _of(
        [f"{BEGINNING.year + year}-{month:02}-01T00:00:00Z" for year in range(7) for month in (1, 5, 9)]
    )
    states = _of((["received"], ["closed"], ["handling", "rework"], ["closed", "voided"], ["suspended"]))
    source = _of(("collector", "hotline", "wechat", "video", "leader"))
    urgency = _of(("urgent", "major", "ordinary"))
    return {
        "everything": lambda n: {},
        "one character": lambda n: {"q": char(n)},
        "frequent word": lambda n: {"q": often(n)},
        "road": lambda n: {"q": road(n)},
        "place": lambda n: {"q": place(n)},
        "kind of problem": lambda n: {"q": kind(n)},
        "road and kind": lambda n: {"q": f"{road(n)} {kind(n)}"},
        "two frequent words": lambda n: {"q": f"{often(n)} {often(n + 1)}"},
        "crossing": lambda n: {"q": f"{road(n)}与{road(n + 7)}"},
        "nothing like it": lambda n: {"q": ("龘靐", "外星飞船降落", "路与", "水王林")[n % 4]},
        "whole number": lambda n: {"q": f"41052320230615{n * 991 % 100_000:05}"},
        "end of a number": lambda n: {"q": f"{n * 2_503 % 100_000:05}"},
        "number within the text": lambda n: {"q": f"{(n % 39 + 1) * 10}米"},
        "word and state": lambda n: {"q": often(n), "state": states(n)},
        "word and unit": lambda n: {"q": often(n), "responsible_unit": unit(n)},
        "word, unit and grid": lambda n: {"q": often(n), "responsible_unit": unit(n), "grid": grid(n)},
        "word and time": lambda n: {
            "q": often(n),
            "received_from": moment(n),
            "received_until": "2025-01-01T00:00:00Z",
        },
        "word and old time": lambda n: {"q": often(n), "received_until": "2019-06-01T00:00:00Z"},
        "road, source, state": lambda n: {"q": road(n), "source": source(n), "state": ["closed"]},
        "unit": lambda n: {"responsible_unit": unit(n)},
        "unit and kind": lambda n: {"responsible_unit": unit(n), "subcategory": code(n)},
        "grid and category": lambda n: {"grid": grid(n), "category": category(n)},
        "category and source": lambda n: {"category": category(n), "source": source(n)},
        "state": lambda n: {"state": states(n)},
        "time": lambda n: {"received_from": moment(n), "received_until": moment(n + 1)},
        "urgency and source": lambda n: {"urgency": urgency(n), "source": source(n)},
        "overdue": lambda n: {"overdue": "true"},
        "second page": lambda n: {"q": road(n), "before": 1_650_000_000 * 2**20},
        "work counts": lambda n: {"_door": "work"},
    }


def _of(values: Iterable[Any]) -> Callable[[int], Any]:
    listed = list(values)
    return lambda number: listed[number * 7 % len(listed)]


def _percentile(times: Iterable[float], percent: int) -> float:
    ordered = sorted(times)
    return round(statistics.quantiles(ordered, n=100, method="inclusive")[percent - 1] * 1000, 1)
