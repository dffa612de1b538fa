"""The doors of duty (上下岗, 排班, 交接班): who is on, where collectors are, and how posts change hands."""

from datetime import datetime, timedelta
from typing import Any

from case_contracts.roles import Action, Actor
from chassis.app import Running
from chassis.settings import SettingMissing
from services.intake import county
from services.intake.channels.language import door
from services.intake.domain.collector import Collector
from services.intake.domain.position import Reading
from services.intake.domain.roster import Shift
from services.intake.ports import Announced, IntakeTransaction
from services.intake.schemas import posts, shown, taken
from services.intake.stages import duty, shifts

COLLECTORS = ["采集员"]
POSTS = ["排班"]

KEPT_MINUTES = 30
"""So long a collector's last position is kept, unless POSITION_KEPT_MINUTES says otherwise."""


class DutyDoors:
    """上岗, 下岗, 位置."""

    def __init__(self, running: Running) -> None:
        wanted = running.settings.environment.get("POSITION_KEPT_MINUTES") or str(KEPT_MINUTES)
        if not wanted.isascii() or not wanted.isdigit() or not 1 <= int(wanted) <= 1440:
            raise SettingMissing(
                "环境变量 POSITION_KEPT_MINUTES 应为 1 至 1440 的整数"
                f" / POSITION_KEPT_MINUTES must be a whole number from 1 to 1440: {wanted!r}"
            )
        self.kept_for = timedelta(minutes=int(wanted))

    @door("GET", "/api/intake/duty", answer=posts.Duty, action=Action.GO_ON_DUTY, tags=COLLECTORS,
          summary="我的上岗状态", summary_en="Whether one is on duty")  # fmt: skip
    def own_duty(self, tx: IntakeTransaction, *, at: datetime, by: Actor) -> Any:
        return _duty(tx, duty.own_duty(tx, by=by), at)

    @door("POST", "/api/intake/duty/on", body=taken.Nothing, answer=shown.Announced,
          action=Action.GO_ON_DUTY, tags=COLLECTORS, summary="上岗", summary_en="Go on duty")  # fmt: skip
    def go_on_duty(
        self, tx: IntakeTransaction, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return duty.go_on_duty(tx, county.handbook(at), at=at, by=by)

    @door("POST", "/api/intake/duty/off", body=taken.Nothing, answer=shown.Announced,
          action=Action.GO_ON_DUTY, tags=COLLECTORS, summary="下岗", summary_en="Go off duty")  # fmt: skip
    def go_off_duty(
        self, tx: IntakeTransaction, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return duty.go_off_duty(tx, county.handbook(at), at=at, by=by)

    @door("POST", "/api/intake/duty/position", body=taken.GivenPosition, answer=posts.Duty,
          action=Action.GO_ON_DUTY, tags=COLLECTORS, summary="报告位置（仅在岗，短期保存）",
          summary_en="Where one is: on duty only, kept for a short time")  # fmt: skip
    def is_at(self, tx: IntakeTransaction, command: Reading, *, at: datetime, by: Actor) -> Any:
        own = duty.is_at(tx, county.handbook(at), command, kept_for=self.kept_for, at=at, by=by)
        return _duty(tx, own, at)

    # Who sends collectors, and who makes up the roster: the stage asks for either right.
    @door("GET", "/api/intake/collectors", answer=posts.Collectors,
          tags=COLLECTORS, summary="在册采集员及在岗情况",
          summary_en="Collectors: who is on duty, where, how busy")  # fmt: skip
    def collectors(self, tx: IntakeTransaction, *, at: datetime, by: Actor) -> dict[str, Any]:
        return {"collectors": duty.on_the_books(tx, by=by)}


def _duty(tx: IntakeTransaction, own: Collector, at: datetime) -> dict[str, Any]:
    grid = county.handbook(at).grid.responsibility_grids.get(own.responsibility_grid or "")
    return {
        **vars(own),
        "grid_name": grid.name if grid else "",
        "open_tasks": len(tx.tasks.open_of(own.person_id)),
    }


class ShiftDoors:
    """排班, 在岗, 交接班."""

    @door("POST", "/api/intake/shifts", body=taken.EnterShifts, answer=posts.Shifts, status=201,
          action=Action.MANAGE_ROSTER, creates=True, tags=POSTS, summary="排班",
          summary_en="Enter shifts, all or none")  # fmt: skip
    def enter(
        self, tx: IntakeTransaction, command: list[Shift], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        shifts.enter_shifts(tx, command, at=at, by=by)
        return {"shifts": command}

    @door("DELETE", "/api/intake/shifts/<shift_id>", answer=posts.Removed, action=Action.MANAGE_ROSTER,
          tags=POSTS, summary="撤销排班", summary_en="Take a shift out")  # fmt: skip
    def remove(self, tx: IntakeTransaction, shift_id: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        shifts.remove_shift(tx, shift_id, at=at, by=by)
        return {"shift_id": shift_id}

    @door("GET", "/api/intake/shifts", query=taken.ShiftsQuery, answer=posts.Shifts,
          action=Action.HAND_OVER, tags=POSTS, summary="排班表",
          summary_en="The roster of a time")  # fmt: skip
    def roster(
        self, tx: IntakeTransaction, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        since = query["since"] or at
        return {"shifts": tx.rosters.between(since, query["until"] or since + timedelta(days=7))}

    @door("GET", "/api/intake/posts", answer=posts.Posts, action=Action.HAND_OVER, tags=POSTS,
          summary="各岗位在岗与交接情况",
          summary_en="Who is on now, what is open, which hand-over is overdue")  # fmt: skip
    def posts_now(self, tx: IntakeTransaction, *, at: datetime, by: Actor) -> dict[str, Any]:
        return {"posts": shifts.posts_now(tx, at=at, by=by)}

    @door("POST", "/api/intake/hand-overs", body=taken.HandOver, answer=shown.Announced, status=201,
          action=Action.HAND_OVER, creates=True, tags=POSTS, summary="交接班",
          summary_en="Hand a post over")  # fmt: skip
    def hand_over(
        self, tx: IntakeTransaction, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> Announced:
        return shifts.hand_over(tx, **command, at=at, by=by)
