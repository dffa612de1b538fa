"""A draft of duties tried against past cases: how many would have gone elsewhere, and where."""

from dataclasses import replace

import handbook
from cli import handbook_commands, main
from handbook.duty_trial import Moved, PastCase, try_duties
from handbook.files import BUNDLED, DUTIES

BOOK = handbook.load()
CELL = next(iter(BOOK.grid.cells))
COVER, ROAD = "C0101", "I0203"


def a_case(number: int, subcategory: str = ROAD, unit: str | None = None, **fields) -> PastCase:
    wanted = unit or BOOK.duty(subcategory, CELL).primary
    given = {"unit_grid_code": CELL, "component_code": None, **fields}
    return PastCase(case_number=str(number), subcategory=subcategory, responsible_unit=wanted, **given)


def a_draft(**primary: str) -> handbook.Handbook:
    """The handbook with other units for some kinds."""
    duties = {
        key: replace(duty, primary=primary.get(duty.subcategory, duty.primary), assisting=())
        for key, duty in BOOK.duties.by_kind_and_area.items()
    }
    return replace(BOOK, duties=replace(BOOK.duties, by_kind_and_area=duties))


def test_the_same_duties_move_nothing():
    trial = try_duties(BOOK, [a_case(number, kind) for number, kind in enumerate((COVER, ROAD, "I0101"))])

    assert (trial.tried, trial.elsewhere, trial.moved) == (3, 0, ())


def test_a_changed_duty_moves_the_cases_of_its_kind_and_says_from_whom_to_whom():
    before = BOOK.duty(ROAD, CELL).primary
    past = [a_case(1), a_case(2), a_case(3, COVER)]

    trial = try_duties(a_draft(I0203="u09"), past)

    assert trial.moved == (Moved(ROAD, before, "u09", 2),)
    assert trial.lost() == {before: 2}
    assert trial.gained() == {"u09": 2}


def test_what_a_dispatcher_decided_otherwise_counts_as_what_happened():
    trial = try_duties(BOOK, [a_case(1, unit="u29"), a_case(2)])

    assert [(one.from_unit, one.cases) for one in trial.moved] == [("u29", 1)]


def test_a_components_owner_goes_before_the_draft_and_an_unknown_component_is_left_out():
    owned = next(one for one in BOOK.components.values() if one.owner)
    past = [
        a_case(1, owned.subcategory, owned.owner, component_code=owned.code),
        a_case(2, owned.subcategory, "u09", component_code="0" * 16),
    ]

    trial = try_duties(a_draft(**{owned.subcategory: "u09"}), past)

    assert trial.elsewhere == 0


def test_a_case_that_nobody_would_be_responsible_for_is_told_apart():
    draft = replace(BOOK, duties=replace(BOOK.duties, by_kind_and_area={}, townships={}))

    (moved,) = try_duties(draft, [a_case(1)]).moved

    assert moved.to_unit is None


class Dispatch:
    """The door of dispatch, two cases a page."""

    def __init__(self, cases: list[PastCase]) -> None:
        self.cases = [*map(vars, cases), {**vars(cases[0]), "responsible_unit": None}]

    def ask(self, method: str, path: str, *, limit: int, after: str | None) -> dict:
        start = int(after or 0)
        page = self.cases[start : start + 2]
        return {"assignments": page, "after": str(start + 2) if len(page) == 2 else None}


def test_the_command_reads_every_page_and_prints_what_would_be_different(tmp_path, monkeypatch, capsys):
    heading, *rows = (BUNDLED / DUTIES).read_text(encoding="utf-8").splitlines()
    # Wherever it lies, the road is another unit's.
    changed = [row.replace(",u01,", ",u09,") if row.startswith(f"{ROAD},") else row for row in rows]
    draft = tmp_path / "duties.csv"
    draft.write_text("\n".join([heading, *changed]) + "\n", encoding="utf-8")
    dispatch = Dispatch([a_case(number) for number in range(5)])
    monkeypatch.setattr(handbook_commands, "client_of", lambda wanted, role: dispatch)

    assert main.main(["handbook", "try-duties", str(draft)]) == 0

    told = capsys.readouterr().out
    assert "5 of 5 cases would have gone elsewhere" in told
    assert BOOK.units["u09"].name in told


def test_a_draft_that_names_an_unknown_unit_is_refused_with_file_and_row(tmp_path, capsys):
    heading, first, *rows = (BUNDLED / DUTIES).read_text(encoding="utf-8").splitlines()
    draft = tmp_path / "duties.csv"
    draft.write_text("\n".join([heading, first.replace("u20", "u99"), *rows]) + "\n", encoding="utf-8")

    assert main.main(["handbook", "try-duties", str(draft)]) == 1
    assert "duties.csv:2: unit u99 is not in units.csv" in capsys.readouterr().err
