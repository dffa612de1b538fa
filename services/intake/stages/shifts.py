"""Shifts (排班与交接班): who holds which post when, and how a post is handed over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from case_contracts.roles import Action, Actor, NotAllowed, Role
from services.intake.domain import roster
from services.intake.domain.masking import masked
from services.intake.domain.refusals import NotFound, RuleBroken
from services.intake.domain.roster import POSTS, HandOver, Shift
from services.intake.ports import Announced, IntakeTransaction

LOOKED_BACK = timedelta(days=7)
"""So far back shifts without a hand-over are shown."""


@dataclass(frozen=True, kw_only=True)
class PostNow:
    """在岗情况: a post, who is on, what is open, who handed over last, and whose hand-over is overdue."""

    post: Role
    on: tuple[Shift, ...]
    open_items: int
    last_hand_over: HandOver | None
    not_handed_over: tuple[Shift, ...]


def enter_shifts(tx: IntakeTransaction, shifts: Sequence[Shift], *, at: datetime, by: Actor) -> None:
    """排班: all of these, or none; nobody stands at two posts at once."""
    by.require(Action.MANAGE_ROSTER)
    # Always in one order: two supervisors may enter the same people.
    for person_id in sorted({shift.person_id for shift in shifts}):
        tx.rosters.held(person_id)
    for shift in shifts:
        shift.check()
    known = tx.rosters.between(
        min(shift.starts_at for shift in shifts), max(shift.ends_at for shift in shifts)
    )
    for number, shift in enumerate(shifts):
        if any(other.person_id == shift.person_id and shift.overlaps(other) for other in known):
            rule = "该人员在此时段已有班次"
            raise RuleBroken(f"shifts.{number}", rule, "The person has a shift at this time already.")
        tx.rosters.add(shift)
        known.append(shift)


def remove_shift(tx: IntakeTransaction, shift_id: str, *, at: datetime, by: Actor) -> None:
    """撤销排班."""
    by.require(Action.MANAGE_ROSTER)
    if not tx.rosters.remove(shift_id):
        raise NotFound(f"shift/{shift_id}")


def posts_now(tx: IntakeTransaction, *, at: datetime, by: Actor) -> list[PostNow]:
    """Every post as it stands at this moment."""
    by.require(Action.HAND_OVER)
    shifts, hand_overs = _lately(tx, at)
    on, owed = roster.on_now(shifts, at), roster.not_handed_over(shifts, hand_overs, at)
    return [
        PostNow(
            post=post,
            on=tuple(shift for shift in on if shift.post is post),
            open_items=tx.open_items(post),
            last_hand_over=next((one for one in reversed(hand_overs) if one.post is post), None),
            not_handed_over=tuple(shift for shift in owed if shift.post is post),
        )
        for post in POSTS
    ]


def hand_overs_owed(tx: IntakeTransaction, *, at: datetime) -> list[Shift]:
    """交接班超时 at every post, for whoever watches the system."""
    return roster.not_handed_over(*_lately(tx, at), at)


def hand_over(
    tx: IntakeTransaction, post: Role, *, taken_over_by: str, words: str, at: datetime, by: Actor
) -> Announced:
    """交接班: who held the post says what is open; it is counted, not estimated."""
    by.require(Action.HAND_OVER)
    if post not in by.roles:
        raise NotAllowed(by, Action.HAND_OVER)
    record = HandOver(
        post=post,
        handed_over_by=by.person_id,
        taken_over_by=taken_over_by,
        open_items=tx.open_items(post),
        words=masked(words),
        handed_over_at=at,
    )
    record.check()
    tx.rosters.hand_over(record)
    return tx.announce(record.told(), at=at)


def _lately(tx: IntakeTransaction, at: datetime) -> tuple[list[Shift], list[HandOver]]:
    shifts = tx.rosters.between(at - LOOKED_BACK, at + timedelta(seconds=1))
    return shifts, tx.rosters.hand_overs(since=at - LOOKED_BACK - roster.LONGEST)
