"""Rosters (排班) and hand-overs (交接班): who holds which post when, and how a post changes hands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from case_contracts.intake import ShiftHandedOver
from case_contracts.roles import Role
from services.intake.domain.refusals import RuleBroken

POSTS = (
    Role.HOTLINE_AGENT,
    Role.INTAKE_OPERATOR,
    Role.SHIFT_SUPERVISOR,
    Role.DISPATCHER,
)
"""The posts that are manned day and night and hand over."""

LONGEST = timedelta(hours=24)
"""No shift is longer."""

HAND_OVER_WITHIN = timedelta(minutes=30)
"""So long after the end of a shift its hand-over is overdue."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """One person at one post from a moment until another, over midnight if need be."""

    shift_id: str
    post: Role
    person_id: str
    starts_at: datetime
    ends_at: datetime

    def check(self) -> None:
        """Raise RuleBroken unless it is a shift that somebody can stand."""
        if self.post not in POSTS:
            allowed = ", ".join(POSTS)
            raise RuleBroken("post", f"应为以下之一：{allowed}", f"Must be one of: {allowed}.")
        if not timedelta(0) < self.ends_at - self.starts_at <= LONGEST:
            raise RuleBroken(
                "ends_at",
                "应晚于开始时间，且一班不超过 24 小时",
                "After the start, by at most 24 hours.",
            )

    def overlaps(self, other: "Shift") -> bool:
        """Whether both need the person at one time."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, kw_only=True)
class HandOver:
    """交接班: what was open when a post changed hands, and what was said."""

    post: Role
    handed_over_by: str
    taken_over_by: str
    open_items: int
    words: str
    handed_over_at: datetime

    def check(self) -> None:
        """Raise RuleBroken unless it goes from one person to another."""
        if self.post not in POSTS:
            allowed = ", ".join(POSTS)
            raise RuleBroken("post", f"应为以下之一：{allowed}", f"Must be one of: {allowed}.")
        if self.taken_over_by == self.handed_over_by:
            raise RuleBroken("taken_over_by", "接班人应为他人", "It must be somebody else.")

    def told(self) -> ShiftHandedOver:
        """The fact of it."""
        return ShiftHandedOver(
            post=self.post.value,
            handed_over_by=self.handed_over_by,
            taken_over_by=self.taken_over_by,
            open_items=self.open_items,
            words=self.words,
            handed_over_at=self.handed_over_at,
        )


def on_now(shifts: Iterable[Shift], at: datetime) -> list[Shift]:
    """Who is on at a moment; whoever begins then is, whoever ends then is not."""
    return [shift for shift in shifts if shift.starts_at <= at < shift.ends_at]


def not_handed_over(shifts: Iterable[Shift], hand_overs: Iterable[HandOver], at: datetime) -> list[Shift]:
    """交接班超时: shifts that ended longer ago than allowed and of which no hand-over tells.

    Who goes on with the next shift at the same post hands nothing over.
    """
    told, stood = list(hand_overs), list(shifts)
    return [
        shift
        for shift in stood
        if at > shift.ends_at + HAND_OVER_WITHIN
        and not any(_is_of(one, shift) for one in told)
        and not any(_goes_on(shift, other) for other in stood)
    ]


def _goes_on(shift: Shift, other: Shift) -> bool:
    same = (shift.post, shift.person_id, shift.ends_at)
    return same == (other.post, other.person_id, other.starts_at)


def _is_of(hand_over: HandOver, shift: Shift) -> bool:
    same_person = (hand_over.post, hand_over.handed_over_by) == (shift.post, shift.person_id)
    return same_person and hand_over.handed_over_at >= shift.starts_at
