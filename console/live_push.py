"""Live push (实时推送): every change of a row is told to whoever may see it, as soon as it is committed."""

from datetime import datetime
from typing import Any

import orjson
from prometheus_client import Counter, Gauge
from werkzeug.wrappers import Request, Response

from case_contracts.roles import Actor
from chassis import streams
from chassis.app import Running
from chassis.door_calls import CLAIMS
from chassis.doors import door
from chassis.streams import Batch, Change, Hub
from console import schemas
from console.case_files import CHANNEL, Changed
from console.holders import scopes
from console.store import PostgresStore

MOST_MISSED = streams.MOST_AT_ONCE
"""Rows that are told to who was away; after more they load their lists anew."""
MOST_LOOKED_THROUGH = 20_000
"""Changes of others that are passed over in search of one's own."""

STREAMS = Gauge("console_live_streams", "Browsers that follow the changes just now", ["service"])
DROPPED = Counter(
    "console_live_streams_dropped", "Streams that we ended, by reason (slow, cut)", ["service", "reason"]
)

Scopes = frozenset[str] | None

_row = schemas.Row()


class LivePushDoors:
    """实时推送: server-sent events."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.hub = Hub(
            running.settings.database_url,
            CHANNEL,
            newest=lambda: self.running.transact(lambda tx: tx.case_files.newest()),
            after=self._after,
            gone=lambda why: DROPPED.labels("console", why).inc(),
        )
        STREAMS.labels("console").set_function(lambda: len(self.hub))

    @door("GET", "/api/console/stream", query=schemas.StreamQuery, answer=schemas.StreamEvent, raw=True,
          transaction=False, media_type="text/event-stream", tags=["案卷"], summary="实时推送",
          summary_en="Changes as they happen, as server-sent events")  # fmt: skip
    def stream(self, query: dict[str, Any], request: Request, *, at: datetime, by: Actor) -> Response:
        """Followed by whoever is logged in; what they are told is what they may see (console/holders.py)."""
        ends_in = request.environ[CLAIMS]["exp"] - at.timestamp()
        seen = scopes(by)
        given = streams.last_event_id(request)
        after = query["after"] if given is None else given
        listener = self.hub.join(by.person_id)  # before looking back, so that nothing falls between
        try:
            first, position = self.running.transact(lambda tx: _missed(tx, after, seen))
        except BaseException:
            self.hub.leave(listener)
            raise
        frames = streams.frames(
            listener,
            first,
            position=position,
            newest=lambda: self.hub.position,
            shown=lambda batch: _frame(batch, seen),
            ends_in=ends_in,
        )
        return streams.answer(request, self.hub, listener, frames)

    def _after(self, position: int, limit: int) -> list[Change]:
        changed = self.running.transact(lambda tx: tx.case_files.changed(position, limit))
        return [Change(one.change, (one, _shown(one))) for one in changed]


def _missed(tx: PostgresStore, after: int | None, seen: Scopes) -> tuple[list[bytes], int]:
    """What somebody missed who knows everything up to ``after``, and up to where it goes."""
    newest = tx.case_files.newest()
    ready = streams.event("ready", b"{}", newest)
    if after is None:
        return [ready], newest
    unknown = after < 0 or after > newest  # a counter of another database, or none at all
    if unknown or (seen is not None and newest - after > MOST_LOOKED_THROUGH):
        return [streams.reset(newest)], newest
    missed = tx.case_files.changed(after, MOST_MISSED + 1, None if seen is None else sorted(seen))
    if len(missed) > MOST_MISSED:
        return [streams.reset(newest)], newest
    upto = max([newest, *(one.change for one in missed)])
    batch = Batch([Change(one.change, (one, _shown(one))) for one in missed], upto)
    frame = _frame(batch, seen) if missed else b""
    return ([frame] if frame else []) + [streams.event("ready", b"{}", upto)], upto


def _shown(changed: Changed) -> bytes:
    return orjson.dumps(_row.dump({**changed.body, "cursor": changed.change}))


def _frame(batch: Batch, seen: Scopes) -> bytes:
    if seen not in batch.frames:
        batch.frames[seen] = _made(batch, seen)
    return batch.frames[seen]


def _made(batch: Batch, seen: Scopes) -> bytes:
    """The event of a batch for these scopes; nothing when it has nothing for them."""
    rows, gone = [], []
    for changed, shown in (one.body for one in batch.changes):
        if seen is None or not seen.isdisjoint(changed.holders):
            rows.append(shown)
        elif not seen.isdisjoint(changed.concerned):
            gone.append(orjson.dumps({name: changed.body[name] for name in ("report_number", "case_number")}))
    if not rows and not gone:
        return b""
    data = b'{"rows":[%s],"gone":[%s]}' % (b",".join(rows), b",".join(gone))
    return streams.event("change", data, batch.upto)
