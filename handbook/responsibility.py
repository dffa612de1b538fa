"""Who is responsible (责任认定): the owner of a component, the duty table, or the township."""

from collections.abc import Mapping
from dataclasses import dataclass

from handbook.values import Component, Duty, DutyDecision, DutyRule, ResponsibleUnit


class NoResponsibleUnit(LookupError):
    """无责任主体: neither owner, duty nor township; people must decide."""


@dataclass(frozen=True)
class Where:
    """The areas that a problem lies in, as far as they are known."""

    town_code: str | None = None
    responsibility_grid: str | None = None


@dataclass(frozen=True)
class DutyTable:
    """Duties by kind and area, and the township of each town."""

    by_kind_and_area: Mapping[tuple[str, str | None], Duty]
    townships: Mapping[str, str]
    units: Mapping[str, ResponsibleUnit]
    kind_names: Mapping[str, str]

    def decide(self, subcategory: str, where: Where, component: Component | None) -> DutyDecision:
        duty = self._duty(subcategory, where)
        return (
            self._by_owner(component, duty)
            or self._by_duty(duty)
            or self._by_territory(subcategory, where.town_code)
        )

    def township(self, town_code: str | None) -> str | None:
        """The unit that takes what has no owner in a town (属地兜底); None when there is none at work."""
        township = self.townships.get(town_code) if town_code else None
        return township if township is not None and self._acts(township) else None

    def _duty(self, subcategory: str, where: Where) -> Duty | None:
        """The narrowest area wins: responsibility grid, town, everywhere."""
        areas = [area for area in (where.responsibility_grid, where.town_code) if area]
        found = (self.by_kind_and_area.get((subcategory, area)) for area in (*areas, None))
        return next((duty for duty in found if duty), None)

    def _by_owner(self, component: Component | None, duty: Duty | None) -> DutyDecision | None:
        if component is None:
            return None
        recorded = [unit for unit in (component.owner, component.keeper) if unit and self._acts(unit)]
        if not recorded:
            return None
        primary = recorded[0]
        others = [*recorded[1:], *((duty.primary, *duty.assisting) if duty else ())]
        reason = f"部件{component.code}登记的产权（养护）单位为{self._name(primary)}"
        return DutyDecision(primary, self._assisting(primary, others), reason, DutyRule.OWNER)

    def _by_duty(self, duty: Duty | None) -> DutyDecision | None:
        """The primary unit; while it is out of use, the first of those that assist."""
        if duty is None:
            return None
        named = (duty.primary, *duty.assisting)
        acting = next((unit for unit in named if self._acts(unit)), None)
        if acting is None:
            return None
        reason = f"按职责分工，{self._kind(duty.subcategory)}由{self._name(acting)}主办"
        if acting != duty.primary:
            reason += "（主办单位已停用，由协办单位承担）"
        return DutyDecision(acting, self._assisting(acting, duty.assisting), reason, DutyRule.DUTY)

    def _by_territory(self, subcategory: str, town_code: str | None) -> DutyDecision:
        township = self.township(town_code)
        kind = self._kind(subcategory)
        if township is None:
            raise NoResponsibleUnit(f"{kind}没有产权、职责或属地单位，需人工确定责任主体")
        reason = f"{kind}没有职责分工，由属地{self._name(township)}兜底"
        return DutyDecision(township, (), reason, DutyRule.TERRITORIAL)

    def _assisting(self, primary: str, others: tuple[str, ...] | list[str]) -> tuple[str, ...]:
        return tuple(unit for unit in dict.fromkeys(others) if unit != primary and self._acts(unit))

    def _acts(self, unit: str) -> bool:
        return unit in self.units and self.units[unit].active

    def _kind(self, subcategory: str) -> str:
        return self.kind_names.get(subcategory, subcategory)

    def _name(self, unit: str) -> str:
        return self.units[unit].name
