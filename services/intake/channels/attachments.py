"""The doors of photos (附件): stored under their hash, shown to people with a token or a signed link."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson
from werkzeug.wrappers import Request, Response

from case_contracts import attachment_tokens
from case_contracts.attachment_tokens import (
    BadToken,
    DraftReceipt,
    DraftUpload,
    PhotoLink,
    Receipt,
    Upload,
)
from case_contracts.roles import Action, Actor
from chassis import incoming
from chassis.app import Running
from chassis.doors import in_thread
from chassis.problems import Problem, invalid, problem
from chassis.tokens import TokenReader, TokenRefused, public_keys
from services.intake import attachments
from services.intake.attachments import AttachmentFolder, HashDiffers, NotAnImage
from services.intake.channels.language import actor_of, door
from services.intake.domain.case import CaseState
from services.intake.domain.refusals import MoveNotAllowed, NotFound
from services.intake.evidence import pictures
from services.intake.ports import Attachment, IntakeTransaction
from services.intake.schemas import shown, taken
from services.intake.stages import public_page

TAGS = ["附件"]

TOO_MANY = (429, "too-many-photos", "本次上报上传的照片过多", "Too many photos for one report")

T = TypeVar("T", Upload, DraftUpload)

_YEAR = "private, max-age=31536000, immutable"


@dataclass(frozen=True, kw_only=True)
class Uploader:
    """Who brings a photo: a person, a unit with the token of its task, or a citizen with that of a draft."""

    name: str
    upload: Upload | None = None
    draft: str | None = None


class AttachmentDoors:
    """附件: intake keeps the photos; everybody else knows only their hashes."""

    def __init__(self, running: Running) -> None:
        keys = running.settings.keys_dir
        self.database = running.database
        self.folder = AttachmentFolder(Path(running.settings.need("ATTACHMENTS_DIR")))
        self.key = (keys / "attachments.key").read_text().strip()
        self.claims_of = TokenReader(public_keys(keys))

    @door("PUT", "/api/intake/attachments/<sha256>", raw=True, public=True, transaction=False,
          limit=attachments.LARGEST, answer=shown.Stored, tags=TAGS,
          summary="上传照片（人员令牌、任务或草稿上传凭证）",
          summary_en="Store a photo, with a person's token or that of a task or draft")  # fmt: skip
    def put(self, sha256: str, *, request: Request, at: datetime, by: None) -> Response:
        uploader = self._uploader(request)
        if not attachments.SHA256.fullmatch(sha256):
            raise invalid(("sha256", "应为小写十六进制的 SHA-256（64 位）"))
        if uploader.upload is not None:
            with self.database.transaction() as tx:
                _check_round(tx.bound, uploader.upload)
        if uploader.draft is not None:
            self._count(uploader.draft, at)
        largest = attachments.LARGEST if uploader.draft is None else attachments.LARGEST_OF_CITIZENS
        incoming.refuse_too_large(request, largest)
        content = incoming.read_body(request, largest)
        media_type = in_thread(self._keep, sha256, content)
        attachment = Attachment(
            sha256=sha256,
            media_type=media_type,
            size=len(content),
            uploaded_by=uploader.name,
            uploaded_at=at,
            case_number=uploader.upload.case_number if uploader.upload else None,
        )
        with self.database.transaction() as tx:
            new = tx.bound.attachments.add(attachment)
        return self._stored(attachment, uploader, 201 if new else 200)

    @door("GET", "/api/intake/attachments/<sha256>", raw=True, public=True, transaction=False,
          query=taken.PhotoQuery, tags=TAGS, summary="查看照片（人员令牌或签名链接）",
          summary_en="A photo, with a person's token or a signed link")  # fmt: skip
    def get(
        self, sha256: str, *, request: Request, query: dict[str, Any], at: datetime, by: None
    ) -> Response:
        if query["link"] is None:
            self._person(request)
        elif self._linked(query["link"]) != sha256:
            raise problem("not-allowed")
        with self.database.transaction() as tx:
            attachment = tx.bound.attachments.find(sha256)
        if attachment is None:
            raise NotFound(f"attachment/{sha256}")
        shown = in_thread(self._shown, sha256)
        headers = {
            "Cache-Control": _YEAR,
            "Content-Length": str(shown.stat().st_size),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'",
        }
        return Response(self.folder.pieces(shown), 200, headers, content_type=attachment.media_type)

    def _shown(self, sha256: str) -> Path:
        """What others may see; usually the evidence process has prepared it already."""
        path = self.folder.shown(sha256)
        pictures.prepare_shown(self.folder.original(sha256), path)
        return path

    def _count(self, draft: str, at: datetime) -> None:
        with self.database.transaction() as tx:
            uploads = public_page.uploads_of_draft(tx.bound, draft, at=at)
        if uploads > public_page.UPLOADS_A_DRAFT:
            raise Problem(TOO_MANY)

    def _keep(self, sha256: str, content: bytes) -> str:
        media_type = _checked(content, sha256)
        self.folder.put(sha256, content)
        return media_type

    def _stored(self, attachment: Attachment, uploader: Uploader, status: int) -> Response:
        body = {
            "sha256": attachment.sha256,
            "media_type": attachment.media_type,
            "size": attachment.size,
        }
        if uploader.upload is not None:
            receipt = Receipt(
                sha256=attachment.sha256,
                case_number=uploader.upload.case_number,
                responsible_unit=uploader.upload.responsible_unit,
            )
            body["receipt"] = attachment_tokens.sign(receipt, self.key)
        if uploader.draft is not None:
            of_draft = DraftReceipt(sha256=attachment.sha256, draft=uploader.draft)
            body["receipt"] = attachment_tokens.sign(of_draft, self.key)
        return Response(
            orjson.dumps(body), status, {"Cache-Control": "no-store"}, content_type="application/json"
        )

    def _uploader(self, request: Request) -> Uploader:
        bearer = _bearer(request)
        if (upload := _claimed(Upload, bearer, self.key)) is not None:
            return Uploader(name=f"unit/{upload.responsible_unit}", upload=upload)
        if (draft := _claimed(DraftUpload, bearer, self.key)) is not None:
            return Uploader(name=f"draft/{draft.draft}", draft=draft.draft)
        actor = self._person(request)
        actor.require(Action.UPLOAD)
        return Uploader(name=actor.person_id)

    def _person(self, request: Request) -> Actor:
        try:
            return actor_of(self.claims_of(_bearer(request)))
        except (TokenRefused, LookupError, ValueError) as error:
            raise problem("not-authenticated", headers={"WWW-Authenticate": "Bearer"}) from error

    def _linked(self, link: str) -> str:
        try:
            return attachment_tokens.read(PhotoLink, link, self.key).sha256
        except (BadToken, TypeError) as error:
            raise problem("not-authenticated") from error


def _claimed(kind: type[T], token: str, key: str) -> T | None:
    try:
        return attachment_tokens.read(kind, token, key)
    except (BadToken, TypeError):
        return None


def _check_round(tx: IntakeTransaction, upload: Upload) -> None:
    case = tx.cases.peek(upload.case_number)
    if case is None:
        raise NotFound(f"case/{upload.case_number}")
    if case.state is not CaseState.IN_COMMAND or case.round != upload.round:
        raise MoveNotAllowed(case.case_number, case.state, CaseState.AWAITING_VERIFICATION)


def _checked(content: bytes, sha256: str) -> str:
    try:
        attachments.check_hash(content, sha256)
        return attachments.media_type(content)
    except HashDiffers as error:
        raise invalid(("sha256", str(error))) from error
    except NotAnImage as error:
        raise invalid(("body", str(error))) from error


def _bearer(request: Request) -> str:
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not bearer.strip():
        raise problem("not-authenticated", headers={"WWW-Authenticate": "Bearer"})
    return bearer.strip()
