"""Who is responsible: a component's owner, then the duty table, then the township."""

import pytest

import handbook
from handbook import Component, ComponentState, Duty, DutyRule, DutyTable, NoResponsibleUnit, ResponsibleUnit
from handbook.responsibility import Where

BOOK = handbook.load()
TOWN = "410523100"


def a_unit(code: str, active: bool = True) -> ResponsibleUnit:
    return ResponsibleUnit(code, f"单位{code}", "职能部门", active, "职能部门组", synthetic=True)


def a_table(*duties: Duty, units: tuple[ResponsibleUnit, ...] = ()) -> DutyTable:
    known = {unit.code: unit for unit in (*map(a_unit, ("u01", "u02", "u03", "u28")), *units)}
    return DutyTable(
        {(duty.subcategory, duty.area): duty for duty in duties}, {TOWN: "u28"}, known, {"C0107": "通信井盖"}
    )


def a_duty(primary: str, *assisting: str, area: str | None = None) -> Duty:
    return Duty("C0107", area, primary, assisting, synthetic=True)


def a_component(owner: str | None = None, keeper: str | None = None) -> Component:
    return Component(
        "4105230107000001", "C0107", "通信井盖1号", 114.36, 35.92, "4" * 15, owner, keeper,
        ComponentState.INTACT, synthetic=True,
    )  # fmt: skip


def test_a_components_own_owner_wins_over_the_duty_table_and_its_keeper_assists():
    decision = a_table(a_duty("u01")).decide("C0107", Where(TOWN), a_component("u02", "u03"))

    assert (decision.primary, decision.assisting) == ("u02", ("u03", "u01"))
    assert decision.rule is DutyRule.OWNER
    assert "单位u02" in decision.reason


def test_a_component_without_owner_is_its_keepers():
    assert a_table(a_duty("u01")).decide("C0107", Where(), a_component(None, "u03")).primary == "u03"


def test_a_component_without_record_follows_the_duty_table():
    decision = a_table(a_duty("u01", "u03")).decide("C0107", Where(TOWN), a_component())

    assert (decision.primary, decision.assisting, decision.rule) == ("u01", ("u03",), DutyRule.DUTY)
    assert decision.reason == "按职责分工，通信井盖由单位u01主办"


def test_the_narrowest_area_decides():
    table = a_table(a_duty("u01"), a_duty("u02", area=TOWN), a_duty("u03", area="410523Z007"))

    assert table.decide("C0107", Where(TOWN, "410523Z007"), None).primary == "u03"
    assert table.decide("C0107", Where(TOWN, "410523Z008"), None).primary == "u02"
    assert table.decide("C0107", Where("410523107"), None).primary == "u01"


def test_what_is_nobodys_duty_falls_to_the_township():
    decision = a_table().decide("C0107", Where(TOWN), None)

    assert (decision.primary, decision.rule) == ("u28", DutyRule.TERRITORIAL)
    assert "兜底" in decision.reason


def test_without_owner_duty_and_township_people_must_decide():
    with pytest.raises(NoResponsibleUnit, match="人工"):
        a_table().decide("C0107", Where(), None)


def test_a_unit_that_is_no_longer_active_gets_nothing():
    table = a_table(a_duty("u09", "u10"), units=(a_unit("u09", active=False), a_unit("u10", active=False)))

    assert table.decide("C0107", Where(TOWN), a_component("u09")).primary == "u28"


def test_a_telecom_cover_goes_to_the_company_on_record():
    cover = next(
        c for c in BOOK.components.values() if c.subcategory == "C0107" and c.owner not in (None, "u24")
    )

    by_record = BOOK.duty("C0107", cover.unit_grid_code, cover.code)
    by_kind = BOOK.duty("C0107", cover.unit_grid_code)

    assert (by_record.primary, by_record.rule) == (cover.owner, DutyRule.OWNER)
    assert (by_kind.primary, by_kind.rule) == ("u24", DutyRule.DUTY)


def test_an_unclaimed_cover_is_the_townships_own_duty():
    cells = {cell.town_code: cell.code for cell in BOOK.grid.cells.values()}

    assert BOOK.duty("C0123", cells["410523100"]).primary == "u28"
    assert BOOK.duty("C0123", cells["410523107"]).primary == "u29"


def test_a_cell_that_has_since_ended_still_tells_its_town():
    assert BOOK.duty("C0123", "410523100402999").primary == "u28"


def test_while_the_primary_unit_is_out_of_use_an_assisting_unit_acts():
    table = a_table(
        Duty("C0107", None, "u09", ("u10", "u11"), True),
        units=(a_unit("u09", active=False), a_unit("u10"), a_unit("u11")),
    )

    decision = table.decide("C0107", Where(TOWN), None)

    assert (decision.primary, decision.assisting, decision.rule) == ("u10", ("u11",), DutyRule.DUTY)
    assert "停用" in decision.reason
