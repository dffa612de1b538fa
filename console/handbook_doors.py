"""The doors of the handbook desk (手册发布): versions are uploaded, listed, and fetched by the services."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from marshmallow import Schema, fields
from werkzeug.wrappers import Request, Response

from case_contracts.roles import Action, Actor
from chassis import incoming
from chassis.app import Running
from chassis.documents import NotFound
from chassis.doors import door, in_thread
from chassis.problems import Problem, invalid
from console import county, handbook_desk
from console.handbook_desk import HandbookRefused, ValidTooEarly

LARGEST = 10 * 1024 * 1024
MOST_FINDINGS = 200
TAGS = ["手册"]
REFUSED = (422, "handbook-refused", "手册未通过检查", "The handbook did not pass its check")


class PublishQuery(Schema):
    """From when on new cases follow it."""

    valid_from = fields.AwareDateTime(load_default=None)


class Publication(Schema):
    """A version and the moment from which it holds."""

    version = fields.String()
    sha256 = fields.String()
    size = fields.Integer()
    valid_from = fields.AwareDateTime()
    published_at = fields.AwareDateTime()
    published_by = fields.String()


class Publications(Schema):
    """All of them, and the version that this release brings along."""

    bundled = fields.String()
    in_force = fields.String()
    publications = fields.List(fields.Nested(Publication))


class HandbookDoors:
    """手册: whatever breaks a rule is refused with file and row, and nothing is kept."""

    def __init__(self, running: Running) -> None:
        self.running = running

    @door("POST", "/api/console/handbook/versions", query=PublishQuery, raw=True, transaction=False,
          limit=LARGEST, action=Action.PUBLISH_HANDBOOK, tags=TAGS, summary="发布手册",
          summary_en="Publish: a ZIP of the handbook's files, or of those that change")  # fmt: skip
    def publish(self, request: Request, query: dict[str, Any], *, at: datetime, by: Actor) -> Response:
        uploaded = incoming.read_body(request, LARGEST)
        newest = self._run(lambda tx: tx.handbooks.newest())
        base = newest or county.editions.bundled.archive()
        try:
            checked = in_thread(handbook_desk.checked_version, uploaded, base)
        except HandbookRefused as refused:
            raise _refusal(refused) from refused
        published = self._run(lambda tx: _published(tx, checked, newest, query["valid_from"], at, by))
        return Response(orjson.dumps(published), 201, content_type="application/json")

    @door("GET", "/api/console/handbook/versions", answer=Publications, action=Action.PUBLISH_HANDBOOK,
          tags=TAGS, summary="手册版本", summary_en="Every version that was published")  # fmt: skip
    def versions(self, tx: Any, *, at: datetime, by: Actor) -> dict[str, Any]:
        return {
            "bundled": county.editions.bundled.version,
            "in_force": county.editions.in_force(at).version,
            "publications": tx.handbooks.listed(),
        }

    # For the services alone: the front door does not lead here (deploy/nginx.conf.template).
    @door("GET", "/api/console/handbook/archives/<version>", raw=True, public=True, tags=TAGS,
          summary="取手册（仅供内部服务）", summary_en="A version, for the services")  # fmt: skip
    def archive(self, tx: Any, version: str, *, request: Request, at: datetime, by: None) -> Response:
        archive = tx.handbooks.archive(version)
        if archive is None:
            raise NotFound("handbook_versions", version)
        return Response(archive, content_type="application/zip")

    def _run(self, function: Callable[[Any], Any]) -> Any:
        return self.running.database.run(lambda tx: function(tx.bound))


def _refusal(refused: HandbookRefused) -> Problem:
    """422 with file, row and rule of what is wrong."""
    errors = [
        {"field": f"{finding.file}:{finding.row}", "rule": finding.message}
        for finding in refused.findings[:MOST_FINDINGS]
    ]
    return Problem(REFUSED, errors=errors, members={"findings": len(refused.findings)})


def _published(
    tx: Any,
    checked: handbook_desk.CheckedVersion,
    newest: bytes | None,
    valid_from: datetime | None,
    at: datetime,
    by: Actor,
) -> dict[str, Any]:
    try:
        published = handbook_desk.publish(tx, checked, newest=newest, valid_from=valid_from, at=at, by=by)
    except ValidTooEarly as early:
        raise invalid(("valid_from", "Must not lie in the past.")) from early
    told = published.announced
    return {
        "version": checked.version,
        "sha256": checked.sha256,
        "valid_from": published.valid_from,
        "subject": told.subject if told else f"handbook/{checked.version}",
        "sequence": told.sequence if told else 0,
    }
