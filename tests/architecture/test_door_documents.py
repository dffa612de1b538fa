"""The doors' documents: whatever a desk reads has a known shape, and every list has pages or an end."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from chassis import openapi
from chassis.doors import doors_of

SERVICES = (
    "services.intake.service",
    "services.dispatch.service",
    "services.hotline.service",
    "services.assessment.service",
    "console.service",
)

OF_ANY_SHAPE = {
    "LedgerFact.data": "a fact of any kind, as its sender told it",
    "ParkedShown.headers": "whatever somebody sent",
    "ParkedShown.body": "whatever somebody sent",
}
"""What nobody can say the shape of, and why."""

WITHOUT_PAGES = {
    "/api/intake/tasks": "one collector's open errands",
    "/api/intake/collectors": "the county's collectors",
    "/api/intake/shifts": "bounded by the time asked for",
    "/api/intake/posts": "the posts",
    "/api/intake/similar": "at most fifty of each",
    "/api/dispatch/units": "the responsible units",
    "/api/assessment/indicators": "the counts and rates that there are",
    "/api/assessment/units": "the responsible units",
    "/api/console/accounts": "the centre's people",
    "/api/console/handbook/versions": "the publications of some years",
    "/api/console/handbook/catalogue": "the catalogue",
    "/api/console/handbook/units": "the responsible units",
    "/api/console/handbook/duties": "the duty table",
    "/api/console/handbook/components": "bounded by limit",
    "/api/console/handbook/settings": "the work periods and grades",
    "/api/console/sessions": "who is in",
    "/api/console/work": "the counts that there are",
    "/api/console/people": "the centre's people",
    "/api/console/standing-reports": "as many as were asked for",
}
"""Lists that end by themselves, and why."""


def document_of(module: str) -> dict[str, Any]:
    app = importlib.import_module(module).app
    return openapi.document(app.title, [one for kind in app.door_classes() for one in doors_of(kind)])


def shapeless(document: dict[str, Any]) -> Iterator[str]:
    """Every property of any schema that says nothing of what it holds."""
    for name, schema in document["components"]["schemas"].items():
        for field, shape in schema.get("properties", {}).items():
            kinds = shape.get("type")
            is_map = "object" in (kinds if isinstance(kinds, list) else [kinds]) and not shape.get(
                "properties"
            )
            if is_map or not shape.keys() & {"type", "$ref", "anyOf", "allOf", "oneOf", "enum"}:
                yield f"{name}.{field}"


def lists(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each reading door whose answer holds a list of things at its top, with what its parameters say."""
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        door = operations.get("get")
        if door is None or "{" in path:
            continue
        content = door["responses"]["200"].get("content", {}).get("application/json", {})
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        shapes = schemas.get(name, {}).get("properties", {}).values()
        if any("$ref" in shape.get("items", {}) for shape in shapes):
            yield path, {one["name"]: one.get("description", "") for one in door["parameters"]}


@pytest.mark.parametrize("module", SERVICES)
def test_whatever_a_desk_reads_has_a_known_shape(module):
    assert set(shapeless(document_of(module))) <= set(OF_ANY_SHAPE)


@pytest.mark.parametrize("module", SERVICES)
def test_every_door_that_is_read_says_what_it_answers(module):
    silent = [
        path
        for path, operations in document_of(module)["paths"].items()
        if "get" in operations and not operations["get"]["responses"]["200"].get("content")
    ]
    assert silent == []


def test_every_list_has_pages_or_an_end():
    found = {path: names for module in SERVICES for path, names in lists(document_of(module))}

    assert len(found) > 15
    endless = {path for path, names in found.items() if "limit" not in names} - set(WITHOUT_PAGES)
    assert endless == set()
    assert set(WITHOUT_PAGES) <= set(found)


def test_how_a_list_goes_on_is_said():
    silent = {
        f"{path} {name}"
        for module in SERVICES
        if module != "console.service"
        for path, parameters in lists(document_of(module))
        for name in ("after", "before", "limit", "offset")
        if parameters.get(name) == ""
    }
    assert silent == set()
