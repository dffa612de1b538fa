"""Where assessment keeps its ledger (台账), and the queries that make figures of it.

Figures know only facts whose time lies before ``as_of``, so that a period gives the same numbers ever after.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import orjson

from case_contracts import wire
from chassis.documents import NotFound
from chassis.transactions import Transaction
from services.assessment import ledger
from services.assessment.indicators import Figures, of_city, of_unit
from services.assessment.ledger import Entry

_ADD = """
with told as materialized (
    select * from jsonb_to_recordset(cast(:rows as jsonb)) as told(
        message_id text, source text, type text, subject text, sequence bigint, time timestamptz,
        case_number text, report_number text, responsible_unit text, round integer, dispatch_number integer,
        due_at timestamptz, in_time boolean, origin text, kind text, satisfaction text, data jsonb)
), added as (
    insert into ledger (message_id, source, type, subject, sequence, time, case_number, report_number,
                        responsible_unit, round, dispatch_number, due_at, in_time, origin, kind, satisfaction)
    select message_id, source, type, subject, sequence, time, case_number, report_number,
           responsible_unit, round, dispatch_number, due_at, in_time, origin, kind, satisfaction
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

# What happened in the period, counted as it happened.
_VOLUMES = """
select type, responsible_unit, origin, satisfaction, in_time, count(*) as count
from ledger
where time >= :begin and time < :as_of
group by 1, 2, 3, 4, 5
"""

_REPORTS = """
select
    (select count(*) from (
        select report_number from ledger where type = 'report_accepted' and time < :as_of
        group by report_number having min(time) >= :begin) as first_accepted) as accepted,
    (select count(*) from ledger as received
        where received.type = 'report_received' and received.time >= :begin and received.time < :as_of
        and exists (
            select from ledger as filed where filed.type = 'case_filed' and filed.time < :as_of
            and filed.report_number = received.report_number)) as reported_filed
"""

_ANSWERS = """
select count(*) as answers_due,
       count(*) filter (where answered) as answered,
       count(*) filter (where unreachable and not answered) as unreachable
from (
    select bool_or(type = 'answer_delivered') as answered,
           bool_or(type = 'answer_undeliverable') as unreachable
    from ledger
    where type in ('answer_due', 'call_back_due', 'answer_delivered', 'answer_undeliverable')
    and time < :as_of
    group by report_number having min(time) >= :begin) as answers
"""

_DISPATCHES = """
select given.responsible_unit, count(*) as dispatched,
       count(*) filter (where taken.case_number is null) as rightly
from ledger as given
left join ledger as taken
    on taken.type = 'return_accepted' and taken.case_number = given.case_number
    and taken.dispatch_number = given.dispatch_number and taken.time < :as_of
where given.type = 'case_dispatched' and given.time >= :begin and given.time < :as_of
group by 1
"""

_REWORK_CASES = """
select responsible_unit, count(distinct case_number) as cases
from ledger where type = 'rework_ordered' and time >= :begin and time < :as_of
group by 1
"""

# One row a case as it stood at as_of, under the unit of its last dispatch; added up in all and per unit.
_CASES = """
with chosen as materialized (
    select distinct case_number from ledger
    where type in ('case_filed', 'case_dispatched', 'case_closed', 'case_voided')
    and time >= :begin and time < :as_of
), ends as (
    select case_number,
           min(time) filter (where type = 'case_filed') as filed_at,
           max(time) filter (where type = 'case_closed') as closed_at,
           max(time) filter (where type = 'case_voided') as voided_at
    from ledger join chosen using (case_number)
    where type in ('case_filed', 'case_closed', 'case_voided') and time < :as_of
    group by case_number
), last as (
    select distinct on (case_number)
           case_number, dispatch_number, round, responsible_unit, time as dispatched_at
    from ledger join chosen using (case_number)
    where type = 'case_dispatched' and time < :as_of
    order by case_number, dispatch_number desc
), work as (
    select last.case_number, last.responsible_unit, last.dispatched_at,
           greatest(last.round, max(fact.round) filter (where fact.type = 'rework_ordered')) as round,
           max(fact.round) filter (where fact.type = 'feedback_submitted') as fed_back_round,
           coalesce(bool_or(not fact.in_time) filter (where fact.type = 'feedback_submitted'), false) as late,
           bool_or(fact.type = 'rework_ordered') as reworked,
           bool_or(fact.type = 'return_accepted') as returned,
           count(*) filter (where fact.type = 'case_sent_back')
               > count(*) filter (where fact.type in ('return_accepted', 'return_refused')) as under_review,
           (array_agg(fact.due_at order by fact.time desc, fact.sequence desc) filter (
               where fact.type in ('case_dispatched', 'return_refused', 'rework_ordered')))[1] as due_at
    from last join ledger as fact
        on fact.case_number = last.case_number and fact.dispatch_number = last.dispatch_number
    where fact.time < :as_of
    group by last.case_number, last.responsible_unit, last.dispatched_at, last.round
), cases as (
    select case when not returned then responsible_unit end as responsible_unit,
           closed_at, voided_at, late, reworked,
           voided_at is null and not returned and dispatched_at >= :begin as to_handle,
           coalesce(fed_back_round >= round, false) as handled,
           fed_back_round is not null as fed_back,
           not returned and not under_review and due_at < :as_of as past_due,
           filed_at >= :begin and voided_at is null as filed_in_period
    from chosen left join ends using (case_number) left join work using (case_number)
)
select grouping(responsible_unit) as whole_city, responsible_unit,
       count(*) filter (where closed_at >= :begin) as closed,
       count(*) filter (where voided_at >= :begin) as voided,
       count(*) filter (where to_handle) as to_handle,
       count(*) filter (where to_handle and handled) as handled,
       count(*) filter (where to_handle and handled and not late) as handled_in_time,
       count(*) filter (where to_handle and handled and late) as handled_late,
       count(*) filter (where to_handle and not handled and past_due) as overdue_open,
       count(*) filter (where to_handle and fed_back) as fed_back,
       count(*) filter (where to_handle and fed_back and reworked) as fed_back_reworked,
       count(*) filter (where filed_in_period and (closed_at is not null or past_due)) as to_close,
       count(*) filter (where filed_in_period and closed_at is not null) as to_close_closed
from cases
group by grouping sets ((), (responsible_unit))
"""

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
       count(*) filter (where type = 'case_filed') as cases,
       count(*) filter (where type = 'case_dispatched') as dispatched,
       count(*) filter (where type = 'feedback_submitted') as feedback,
       count(*) filter (where type = 'case_closed') as closed,
       count(*) filter (where type = 'case_voided') as voided,
       count(*) filter (where type = 'rework_ordered') as rework,
       count(*) filter (where type = 'case_sent_back') as sent_back,
       count(distinct report_number) filter (where type = 'answer_delivered') as answered,
       count(distinct report_number) filter (where type = 'answer_undeliverable') as unreachable
from ledger
"""

VOLUMES = {
    "report_received": "reported",
    "report_not_accepted": "not_accepted",
    "report_linked": "linked",
    "report_confirmed": "confirmed",
    "report_denied": "denied",
    "case_filed": "filed",
    "filing_declined": "not_filed",
    "rework_ordered": "rework_times",
    "case_sent_back": "sent_back",
    "return_refused": "shirked",
    "handling_verified": "verified",
    "verification_failed": "verification_failed",
}
"""Counts that are as many as there were facts of a type in the period."""

IN_TIME = {
    "report_confirmed": "confirmations_in_time",
    "report_denied": "confirmations_in_time",
    "handling_verified": "verifications_in_time",
    "verification_failed": "verifications_in_time",
}

Tally = dict[str | None, dict[str, int]]
"""Counts by responsible unit; the whole city's under None."""


class PostgresStore:
    """One transaction of assessment."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

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
        tally, sources = self._tally(begin, as_of)
        counts = tally[None]
        bounds = {"begin": begin, "as_of": as_of}
        for query in (_REPORTS, _ANSWERS):
            counts |= dict(self._tx.execute(query, bounds).mappings().one())
        counts["contented"] = counts.get("satisfied", 0) + counts.get("fairly_satisfied", 0)
        return of_city(counts), sources

    def figures_by_unit(self, begin: datetime, as_of: datetime) -> dict[str, Figures]:
        """The figures of every unit that had anything to do."""
        tally, _ = self._tally(begin, as_of)
        return {unit: of_unit(counts) for unit, counts in sorted(tally.items(), key=str) if unit is not None}

    def _tally(self, begin: datetime, as_of: datetime) -> tuple[Tally, dict[str, int]]:
        bounds = {"begin": begin, "as_of": as_of}
        tally: Tally = defaultdict(lambda: defaultdict(int))
        sources: dict[str, int] = defaultdict(int)
        for row in self._tx.execute(_VOLUMES, bounds):
            _count_volume(tally, row)
            if row.type == "report_received" and row.origin:
                sources[row.origin] += row.count
        for row in self._tx.execute(_DISPATCHES, bounds):
            _count(tally, row.responsible_unit, "dispatched", row.dispatched)
            _count(tally, row.responsible_unit, "rightly_dispatched", row.rightly)
        for row in self._tx.execute(_REWORK_CASES, bounds):
            _count(tally, row.responsible_unit, "rework_cases", row.cases)
        for row in self._tx.execute(_CASES, bounds).mappings():
            counted = {name: row[name] for name in row if name not in ("whole_city", "responsible_unit")}
            if row["whole_city"] or row["responsible_unit"] is not None:
                tally[row["responsible_unit"]] |= counted
        return tally, dict(sources)

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


def _count_volume(tally: Tally, row: Any) -> None:
    if row.type in VOLUMES:
        _count(tally, row.responsible_unit, VOLUMES[row.type], row.count)
    if row.type in IN_TIME and row.in_time:
        _count(tally, row.responsible_unit, IN_TIME[row.type], row.count)
    if row.type == "caller_informed" and row.satisfaction:
        _count(tally, None, row.satisfaction, row.count)


def _count(tally: Tally, responsible_unit: str | None, name: str, count: int) -> None:
    for unit in {None, responsible_unit}:
        tally[unit][name] += count
