"""The read model of case files (案卷): every fact is kept, and each row made anew from its story.

One batch at a time is written, by whoever holds the lock: so rows commit in the order of their change
counter, and whoever asks for what came ``after`` a counter misses nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson

from case_contracts.wire import Envelope
from chassis.transactions import Transaction
from console.clocks import OUTAGE, EditionAt
from console.columns import EDITION, columns, searched, words
from console.names import Names
from console.search import Criteria, Found, search
from console.showing import case_file, row
from console.story import Story
from console.told import Belonging, Told, belonging

WRITING = "console/case-files"
CHANNEL = "live_rows"
"""Where PostgreSQL tells that rows have changed."""

_KEEP = """
insert into told_facts (message_id, source, type, subject, sequence, time, report_number, case_number,
                        linked_case, data)
select message_id, source, type, subject, sequence, time, report_number, case_number, linked_case, data
from jsonb_to_recordset(cast(:facts as jsonb)) as f (
    message_id text, source text, type text, subject text, sequence bigint, time timestamptz,
    report_number text, case_number text, linked_case text, data jsonb)
on conflict (message_id) do nothing
returning message_id
"""
_FILED = """
select case_number, min(report_number) from told_facts
where type = 'case_filed' and (case_number = any(:cases) or report_number = any(:reports))
group by case_number
"""
_TOLD = """
select message_id, source, type, subject, sequence, time, data, report_number, case_number from told_facts
where case_number = any(:cases) or report_number = any(:reports)
"""
_OUTAGES = """
select message_id, source, type, subject, sequence, time, data from told_facts
where type = 'outage_logged' and time >= :since
"""
# Reports linked to the case, and cases merged into it with what was linked or merged to those.
_LINKED = """
with recursive joined as (
    select report_number, case_number from told_facts where linked_case = :case_number
    union
    select fact.report_number, fact.case_number
    from joined join told_facts as fact on fact.linked_case = joined.case_number
)
select report_number, case_number from joined
"""
_REACHED = """
select exists (select from told_facts where subject = :subject and sequence >= :sequence)
"""
_ROWS = """
select key, state, edition, body from live_rows where key = any(:keys)
"""
_COLUMNS = {
    "report_number": "text",
    "case_number": "text",
    "state": "text",
    "edition": "integer",
    "place": "bigint",
    "responsible_unit": "text",
    "grid": "text",
    "cell": "text",
    "community": "text",
    "category": "text",
    "subcategory": "text",
    "source": "text",
    "urgency": "text",
    "handling_due_at": "timestamptz",
    "matters": "text[]",
    "holders": "text[]",
    "concerned": "text[]",
    "body": "jsonb",
}
_SET = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)
_LISTED = ", ".join(_COLUMNS)
_TYPED = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
_INTO = f"""
insert into live_rows as known (key, change, {_LISTED})
select key, nextval('live_changes'), {_LISTED}
from jsonb_to_recordset(cast(:rows as jsonb)) as r (key text, {_TYPED})
"""  # noqa: S608 - names of columns, all ours
_WRITE = f"""
{_INTO} cross join pg_notify('live_rows', '')
on conflict (key) do update set change = excluded.change, {_SET}
"""
# What stands beside a row is made anew without the row: nobody is told.
_WRITE_BESIDE = f"""
{_INTO}
on conflict (key) do update set {_SET}
"""
_WORDS = """
insert into live_words as known (key, words, grams)
select key, words, grams
from jsonb_to_recordset(cast(:words as jsonb)) as w (key text, words text, grams integer[])
on conflict (key) do update set words = excluded.words, grams = excluded.grams
where known.words <> excluded.words or known.grams <> excluded.grams
"""
_OLD = """
select report_number, case_number from live_rows where edition < :edition limit :limit
"""
_COUNT = """
insert into state_counts as c (state, count)
select state, count from jsonb_to_recordset(cast(:counts as jsonb)) as d (state text, count bigint)
on conflict (state) do update set count = c.count + excluded.count
"""
_NEWEST = """
select change, body from live_rows order by change desc limit :limit
"""
_AFTER = """
select change, body from live_rows where change > :after order by change limit :limit
"""
_CHANGED = """
select change, body, holders, concerned from live_rows where change > :after order by change limit :limit
"""
_CHANGED_FOR = """
select change, body, holders, concerned from live_rows
where change > :after and concerned && cast(:scopes as text[])
order by change limit :limit
"""


@dataclass(frozen=True)
class LivePage:
    """Rows of the live list, and the counter to ask from next time."""

    rows: list[dict[str, Any]]
    cursor: int


@dataclass(frozen=True)
class Changed:
    """A row that changed, and whom it is told."""

    change: int
    body: dict[str, Any]
    holders: list[str]
    concerned: list[str]


@dataclass(frozen=True)
class _Stored:
    report_number: str | None
    case_number: str | None
    told: Told


class CaseFiles:
    """The case files of one transaction."""

    def __init__(self, tx: Transaction, names: Names) -> None:
        self._tx = tx
        self._names = names

    def take(self, envelopes: Sequence[Envelope]) -> set[str]:
        """Keep these facts and renew the rows of their stories; the ids of those that were not known already.

        Facts that belong to no story leave nothing, and count as new each time.
        """
        facts = [record for envelope in envelopes if (record := _record(envelope)) is not None]
        without_story = {envelope.id for envelope in envelopes} - {fact["message_id"] for fact in facts}
        if not facts:
            return without_story
        self._tx.lock(WRITING)
        kept = set(self._tx.execute(_KEEP, {"facts": _json(facts)}).scalars())
        reports = {fact["report_number"] for fact in facts} - {None}
        cases = {fact["case_number"] for fact in facts} - {None}
        self._renew(self._stories(reports, cases))
        return kept | without_story

    def of_case(self, case_number: str, names: Names, edition_at: EditionAt) -> dict[str, Any] | None:
        """The whole case file of a case."""
        return self._shown(self._stories(set(), {case_number}), names, edition_at)

    def of_report(self, report_number: str, names: Names, edition_at: EditionAt) -> dict[str, Any] | None:
        """The whole file of a report, with its case when it became one."""
        return self._shown(self._stories({report_number}, set()), names, edition_at)

    def reached(self, subject: str, sequence: int) -> bool:
        """Whether the read model has come as far as this fact of this aggregate."""
        found = self._tx.execute(_REACHED, {"subject": subject, "sequence": sequence})
        return bool(found.scalar_one())

    def live(self, after: int | None, limit: int) -> LivePage:
        """The newest rows, or everything that changed after a counter, oldest change first."""
        newest = self.newest()
        if after is None or after > newest:  # a counter of another database: begin anew
            page = self._page(_NEWEST, limit=limit)
            return LivePage(page.rows, newest)
        page = self._page(_AFTER, after=after, limit=limit)
        return LivePage(page.rows, max(page.cursor, after))

    def newest(self) -> int:
        """The counter of the newest change."""
        return self._page(_NEWEST, limit=1).cursor

    def changed(self, after: int, limit: int, scopes: Sequence[str] | None = None) -> list[Changed]:
        """What changed after a counter, oldest change first; with ``scopes`` only what concerned these."""
        values: dict[str, Any] = {"after": after, "limit": limit}
        if scopes is None:
            return [Changed(*one) for one in self._tx.read(_CHANGED, values)]
        return [Changed(*one) for one in self._tx.read(_CHANGED_FOR, {**values, "scopes": list(scopes)})]

    def search(self, criteria: Criteria, before: int | None, limit: int) -> Found:
        """Rows that meet these criteria, the last to arrive first."""
        return search(self._tx, criteria, before, limit)

    def remake(self, limit: int) -> int:
        """Make some rows of an older edition anew; how many there were."""
        self._tx.lock(WRITING)
        old = list(self._tx.execute(_OLD, {"edition": EDITION, "limit": limit}))
        if old:
            reports, cases = {one[0] for one in old} - {None}, {one[1] for one in old} - {None}
            self._renew(self._stories(reports, cases), told=False)
        return len(old)

    def state_counts(self) -> dict[str, int]:
        """How many stories stand in each state."""
        found = self._tx.execute("select state, count from state_counts")
        return {one[0]: one[1] for one in found}

    def _page(self, query: str, **values: Any) -> LivePage:
        rows = [{**body, "cursor": change} for change, body in self._tx.execute(query, values)]
        return LivePage(rows, max((one["cursor"] for one in rows), default=0))

    def _stories(self, reports: set[str], cases: set[str]) -> list[Story]:
        filed = {case: report for case, report in self._filed(reports, cases) if report}
        stored = self._told(reports | set(filed.values()), cases | set(filed))
        told: dict[str, list[Told]] = {}
        for one in stored:
            key = one.report_number or filed.get(one.case_number or "") or one.case_number or ""
            told.setdefault(key, []).append(one.told)
        return [Story(facts) for _, facts in sorted(told.items())]

    def _filed(self, reports: set[str], cases: set[str]) -> Iterable[Any]:
        return self._tx.execute(_FILED, {"reports": list(reports), "cases": list(cases)})

    def _told(self, reports: set[str], cases: set[str]) -> list[_Stored]:
        found = self._tx.execute(_TOLD, {"reports": list(reports), "cases": list(cases)})
        return [
            _Stored(
                one.report_number,
                one.case_number,
                _told(one),
            )
            for one in found
        ]

    def _outages(self, since: datetime) -> list[Told]:
        """What was told of outages since a moment."""
        return [_told(one) for one in self._tx.execute(_OUTAGES, {"since": since})]

    def _renew(self, stories: list[Story], *, told: bool = True) -> None:
        """Make the rows of these stories anew; ``told``: what differs is news to who follows the changes."""
        fresh = {_key(story): (story, row(story, self._names)) for story in stories}
        orphaned = [str(s.case_number) for s in stories if s.report_number and s.case_number]
        known = {one.key: one for one in self._tx.execute(_ROWS, {"keys": [*fresh, *orphaned]})}
        orphans = [key for key in orphaned if key in known and key not in fresh]
        same = {key for key, (_, body) in fresh.items() if key in known and known[key].body == body}
        beside = [key for key in same if known[key].edition < EDITION]
        written = [key for key in fresh if key not in same]
        news, quiet = (written, beside) if told else ([], [*written, *beside])
        for statement, keys in ((_WRITE, news), (_WRITE_BESIDE, quiet)):
            if keys:
                rows = [{"key": key, **columns(*fresh[key])} for key in keys]
                self._tx.execute(statement, {"rows": _json(rows)})
        said = {
            key: fresh[key][1] for key in (*written, *beside) if _says_else(known.get(key), fresh[key][1])
        }
        self._write_words(said, orphans)
        left = [known[key].state for key in (*orphans, *written) if key in known]
        self._recount(left, [fresh[key][1]["state"] for key in written])

    def _write_words(self, bodies: dict[str, dict[str, Any]], orphans: list[str]) -> None:
        if orphans:
            self._tx.execute("delete from live_rows where key = any(:keys)", {"keys": orphans})
            self._tx.execute("delete from live_words where key = any(:keys)", {"keys": orphans})
        if bodies:
            made = [(key, *words(body)) for key, body in bodies.items()]
            lines = [{"key": key, "words": text, "grams": grams} for key, text, grams in made]
            self._tx.execute(_WORDS, {"words": _json(lines)})

    def _recount(self, left: list[str], entered: list[str]) -> None:
        changes = {state: entered.count(state) - left.count(state) for state in {*left, *entered}}
        counts = [{"state": state, "count": change} for state, change in sorted(changes.items()) if change]
        if counts:
            self._tx.execute(_COUNT, {"counts": _json(counts)})

    def _shown(self, stories: list[Story], names: Names, edition_at: EditionAt) -> dict[str, Any] | None:
        if not stories:
            return None
        story = stories[0]
        linked: list[Story] = []
        if story.case_number is not None:
            joined = list(self._tx.execute(_LINKED, {"case_number": story.case_number}))
            reports = {one.report_number for one in joined} - {None}
            cases = {one.case_number for one in joined} - {None, story.case_number}
            linked = self._stories(reports, cases) if reports or cases else []
        return case_file(story, linked, names, edition_at, self._outages(story.flow[0].time))


def _says_else(known: Any, body: Mapping[str, Any]) -> bool:
    """Whether a row is to be found by other words than the one that is there; most steps say nothing new."""
    return known is None or known.edition < EDITION or searched(known.body) != searched(body)


def _told(stored: Any) -> Told:
    return Told(
        id=stored.message_id,
        source=stored.source,
        type=stored.type,
        subject=stored.subject,
        sequence=stored.sequence,
        time=stored.time,
        data=stored.data,
    )


def _record(envelope: Envelope) -> dict[str, Any] | None:
    belongs = Belonging(None, None) if envelope.type == OUTAGE else belonging(envelope)
    if belongs is None:
        return None
    return {
        "message_id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "sequence": envelope.sequence,
        "time": envelope.time.isoformat(),
        **asdict(belongs),
        "data": envelope.data,
    }


def _json(rows: list[dict[str, Any]]) -> str:
    return orjson.dumps(rows).decode()


def _key(story: Story) -> str:
    return str(story.report_number or story.case_number)
