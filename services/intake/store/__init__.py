"""Where intake keeps everything: PostgreSQL; photos' entries (附件), numbers and flow records are here."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from case_contracts.console import HandbookPublished
from case_contracts.facts import Fact
from case_contracts.roles import Role
from chassis.fetching import FetchedVersions
from chassis.transactions import Announced, Transaction
from services.intake.domain import numbers
from services.intake.domain.flow import FlowRecord
from services.intake.ports import Attachment, Reveal, RevealsWanted
from services.intake.store.aggregates import PostgresAnswers, PostgresCases, PostgresReports, PostgresTasks
from services.intake.store.evidence import PostgresEvidence
from services.intake.store.people import PostgresCollectors, PostgresRosters

_ATTACHMENT = """
select sha256, media_type, size, uploaded_by, uploaded_at, case_number from attachments where sha256 = :sha256
"""
_ADD_ATTACHMENT = """
insert into attachments (sha256, media_type, size, uploaded_by, uploaded_at, case_number)
values (:sha256, :media_type, :size, :uploaded_by, :uploaded_at, :case_number)
on conflict (sha256) do nothing
"""
_STORED = """
select sha256 from attachments where sha256 = any(:photos)
"""


class PostgresAttachments:
    """附件: the entries; the bytes lie beside, under their hash."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def find(self, sha256: str) -> Attachment | None:
        """The photo's entry, or None."""
        row = self._tx.read(_ATTACHMENT, {"sha256": sha256}).mappings().one_or_none()
        return None if row is None else Attachment(**row)

    def add(self, attachment: Attachment) -> bool:
        """Enter a photo; False when it was there already."""
        return self._tx.execute(_ADD_ATTACHMENT, vars(attachment)).rowcount == 1

    def missing(self, photos: Iterable[str]) -> list[str]:
        """Those of the photos that are not stored; one query for all."""
        wanted = list(dict.fromkeys(photos))
        stored = set(self._tx.read(_STORED, {"photos": wanted}).scalars())
        return [photo for photo in wanted if photo not in stored]


_KEEP_REPORTER = """
insert into reporters (reporter_ref, sealed) values (:reporter_ref, :sealed)
"""
_REPORTER = """
select sealed from reporters where reporter_ref = :reporter_ref
"""
_REVEALS = """
select id as reveal_id, report_number, at, person_id, reason from reveals
where (cast(:person_id as text) is null or person_id = :person_id)
  and (cast(:report_number as text) is null or report_number = :report_number)
  and (cast(:since as timestamptz) is null or at >= :since)
  and (cast(:until as timestamptz) is null or at < :until)
  and (cast(:before as bigint) is null or id < :before)
order by id desc limit :limit
"""
_REVEALED = """
insert into reveals (report_number, at, person_id, reason) values (:report_number, :at, :person_id, :reason)
"""


class PostgresReporters:
    """上报人: only what the doors have sealed."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def keep(self, reporter_ref: str, sealed: bytes) -> None:
        """Keep a sealed reporter."""
        self._tx.write(_KEEP_REPORTER, {"reporter_ref": reporter_ref, "sealed": sealed})

    def find(self, reporter_ref: str) -> bytes | None:
        """The sealed reporter, or None."""
        sealed = self._tx.read(_REPORTER, {"reporter_ref": reporter_ref}).scalar_one_or_none()
        return None if sealed is None else bytes(sealed)

    def revealed(self, report_number: str, *, reason: str, at: datetime, person_id: str) -> None:
        """Write down who looked at a reporter, when and why."""
        row = {"report_number": report_number, "at": at, "person_id": person_id, "reason": reason}
        self._tx.write(_REVEALED, row)

    def reveals(self, wanted: RevealsWanted) -> list[Reveal]:
        """Who looked at whom, the newest first."""
        return [Reveal(**row) for row in self._tx.read(_REVEALS, vars(wanted)).mappings()]


_ONE_MORE = """
insert into public_counts as c (what, since, times, counted_at) values (:what, :since, 1, :at)
on conflict (what, since) do update set times = c.times + 1, counted_at = excluded.counted_at
returning times
"""
_SO_FAR = """
select times from public_counts where what = :what and since = :since
"""
_FORGET = """
delete from public_counts where counted_at < cast(:at as timestamptz) - interval '2 days'
"""


class PostgresCounts:
    """次数: forgotten after two days, so that no trace of an address stays."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def one_more(self, what: str, *, since: datetime, at: datetime) -> int:
        """Count once more in the window that began then; how often it was by now."""
        times = int(self._tx.execute(_ONE_MORE, {"what": what, "since": since, "at": at}).scalar_one())
        if times == 1:
            self._tx.execute(_FORGET, {"at": at})
        return times

    def so_far(self, what: str, *, since: datetime) -> int:
        """How often it was in that window."""
        return int(self._tx.read(_SO_FAR, {"what": what, "since": since}).scalar_one_or_none() or 0)


