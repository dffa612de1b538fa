"""The doors of the handbook desk (手册发布): versions are uploaded, listed, and fetched by the services."""

from datetime import datetime
from typing import Any

from marshmallow import Schema, fields
from werkzeug.wrappers import Request, Response

from case_contracts.roles import Action, Actor
from chassis import incoming
from chassis.app import Running
from chassis.documents import NotFound
from chassis.doors import Answer, door, in_thread
from chassis.problems import Problem, invalid
from console import county, finding_words, handbook_desk
from console.handbook_desk import HandbookRefused, ValidTooEarly
from console.handbook_shown import UploadTaken
from handbook.changes import changes
from handbook.files import unpack

LARGEST = 10 * 1024 * 1024
MOST_FINDINGS = 200
TAGS = ["手册"]
REFUSED = (422, "handbook-refused", "手册未通过检查", "The handbook did not pass its check")


class PublishQuery(Schema):
    """From when on new cases follow it; with ``check`` it is only looked at, and nothing is published."""

    valid_from = fields.AwareDateTime(load_default=None)
    check = fields.Boolean(load_default=False)


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
          limit=LARGEST, answer=UploadTaken, status=201, action=Action.PUBLISH_HANDBOOK, tags=TAGS,
          summary="发布手册（check=1 只检查）",
          summary_en="Publish a ZIP of all files or of some; check=1 only checks it")  # fmt: skip
    def publish(self, request: Request, query: dict[str, Any], *, at: datetime, by: Actor) -> Answer:
        uploaded = incoming.read_body(request, LARGEST)
        newest = self.running.transact(lambda tx: tx.handbooks.newest())
        base = newest or county.editions.bundled.archive()
        try:
            checked = in_thread(handbook_desk.checked_version, uploaded, base)
        except HandbookRefused as refused:
            raise refusal(refused) from refused
        changed = in_thread(lambda: changes(unpack(base), unpack(checked.archive)))
        if query["check"]:
            _refuse_past(query["valid_from"], at)
            told: dict[str, Any] = {"published": False}
        else:
            told = self.running.transact(
                lambda tx: _published(tx, checked, newest, query["valid_from"], at, by)
            )
        taken = {**vars(checked), **told, "changes": changed}
        return Answer(body=taken, status=201 if told["published"] else 200)

    @door("GET", "/api/console/handbook/versions", answer=Publications, action=Action.PUBLISH_HANDBOOK,
          tags=TAGS, summary="手册版本", summary_en="Every version that was published")  # fmt: skip
    def versions(self, tx: Any, *, at: datetime, by: Actor) -> dict[str, Any]:
        return {
            "bundled": county.editions.bundled.version,
            "in_force": county.editions.in_force(at).version,
            "publications": tx.handbooks.listed(),
        }

    @door("GET", "/api/console/handbook/files/<name>", raw=True, transaction=False,
          action=Action.PUBLISH_HANDBOOK, media_type="application/octet-stream", tags=TAGS,
          summary="取手册文件（最近发布的，供修改）",
          summary_en="A file as it was published last, to be changed and uploaded")  # fmt: skip
    def handbook_file(self, name: str, *, request: Request, at: datetime, by: Actor) -> Response:
        newest = self.running.transact(lambda tx: tx.handbooks.newest()) or county.editions.bundled.archive()
        content = in_thread(unpack, newest).get(name)
        if content is None:
            raise NotFound("handbook_files", name)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(content, headers=headers, content_type="application/octet-stream")

    # For the services alone: the front door does not lead here (deploy/nginx.conf.template).
    @door("GET", "/api/console/handbook/archives/<version>", raw=True, public=True, tags=TAGS,
          summary="取手册（仅供内部服务）", summary_en="A version, for the services")  # fmt: skip
    def archive(self, tx: Any, version: str, *, request: Request, at: datetime, by: None) -> Response:
        archive = tx.handbooks.archive(version)
        if archive is None:
            raise NotFound("handbook_versions", version)
        return Response(archive, content_type="application/zip")


def refusal(refused: HandbookRefused) -> Problem:
    """422 with file, row, column and rule of what is wrong."""
    errors = [
        {
            "field": f"{finding.file}:{finding.row}",
            "rule": finding_words.in_chinese(finding.message),
            "rule_en": finding.message,
            "file": finding.file,
            "row": finding.row,
            "column": finding.column,
        }
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
        raise _in_the_past() from early
    told = published.announced
    return {
        "published": True,
        "valid_from": published.valid_from,
        "subject": told.subject if told else f"handbook/{checked.version}",
        "sequence": told.sequence if told else 0,
    }


def _refuse_past(valid_from: datetime | None, at: datetime) -> None:
    if valid_from is not None and valid_from < at:
        raise _in_the_past()


def _in_the_past() -> Problem:
    return invalid(("valid_from", "Must not lie in the past."))
