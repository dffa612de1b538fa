"""The handbook's files (手册文件): from a folder or an archive, and the hash that names their version."""

import hashlib
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from handbook.reading import Finding, HandbookError

CATEGORIES = "categories.csv"
STANDARDS = "filing_standards.csv"
CLOSING_CONDITIONS = "closing_conditions.csv"
UNITS = "units.csv"
UNIT_TYPES = "unit_types.csv"
TERRITORIES = "territories.csv"
DUTIES = "duties.csv"
VILLAGES = "villages.csv"
CALENDAR = "calendar.csv"
SETTINGS = "settings.yml"
COMPONENTS = "components.csv"
UNIT_GRID = "unit_grid.geojson"
RESPONSIBILITY_GRIDS = "responsibility_grids.geojson"

FILE_NAMES = (
    CATEGORIES,
    STANDARDS,
    CLOSING_CONDITIONS,
    UNITS,
    UNIT_TYPES,
    TERRITORIES,
    DUTIES,
    VILLAGES,
    CALENDAR,
    SETTINGS,
    COMPONENTS,
    UNIT_GRID,
    RESPONSIBILITY_GRIDS,
)

BUNDLED = Path(__file__).parent / "data"
LARGEST_FILE = 256 * 1024 * 1024
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)

HandbookFiles = Mapping[str, bytes]


def read_folder(folder: Path) -> HandbookFiles:
    """All files of the handbook; a missing one is an error."""
    missing = [name for name in FILE_NAMES if not (folder / name).is_file()]
    if missing:
        raise HandbookError([Finding(name, 0, f"is missing in {folder}") for name in missing])
    return {name: (folder / name).read_bytes() for name in FILE_NAMES}


def digest(files: HandbookFiles) -> str:
    """SHA-256 over names and contents: the same however the files travelled."""
    total = hashlib.sha256()
    for name in sorted(FILE_NAMES):
        total.update(f"{name}\0{len(files[name])}\0".encode())
        total.update(files[name])
    return total.hexdigest()


def pack(files: HandbookFiles) -> bytes:
    """One archive; the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(FILE_NAMES):
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return packed.getvalue()


def unpack(archive: bytes) -> HandbookFiles:
    """The files of an archive, which must hold exactly what a handbook has."""
    files = unpack_changes(archive)
    if missing := [name for name in FILE_NAMES if name not in files]:
        raise HandbookError([Finding(name, 0, "is missing in the archive") for name in missing])
    return files


def unpack_changes(archive: bytes) -> HandbookFiles:
    """The files of an archive, which holds one or more of a handbook's and nothing else."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            _refuse_strange_entries(packed.infolist())
            return {entry.filename: packed.read(entry) for entry in packed.infolist()}
    # zipfile says RuntimeError of a password, NotImplementedError of a method that it does not know.
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise HandbookError([Finding("archive", 0, f"is not a handbook archive: {error}")]) from error


def _refuse_strange_entries(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    findings = [Finding("archive", 0, "holds no file")] if not names else []
    findings += [Finding(name, 0, "occurs twice") for name, times in Counter(names).items() if times > 1]
    findings += [
        Finding(name, 0, "does not belong in a handbook archive") for name in names if name not in FILE_NAMES
    ]
    # An archive comes over the network: its sizes are looked at before anything is unpacked.
    findings += [
        Finding(entry.filename, 0, f"is larger than {LARGEST_FILE} bytes")
        for entry in entries
        if entry.file_size > LARGEST_FILE
    ]
    if sum(entry.file_size for entry in entries) > LARGEST_FILE:
        findings.append(Finding("archive", 0, f"is larger than {LARGEST_FILE} bytes when unpacked"))
    if findings:
        raise HandbookError(findings)
