"""What dispatch reads of intake (监督): filings, verifications, closings, other ends, reopenings, urgency."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from case_contracts.console import HandbookPublished
from case_contracts.intake import (
    CaseClosed,
    CaseFiled,
    CaseForceClosed,
    CaseMerged,
    CaseReopened,
    CaseVoided,
    HandlingVerified,
    UrgencyRaised,
    VerificationFailed,
)
from chassis.codec import Codec
from chassis.fetching import FetchedVersions
from chassis.reading import Reader, Wait
from handbook import Handbook
from services.dispatch.domain.refusals import NotYet
from services.dispatch.ports import DispatchTransaction
from services.dispatch.stages import completion, dispatching, reopening, rework, urgency, withdrawal


def facts_reader(
    codec: Codec,
    handbook: Callable[[], Handbook],
    automatic: Callable[[], bool],
    shelf: FetchedVersions | None = None,
) -> Reader:
    """The reader of ``dispatch.facts``; ``automatic``: the duty table dispatches by itself.

    ``shelf`` is where the handbook's editions come from: a case waits for the one that it was filed under.
    """
    reader = Reader("dispatch.facts", codec=codec, batch=50, pause=0.2)

    @reader.on(CaseFiled)
    @_early_facts_wait
    def on_case_filed(tx: DispatchTransaction, fact: CaseFiled, *, at: datetime) -> None:
        if shelf is not None:
            shelf.require(fact.handbook_version)
        edition = handbook().as_of(fact.handbook_version)
        dispatching.open_assignment(tx, edition, fact, at=at, automatic=automatic())

    @reader.on(HandlingVerified)
    @_early_facts_wait
    def on_handling_verified(tx: DispatchTransaction, fact: HandlingVerified, *, at: datetime) -> None:
        completion.note_verification(tx, fact, at=at)

    @reader.on(VerificationFailed)
    @_early_facts_wait
    def on_verification_failed(tx: DispatchTransaction, fact: VerificationFailed, *, at: datetime) -> None:
        rework.order_rework(tx, handbook(), fact, at=at)

    @reader.on(CaseClosed)
    @_early_facts_wait
    def on_case_closed(tx: DispatchTransaction, fact: CaseClosed, *, at: datetime) -> None:
        completion.finish(tx, fact, at=at)

    @reader.on(CaseVoided)
    @_early_facts_wait
    def on_case_voided(tx: DispatchTransaction, fact: CaseVoided, *, at: datetime) -> None:
        withdrawal.withdraw_task(tx, fact, at=at)

    @reader.on(CaseForceClosed)
    @_early_facts_wait
    def on_case_force_closed(tx: DispatchTransaction, fact: CaseForceClosed, *, at: datetime) -> None:
        withdrawal.withdraw_task(tx, fact, at=at)

    @reader.on(CaseMerged)
    @_early_facts_wait
    def on_case_merged(tx: DispatchTransaction, fact: CaseMerged, *, at: datetime) -> None:
        withdrawal.withdraw_task(tx, fact, at=at)

    @reader.on(CaseReopened)
    @_early_facts_wait
    def on_case_reopened(tx: DispatchTransaction, fact: CaseReopened, *, at: datetime) -> None:
        reopening.reopen_case(tx, handbook(), fact, at=at)

    @reader.on(UrgencyRaised)
    @_early_facts_wait
    def on_urgency_raised(tx: DispatchTransaction, fact: UrgencyRaised, *, at: datetime) -> None:
        urgency.raise_urgency(tx, fact, at=at)

    @reader.on(HandbookPublished)
    def on_handbook_published(tx: DispatchTransaction, fact: HandbookPublished, *, at: datetime) -> None:
        if shelf is not None:
            tx.will_fetch(shelf, fact)

    return reader


def _early_facts_wait(on_fact: Callable[..., None]) -> Callable[..., None]:
    """A fact that is early is kept by the chassis, under the key that the domain names."""

    @wraps(on_fact)
    def read(tx: DispatchTransaction, fact: Any, *, at: datetime) -> None:
        try:
            on_fact(tx, fact, at=at)
        except NotYet as early:
            raise Wait(early.key) from early

    return read
