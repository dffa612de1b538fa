"""Assessment (综合评价): keeps the ledger of all facts and answers with figures."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from case_contracts import facts, wire
from case_contracts.roles import Action, Actor, Role
from chassis.app import App
from chassis.codec import Codec
from chassis.documents import NotFound
from chassis.doors import door
from chassis.reading import Permanent, Reader
from services.assessment import schemas
from services.assessment.indicators import of_unit
from services.assessment.store import PostgresStore

codec = Codec(
    content_type=wire.CONTENT_TYPE,
    encode=wire.encode,
    decode=wire.decode,
    seal=facts.seal,
    unseal=facts.unseal,
    unreadable=(wire.Unreadable, wire.Malformed),
)


class FigureDoors:
    """评价指标: counts and rates of a period."""

    @door("GET", "/api/assessment/figures", query=schemas.FiguresQuery, answer=schemas.PeriodFigures,
          action=Action.READ_FIGURES, tags=["指标"], summary="指标",
          summary_en="Figures of a period")  # fmt: skip
    def figures(self, tx: PostgresStore, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        period = _period(tx, query, at)
        unit = query["responsible_unit"]
        if unit is not None:
            figured = tx.figures_by_unit(query["begin"], period["as_of"]).get(unit, of_unit({}))
            return period | {"responsible_unit": unit} | schemas.figures(figured)
        figured, sources = tx.figures(query["begin"], period["as_of"])
        return period | {"responsible_unit": None, "reported_by_source": sources} | schemas.figures(figured)

    @door("GET", "/api/assessment/units", query=schemas.PeriodQuery, answer=schemas.FiguresByUnit,
          action=Action.READ_FIGURES, tags=["指标"], summary="各责任单位指标",
          summary_en="Figures of every responsible unit")  # fmt: skip
    def units(self, tx: PostgresStore, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        period = _period(tx, query, at)
        figured = tx.figures_by_unit(query["begin"], period["as_of"])
        rows = [{"responsible_unit": unit} | schemas.figures(its) for unit, its in figured.items()]
        return period | {"units": rows}

    @door("GET", "/api/assessment/indicators", answer=schemas.Indicators, action=Action.READ_FIGURES,
          tags=["指标"], summary="指标定义", summary_en="What every figure means")  # fmt: skip
    def indicators(self, tx: PostgresStore, *, at: datetime, by: Actor) -> dict[str, Any]:
        return schemas.indicators()

    @door("GET", "/api/assessment/totals", answer=schemas.Totals, action=Action.READ_FIGURES,
          tags=["指标"], summary="累计", summary_en="Totals")  # fmt: skip
    def totals(self, tx: PostgresStore, *, at: datetime, by: Actor) -> dict[str, int]:
        return tx.totals()


class LedgerDoors:
    """台账: the whole story of a case or report."""

    @door("GET", "/api/assessment/ledger/<case_number>", answer=schemas.Story,
          action=Action.READ_CASE_FILES, tags=["台账"], summary="案件全过程",
          summary_en="The whole story of a case")  # fmt: skip
    def case(self, tx: PostgresStore, case_number: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        return schemas.story(tx.story_of_case(case_number))

    @door("GET", "/api/assessment/ledger/reports/<report_number>", answer=schemas.Story,
          action=Action.READ_CASE_FILES, tags=["台账"], summary="上报全过程",
          summary_en="The whole story of a report")  # fmt: skip
    def report(self, tx: PostgresStore, report_number: str, *, at: datetime, by: Actor) -> dict[str, Any]:
        return schemas.story(tx.story_of_report(report_number))


reader = Reader("assessment.facts", codec=codec, batch=200, pause=0.5, remembers=True)


@reader.on_batch
def on_facts(tx: PostgresStore, envelopes: list[wire.Envelope]) -> set[str]:
    """Write everything down that anybody announces."""
    try:
        return tx.add(envelopes)
    except wire.Malformed as error:
        raise Permanent(f"malformed: {error}") from error


def actor_of(claims: Mapping[str, Any]) -> Actor:
    """The acting person from the claims of their token."""
    return Actor(
        person_id=claims["sub"],
        roles=frozenset(Role(role) for role in claims["roles"]),
        responsible_unit=claims.get("unit"),
        channel=claims.get("channel"),
    )


def _period(tx: PostgresStore, query: dict[str, Any], at: datetime) -> dict[str, Any]:
    present = tx.present(at)
    end = query["end"] or present
    return {"begin": query["begin"], "end": end, "as_of": min(end, present)}


app = App(
    name="assessment",
    title="综合评价",
    codec=codec,
    bind=PostgresStore,
    doors=(FigureDoors, LedgerDoors),
    readers=(reader,),
    migrations="services/assessment/migrations",
    actor_of=actor_of,
    authorise=Actor.require,
    problems={NotFound: (404, "not-found", "没有找到", "Not found")},
)
