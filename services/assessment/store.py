"""Where assessment keeps its ledger (台账), and the queries that make figures of it.

How each figure is counted stands in ``services/assessment/counting.py``.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from case_contracts import wire
from case_contracts.console import HandbookPublished
from case_contracts.facts import Fact
from case_contracts.roles import Role
from chassis.documents import Documents, NotFound
from chassis.fetching import FetchedVersions
from chassis.transactions import Announced, Transaction
from services.assessment import counting, ledger
from services.assessment.appeals import Appeal, AppealState, CaseOfAppeal
from services.assessment.indicators import COUNTS, Figures, of_city, of_unit
from services.assessment.ledger import Entry

_ADD = """
with told as materialized (
    select * from jsonb_to_recordset(cast(:rows as jsonb)) as told(
        message_id text, source text, type text, subject text, sequence bigint, time timestamptz,
        case_number text, report_number text, responsible_unit text, round integer, dispatch_number integer,
        due_at timestamptz, in_time boolean, origin text, kind text, satisfaction text,
        wrong_dispatch boolean, valid boolean, called text, order_number text, reply_by_at timestamptz,
        unseen boolean, reopened boolean, data jsonb)
), added as (
    insert into ledger (message_id, source, type, subject, sequence, time, case_number, report_number,
                        responsible_unit, round, dispatch_number, due_at, in_time, origin, kind, satisfaction,
                        wrong_dispatch, valid, called, order_number, reply_by_at, unseen, reopened)
    select message_id, source, type, subject, sequence, time, case_number, report_number,
           responsible_unit, round, dispatch_number, due_at, in_time, origin, kind, satisfaction,
           wrong_dispatch, valid, called, order_number, reply_by_at, unseen, reopened
    from told
    on conflict (message_id) do nothing
    returning message_id
)
insert into fact_fields (message_id, data) select message_id, data from told join added using (message_id)
returning message_id
"""

_PRESENT = """
select max(time) from ledger
"""

_SOURCES = """
select origin, count(*) as count from ledger
where type = 'report_received' and time >= :begin and time < :as_of and origin is not null group by 1
"""

# Whether any feedback of a case was late, and whether an appeal makes up for it: of some cases at once.
_LATENESS = """
select case_number, bool_or(type = 'appeal_granted') as exempt
from ledger where case_number = any(:numbers)
and (type = 'appeal_granted' or (type = 'feedback_submitted' and not in_time))
group by case_number having bool_or(type = 'feedback_submitted')
"""

# What an appeal for a case is judged by; {number} says which case.
_STANDING = """
select last.responsible_unit,
       coalesce((
           select type = 'case_closed' from ledger
           where case_number = {number} and type in (
               'case_closed', 'case_reopened', 'case_voided', 'case_force_closed', 'case_merged')
           order by time desc, sequence desc limit 1), false) as closed,
       exists (
           select from ledger
           where case_number = {number} and type = 'feedback_submitted' and not in_time
           and dispatch_number = last.dispatch_number) as late
from (
    select responsible_unit, dispatch_number from ledger
    where case_number = {number} and type = 'case_dispatched'
    order by dispatch_number desc limit 1) as last
"""
_CASE_OF_APPEAL = _STANDING.format(number=":case_number")

_APPEALABLE = f"""
select fed_back.case_number
from (
    select case_number, max(time) as at from ledger
    where type = 'feedback_submitted' and not in_time and responsible_unit = :unit
    group by case_number) as fed_back
cross join lateral ({_STANDING.format(number="fed_back.case_number")}) as stands
where stands.responsible_unit = :unit and stands.closed and stands.late
and not exists (select from appeals where key = fed_back.case_number)
order by fed_back.at desc, fed_back.case_number limit :limit
"""  # noqa: S608

_STORY_OF_CASE = """
select message_id, source, type, subject, sequence, time, data
from ledger join fact_fields using (message_id)
where case_number = :case_number
union all
select message_id, source, type, subject, sequence, time, data
from ledger join fact_fields using (message_id)
where case_number is null and report_number in (
    select report_number from ledger where case_number = :case_number and type = 'case_filed')
