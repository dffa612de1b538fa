"""The doors written down (接口说明): the OpenAPI documents that the browser application is made from."""

import json
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from case_contracts.readers import SERVICES
from chassis import openapi
from chassis.doors import doors_of


def write(folder: Path) -> list[Path]:
    """Write ``<service>.json`` for every service into the folder; answers their places."""
    folder.mkdir(parents=True, exist_ok=True)
    places = []
    for service in SERVICES:
        module = "console.service" if service == "console" else f"services.{service}.service"
        app = import_module(module).app
        document = openapi.document(app.title, [one for kind in app.door_classes() for one in doors_of(kind)])
        _answers_are_whole(document)
        place = folder / f"{service}.json"
        place.write_text(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")
        places.append(place)
    return places


def _answers_are_whole(document: dict[str, Any]) -> None:
    """Every field of an answer is there, null where nothing is known; only what is sent may be left out."""
    schemas = document["components"]["schemas"]
    operations = [one for path in document["paths"].values() for one in path.values()]
    sent = _named(schemas, [one.get("requestBody") for one in operations])
    for name in _named(schemas, [one["responses"] for one in operations]) - sent - {"Problem"}:
        schemas[name]["required"] = sorted(schemas[name].get("properties", ()))


def _named(schemas: dict[str, Any], parts: Iterable[Any]) -> set[str]:
    """The names of all schemas that these parts of the document lead to."""
    found: set[str] = set()
    left = list(parts)
    while left:
        part = left.pop()
        if isinstance(part, list):
            left += part
        elif isinstance(part, dict):
            left += part.values()
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                left.append(schemas[name])
    return found
