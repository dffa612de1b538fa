"""The evidence process (照片核验进程): examines the photos that were handed in, one after another."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path

import cv2

from chassis import logs
from chassis.app import Running
from chassis.transactions import Database, Transaction
from chassis.working import Turn, Work
from services.intake import county
from services.intake.attachments import AttachmentFolder
from services.intake.domain.evidence import Traces, Use
from services.intake.evidence.finding import Finder, Found
from services.intake.service import app
from services.intake.stages import examining
from services.intake.store.evidence import Kept, PostgresEvidence

MOST_TRIES = 4
"""After so many tries a photo counts as unreadable: one that kills the process must not stop the rest."""

EDITIONS_EVERY = 60.0
"""Seconds between two looks for a new edition of the handbook."""

MOST_AT_ONCE = 8
"""Photos examined in one turn, with one transaction to begin and one to conclude them."""

FIRST_PAUSE = timedelta(seconds=10)

log = logs.get_logger()


class Examiner:
    """Takes the photos in the order of receipt."""

    def __init__(self, database: Database, folder: AttachmentFolder) -> None:
        self._database = database
        self._folder = folder
        self._finder = Finder()
        self._looked_at = time.monotonic()
        for sha256, shape in database.run(lambda tx: _evidence(tx).shapes()):
            self._finder.know(sha256, shape)

    def turn(self) -> bool:
        """Examine the next photos; False when there are none."""
        self._keep_up()
        now = self._database.now()
        begun = self._database.run(lambda tx: _begin(_evidence(tx), now=now))
        found = {sha256: seen for sha256 in begun.unread if (seen := self._looked_at_photo(sha256, begun))}
        readable = [use for use in begun.uses if use.sha256 in begun.kept or use.sha256 in found]
        if readable:
            flags = self._database.run(lambda tx: self._conclude(tx, readable, begun.kept, found))
            for use, doubts in flags:
                log.info("photo flagged", report_number=use.report_number, photo=use.sha256, doubts=doubts)
        return bool(begun.uses)

    def _keep_up(self) -> None:
        """Take the handbook's editions that came meanwhile: the limits are theirs."""
        if time.monotonic() - self._looked_at > EDITIONS_EVERY:
            county.shelf.look()
            self._looked_at = time.monotonic()

    def _looked_at_photo(self, sha256: str, begun: "Begun") -> Found | None:
        """What is found of a photo that was never read; None when the disk does not give it now."""
        if sha256 in begun.given_up:
            return Found(traces=Traces(unreadable=f"given up after {MOST_TRIES} tries"))
        try:
            original, shown = self._folder.original(sha256), self._folder.shown(sha256)
            found = self._finder.find(original, self._folder.original, shown)
        except OSError as error:
            log.warning("a photo cannot be read now", photo=sha256, error=str(error))
            # Its turn comes again. Only a photo that is lost counts as tried, not a disk that is away.
            if not (isinstance(error, FileNotFoundError) and self._folder.is_there()):
                uses = [use for use in begun.uses if use.sha256 == sha256]
                try_at = self._database.now() + FIRST_PAUSE
                self._database.run(lambda tx: _evidence(tx).take_back(uses, try_at=try_at))
            return None
        if found.shape is not None and found.shape.words is not None:
            # Before it is kept, for the others begun with it; should keeping fail, the memory is read anew.
            self._finder.shapes.add(sha256, found.shape.words)
        return found

    def _conclude(
        self, tx: Transaction, uses: list[Use], kept: dict[str, Kept], found: dict[str, Found]
    ) -> list[tuple[Use, list[str]]]:
        """Keep what was found, and announce the doubts; the flagged uses and their doubts."""
        evidence = _evidence(tx)
        flagged = []
        for sha256, seen in found.items():
            evidence.keep(sha256, _kept(seen), seen.shape.kept if seen.shape else None)
        known = kept | {sha256: _kept(seen) for sha256, seen in found.items()}
        for use in uses:
            others = evidence.earlier(use, [use.sha256, *known[use.sha256].alike])
            at = use.used_at if self._database.replay else self._database.now()
            flags = examining.conclude_examination(
                tx.bound, county.handbook(at), use, known[use.sha256].traces, others, at=at
            )
            if flags:
                flagged.append((use, [str(flag.doubt) for flag in flags]))
        return flagged


@dataclass(frozen=True, kw_only=True)
class Begun:
    """The uses of photos that are examined in one turn, and what is kept of their photos."""

    uses: list[Use]
    kept: dict[str, Kept]
    given_up: frozenset[str]
    """Photos whose tries are used up."""

    @property
    def unread(self) -> list[str]:
        """The photos that were never read, each once, in order."""
        photos = dict.fromkeys(use.sha256 for use in self.uses)
        return [sha256 for sha256 in photos if sha256 not in self.kept]


def _begin(evidence: PostgresEvidence, *, now: datetime) -> Begun:
    """Count a try of what is next.

    Several at once the first time; what was begun before goes by itself, so that a photo that kills the
    process takes no other with it.
    """
    waiting = evidence.next_to_examine(MOST_AT_ONCE, now=now)
    fresh = [use for use, attempts in takewhile(lambda one: one[1] == 0, waiting)]
    uses = fresh or [use for use, _ in waiting[:1]]
    attempts = 0 if fresh or not waiting else waiting[0][1]
    if uses:
        # After a first try none waits: it would be examined after newer ones, and they may be its copies.
        evidence.begin(uses, try_at=now + (FIRST_PAUSE * 2**attempts if attempts else timedelta(0)))
    kept = evidence.kept([use.sha256 for use in uses])
    given_up = frozenset(use.sha256 for use in uses if attempts >= MOST_TRIES)
    return Begun(uses=uses, kept=kept, given_up=given_up)


def _kept(found: Found) -> Kept:
    return Kept(traces=found.traces, alike=found.alike)


def begin(running: Running) -> Turn:
    """Load what is known; what is returned examines the next photos a call."""
    cv2.setNumThreads(1)
    county.begin(running)
    folder = AttachmentFolder(Path(running.settings.need("ATTACHMENTS_DIR")))
    return Examiner(running.database, folder).turn


def _evidence(tx: Transaction) -> PostgresEvidence:
    evidence: PostgresEvidence = tx.bound.evidence
    return evidence


work = Work(name="evidence", app=app, begin=begin)
