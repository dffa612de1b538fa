"""The doors of the handbook as desks read it (查阅手册), and of a draft of duties that is tried (试算)."""

from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

import orjson
from werkzeug.wrappers import Request, Response

from case_contracts.roles import Action, Actor
from chassis.app import Running
from chassis.documents import NotFound
from chassis.doors import door, in_thread
from chassis.problems import Problem
from console import county, duties_draft, handbook_views, public_outline
from console import handbook_shown as shown
from console.handbook_desk import HandbookRefused
from console.handbook_doors import refusal
from handbook import Handbook

TAGS = ["手册"]
OUTSIDE = (404, "outside-grid", "该位置不在网格范围内", "The position lies outside the grid")
NO_YEAR = (404, "no-calendar", "该年度的工作日历尚未录入", "No working calendar was entered for this year")
GRIDS_KEPT = 64

R = TypeVar("R")


class HandbookReadingDoors:
    """查阅手册: for everybody who is signed in; each answer names its version and bears an ETag."""

    def __init__(self, running: Running) -> None:
        self.running = running

    @door("GET", "/api/console/handbook/catalogue", query=shown.CatalogueQuery, answer=shown.Catalogue,
          cached=True, transaction=False, tags=TAGS, summary="大类、小类与立案标准",
          summary_en="Categories, kinds and their filing standards")  # fmt: skip
    def handbook_catalogue(self, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        edition = _edition(query, at)
        found = handbook_views.catalogue(edition, query["subcategory"], query["kind"])
        return _found(found, "subcategory", query["subcategory"])

    @door("GET", "/api/console/handbook/units", query=shown.InVersion, answer=shown.Units, cached=True,
          transaction=False, tags=TAGS, summary="责任单位",
          summary_en="The responsible units")  # fmt: skip
    def handbook_units(self, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        return handbook_views.units(_edition(query, at))

    @door("GET", "/api/console/handbook/duties", query=shown.DutiesQuery, answer=shown.Duties, cached=True,
          transaction=False, tags=TAGS, summary="职责分工",
          summary_en="The duty table, and who would act in a cell")  # fmt: skip
    def handbook_duties(self, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        edition = _edition(query, at)
        kind, cell, component = query["subcategory"], query["cell"], query["component"]
        return {
            "version": edition.version,
            "duties": handbook_views.duties(edition, kind, query["area"]),
            "decision": handbook_views.decision(edition, kind, cell, component)
            if cell or component
            else None,
        }

    @door("GET", "/api/console/handbook/grid", query=shown.GridQuery, answer=shown.ShownGrid, cached=True,
          raw=True, transaction=False, tags=TAGS, summary="单元网格与责任网格（GeoJSON）",
          summary_en="Cells, responsibility grids and the outline as GeoJSON")  # fmt: skip
    def handbook_grid(self, query: dict[str, Any], *, request: Request, at: datetime, by: Actor) -> Response:
        edition = _edition(query, at)
        content = in_thread(_grid, edition, query["responsibility_grid"])
        _found(content, "responsibility_grid", query["responsibility_grid"])
        return Response(content, content_type="application/json")

    @door("GET", "/api/console/public/outline", answer=shown.PublicOutline, cached=True, public=True,
          transaction=False, tags=["公众"], summary="县域与乡镇轮廓（GeoJSON，简化）",
          summary_en="Where the county and its towns lie, simplified, for a map without a login")  # fmt: skip
    def public_outline(self, *, at: datetime, by: None) -> dict[str, Any]:
        return in_thread(_public_outline, county.editions.in_force(at))

    @door("GET", "/api/console/handbook/places", query=shown.PlaceQuery, answer=shown.Place, cached=True,
          transaction=False, tags=TAGS, summary="位置所在网格",
          summary_en="Cell, responsibility grid and village of a point")  # fmt: skip
    def handbook_place(self, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        edition = _edition(query, at)
        found = handbook_views.place(edition, query["lon"], query["lat"], query["datum"])
        if found is None:
            raise Problem(OUTSIDE)
        return found

    @door("GET", "/api/console/handbook/components", query=shown.ComponentsQuery, answer=shown.Components,
          cached=True, transaction=False, tags=TAGS, summary="部件（按类别、范围或附近）",
          summary_en="Components of a kind, in a box or near a point")  # fmt: skip
    def handbook_components(self, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        edition = _edition(query, at)
        wanted = {name: value for name, value in query.items() if name != "version"}
        return handbook_views.components(edition, **wanted)

    @door("GET", "/api/console/handbook/calendar/<int:year>", query=shown.InVersion, answer=shown.Calendar,
          cached=True, transaction=False, tags=TAGS, summary="工作日历",
          summary_en="Holidays and make-up days of a year")  # fmt: skip
    def handbook_calendar(
        self, year: int, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        found = handbook_views.calendar(_edition(query, at), year)
        if found is None:
            raise Problem(NO_YEAR, members={"year": year})
        return found

    @door("GET", "/api/console/handbook/settings", query=shown.InVersion, answer=shown.ShownSettings,
          cached=True, transaction=False, tags=TAGS, summary="参数",
          summary_en="Minutes, counts and distances")  # fmt: skip
    def handbook_settings(self, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        return handbook_views.settings(_edition(query, at))

    @door("POST", "/api/console/handbook/duties/try", body=shown.DutiesDraft, answer=shown.Trial,
          action=Action.PUBLISH_HANDBOOK, transaction=False, tags=TAGS, summary="职责草案试算",
          summary_en="A draft of duties, tried against past cases; nothing changes")  # fmt: skip
    def try_duties(self, command: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        newest = self.running.transact(lambda tx: tx.handbooks.newest()) or county.editions.bundled.archive()
        cases = command.pop("cases")
        try:
            draft = in_thread(duties_draft.drafted, newest, **command)
        except HandbookRefused as refused:
            raise refusal(refused) from refused
        past = self.running.transact(lambda tx: tx.past_cases(cases))
        return in_thread(duties_draft.tried, draft, past)


def _edition(query: dict[str, Any], at: datetime) -> Handbook:
    version = query["version"]
    if version is None:
        return county.editions.in_force(at)
    if not county.editions.has(version):
        raise NotFound("handbook_versions", version)
    return county.editions.of(version)


def _found(found: R | None, what: str, code: str | None) -> R:
    if found is None:
        raise NotFound(what, code or "")
    return found


@lru_cache(maxsize=2)
def _public_outline(edition: Handbook) -> dict[str, Any]:
    return public_outline.of(edition)


@lru_cache(maxsize=GRIDS_KEPT)
def _grid(edition: Handbook, responsibility_grid: str | None) -> bytes | None:
    found = handbook_views.grid(edition, responsibility_grid)
    return None if found is None else orjson.dumps(shown.ShownGrid().dump(found))
