"""A draft of duties (职责分工草案) as it comes through the door, tried against past cases (试算)."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from console.handbook_desk import HandbookRefused
from console.handbook_views import subcategory_name, unit_names
from handbook import Finding, Handbook, HandbookError, load_files
from handbook.duty_trial import PastCase, try_duties
from handbook.files import DUTIES, unpack

COLUMNS = ("subcategory", "area", "primary", "assisting", "provenance")


def drafted(
    newest: bytes,
    *,
    table: str | None,
    rows: Sequence[Mapping[str, Any]],
    taken_out: Sequence[Mapping[str, Any]],
) -> Handbook:
    """The newest version with the draft's duties; raises `HandbookRefused` with every finding."""
    files = unpack(newest)
    content = _changed(files[DUTIES], rows, taken_out) if table is None else table.encode()
    try:
        return load_files({**files, DUTIES: content})
    except HandbookError as error:
        raise HandbookRefused(error.findings) from error
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise HandbookRefused([Finding(DUTIES, 0, f"cannot be read: {error}"[:200])]) from error


def tried(draft: Handbook, past: Iterable[PastCase]) -> dict[str, Any]:
    """How many of these cases would have gone elsewhere, and to whom."""
    trial = try_duties(draft, past)
    name = unit_names(draft)
    lost, gained = trial.lost(), trial.gained()
    return {
        "tried": trial.tried,
        "elsewhere": trial.elsewhere,
        "moved": [
            {
                **vars(one),
                "subcategory_name": subcategory_name(draft, one.subcategory),
                "from_name": name(one.from_unit),
                "to_name": name(one.to_unit),
            }
            for one in trial.moved
        ],
        "units": [
            {
                "responsible_unit": code,
                "name": name(code),
                "lost": lost.get(code, 0) if code else 0,
                "gained": gained.get(code, 0),
            }
            for code in dict.fromkeys((*lost, *gained))
        ],
    }


def _changed(
    table: bytes, rows: Sequence[Mapping[str, Any]], taken_out: Sequence[Mapping[str, Any]]
) -> bytes:
    """The table without what the draft replaces or takes out, and with its own rows at the end."""
    known = {(row["subcategory"], row["area"] or ""): row for row in csv.DictReader(_text(table))}
    gone = {(one["subcategory"], one["area"] or "") for one in (*rows, *taken_out)}
    if strange := [key for key in _keys(taken_out) if key not in known]:
        message = f"{' '.join(strange[0]).strip()} has no row that could be taken out"
        raise HandbookRefused([Finding(DUTIES, 0, message, "subcategory")])
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(row for key, row in known.items() if key not in gone)
    writer.writerows(
        {**row, "area": row["area"] or "", "assisting": " ".join(row["assisting"]), "provenance": "draft"}
        for row in rows
    )
    return written.getvalue().encode()


def _keys(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(row["subcategory"], row["area"] or "") for row in rows]


def _text(table: bytes) -> io.StringIO:
    return io.StringIO(table.decode("utf-8-sig"), newline="")
