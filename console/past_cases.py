"""Past cases (以往案件) as the duty table asks for them, out of what was told of them."""

from typing import Any

from chassis.transactions import Transaction
from handbook.duty_trial import PastCase

_PAST = """
select d.case_number, f.data ->> 'subcategory' as subcategory, f.data ->> 'unit_grid_code' as unit_grid_code,
       f.data ->> 'component_code' as component_code, d.data ->> 'responsible_unit' as responsible_unit
from (
    select distinct on (case_number) case_number, data, time from (
        select case_number, data, time, sequence from told_facts
        where type = 'case_dispatched' order by time desc, sequence desc limit :rows
    ) as newest
    order by case_number, time desc, sequence desc
) as d
join lateral (
    select data from told_facts
    where case_number = d.case_number and type = 'case_filed' order by sequence desc limit 1
) as f on true
order by d.time desc limit :cases
"""
DISPATCHES_A_CASE = 3
"""Among so many dispatches for each case wanted, so many cases are found."""


def newest_cases(tx: Transaction, cases: int) -> list[PastCase]:
    """The cases dispatched last, each with the kind and place it has now and the unit that had it last."""
    rows: Any = tx.execute(_PAST, {"cases": cases, "rows": cases * DISPATCHES_A_CASE}).mappings()
    return [PastCase(**row) for row in rows]
