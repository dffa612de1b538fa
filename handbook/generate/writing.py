"""Writing generated tables and GeoJSON (写出): one form, so that the bytes can be compared."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def csv_bytes(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue().encode()


def geojson_bytes(note: str, features: Iterable[Mapping[str, Any]]) -> bytes:
    """A feature collection with one feature a line."""
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    head = f'{{"type":"FeatureCollection","note":{json.dumps(note, ensure_ascii=False)},"features":[\n'
    return f"{head}{lines}\n]}}\n".encode()
