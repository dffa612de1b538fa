"""A year of a busy county in the ledger: figures still answer while one waits."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import psycopg2
import pytest
from assessment_kit import DAY, JUNE, Desk, a_closed_life, envelopes, opened

from chassis.transactions import Database

pytestmark = [pytest.mark.infra, pytest.mark.long]

FACTS = 220_000
YEAR = 365


@pytest.fixture
def year(database: str) -> Iterator[Database]:
    kept = opened(database)
    each = len(envelopes(a_closed_life(1, JUNE)))
    count = FACTS // each + 1
    for begin in range(0, count, 500):
        lives = [
            a_closed_life(serial, JUNE + timedelta(days=YEAR * serial / count), f"u{serial % 29 + 1:02}")
            for serial in range(begin, min(begin + 500, count))
        ]
        with kept.transaction() as tx:
            tx.bound.add(envelopes(*lives))
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("analyze ledger")
    yield kept
    kept.close()


def test_figures_of_a_year_answer_within_a_second(year):
    desk = Desk(year, now=JUNE + (YEAR + 30) * DAY)
    asked = {
        "the year": ("figures", {"from_": JUNE, "to": JUNE + YEAR * DAY}),
        "a month": ("figures", {"from_": JUNE + 100 * DAY, "to": JUNE + 130 * DAY}),
        "one unit": ("figures", {"from_": JUNE, "to": JUNE + YEAR * DAY, "responsible_unit": "u05"}),
        "all units": ("units", {}),
        "totals": ("totals", {}),
        "a story": ("ledger/4105232020061500007", {}),
    }
    took = {}
    for name, (path, query) in asked.items():
        begun = time.perf_counter()
        status, _ = desk.get(path, **query)
        took[name] = time.perf_counter() - begun
        assert status == 200

    print({name: round(seconds, 3) for name, seconds in took.items()})
    assert max(took.values()) < 1, took
