"""Who works for the centre: collectors (采集员), where they were last, and the rosters (排班)."""

from datetime import datetime

from case_contracts.roles import Role
from chassis.transactions import Transaction
from services.intake.domain.collector import Candidate, Collector
from services.intake.domain.roster import HandOver, Shift

_COLLECTOR = """
select person_id, responsibility_grid, active, last_asked_at, on_duty_since, told_at from collectors
where person_id = :person_id for update
"""
_KEEP_COLLECTOR = """
insert into collectors (person_id, responsibility_grid, active, last_asked_at, on_duty_since, told_at)
values (:person_id, :responsibility_grid, :active, :last_asked_at, :on_duty_since, :told_at)
on conflict (person_id) do update
set responsibility_grid = excluded.responsibility_grid, active = excluded.active,
    on_duty_since = excluded.on_duty_since, told_at = excluded.told_at
"""
_CANDIDATES = """
select person_id, responsibility_grid, last_asked_at, on_duty_since is not null as on_duty, lon, lat,
       coalesce(open_tasks, 0) as open_tasks
from collectors left join collector_positions using (person_id)
left join (select collector, count(*) as open_tasks from tasks where state = 'open' group by collector) as has
    on has.collector = person_id
where active
"""
_ASKED = """
update collectors set last_asked_at = :at where person_id = :person_id
"""


_KEEP_POSITION = """
insert into collector_positions (person_id, lon, lat, at) values (:person_id, :lon, :lat, :at)
on conflict (person_id) do update set lon = excluded.lon, lat = excluded.lat, at = excluded.at
"""
_FORGET_POSITION = """
delete from collector_positions where person_id = :person_id
"""


class PostgresCollectors:
    """采集员."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def find(self, person_id: str) -> Collector | None:
        """The collector, held until the transaction ends, or None."""
        row = self._tx.execute(_COLLECTOR, {"person_id": person_id}).mappings().one_or_none()
        return None if row is None else Collector(**row)

    def keep(self, collector: Collector) -> None:
        """Keep a new or changed one."""
        self._tx.write(_KEEP_COLLECTOR, vars(collector))

    def candidates(self) -> list[Candidate]:
        """All active ones, and how busy each is."""
        return [Candidate(**row) for row in self._tx.read(_CANDIDATES).mappings()]

    def asked(self, person_id: str, *, at: datetime) -> None:
        """Remember when a collector was last sent."""
        self._tx.write(_ASKED, {"person_id": person_id, "at": at})

    def is_at(self, person_id: str, lon: float, lat: float, *, at: datetime) -> None:
        """Keep the last position of a collector on duty, and no other."""
        self._tx.write(_KEEP_POSITION, {"person_id": person_id, "lon": lon, "lat": lat, "at": at})

    def forget_position(self, person_id: str) -> None:
        """Nobody need know any more where they were."""
        self._tx.write(_FORGET_POSITION, {"person_id": person_id})


_ADD_SHIFT = """
insert into shifts (shift_id, post, person_id, starts_at, ends_at)
values (:shift_id, :post, :person_id, :starts_at, :ends_at)
"""
_REMOVE_SHIFT = """
delete from shifts where shift_id = :shift_id
"""
_SHIFTS = """
select shift_id, post, person_id, starts_at, ends_at from shifts
where starts_at < :until and ends_at > :since order by starts_at, post, person_id
"""
_ADD_HAND_OVER = """
insert into hand_overs (post, handed_over_by, taken_over_by, open_items, words, handed_over_at)
values (:post, :handed_over_by, :taken_over_by, :open_items, :words, :handed_over_at)
"""
_HAND_OVERS = """
select post, handed_over_by, taken_over_by, open_items, words, handed_over_at from hand_overs
where handed_over_at >= :since order by handed_over_at, id
"""


class PostgresRosters:
    """排班 and 交接班."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def held(self, person_id: str) -> None:
        """Nobody else changes this person's shifts until the transaction ends."""
        self._tx.lock(f"roster/{person_id}")

    def add(self, shift: Shift) -> None:
        """Enter a shift."""
        self._tx.write(_ADD_SHIFT, {**vars(shift), "post": shift.post.value})

    def remove(self, shift_id: str) -> bool:
        """Take a shift out; False when there is none."""
        return self._tx.execute(_REMOVE_SHIFT, {"shift_id": shift_id}).rowcount == 1

    def between(self, since: datetime, until: datetime) -> list[Shift]:
        """Shifts that touch a time, in order."""
        rows = self._tx.read(_SHIFTS, {"since": since, "until": until}).mappings()
        return [Shift(**{**row, "post": Role(row["post"])}) for row in rows]

    def hand_over(self, hand_over: HandOver) -> None:
        """Write a hand-over down."""
        self._tx.write(_ADD_HAND_OVER, {**vars(hand_over), "post": hand_over.post.value})

    def hand_overs(self, *, since: datetime) -> list[HandOver]:
        """Hand-overs from a moment on, in order."""
        rows = self._tx.read(_HAND_OVERS, {"since": since}).mappings()
        return [HandOver(**{**row, "post": Role(row["post"])}) for row in rows]