_NEXT = """
insert into numbers as n (kind, day, last) values (:kind, :day, 1)
on conflict (kind, day) do update set last = n.last + 1
returning last
"""


class PostgresNumbers:
    """编号: a counter a kind and day, locked until the transaction ends, so that no number is skipped."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def next_report(self, at: datetime) -> str:
        """The next report number of the county's day."""
        return numbers.report_number(at, self._next("report", at))

    def next_case(self, at: datetime, county_code: str) -> str:
        """The next case number of the county's day."""
        return numbers.case_number(county_code, at, self._next("case", at))

    def _next(self, kind: str, at: datetime) -> int:
        return int(self._tx.execute(_NEXT, {"kind": kind, "day": numbers.county_day(at)}).scalar_one())


_ADD_RECORD = """
insert into flow_records (subject, at, actor, action, from_state, to_state, round, reason, fact_type)
values (:subject, :at, :actor, :action, :from_state, :to_state, :round, :reason, :fact_type)
"""
_RECORDS = """
select subject, at, actor, action, from_state, to_state, round, reason, fact_type
from flow_records where subject = :subject order by id
"""


class PostgresFlowRecords:
    """流转记录."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, record: FlowRecord) -> None:
        """Write one more."""
        self._tx.write(_ADD_RECORD, vars(record))

    def of(self, subject: str) -> list[FlowRecord]:
        """The history of a report or case, in order."""
        return [FlowRecord(**row) for row in self._tx.read(_RECORDS, {"subject": subject}).mappings()]


_OPEN_ITEMS = """
select (select count(*) from reports where owner = :post) + (select count(*) from cases where owner = :post)
     + (select count(*) from answers where state = 'sent' and :post = 'hotline_agent')
"""


class PostgresStore:
    """One transaction of intake."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.reports = PostgresReports(tx)
        self.cases = PostgresCases(tx)
        self.answers = PostgresAnswers(tx)
        self.tasks = PostgresTasks(tx)
        self.collectors = PostgresCollectors(tx)
        self.rosters = PostgresRosters(tx)
        self.attachments = PostgresAttachments(tx)
        self.evidence = PostgresEvidence(tx)
        self.reporters = PostgresReporters(tx)
        self.counts = PostgresCounts(tx)
        self.numbers = PostgresNumbers(tx)
        self.flow_records = PostgresFlowRecords(tx)

    def announce(self, fact: Fact, *, at: datetime, first: bool = False) -> Announced:
        """Publish a fact when this transaction commits."""
        return self._tx.announce(fact, at=at, first=first)

    def will_fetch(self, shelf: FetchedVersions, published: HandbookPublished) -> None:
        """An edition of the handbook was published, and is to be fetched."""
        shelf.told(self._tx, published.version, sha256=published.sha256, valid_from=published.valid_from)

    def released(self, key: str) -> None:
        """What facts have waited for is here: they take effect in this transaction."""
        self._tx.released(key)

    def wake(self, kind: str, subject: str, at: datetime) -> None:
        """Be woken at a moment; replaces what was asked before for the same kind and subject."""
        self._tx.wake(kind, subject, at)

    def cancel_wake(self, kind: str, subject: str) -> None:
        """Do not be woken after all."""
        self._tx.cancel_wake(kind, subject)

    def open_items(self, post: Role) -> int:
        """How much a post has to do: what it owns of reports and cases, and call-backs for the hotline."""
        return int(self._tx.read(_OPEN_ITEMS, {"post": post.value}).scalar_one())

    def figures(self, query: str) -> list[Any]:
        """Rows of a query for gauges."""
        return list(self._tx.read(query).all())
