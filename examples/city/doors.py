"""A person at the front door: logs in, asks and commands over HTTP, patient while the house is away."""

import csv
import json
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import urllib3

AWAY = (502, 503, 504)


class Refused(Exception):
    """The door answered with a problem; ``problem`` is the problem+json document."""

    def __init__(self, status: int, problem: Mapping[str, Any], what: str) -> None:
        super().__init__(
            f"{what}: {status} {problem.get('type')} {problem.get('detail')} {problem.get('errors')}"
        )
        self.status = status
        self.problem = problem

    @property
    def kind(self) -> str:
        """The last word of the problem's type, such as ``move-not-allowed``."""
        return str(self.problem.get("type", "")).rsplit(":", 1)[-1]


@dataclass(frozen=True)
class Account:
    """One line of the example logins."""

    login: str
    password: str
    name: str
    role: str
    scope: str


def read_accounts(path: Path) -> list[Account]:
    """The example logins that the console's seed wrote."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [Account(**row) for row in csv.DictReader(lines)]


class Answered(Protocol):
    """What a door answers."""

    @property
    def status(self) -> int: ...

    @property
    def data(self) -> bytes: ...

    def json(self) -> Any: ...


class House:
    """The address of a running Qianliyan, shared by all who visit it."""

    def __init__(self, address: str, *, patience: float = 120.0) -> None:
        self.address = address.rstrip("/")
        self.patience = patience
        self.pool = urllib3.connection_from_url(
            self.address, maxsize=32, retries=False, timeout=urllib3.Timeout(connect=5, read=60)
        )

    def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> Answered:
        """One request; repeated with a short wait while nobody answers or the house says it is away."""
        where = f"{path}?{urlencode(fields)}" if fields else path
        deadline = time.monotonic() + self.patience
        pause = 0.05
        while True:
            try:
                answer = self._ask(method, where, headers, body)
                if answer.status not in AWAY or time.monotonic() > deadline:
                    return answer
            except urllib3.exceptions.HTTPError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(pause)  # back off while the house is away
            pause = min(pause * 2, 1.0)

    def _ask(self, method: str, where: str, headers: Mapping[str, str], body: bytes | None) -> Answered:
        return self.pool.urlopen(method, where, body=body, headers=dict(headers))


class Person:
    """Somebody with a login; safe to use from several threads."""

    def __init__(self, house: House, account: Account) -> None:
        self.house = house
        self.account = account
        self.person_id = ""
        self._token = ""
        self._renew_at = 0.0
        self._lock = threading.Lock()

    def get(self, path: str, *, at: datetime | None = None, **query: Any) -> Any:
        """Ask; answers the JSON document."""
        fields = {key: value for key, value in query.items() if value is not None}
        return self._json("GET", path, at=at, fields=fields)

    def post(self, path: str, command: Any, *, at: datetime | None = None, key: str | None = None) -> Any:
        """Command; answers the JSON document. ``key`` is the idempotency key; a new one when not given."""
        body = json.dumps(command, ensure_ascii=False).encode()
        return self._json("POST", path, at=at, body=body, key=key or uuid.uuid4().hex)

    def put_photo(self, photo: bytes, sha256: str, *, at: datetime | None = None) -> Any:
        """Upload a photo under its content hash."""
        return self._json("PUT", f"/api/intake/attachments/{sha256}", at=at, body=photo, kind="image/jpeg")

    def _json(
        self,
        method: str,
        path: str,
        *,
        at: datetime | None = None,
        body: bytes | None = None,
        fields: Mapping[str, Any] | None = None,
        key: str | None = None,
        kind: str = "application/json",
    ) -> Any:
        for attempt in (1, 2):
            headers = {"Authorization": f"Bearer {self._current_token(renew=attempt == 2)}"}
            if body is not None:
                headers["Content-Type"] = kind
            if key:
                headers["Idempotency-Key"] = key
            if at is not None:
                headers["X-Replay-At"] = at.isoformat()
            answer = self.house.call(method, path, headers=headers, body=body, fields=fields)
            if answer.status != 401:
                break
        return _document(answer, f"{method} {path}")

    def _current_token(self, *, renew: bool = False) -> str:
        with self._lock:
            if renew or time.monotonic() > self._renew_at:
                body = json.dumps({"login": self.account.login, "password": self.account.password}).encode()
                answer = self.house.call(
                    "POST", "/api/console/login", headers={"Content-Type": "application/json"}, body=body
                )
                document = _document(answer, f"login {self.account.login}")
                self._token = document["token"]
                self.person_id = document["person"]["person_id"]
                self._renew_at = time.monotonic() + 240
            return self._token


def _document(answer: Answered, what: str) -> Any:
    try:
        document = json.loads(answer.data) if answer.data else {}
    except ValueError:
        document = {"detail": answer.data[:200].decode(errors="replace")}
    if answer.status >= 400:
        raise Refused(answer.status, document if isinstance(document, dict) else {}, what)
    return document