"""

_STORY_OF_REPORT = """
select message_id, source, type, subject, sequence, time, data
from ledger join fact_fields using (message_id)
where report_number = :report_number
"""

_TOTALS = """
select count(*) as facts,
       count(*) filter (where type = 'report_received') as reports,
       count(*) filter (where type = 'report_not_accepted') as not_accepted,
       count(*) filter (where type = 'filing_declined') as not_filed,
       count(*) filter (where type = 'report_linked') as linked,
       count(distinct case_number) filter (where type = 'case_filed') as cases,
       count(*) filter (where type = 'case_dispatched') as dispatched,
       count(*) filter (where type = 'feedback_submitted') as feedback,
       count(distinct case_number) filter (where type = 'case_closed') as closed,
       count(*) filter (where type = 'case_voided') as voided,
       count(*) filter (where type = 'case_force_closed') as force_closed,
       count(*) filter (where type = 'case_merged') as merged,
       count(*) filter (where type = 'case_reopened') as reopened,
       count(*) filter (where type = 'problem_self_handled') as self_handled,
       count(*) filter (where type = 'rework_ordered' and reopened is not true) as rework,
       count(*) filter (where type = 'case_sent_back') as sent_back,
       count(distinct report_number) filter (where type = 'answer_delivered') as answered,
       count(distinct report_number) filter (where type = 'answer_undeliverable') as unreachable
from ledger
"""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a list behind a figure."""

    case_number: str | None
    report_number: str | None
    responsible_unit: str | None
    at: datetime
    overdue: bool
    """曾超时: some feedback of the case was late. No appeal changes that."""
    exempt: bool
    """申诉通过: the statistics do not count it as late."""

    @property
    def overdue_text(self) -> str:
        """What the list says."""
        return "" if not self.overdue else "曾超时（申诉通过不计）" if self.exempt else "曾超时"


_SOURCES_OF_UNITS = {counting.PARTS[count.name].source for count in COUNTS if count.of_units}

Tally = dict[str | None, dict[str, int]]
"""Counts by responsible unit; the whole city's under None."""


