"""Idempotency: a request repeated under the same key gets the first answer and changes nothing.

Repeats are rare. So every request does its work, and the answer is kept under the key at the end, in the same
transaction: a repeat fails there, or on the way, is undone whole, and is then given the first answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from chassis.problems import invalid, problem

if TYPE_CHECKING:
    from chassis.sealing import Sealer
    from chassis.transactions import Transaction

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replay"
LONGEST = 200

# A second request under the key that comes to its end meanwhile waits here until the first has committed.
_KEEP = (
    "INSERT INTO idempotency (scope, key, request_hash, status, answer, created_at)"
    " VALUES (:scope, :key, :request_hash, :status, CAST(:answer AS jsonb), now())"
)
_FIRST = "SELECT request_hash, status, answer FROM idempotency WHERE scope = :scope AND key = :key"


@dataclass(frozen=True, kw_only=True)
class KeptAnswer:
    """What a door answers: status, headers of its own and the text of its body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class IdempotencyKey:
    """One key of one person at one route, with the fingerprint of the request that uses it.

    With a sealer nothing that is kept gives a secret away: the answer's body is sealed, and the fingerprint
    marked with a key, or the words in the request could be found by trying.
    """

    scope: str
    key: str
    request_hash: str
    sealer: Sealer | None = None

    def first_answer(self, tx: Transaction) -> KeptAnswer | None:
        """What an earlier request under this key was answered, or None; 422 when it was another request."""
        first = tx.read(_FIRST, self._row()).one_or_none()
        if first is None:
            return None
        if first.request_hash not in self._known_as():
            raise problem("idempotency-key-reused")
        kept = first.answer
        return KeptAnswer(status=first.status, headers=kept["headers"], body=self._body(kept).encode())

    def keep(self, tx: Transaction, answer: KeptAnswer) -> None:
        """Keep a good answer for repeats. The transaction fails if an earlier request has the key already."""
        if 200 <= answer.status < 300:
            kept = orjson.dumps({"headers": answer.headers, **self._kept(answer.body.decode())}).decode()
            tx.write(_KEEP, self._row(request_hash=self._known_as()[0], status=answer.status, answer=kept))

    def _known_as(self) -> list[str]:
        """What may stand for the request in a row: first what is kept now, last the bare one of before."""
        marks = [] if self.sealer is None else self.sealer.marks(self.request_hash)
        return [*marks, self.request_hash]

    def _kept(self, body: str) -> dict[str, str]:
        return (
            {"body": body} if self.sealer is None else {"sealed": self.sealer.seal({"body": body}).decode()}
        )

    def _body(self, kept: dict[str, str]) -> str:
        if self.sealer is None or "sealed" not in kept:  # as kept before the door sealed what it answers
            return kept["body"]
        return str(self.sealer.open(kept["sealed"].encode())["body"])

    def _row(self, **more: Any) -> dict[str, Any]:
        return {"scope": self.scope, "key": self.key, **more}


def checked(key: str | None, *, required: bool) -> str | None:
    """The key from the header; 428 when it is required and missing, 422 when it is no key."""
    if not key:
        if required:
            raise problem("idempotency-key-missing")
        return None
    if len(key) > LONGEST or not key.isascii() or not key.isprintable():
        raise invalid((HEADER, "Must be text of at most 200 visible ASCII characters."))
    return key
