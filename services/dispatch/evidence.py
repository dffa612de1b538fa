"""Evidence (凭证): tokens about photos, signed with the key that dispatch shares with intake."""

from collections.abc import Callable
from datetime import datetime, timedelta

from case_contracts import attachment_tokens
from case_contracts.attachment_tokens import PhotoLink, Receipt, Upload
from services.dispatch.domain.assignment import Assignment

LINKS_LAST = timedelta(days=180)
"""How long a unit may look at the photos of a task; a task that is sent again brings fresh links."""


class SignedEvidence:
    """Signs and reads with one key; links age by the real clock, also in a replay."""

    def __init__(self, key: str, now: Callable[[], datetime]) -> None:
        self._key = key
        self._now = now

    def receipt(self, token: str) -> Receipt:
        """What a receipt says; raises ``BadToken``."""
        return attachment_tokens.read(Receipt, token, self._key)

    def upload_token(self, assignment: Assignment) -> str:
        """Good for the current round only, which intake's door checks."""
        upload = Upload(
            case_number=assignment.case_number,
            round=assignment.round,
            responsible_unit=assignment.responsible_unit or "",
        )
        return attachment_tokens.sign(upload, self._key)

    def photo_link(self, sha256: str) -> str:
        """The photo's address with a signed permission to see it."""
        link = attachment_tokens.sign(
            PhotoLink(sha256=sha256), self._key, expires_at=self._now() + LINKS_LAST
        )
        return f"/api/intake/attachments/{sha256}?link={link}"
