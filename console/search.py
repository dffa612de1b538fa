"""Finding case files (案卷查询) among a million: by words, and by what stands beside the row.

However much is asked for, the work is bounded. What a few thousand meet is found whole and counted exactly:
beginning with the words, or with the columns, whichever are the rarer. What both have in plenty is met after
a short walk through the newest, and is not counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis.transactions import Transaction
from console.columns import place_of
from console.grams import gram_of_number, gram_of_unit, grams_of_term, like, terms
from handbook.values import VILLAGE_DIGITS

FEW = 10_000
"""So many are counted exactly."""
WALKED = 20_000
"""Rows that are looked at in search of frequent words, for one page."""
_END = 2**62

# Which way is short depends on the values, not on the average; and a term that the planner takes for frequent
# would be looked for in every row. What meets a row is looked up row by row (lateral, limit 1): of a frequent
# name of many characters the planner expects one row, and would lay ten thousand over two hundred thousand.
_PLANNED = """
set local plan_cache_mode = force_custom_plan
"""
_BY_INDEX = """
set local enable_seqscan = off
"""
_BY_ANY = """
set local enable_seqscan = on
"""


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """What is looked for; what is None or empty does not matter."""

    words: str = ""
    states: Sequence[str] = ()
    responsible_unit: str | None = None
    grid: str | None = None
    """A responsibility grid's code, a cell's of 15 digits, or a community's of 12."""
    category: str | None = None
    subcategory: str | None = None
    source: str | None = None
    urgency: str | None = None
    received_from: datetime | None = None
    received_until: datetime | None = None
    overdue_at: datetime | None = None
    matter: str | None = None
    """An open matter (console/matters.py), such as ``escalated_to_leader``."""


@dataclass(frozen=True)
class Found:
    """A page of what was found, where the next begins (0: nowhere), and how many there are."""

    rows: list[dict[str, Any]]
    before: int
    total: int
    more: bool
    """Whether there may be more than ``total``."""


@dataclass(frozen=True)
class _Places:
    places: list[int]
    total: int
    more: bool
    before: int | None = None
    """Where a walk ended that is not at its end."""


def search(tx: Transaction, criteria: Criteria, before: int | None, limit: int) -> Found:
    """The rows that meet all criteria, the last to arrive first."""
    tx.write(_PLANNED)
    finding = _Finding(tx, criteria, before or _END, limit)
    places = finding.places()
    rows = finding.rows(places.places)
    going_on = rows and len(places.places) == limit
    following = min(places.places) if going_on else places.before or 0
    return Found(rows, following, places.total, places.more)


