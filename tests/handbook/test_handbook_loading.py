"""Loading: the same handbook from a folder and from an archive, and errors that say where."""

import io
import shutil
import zipfile

import pytest

import handbook
from handbook import HandbookError, files

BOOK = handbook.load()


@pytest.fixture
def folder(tmp_path):
    copy = tmp_path / "handbook"
    shutil.copytree(files.BUNDLED, copy)
    return copy


def test_a_copy_in_another_folder_is_the_same_version(folder):
    copy = handbook.load(folder)

    assert copy.version == BOOK.version == f"v-{BOOK.sha256[:12]}"


def test_any_changed_byte_is_another_version(folder):
    settings = folder / files.SETTINGS
    settings.write_text(settings.read_text().replace("accept_minutes: 15", "accept_minutes: 20"))

    changed = handbook.load(folder)

    assert changed.version != BOOK.version
    assert (changed.settings.accept_minutes, BOOK.settings.accept_minutes) == (20, 15)


def test_an_archive_carries_the_whole_handbook_and_the_same_files_give_the_same_bytes():
    archive = BOOK.archive()
    arrived = handbook.load_archive(archive)

    assert arrived.sha256 == BOOK.sha256
    assert arrived.standards == BOOK.standards
    assert arrived.archive() == archive


def test_an_archive_that_is_none_or_holds_something_else_is_refused():
    with pytest.raises(HandbookError, match="not a handbook archive"):
        handbook.load_archive(b"no archive")

    strange = io.BytesIO(BOOK.archive())
    with zipfile.ZipFile(strange, "a") as packed:
        packed.writestr("../evil.csv", "x")
    with pytest.raises(HandbookError, match="does not belong"):
        handbook.load_archive(strange.getvalue())

    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    with pytest.raises(HandbookError, match="holds no file"):
        handbook.load_archive(empty.getvalue())

    some = io.BytesIO()
    with zipfile.ZipFile(some, "w") as packed:
        packed.writestr("units.csv", "x")
    with pytest.raises(HandbookError, match="missing in the archive"):
        handbook.load_archive(some.getvalue())


def test_a_missing_file_is_named(folder):
    (folder / files.DUTIES).unlink()

    with pytest.raises(HandbookError) as error:
        handbook.load(folder)
    assert error.value.findings[0].file == "duties.csv"


def test_an_error_carries_every_finding_with_file_and_row(folder):
    units = folder / files.UNITS
    units.write_text(
        units.read_text().replace("u05,", "U.05,").replace("职能部门组,yes", "职能部门组,maybe", 1)
    )

    with pytest.raises(HandbookError) as error:
        handbook.load(folder)

    messages = [str(finding) for finding in error.value.findings]
    assert "units.csv:2: active 'maybe' is neither yes nor no" in messages
    assert "units.csv:6: code 'U.05' is not lower-case letters and digits" in messages
    assert len(messages) > 5
    assert "more" in str(error.value)


def test_a_bad_component_is_an_error_when_components_are_asked_for(folder):
    path = folder / files.COMPONENTS
    path.write_text(path.read_text().replace(",intact,", ",shiny,", 1))
    book = handbook.load(folder)

    assert book.grid.cells
    with pytest.raises(HandbookError, match=r"components\.csv:2: state 'shiny'"):
        _ = book.components


def test_the_handbook_cannot_be_changed():
    with pytest.raises(TypeError):
        BOOK.standards["C0101-1"] = None
    with pytest.raises(AttributeError):
        BOOK.version = "v-other"


@pytest.mark.parametrize(
    ("line", "instead", "complaint"),
    [
        (
            "accept_minutes: 15",
            "accept_minutes: soon",
            "settings.yml:7: accept_minutes: expected a whole number",
        ),
        ("accept_minutes: 15", "", "settings.yml:0: missing key accept_minutes"),
        ("accept_minutes: 15", "accept_minutes: 15\nlunch: 5", "settings.yml:8: unknown key lunch"),
        (
            "workday_hours: 8",
            "workday_hours: 7",
            "settings.yml:5: workday_hours: the work periods add up to 8",
        ),
        ("14:00-18:00", "11:00-15:00", "settings.yml:4: work_periods: they overlap"),
        ("light_yellow: 0.80", "light_yellow: 1.80", "light_yellow: must be less"),
        ("county_code:", "county_code: [", "is not YAML"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_with_its_line(folder, line, instead, complaint):
    settings = folder / files.SETTINGS
    text = settings.read_text().replace("# 各环节时限（分钟，连续计时）\n", "")
    settings.write_text(text.replace(line, instead))

    with pytest.raises(HandbookError) as error:
        handbook.load(folder)
    assert complaint in str(error.value)
