"""Where hotline keeps its calls (来电) and, sealed and apart from them, who called."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from case_contracts.console import HandbookPublished
from case_contracts.facts import Fact
from case_contracts.roles import Actor, Role
from chassis.documents import Documents, NotFound
from chassis.fetching import FetchedVersions
from chassis.sealing import Sealer
from chassis.transactions import Announced, Transaction
from services.hotline import numbers
from services.hotline.domain import SHANGHAI, Call, CallState, report_number
from services.hotline.stages import Caller

_NEXT_SERIAL = """
insert into report_serials as s (day, last) values (:day, 1)
on conflict (day) do update set last = s.last + 1
returning last
"""
_RECORD = """
insert into flow_records (subject, at, actor, action, from_state, to_state, reason, fact_type)
values (:subject, :at, :actor, :action, :from_state, :to_state, :reason, :fact_type)
"""
_REVEALS = """
select r.id, r.call_id, c.report_number, r.at, r.person_id, r.reason
from reveals r left join calls c on c.key = r.call_id
where (cast(:person_id as text) is null or r.person_id = :person_id)
  and (cast(:call_id as text) is null or r.call_id = :call_id)
  and (cast(:since as timestamptz) is null or r.at >= :since)
  and (cast(:until as timestamptz) is null or r.at < :until)
  and (cast(:before as bigint) is null or r.id < :before)