class _Finding:
    """One search."""

    def __init__(self, tx: Transaction, criteria: Criteria, before: int, limit: int) -> None:
        self._tx = tx
        self._columns, self._values = _on_columns(criteria)
        # Signs alone are in no index: they are looked for in what the columns leave, or in a walk.
        self._words, values, self._by_grams = _on_words(terms(criteria.words))
        # What a unit has stands among the grams, so that the index itself meets words with the unit.
        self._narrowed = self._words
        if self._by_grams and criteria.responsible_unit is not None:
            self._narrowed += " and grams @> :unit_gram"
            values["unit_gram"] = [gram_of_unit(criteria.responsible_unit)]
        # Whether the columns leave less than the grams do: a unit alone is among them.
        index_says_all = self._by_grams and not _on_columns(replace(criteria, responsible_unit=None))[0]
        self._by_columns = bool(self._columns) and not index_says_all
        self._values |= {**values, "before": before, "limit": limit, "few": FEW + 1, "walked": WALKED}

    def places(self) -> _Places:
        """The places of one page."""
        if self._by_grams:
            found = self._whole(
                f"select key from live_words where {self._narrowed} limit :few",  # noqa: S608
                f"select place from live_rows where key = few.key and {self._columns or 'true'}",  # noqa: S608
            )
            if found is not None:
                return found
        if self._by_columns:
            found = self._whole(
                f"select key, place from live_rows where {self._columns} limit :few",  # noqa: S608
                f"select few.place from live_words where key = few.key and {self._words}"  # noqa: S608
                if self._words
                else "select few.place",
            )
            if found is not None:
                return found
        return self._walk_for_words() if self._words else self._newest()

    def rows(self, places: Sequence[int]) -> list[dict[str, Any]]:
        """The rows of these places, the last to arrive first."""
        query = "select change, body from live_rows where place = any(:places) order by place desc"
        found = self._tx.execute(query, {"places": list(places)})
        return [{**body, "cursor": change} for change, body in found]

    def _whole(self, few: str, met: str) -> _Places | None:
        """All of a short list that are also met by the other conditions; None when the list is not short."""
        self._tx.write(_BY_INDEX)
        listed, total, places = self._asked(
            f"""
            with few as materialized ({few}),
            found as materialized (
                select met.place from few cross join lateral ({met} limit 1) as met
                where (select count(*) from few) < :few)
            select (select count(*) from few), (select count(*) from found),
                   array(select place from found where place < :before order by place desc limit :limit)
            """  # noqa: S608 - conditions are put together here, their values are parameters
        )[0]
        self._tx.write(_BY_ANY)
        return _Places(places, total, more=False) if listed <= FEW else None

    def _newest(self) -> _Places:
        places = [
            place
            for (place,) in self._asked(
                f"""
                select place from live_rows where {self._columns or "true"} and place < :before
                order by place desc limit :limit
                """  # noqa: S608
            )
        ]
        if self._columns:
            return _Places(places, FEW, more=True)
        total = int(self._tx.execute("select coalesce(sum(count), 0) from state_counts").scalar_one())
        return _Places(places, min(total, FEW), more=total > FEW)

    def _walk_for_words(self) -> _Places:
        """The newest that have the words: row by row, until the page is full or the walk is at its end."""
        self._tx.write(_BY_INDEX)
        walk = f"""
            select key, place from live_rows where {self._columns or "true"} and place < :before
            order by place desc limit :walked
        """  # noqa: S608
        places = [
            place
            for (place,) in self._asked(
                f"""
                select place from ({walk}) as walked cross join lateral (
                    select from live_words where live_words.key = walked.key and {self._words} limit 1) as met
                order by place desc limit :limit
                """  # noqa: S608
            )
        ]
        before = None
        if len(places) < self._values["limit"]:
            walked, end = self._asked(f"select count(*), min(place) from ({walk}) as walked")[0]  # noqa: S608
            before = end if walked == WALKED else None
        # Words that the index knows are plentiful alone; with columns, or signs, nobody has counted.
        plentiful = self._by_grams and not self._by_columns
        return _Places(places, FEW if plentiful else len(places), more=True, before=before)

    def _asked(self, query: str) -> list[Any]:
        named = {name: value for name, value in self._values.items() if f":{name}" in query}
        return self._tx.execute(query, named).all()


def _on_columns(criteria: Criteria) -> tuple[str, dict[str, Any]]:
    """The condition on what stands beside the row; empty when there is none."""
    parts: list[str] = []
    values: dict[str, Any] = {}
    if criteria.states:
        parts.append("state = any(:states)")
        values["states"] = list(criteria.states)
    if criteria.grid is not None:
        parts.append(f"{_column_of_grid(criteria.grid)} = :grid")
        values["grid"] = criteria.grid
    for name in ("responsible_unit", "category", "subcategory", "source", "urgency"):
        if (value := getattr(criteria, name)) is not None:
            parts.append(f"{name} = :{name}")
            values[name] = value
    if criteria.received_from is not None:
        parts.append("place >= :from_place")
        values["from_place"] = place_of(criteria.received_from)
    if criteria.received_until is not None:
        parts.append("place < :until_place")
        values["until_place"] = place_of(criteria.received_until)
    if criteria.overdue_at is not None:
        parts.append("handling_due_at < :overdue_at")
        values["overdue_at"] = criteria.overdue_at
    if criteria.matter is not None:
        parts.append("matters <> '{}' and :matter = any(matters)")
        values["matter"] = criteria.matter
    return " and ".join(parts), values


def _column_of_grid(code: str) -> str:
    """Where a code stands, by its form (docs/domain.md, Numbers)."""
    if not code.isdecimal():
        return "grid"
    return "community" if len(code) == VILLAGE_DIGITS else "cell"


def _on_words(looked_for: Sequence[str]) -> tuple[str, dict[str, Any], bool]:
    """The condition on the words: each term is there, as text or as what a number is called; its values, and
    whether an index knows any of them.
    """
    parts: list[str] = []
    values: dict[str, Any] = {}
    indexed = False
    for number, term in enumerate(looked_for):
        ways = []
        if grams := grams_of_term(term):
            ways.append(f"grams @> :text{number}")
            values[f"text{number}"] = grams
        if (gram := gram_of_number(term)) is not None:
            ways.append(f"grams @> :called{number}")
            values[f"called{number}"] = [gram]
        indexed = indexed or bool(ways)
        parts.append(f"words like :like{number}" + (f" and ({' or '.join(ways)})" if ways else ""))
        values[f"like{number}"] = like(term)
    return " and ".join(parts), values, indexed
