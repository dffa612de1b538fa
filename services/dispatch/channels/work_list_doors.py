"""Work lists (任务列表): read by the centre's people, and by a unit's people as far as it is theirs."""

from datetime import datetime
from typing import Any

from case_contracts.roles import Actor
from chassis.app import Running
from chassis.doors import door
from services.dispatch.channels.naming import ASSIGNMENTS, ONE, rules_named
from services.dispatch.ports import DispatchTransaction, WorkListFilter
from services.dispatch.rules import shelf, the_handbook
from services.dispatch.schemas import shown, taken
from services.dispatch.stages import work_lists
from services.dispatch.stages.unit_presence import silent_units


class WorkListDoors:
    """任务列表, 挂账问题库 and 疑难案件台账."""

    def __init__(self, running: Running) -> None:
        shelf.begin(running.database)

    handbook = property(lambda _: the_handbook())

    @door("GET", ASSIGNMENTS, query=taken.AssignmentsQuery, answer=shown.Assignments,
          tags=["任务"], summary="任务列表", summary_en="The most urgent first")  # fmt: skip
    def assignments(
        self, tx: DispatchTransaction, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        with rules_named():
            return self._page(tx, taken.work_list(query), query, at=at, by=by, assisting=query["assisting"])

    @door("GET", "/api/dispatch/suspended", query=taken.PageQuery, answer=shown.Assignments,
          tags=["任务"], summary="挂账问题库",
          summary_en="What rests until a day, or has once rested")  # fmt: skip
    def suspended(
        self, tx: DispatchTransaction, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        return self._page(tx, WorkListFilter(was_suspended=True), query, at=at, by=by)

    @door("GET", "/api/dispatch/difficult", query=taken.PageQuery, answer=shown.Assignments,
          tags=["任务"], summary="疑难案件台账",
          summary_en="Cases whose unit had to be decided in coordination")  # fmt: skip
    def difficult(
        self, tx: DispatchTransaction, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        return self._page(tx, WorkListFilter(difficult=True), query, at=at, by=by)

    @door("GET", ONE, answer=shown.AssignmentWithFlow, tags=["任务"],
          summary="查看任务", summary_en="One assignment with its flow records")  # fmt: skip
    def assignment(
        self, tx: DispatchTransaction, case_number: str, *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        return shown.assignment(work_lists.one(tx, self.handbook, case_number, at=at, by=by))

    def _page(
        self,
        tx: DispatchTransaction,
        wanted: WorkListFilter,
        query: dict[str, Any],
        *,
        at: datetime,
        by: Actor,
        assisting: bool = False,
    ) -> dict[str, Any]:
        limit = query["limit"]
        read = work_lists.assisted if assisting else work_lists.page
        page = read(tx, self.handbook, wanted, after=query["after"], limit=limit, at=at, by=by)
        last = page[-1].assignment.case_number if len(page) == limit else None
        silent = [] if by.responsible_unit else silent_units(tx, at=at)
        rows = [shown.assignment(seen) for seen in page]
        return {"assignments": rows, "after": last, "silent_units": silent}
