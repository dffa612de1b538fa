"""The evidence process (照片核验进程): examines the photos that were handed in, one after another."""

import os
import time
from datetime import timedelta
from pathlib import Path

import cv2

from chassis import logs
from chassis.app import Running
from chassis.transactions import Database
from chassis.working import Turn, Work
from services.intake import county
from services.intake.attachments import AttachmentFolder
from services.intake.domain.evidence import Traces, Use
from services.intake.evidence import pictures
from services.intake.evidence.finding import Finder, Found
from services.intake.evidence.pictures import Unreadable
from services.intake.service import app
from services.intake.stages import examining
from services.intake.store.evidence import Kept, PostgresEvidence

MOST_TRIES = 4
"""After so many tries a photo counts as unreadable: one that kills the process must not stop the rest."""

EDITIONS_EVERY = 60.0
"""Seconds between two looks for a new edition of the handbook."""

FIRST_PAUSE = timedelta(seconds=10)
GIVES_WAY = 5
"""How much nicer than the doors this process is to the machine."""

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
        """Examine the next photo; False when there is none."""
        self._keep_up()
        now = self._database.now()
        taken = self._database.run(lambda tx: _evidence(tx).next_to_examine(now=now))
        if taken is None:
            return False
        use, attempts = taken
        try_at = now + FIRST_PAUSE * 2**attempts
        self._database.run(lambda tx: _evidence(tx).begin(use, try_at=try_at))
        try:
            self._examine(use, given_up=attempts >= MOST_TRIES)
        except OSError as error:
            log.warning("a photo cannot be read now", photo=use.sha256, error=str(error))
            # Its turn comes again. Only a photo that is lost counts as tried, not a disk that is away.
            if not (isinstance(error, FileNotFoundError) and self._folder.is_there()):
                self._database.run(lambda tx: _evidence(tx).take_back(use))
        return True

    def _keep_up(self) -> None:
        """Take the handbook's editions that came meanwhile: the limits are theirs."""
        if time.monotonic() - self._looked_at > EDITIONS_EVERY:
            county.shelf.look()
            self._looked_at = time.monotonic()

    def _examine(self, use: Use, *, given_up: bool) -> None:
        kept = self._database.run(lambda tx: _evidence(tx).kept(use.sha256))
        found = None
        if kept is None:
            found = self._given_up() if given_up else self._read(use.sha256)
            kept = Kept(traces=found.traces, alike=found.alike)

        def conclude(tx):  # type: ignore[no-untyped-def]
            evidence = _evidence(tx)
            if found is not None:
                evidence.keep(use.sha256, kept, found.shape.kept if found.shape else None)
            others = evidence.earlier(use, [use.sha256, *kept.alike])
            at = use.used_at if self._database.replay else self._database.now()
            return examining.conclude_examination(
                tx.bound, county.handbook(at), use, kept.traces, others, at=at
            )

        flags = self._database.run(conclude)
        if found is not None and found.shape is not None and found.shape.words is not None:
            self._finder.shapes.add(use.sha256, found.shape.words)
        if flags:
            doubts = [str(flag.doubt) for flag in flags]
            log.info("photo flagged", report_number=use.report_number, photo=use.sha256, doubts=doubts)

    def _read(self, sha256: str) -> Found:
        found = self._finder.find(self._folder.original(sha256), self._folder.original)
        if not found.traces.unreadable:
            try:
                pictures.prepare_shown(self._folder.original(sha256), self._folder.shown(sha256))
            except Unreadable as error:
                return Found(traces=Traces(unreadable=str(error)))
        return found

    def _given_up(self) -> Found:
        return Found(traces=Traces(unreadable=f"given up after {MOST_TRIES} tries"))


def begin(running: Running) -> Turn:
    """Load what is known; what is returned examines one photo a call."""
    cv2.setNumThreads(1)
    county.begin(running)
    folder = AttachmentFolder(Path(running.settings.need("ATTACHMENTS_DIR")))
    return Examiner(running.database, folder).turn


def give_way() -> None:
    """Let the doors have the processor first."""
    os.nice(GIVES_WAY)


def _evidence(tx) -> PostgresEvidence:  # type: ignore[no-untyped-def]
    evidence: PostgresEvidence = tx.bound.evidence
    return evidence


work = Work(name="evidence", app=app, begin=begin, prepare=give_way)