order by r.id desc limit :limit
"""
_RECORD_REVEAL = """
insert into reveals (call_id, at, person_id, reason) values (:call_id, :at, :person_id, :reason)
"""
_OF_NUMBER = """
select call_id from callers where number_mark = any(:marks)
"""
_WAITING = """
select count(*) as due, extract(epoch from now() - min(due_since)) as oldest from calls where state = :due
"""


class PostgresStore:
    """One transaction of hotline."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.calls: Documents[Call] = Documents(
            tx, "calls", Call, key=lambda call: call.call_id, columns=_columns
        )

    def callers(self, vault: "Vault") -> "SealedCallers":
        """Who called, readable with the keys."""
        return SealedCallers(self._tx, vault)

    def announce(self, fact: Fact, *, at: datetime) -> Announced:
        """Publish a fact when this transaction commits."""
        return self._tx.announce(fact, at=at)

    def released(self, key: str) -> None:
        """Let the facts that waited under the key take effect."""
        self._tx.released(key)

    def wake(self, kind: str, subject: str, at: datetime) -> None:
        """Be woken at a moment; replaces an earlier wish."""
        self._tx.wake(kind, subject, at, {})

    def cancel_wake(self, kind: str, subject: str) -> None:
        """Do not be woken after all."""
        self._tx.cancel_wake(kind, subject)

    def will_fetch(self, shelf: FetchedVersions, published: HandbookPublished) -> None:
        """An edition of the handbook was published, and is to be fetched."""
        shelf.told(self._tx, published.version, sha256=published.sha256, valid_from=published.valid_from)

    def next_serial(self, at: datetime) -> str:
        """The next report number of the day; the counter is locked until the transaction ends."""
        day = at.astimezone(SHANGHAI).date()
        return report_number(at, int(self._tx.execute(_NEXT_SERIAL, {"day": day}).scalar_one()))

    def call(self, call_id: str) -> Call:
        """A call to be looked at."""
        call = self.calls.peek(call_id)
        if call is None:
            raise NotFound("calls", call_id)
        return call

    def to_be_rung(self) -> list[Call]:
        """Every call whose caller is to be told something, locked until the transaction ends."""
        return self.calls.list(state=CallState.CALL_BACK_DUE, lock=True)

    def call_of_report(self, number: str) -> Call | None:
        """The call that a report came from, locked."""
        return next(iter(self.calls.list(report_number=number, lock=True)), None)

    def recent_calls(
        self, *, marks: list[str] | None, report_number: str | None = None, after: str | None, limit: int
    ) -> list[Call]:
        """The newest calls: of everybody, of one telephone number, or the one of a report."""
        wanted: dict[str, Any] = {} if report_number is None else {"report_number": report_number}
        if marks is not None:
            wanted["key"] = list(self._tx.execute(_OF_NUMBER, {"marks": marks}).scalars())
        return self.calls.list(order_by="report_number", descending=True, after=after, limit=limit, **wanted)

    def call_backs(self, *, due: bool, post: Role | None = None, after: str | None, limit: int) -> list[Call]:
        """Calls that are to be, or once were to be, rung back; the longest waiting first.

        With ``post`` only those that this post was called for.
        """
        if due or post is not None:
            wanted: dict[str, Any] = {"state": CallState.CALL_BACK_DUE}
            if post is not None:
                wanted["called"] = post
            return self.calls.list(order_by="due_since", after=after, limit=limit, **wanted)
        asked = self.calls.column("due_since").is_not(None)
        return self.calls.list(asked, order_by="due_since", after=after, limit=limit)

    def record(
        self,
        call: Call,
        action: str,
        *,
        from_state: CallState,
        fact: Fact | None,
        reason: str,
        at: datetime,
        by: Actor,
    ) -> None:
        """流转记录: written once, never changed."""
        row = {
            "subject": f"call/{call.call_id}",
            "at": at,
            "actor": by.person_id,
            "action": action,
            "from_state": from_state.value,
            "to_state": call.state.value,
            "reason": reason,
            "fact_type": fact.name if fact else "",
        }
        self._tx.execute(_RECORD, row)

    def record_reveal(self, call: Call, reason: str, *, at: datetime, by: Actor) -> None:
        """Write down who looked at a caller's number, when and why."""
        row = {"call_id": call.call_id, "at": at, "person_id": by.person_id, "reason": reason}
        self._tx.execute(_RECORD_REVEAL, row)

    def reveals(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """Who looked at whose number, the newest first."""
        return [dict(row) for row in self._tx.execute(_REVEALS, query).mappings()]

    def waiting_call_backs(self) -> tuple[int, float]:
        """How many callers wait for their answer, and the longest wait in seconds."""
        row = self._tx.execute(_WAITING, {"due": CallState.CALL_BACK_DUE.value}).one()
        return row.due, float(row.oldest or 0)


def _columns(call: Call) -> dict[str, object]:
    return {
        "report_number": call.report_number,
        "reporter_ref": call.reporter_ref,
        "state": call.state,
        "due_since": call.call_back.due_since if call.call_back else None,
        "called": call.ringing.called if call.ringing else None,
    }


class Vault:
    """The keys of personal data: seals callers, and marks numbers so that equal ones can be found."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._keys = list(keys)
        self.sealer = Sealer(self._keys)

    @classmethod
    def from_file(cls, path: Path) -> "Vault":
        """Read the keys, one a line, the newest first."""
        return cls(line.strip() for line in path.read_bytes().splitlines() if line.strip())

    def mark(self, number: str) -> str:
        """What stands for a number in an index: without the key nobody can tell which number it is."""
        return _mark(self._keys[0], number)

    def marks(self, number: str) -> list[str]:
        """Every mark the number may have been given, with this key or an older one."""
        return [_mark(key, number) for key in self._keys]


def _mark(key: bytes, number: str) -> str:
    own_key = hmac.digest(key, b"qianliyan hotline caller number", hashlib.sha256)
    return hmac.new(own_key, number.encode(), hashlib.sha256).hexdigest()


_ADD_CALLER = """
insert into callers (reporter_ref, call_id, sealed, number_mark)
values (:reporter_ref, :call_id, :sealed, :mark)
"""
_CALLERS = """
select reporter_ref, sealed from callers where reporter_ref = any(:refs)
"""


class SealedCallers:
    """来电人 in one transaction: encrypted at rest, found again by the mark of their number."""

    def __init__(self, tx: Transaction, vault: Vault) -> None:
        self._tx = tx
        self._vault = vault

    def add(self, reporter_ref: str, call_id: str, caller: Caller) -> None:
        """Keep who called."""
        row = {
            "reporter_ref": reporter_ref,
            "call_id": call_id,
            "sealed": self._vault.sealer.seal({"number": caller.number, "name": caller.name}),
            "mark": None if caller.number == numbers.WITHHELD else self._vault.mark(caller.number),
        }
        self._tx.execute(_ADD_CALLER, row)

    def get(self, reporter_ref: str) -> Caller:
        """Who called, in full."""
        found = self.of([reporter_ref])
        if reporter_ref not in found:
            raise NotFound("callers", reporter_ref)
        return found[reporter_ref]

    def of(self, refs: Iterable[str]) -> dict[str, Caller]:
        """Several callers by their references."""
        rows = self._tx.execute(_CALLERS, {"refs": list(refs)})
        opened = {row.reporter_ref: self._vault.sealer.open(bytes(row.sealed)) for row in rows}
        return {ref: Caller(number=caller["number"], name=caller["name"]) for ref, caller in opened.items()}
