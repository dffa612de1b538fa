"""Assessment (综合评价): keeps the ledger of all facts and answers with figures."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from case_contracts import facts, wire
from case_contracts.console import HandbookPublished
from case_contracts.dispatch import OutageLogged
from case_contracts.roles import Action, Actor, NotAllowed, Role
from chassis.app import App, Running
from chassis.codec import Codec
from chassis.documents import NotFound
from chassis.doors import door
from chassis.problems import invalid
from chassis.reading import Permanent, Reader
from chassis.wakes import Wakes
from services.assessment import appeals, indicators, rules, schemas
from services.assessment.appeals import Appeal, CannotAppeal, MoveNotAllowed, NotYourCase
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
          tags=["指标"], summary="指标（责任单位人员只见本单位）",
          summary_en="Figures of a period; a unit's people see their own")  # fmt: skip
    def figures(self, tx: PostgresStore, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        unit = _readable(query["responsible_unit"], by)
        period = _period(tx, query, at)
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


class CountedDoors:
    """指标明细: what a figure is made of, by the same condition as the figure."""

    @door("GET", "/api/assessment/figures/<name>/cases", query=schemas.CountedQuery, answer=schemas.Counted,
          tags=["指标"], summary="指标明细（责任单位人员只见本单位）",
          summary_en="The cases behind a figure; a unit's people see their own")  # fmt: skip
    def counted(
        self, tx: PostgresStore, name: str, query: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        unit = _readable(query["responsible_unit"], by)
        count = indicators.count_named(name)
        if count is None:
            raise NotFound("figures", name)
        if unit is not None and not count.of_units:
            raise invalid(("responsible_unit", "该指标不按责任单位统计"))
        period = _period(tx, query, at)
        total, lines = tx.counted(
            name, query["begin"], period["as_of"], unit=unit, limit=query["limit"], offset=query["offset"]
        )
        named = {"name": name, "chinese": count.chinese, "definition": count.definition}
        return period | named | {"responsible_unit": unit, "total": total, "lines": lines}


class AppealDoors:
    """申诉: made by the unit, reviewed by the dispatcher, decided by the assessor."""

    def __init__(self, running: Running) -> None:
        rules.shelf.begin(running.database)

    @door("POST", "/api/assessment/appeals", body=schemas.MakeAppeal, answer=schemas.AppealMoved, status=201,
          action=Action.APPEAL, creates=True, tags=["申诉"], summary="提出申诉",
          summary_en="Appeal against an overdue case")  # fmt: skip
    def make(self, tx: PostgresStore, command: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        return schemas.appeal_moved(appeals.make_appeal(tx, rules.rules(at), **command, at=at, by=by))

    @door("GET", "/api/assessment/appeals", query=schemas.AppealsQuery, answer=schemas.AppealsShown,
          tags=["申诉"], summary="申诉列表", summary_en="List appeals")  # fmt: skip
    def listed(self, tx: PostgresStore, query: dict[str, Any], *, at: datetime, by: Actor) -> dict[str, Any]:
        own = appeals.readable_unit(by)
        page = tx.appeals_listed(
            unit=own or query["responsible_unit"], state=query["state"], post=query["post"],
            after=query["after"], limit=query["limit"],
        )  # fmt: skip
        return {"appeals": page, "after": page[-1].case_number if len(page) == query["limit"] else None}

    @door("GET", "/api/assessment/appeals/<case_number>", answer=schemas.AppealShown, tags=["申诉"],
          summary="查看申诉", summary_en="One appeal")  # fmt: skip
    def shown(self, tx: PostgresStore, case_number: str, *, at: datetime, by: Actor) -> Appeal:
        own = appeals.readable_unit(by)
        appeal = tx.appeal(case_number)
        if own not in (None, appeal.responsible_unit):
            raise NotFound("appeals", case_number)
        return appeal

    @door("GET", "/api/assessment/appealable-cases", answer=schemas.Appealable, action=Action.APPEAL,
          tags=["申诉"], summary="可申诉案件", summary_en="Cases that may be appealed for")  # fmt: skip
    def appealable(self, tx: PostgresStore, *, at: datetime, by: Actor) -> dict[str, Any]:
        unit = by.responsible_unit
        return {"case_numbers": [] if unit is None else tx.appealable(unit, limit=200)}

    @door("POST", "/api/assessment/appeals/<case_number>/review", body=schemas.ReviewAppeal,
          answer=schemas.AppealMoved, action=Action.REVIEW_APPEAL, tags=["申诉"], summary="初审申诉",
          summary_en="Review an appeal")  # fmt: skip
    def review(
        self, tx: PostgresStore, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        moved = appeals.review_appeal(tx, rules.rules(at), case_number, **command, at=at, by=by)
        return schemas.appeal_moved(moved)

    @door("POST", "/api/assessment/appeals/<case_number>/decide", body=schemas.DecideAppeal,
          answer=schemas.AppealMoved, action=Action.DECIDE_APPEAL, tags=["申诉"], summary="决定申诉",
          summary_en="Decide an appeal")  # fmt: skip
    def decide(
        self, tx: PostgresStore, case_number: str, command: dict[str, Any], *, at: datetime, by: Actor
    ) -> dict[str, Any]:
        return schemas.appeal_moved(appeals.decide_appeal(tx, case_number, **command, at=at, by=by))


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
        added = tx.add(envelopes)
    except wire.Malformed as error:
        raise Permanent(f"malformed: {error}") from error
    for envelope in envelopes:
        if (envelope.source, envelope.type) == (HandbookPublished.sender, HandbookPublished.name):
            tx.will_fetch(rules.shelf, facts.unseal(envelope))
        if (envelope.source, envelope.type) == (OutageLogged.sender, OutageLogged.name):
            appeals.outage_logged(tx, rules.rules(envelope.time), facts.unseal(envelope))
    return added


wakes = Wakes()


@wakes.on(appeals.DECIDE)
def on_step_due(tx: PostgresStore, subject: str, payload: dict[str, Any], *, at: datetime) -> None:
    """申诉未按时初审或决定."""
    appeals.step_was_due(tx, rules.rules(at), subject, at=at)


def actor_of(claims: Mapping[str, Any]) -> Actor:
    """The acting person from the claims of their token."""
    return Actor(
        person_id=claims["sub"],
        roles=frozenset(Role(role) for role in claims["roles"]),
        responsible_unit=claims.get("unit"),
        channel=claims.get("channel"),
    )


def _readable(wanted: str | None, by: Actor) -> str | None:
    """Whose figures: those that are wanted, or for a unit's people their own whatever is wanted."""
    if by.may(Action.READ_FIGURES):
        return wanted
    if by.may(Action.HANDLE_TASK) and by.responsible_unit is not None:
        return by.responsible_unit
    raise NotAllowed(by, Action.READ_FIGURES)


def _period(tx: PostgresStore, query: dict[str, Any], at: datetime) -> dict[str, Any]:
    present = tx.present(at)
    end = query["end"] or present
    return {"begin": query["begin"], "end": end, "as_of": min(end, present)}


app = App(
    name="assessment",
    title="综合评价",
    codec=codec,
    bind=PostgresStore,
    doors=(FigureDoors, CountedDoors, AppealDoors, LedgerDoors),
    readers=(reader,),
    wakes=wakes,
    background=(rules.shelf.keep_up,),
    migrations="services/assessment/migrations",
    actor_of=actor_of,
    authorise=Actor.require,
    problems={
        NotFound: (404, "not-found", "没有找到", "Not found"),
        NotYourCase: (404, "not-found", "没有找到", "Not found"),
        CannotAppeal: (409, "cannot-appeal", "不能申诉", "Cannot be appealed"),
        MoveNotAllowed: (409, "move-not-allowed", "当前状态不允许此操作", "Not allowed in this state"),
    },
)
