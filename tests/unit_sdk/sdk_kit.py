"""What the SDK's tests share: the centre's side of the broker, its upload door, and valid tasks."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import pika

from case_contracts import units, wire
from unit_sdk import Task
from unit_sdk.identifiers import new_id

NOON = datetime(2026, 5, 4, 4, tzinfo=UTC)
JPEG = b"\xff\xd8\xff\xe0 a photo"


def a_task(number: int = 1, **changes: Any) -> Task:
    values: dict[str, Any] = {
        "case_number": f"41052320260504{number:05}",
        "round": 1,
        "dispatch_number": 1,
        "responsible_unit": "u01",
        "subcategory": "I0101",
        "subcategory_name": "道路破损",
        "filing_condition": "破损面积0.5平方米以上",
        "closing_condition": "修复",
        "urgency": "ordinary",
        "description": "路面破损",
        "address": "文王路",
        "lon": 114.36,
        "lat": 35.92,
        "limit": 5,
        "limit_unit": "working_day",
        "due_at": NOON,
        "dispatched_at": NOON,
        "upload_url": "/api/intake/attachments",
        "upload_token": "the-token",
    }
    return Task(**values | changes)


def eventually(condition: Callable[[], Any], within: float = 60) -> Any:
    deadline = time.monotonic() + within
    while not (result := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return result


class Centre:
    """The centre's side of the broker."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    @contextmanager
    def channel(self) -> Iterator[Any]:
        with closing(pika.BlockingConnection(pika.URLParameters(self.uri))) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            yield channel

    def tell(self, *messages: Any, code: str = "u01", urgent: bool = False, id: str = "") -> None:
        names = {kind: name for name, kind in units.TO_UNIT.items()}
        with self.channel() as channel:
            for message in messages:
                envelope = wire.Envelope(
                    id=id or new_id(),
                    source="dispatch",
                    type=names[type(message)],
                    time=NOON,
                    subject="assignment/1",
                    data=wire.pack(message),
                )
                self.put(channel, wire.encode(envelope), envelope.id, code=code, urgent=urgent)

    def put(
        self, channel: Any, body: bytes, message_id: str, code: str = "u01", urgent: bool = False
    ) -> None:
        properties = pika.BasicProperties(
            message_id=message_id, content_type=wire.CONTENT_TYPE, delivery_mode=2
        )
        key = f"{code}.{'urgent' if urgent else 'tasks'}"
        channel.basic_publish("units.tasks", key, body, properties, mandatory=True)

    def heard(self, count: int, within: float = 60) -> list[tuple[Any, pika.BasicProperties, wire.Envelope]]:
        """So many messages of units, taken from the queue."""
        found: list[Any] = []
        with self.channel() as channel:

            def take() -> bool:
                method, properties, body = channel.basic_get("dispatch.feedback", auto_ack=True)
                if method is not None:
                    found.append((method, properties, wire.decode(body)))
                return len(found) == count

            eventually(take, within)
        return found

    def depth(self, queue: str) -> int:
        with self.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).method.message_count)

    def empty(self) -> None:
        with self.channel() as channel:
            for queue in ("unit.u01.tasks", "unit.u01.urgent", "dispatch.feedback", "parking"):
                channel.queue_purge(queue)


def unit_url(city_vhost: str, password: str = "secret-u01", port: int | None = None) -> str:
    parts = urlsplit(city_vhost)
    return f"amqp://u01:{password}@127.0.0.1:{port or parts.port}{parts.path}"


class PhotoDoor(BaseHTTPRequestHandler):
    """As much of the centre's upload door as a unit sees."""

    unwell = 0
    moments: tuple[str, ...] | list[str] = ()
    refuse: dict[str, Any] | None = None

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        cls = type(self)
        cls.moments = [*cls.moments, *self.headers.get_all("X-Replay-At", [])]
        if cls.unwell:
            cls.unwell -= 1
            # The last of its refusals is the front door's, to an address that asks too often.
            status, title = (503, "数据库暂时不可用") if cls.unwell else (429, "访问过于频繁，请稍后再试")
            self._answer(status, {"title": title})
        elif cls.refuse is not None:
            self._answer(422, cls.refuse)
        else:
            assert self.path == f"/api/intake/attachments/{hashlib.sha256(content).hexdigest()}"
            assert self.headers["Authorization"] == "Bearer the-token"
            self._answer(
                201, {"sha256": self.path[-64:], "receipt": f"{self.headers['Content-Type']} {len(content)}"}
            )

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(JPEG)

    def _answer(self, status: int, document: Any) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *_: Any) -> None:
        return
