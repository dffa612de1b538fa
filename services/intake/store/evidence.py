"""Where intake keeps the uses of photos and what was found about them (照片证据): PostgreSQL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.transactions import Transaction
from services.intake.domain.evidence import Examined, Occasion, Traces, Use

_NOTE = """
insert into photo_uses (sha256, occasion, report_number, case_number, round, task_id, used_at)
values (:sha256, :occasion, :report_number, :case_number, :round, :task_id, :used_at)
"""
_COLUMNS = "u.id, u.sha256, u.occasion, u.report_number, u.case_number, u.round, u.task_id, u.used_at"
_CONCLUDE = """
update photo_uses set examined_at = :at, since = :since, others = :others
where id = :id and examined_at is null
"""
# One row a use, and one more for each earlier use that it is like.
_OF_REPORTS = f"""
select {_COLUMNS}, u.examined_at, u.since, u.others, t.taken_at, t.lon, t.lat, t.unreadable
from photo_uses u left join photo_traces t using (sha256)
where u.report_number = any(:numbers) order by u.id
"""  # noqa: S608 - a constant
_USES = f"""
select {_COLUMNS} from photo_uses u where u.id = any(:ids) order by u.id
"""  # noqa: S608 - a constant
_NEXT = f"""
select {_COLUMNS}, u.attempts from photo_uses u
where u.examined_at is null and (u.try_at is null or u.try_at <= :now) order by u.id limit :most
"""  # noqa: S608 - a constant
_TRY = """
update photo_uses set attempts = attempts + 1, try_at = :try_at where id = any(:ids)
"""
_TAKE_BACK = """
update photo_uses set attempts = attempts - 1, try_at = :try_at where id = any(:ids)
"""
# The first uses are enough: one that is no doubt (a linked report's) may stand before one that is.
_EARLIER = f"""
select {_COLUMNS} from photo_uses u
where u.sha256 = any(:photos) and u.id < :id
  and not (u.report_number = :report_number and u.occasion = :occasion and u.round = :round
           and u.task_id is not distinct from :task_id)
order by u.id limit 20
"""  # noqa: S608 - a constant
_TRACES = """
select sha256, taken_at, lon, lat, unreadable, alike from photo_traces where sha256 = any(:photos)
"""
_ADD_TRACES = """
insert into photo_traces (sha256, shape, alike, taken_at, lon, lat, unreadable)
values (:sha256, :shape, :alike, :taken_at, :lon, :lat, :unreadable) on conflict (sha256) do nothing
"""
_SHAPES = """
select sha256, shape from photo_traces where shape is not null
"""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is kept of a photo that was read: its traces, and the older photos that are the same picture."""

    traces: Traces
    alike: tuple[str, ...] = ()


class PostgresEvidence:
    """照片证据."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def note(self, uses: Sequence[Use]) -> None:
        """Keep new uses, to be examined."""
        for use in uses:
            row = {**vars(use), "occasion": use.occasion.value}
            del row["use_id"]
            self._tx.write(_NOTE, row)

    def conclude(self, examined: Examined, *, at: datetime) -> bool:
        """Keep what was found about a use; False when that was found before."""
        others = [other.use_id for other in examined.others]
        row = {"id": examined.use.use_id, "at": at, "since": examined.since, "others": others}
        return self._tx.execute(_CONCLUDE, row).rowcount == 1

    def of_reports(self, report_numbers: Sequence[str]) -> list[Examined]:
        """Every use of photos with these reports and their cases, examined or not, in order."""
        rows = list(self._tx.read(_OF_REPORTS, {"numbers": list(report_numbers)}).mappings())
        earlier = self._uses(number for row in rows for number in row["others"])
        return [_examined(row, earlier) for row in rows]

    # What the evidence process alone needs

    def next_to_examine(self, most: int, *, now: datetime) -> list[tuple[Use, int]]:
        """The oldest uses that are to be examined, and how often that was begun already."""
        rows = self._tx.read(_NEXT, {"now": now, "most": most}).mappings()
        return [(_use(row), row["attempts"]) for row in rows]

    def begin(self, uses: Sequence[Use], *, try_at: datetime) -> None:
        """Count a try: what kills the process must not be tried for ever."""
        self._tx.write(_TRY, {"ids": [use.use_id for use in uses], "try_at": try_at})

    def take_back(self, uses: Sequence[Use], *, try_at: datetime) -> None:
        """The try that was begun does not count; the next one comes then."""
        self._tx.write(_TAKE_BACK, {"ids": [use.use_id for use in uses], "try_at": try_at})

    def earlier(self, use: Use, photos: Sequence[str]) -> list[Use]:
        """Uses of these photos before this one, the first 20, but for those handed in together with it."""
        named = {
            "photos": list(photos),
            "id": use.use_id,
            "report_number": use.report_number,
            "occasion": use.occasion.value,
            "round": use.round,
            "task_id": use.task_id,
        }
        return [_use(row) for row in self._tx.read(_EARLIER, named).mappings()]

    def kept(self, photos: Sequence[str]) -> dict[str, Kept]:
        """What is kept of those photos that were read before."""
        rows = self._tx.read(_TRACES, {"photos": list(photos)}).mappings() if photos else []
        return {row["sha256"]: Kept(traces=_traces(row), alike=tuple(row["alike"])) for row in rows}

    def keep(self, sha256: str, kept: Kept, shape: bytes | None) -> None:
        """Keep what was read of a photo."""
        row = {**vars(kept.traces), "sha256": sha256, "shape": shape, "alike": list(kept.alike)}
        self._tx.write(_ADD_TRACES, row)

    def shapes(self) -> list[tuple[str, bytes]]:
        """The hash of every photo that has one."""
        return [(sha256, bytes(shape)) for sha256, shape in self._tx.read(_SHAPES).all()]

    def _uses(self, ids: Iterable[int]) -> dict[int, Use]:
        wanted = sorted(set(ids))
        rows = self._tx.read(_USES, {"ids": wanted}).mappings() if wanted else []
        return {row["id"]: _use(row) for row in rows}


def _use(row: Any) -> Use:
    return Use(
        use_id=row["id"],
        sha256=row["sha256"],
        occasion=Occasion(row["occasion"]),
        report_number=row["report_number"],
        case_number=row["case_number"],
        round=row["round"],
        task_id=row["task_id"],
        used_at=row["used_at"],
    )


def _traces(row: Any) -> Traces:
    return Traces(
        taken_at=row["taken_at"], lon=row["lon"], lat=row["lat"], unreadable=row["unreadable"] or ""
    )


def _examined(row: Any, earlier: dict[int, Use]) -> Examined:
    if row["examined_at"] is None:
        return Examined(use=_use(row))
    others = tuple(earlier[number] for number in row["others"])
    return Examined(use=_use(row), traces=_traces(row), since=row["since"], others=others)
