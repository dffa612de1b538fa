"""What an upload changes: rows added, changed and removed, file by file."""

from handbook import load
from handbook.changes import FileChange, changes
from handbook.files import FILE_NAMES

FILES = {name: load().file(name) for name in FILE_NAMES}


def test_the_same_files_change_nothing():
    assert changes(FILES, dict(FILES)) == []


def test_rows_are_known_by_their_keys_wherever_they_stand():
    heading, *rows = FILES["units.csv"].decode().splitlines()
    moved = "\r\n".join([heading, *reversed(rows)]).encode()

    (change,) = changes(FILES, {**FILES, "units.csv": moved})

    assert change == FileChange("units.csv", 0, 0, 0, ())


def test_a_duty_added_changed_and_removed_is_counted_as_each():
    heading, first, _, *rest = FILES["duties.csv"].decode().splitlines()
    changed = [heading, first.replace("u20", "u23"), *rest, "I0101,410523Z001,u01,,x"]

    (change,) = changes(FILES, {**FILES, "duties.csv": "\n".join(changed).encode()})

    assert (change.added, change.changed, change.removed) == (1, 1, 1)
    assert change.keys == ("I0101 410523Z001", "C0101", "C0102")


def test_settings_are_counted_by_key_and_cells_by_code():
    settings = FILES["settings.yml"].replace(b"accept_minutes: 15", b"accept_minutes: 20")
    grid = FILES["unit_grid.geojson"].replace(b'"area_m2":14105', b'"area_m2":14106', 1)

    found = changes(FILES, {**FILES, "settings.yml": settings, "unit_grid.geojson": grid})

    assert [(one.file, one.changed, one.keys) for one in found] == [
        ("settings.yml", 1, ("accept_minutes",)),
        ("unit_grid.geojson", 1, ("410523100200001",)),
    ]