class PostgresStore:
    """One transaction of assessment."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.appeals: Documents[Appeal] = Documents(
            tx, "appeals", Appeal, key=lambda appeal: appeal.case_number, columns=_columns
        )

    def add(self, envelopes: Iterable[wire.Envelope]) -> set[str]:
        """Write facts down; one that stands there already is left as it is. The ids of the new ones."""
        rows = orjson.dumps([ledger.columns(envelope) for envelope in envelopes]).decode()
        return set(self._tx.execute(_ADD, {"rows": rows}).scalars())

    def present(self, at: datetime) -> datetime:
        """Up to when there is anything to know: now, or just after the newest fact if that is later."""
        newest = self._tx.execute(_PRESENT).scalar_one()
        return at if newest is None else max(at, newest + timedelta(microseconds=1))

    def figures(self, begin: datetime, as_of: datetime) -> tuple[Figures, dict[str, int]]:
        """The whole city's figures of a period, and how many reports came from each source."""
        counts = self._tally(begin, as_of)[None]
        sources = {one.origin: one.count for one in self._tx.execute(_SOURCES, _bounds(begin, as_of))}
        return of_city(counts), sources

    def figures_by_unit(self, begin: datetime, as_of: datetime) -> dict[str, Figures]:
        """The figures of every unit that had anything to do."""
        tally = self._tally(begin, as_of, _SOURCES_OF_UNITS)
        return {unit: of_unit(counts) for unit, counts in sorted(tally.items(), key=str) if unit is not None}

    def counted(
        self, name: str, begin: datetime, as_of: datetime, *, unit: str | None, limit: int, offset: int
    ) -> tuple[int, list[Line]]:
        """What a count is made of: how many there are, and a page of them, the newest first."""
        values = {**_bounds(begin, as_of), "unit": unit}
        rows = list(self._tx.execute(counting.listing(name), {**values, "limit": limit, "offset": offset}))
        if not rows:
            return self._how_many(name, values), []
        numbers = [row.case_number for row in rows if row.case_number]
        late = {one.case_number: one.exempt for one in self._tx.execute(_LATENESS, {"numbers": numbers})}
        lines = [
            Line(
                case_number=row.case_number,
                report_number=row.report_number,
                responsible_unit=row.responsible_unit,
                at=row.at,
                overdue=row.case_number in late,
                exempt=late.get(row.case_number, False),
            )
            for row in rows
        ]
        return rows[0].total, lines

    def _how_many(self, name: str, values: dict[str, Any]) -> int:
        first = self._tx.execute(counting.listing(name), {**values, "limit": 1, "offset": 0}).one_or_none()
        return 0 if first is None else int(first.total)

    def _tally(
        self, begin: datetime, as_of: datetime, sources: Iterable[counting.Source] = counting.Source
    ) -> Tally:
        tally: Tally = defaultdict(dict)
        for source in sources:
            for row in self._tx.execute(counting.counting(source), _bounds(begin, as_of)).mappings():
                if row["whole_city"] or row["responsible_unit"] is not None:
                    counts = {name: int(row[name]) for name in row if name in counting.PARTS}
                    tally[row["responsible_unit"]] |= counts
        return tally

    def case_of_appeal(self, case_number: str) -> CaseOfAppeal:
        """What an appeal for the case is judged by."""
        row = self._tx.execute(_CASE_OF_APPEAL, {"case_number": case_number}).one_or_none()
        if row is None:
            return CaseOfAppeal(responsible_unit=None, closed=False, late=False)
        return CaseOfAppeal(responsible_unit=row.responsible_unit, closed=row.closed, late=row.late)

    def appealable(self, unit: str, limit: int) -> list[str]:
        """The unit's own late cases for which it may appeal now, the latest first."""
        return list(self._tx.execute(_APPEALABLE, {"unit": unit, "limit": limit}).scalars())

    def undecided_appeals(self) -> list[Appeal]:
        """Every appeal that awaits its review or decision, locked until the transaction ends."""
        return self.appeals.list(state=[AppealState.MADE, AppealState.REVIEWED], lock=True)

    def appeals_listed(
        self,
        *,
        unit: str | None,
        state: AppealState | None,
        post: Role | None = None,
        after: str | None,
        limit: int,
    ) -> list[Appeal]:
        """Appeals, the newest first; with ``post`` those that this post was called for."""
        wanted: dict[str, Any] = {} if unit is None else {"responsible_unit": unit}
        if state is not None:
            wanted["state"] = state
        if post is not None:
            wanted["called"] = post
        return self.appeals.list(order_by="appealed_at", descending=True, after=after, limit=limit, **wanted)

    def appeal(self, case_number: str) -> Appeal:
        """An appeal to be looked at; raise NotFound."""
        found = self.appeals.peek(case_number)
        if found is None:
            raise NotFound("appeals", case_number)
        return found

    def lock(self, key: str) -> None:
        """Hold everyone else who locks the same key until this transaction ends."""
        self._tx.lock(key)

    def wake(self, kind: str, subject: str, at: datetime) -> None:
        """Be woken at a moment; replaces an earlier wish."""
        self._tx.wake(kind, subject, at)

    def cancel_wake(self, kind: str, subject: str) -> None:
        """Do not be woken after all."""
        self._tx.cancel_wake(kind, subject)

    def will_fetch(self, shelf: FetchedVersions, published: HandbookPublished) -> None:
        """An edition of the handbook was published, and is to be fetched."""
        shelf.told(self._tx, published.version, sha256=published.sha256, valid_from=published.valid_from)

    def announce(self, fact: Fact, *, at: datetime) -> Announced:
        """Publish a fact when this transaction commits."""
        return self._tx.announce(fact, at=at)

    def story_of_case(self, case_number: str) -> list[Entry]:
        """Everything about a case and the report that became it, as it happened."""
        return self._story(_STORY_OF_CASE, "case_number", case_number)

    def story_of_report(self, report_number: str) -> list[Entry]:
        """Everything about a report, and about the case it became or was linked to."""
        own = self._story(_STORY_OF_REPORT, "report_number", report_number)
        whole = {entry.message_id: entry for entry in own}
        for case_number in ledger.numbers(own, "case_number"):
            whole |= {entry.message_id: entry for entry in self.story_of_case(case_number)}
        return ledger.in_order(whole.values())

    def totals(self) -> dict[str, int]:
        """What the ledger holds in all."""
        return dict(self._tx.execute(_TOTALS).mappings().one())

    def _story(self, query: str, name: str, number: str) -> list[Entry]:
        rows = self._tx.execute(query, {name: number}).mappings()
        entries = ledger.in_order(Entry(**row) for row in rows)
        if not entries:
            raise NotFound("ledger", number)
        return entries


def _bounds(begin: datetime, as_of: datetime) -> dict[str, Any]:
    return {"begin": begin, "as_of": as_of}


def _columns(appeal: Appeal) -> dict[str, object]:
    return {
        "state": appeal.state,
        "responsible_unit": appeal.responsible_unit,
        "appealed_at": appeal.appealed_at,
        "called": appeal.called,
    }
