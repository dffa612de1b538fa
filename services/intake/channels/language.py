"""Intake's language at its edges: the codec of messages, who acts, and how refusals are worded."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from case_contracts import facts, wire
from case_contracts.roles import Actor, Role
from chassis.codec import Codec
from chassis.doors import door as chassis_door
from chassis.problems import TITLES, Problem, Wording
from services.intake.domain.evidence import EvidenceNotSeen
from services.intake.domain.refusals import (
    AlreadyRated,
    DraftUsed,
    EvidenceMissing,
    HeldByAnother,
    MoveNotAllowed,
    NoCollectorAvailable,
    NotFound,
    NumbersUsedUp,
    RuleBroken,
    TaskGivenOn,
)
from services.intake.domain.reopening import ReopeningNotPossible
from services.intake.evidence.pictures import Unreadable

F = TypeVar("F", bound=Callable[..., Any])

CODEC = Codec(
    content_type=wire.CONTENT_TYPE,
    encode=wire.encode,
    decode=wire.decode,
    seal=facts.seal,
    unseal=facts.unseal,
    unreadable=(wire.Unreadable, wire.Malformed),
)

PROBLEMS: dict[type[Exception], Wording] = {
    MoveNotAllowed: (409, "move-not-allowed", "当前状态不允许此操作", "Not allowed in this state"),
    HeldByAnother: (409, "held-by-another", "他人正在办理此上报", "Somebody else is working on this report"),
    EvidenceMissing: (
        409,
        "evidence-missing",
        "缺少照片，不能结案",
        "Photos are missing, it cannot be closed",
    ),
    EvidenceNotSeen: (
        409,
        "evidence-not-seen",
        "照片有疑点，请先查看",
        "Something about its photos is doubtful: look at it first",
    ),
    Unreadable: (
        409,
        "photo-unreadable",
        "照片已损坏，无法显示",
        "The photo is broken and cannot be shown",
    ),
    NoCollectorAvailable: (409, "no-collector", "没有可派的采集员", "No collector is available"),
    ReopeningNotPossible: (
        409,
        "reopening-not-possible",
        "不能要求重新处置",
        "It cannot be asked to handle this again",
    ),
    TaskGivenOn: (409, "task-given-on", "任务已改派他人", "The errand is another collector's by now"),
    AlreadyRated: (409, "already-rated", "已评价过", "It was rated before"),
    DraftUsed: (409, "draft-used", "本次上报已经提交", "This draft has become a report already"),
    NumbersUsedUp: (
        409,
        "numbers-used-up",
        "当日案卷编号已用完，请次日立案",
        "The day's case numbers are used up",
    ),
    NotFound: (404, "not-found", "没有找到", "Not found"),
}


def actor_of(claims: Mapping[str, Any]) -> Actor:
    """The acting person from the claims of their token."""
    return Actor(
        person_id=claims["sub"],
        roles=frozenset(Role(role) for role in claims["roles"]),
        responsible_unit=claims.get("unit"),
        channel=claims.get("channel"),
    )


def door(*declared: Any, **named: Any) -> Callable[[F], F]:
    """The chassis' door, with broken rules of the work answered field by field like those of a schema."""

    def declare(function: F) -> F:
        @functools.wraps(function)
        def speaking(*arguments: Any, **given: Any) -> Any:
            try:
                return function(*arguments, **given)
            except RuleBroken as broken:
                raise _invalid(broken) from broken

        declaration: Callable[[F], F] = chassis_door(*declared, **named)
        return declaration(speaking)  # type: ignore[arg-type]

    return declare


def _invalid(broken: RuleBroken) -> Problem:
    error = {"field": broken.field, "rule": broken.rule, "rule_en": broken.rule_en}
    return Problem(TITLES["invalid"], errors=[error])
