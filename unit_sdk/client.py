"""The client of a responsible unit (责任单位): receive tasks, sign, ask, feed back, resync."""

import logging
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import pika

from case_contracts import units, wire
from case_contracts.units import Task
from unit_sdk import uploads
from unit_sdk.errors import NotSent, SdkError
from unit_sdk.identifiers import new_id
from unit_sdk.link import Link, Outgoing
from unit_sdk.memory import Memory
from unit_sdk.parking import Parked, ParkingFolder
from unit_sdk.reception import Reception

log = logging.getLogger("unit_sdk")

EXCHANGE = "units.feedback"
HEARTBEAT = 30
BLOCKED_TIMEOUT = 60
SOCKET_TIMEOUT = 10
TRIES = 5

M = TypeVar("M")
Reading = Callable[[M], Any]

Message = (
    units.Task
    | units.TaskWithdrawn
    | units.ReturnDecided
    | units.ExtensionDecided
    | units.SuspensionDecided
    | units.TaskResumed
    | units.DueTimeChanged
    | units.Urge
    | units.SupervisionOrder
    | units.RequestAccepted
    | units.RequestRefused
)
"""What a unit receives."""
FromUnit = (
    units.Sign
    | units.SendBack
    | units.AskExtension
    | units.AskSuspension
    | units.Resume
    | units.Feedback
    | units.SupervisionReply
    | units.Resync
)
"""What a unit says."""

_NAMES: dict[type, str] = {kind: name for name, kind in units.FROM_UNIT.items()}


class UnitClient:
    """One unit's connection to the centre.

    ``amqp_url`` names the unit's own account (``amqps://u07:password@centre/city``), ``code`` the unit,
    ``base_url`` the centre's web address, for photos; instead of the URL, ``host``, ``port``, ``vhost`` and
    ``password`` may be given apart. Functions given with :meth:`on` run one after another in a thread of
    their own; a message is acknowledged when its function has returned, and comes again when it has raised.
    They may call every method of the client.

    ``memory`` names a file in which the client keeps which messages are done, so that repeats are dropped
    after a restart too. ``parking`` names a folder, or is a function, for what failed ``tries`` times;
    without it such a message goes to the centre's parking after twenty returns.
    """

    def __init__(
        self,
        amqp_url: str = "",
        code: str = "",
        *,
        host: str = "",
        port: int = 5672,
        vhost: str = "city",
        password: str = "",
        base_url: str = "",
        confirm_within: float = 120.0,
        memory: Path | str | None = None,
        parking: Path | str | Callable[[Parked], Any] | None = None,
        tries: int = TRIES,
    ) -> None:
        parameters = (
            pika.URLParameters(amqp_url)
            if amqp_url
            else pika.ConnectionParameters(host, port, vhost, pika.PlainCredentials(code, password))
        )
        if not code or parameters.credentials.username != code:
            raise ValueError(f"the account in amqp_url must be the unit's own: {code}")
        if not amqp_url and not host:
            raise ValueError("the broker's address is missing: amqp_url, or host and password")
        if base_url and urllib.parse.urlsplit(base_url).scheme not in ("http", "https"):
            raise ValueError("base_url must begin with http:// or https://")
        if tries < 1:
            raise ValueError("tries must be at least 1")
        parameters.heartbeat = HEARTBEAT
        parameters.blocked_connection_timeout = BLOCKED_TIMEOUT
        parameters.socket_timeout = SOCKET_TIMEOUT
        parameters.client_properties = {"connection_name": f"unit_sdk {code}"}
        self.code = code
        self._base_url = base_url.rstrip("/")
        self._confirm_within = confirm_within
        self._memory = Memory(Path(memory) if memory is not None else None)
        asked = ParkingFolder(Path(parking)) if isinstance(parking, str | Path) else parking
        self._reception = Reception(self._memory, asked, tries)
        self._stopping = threading.Event()
        self._drained = threading.Event()
        self._thread: threading.Thread | None = None
        self._worker: threading.Thread | None = None
        self._link = Link(parameters, [f"unit.{code}.urgent", f"unit.{code}.tasks"], self._reception.put)

    # --- receiving ------------------------------------------------------------------------------------------

    def on(self, kind: type[M]) -> Callable[[Reading[M]], Reading[M]]:
        """Say which function takes messages of a kind: ``@client.on(Task)``. Others are passed over."""

        def register(function: Reading[M]) -> Reading[M]:
            self._reception.register(kind, function)
            return function

        return register

    def receive(self, function: Callable[[Message], Any]) -> None:
        """One function for messages of every kind; begins in the background, like :meth:`start`."""
        for kind in units.TO_UNIT.values():
            self.on(kind)(function)
        self.start()

    def run(self) -> None:
        """Work until :meth:`stop`; raises :class:`AccessRefused` when the account is not accepted."""
        worker = threading.Thread(
            target=self._reception.work,
            args=(self._link, self._on_drained),
            name=f"unit {self.code} work",
            daemon=True,
        )
        self._worker = worker
        worker.start()
        try:
            self._link.run(self._stopping, self._drained)
        finally:
            self._stopping.set()
            self._reception.leave()
            worker.join()
            self._memory.close()

    def start(self) -> None:
        """The same in the background."""
        self._thread = threading.Thread(target=self._run_quietly, name=f"unit {self.code}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being handled, give back the rest to the broker, and leave.

        A function of the unit may call it, too; then it does not wait.
        """
        self._stopping.set()
        self._reception.leave()
        self._link.wake()
        if self._thread is not None and threading.current_thread() not in (self._thread, self._worker):
            self._thread.join()

    def retry_parked(self) -> int:
        """Try once more what lies in the parking folder; what succeeds is taken out. Answers how many lie
        there."""
        return self._reception.retry_parked()

    def wait_until_connected(self, timeout: float | None = None) -> bool:
        """Whether the client is connected, at the latest after the timeout."""
        return self._link.connected.wait(timeout)

    def wait_connected(self, timeout: float) -> bool:
        """The same, but raises :class:`AccessRefused` as soon as the account turns out not to be accepted."""
        deadline = time.monotonic() + timeout
        while not self._link.connected.wait(0.05) and time.monotonic() < deadline:
            if self._link.failure is not None:
                raise self._link.failure
        return self._link.connected.is_set()

    @property
    def failure(self) -> Exception | None:
        """Why a client that was started has given up, if it has."""
        return self._link.failure

    def __enter__(self) -> "UnitClient":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- saying ---------------------------------------------------------------------------------------------

    # ``at`` is the moment of a replayed history; the centre's own clock decides otherwise.

    def sign(self, task: Task, *, at: datetime | None = None) -> str:
        """签收: the unit has the task. Answers the message's id, which the centre's answer names."""
        return self.say(units.Sign(**_about(task)), at=at)

    def send_back(self, task: Task, reason: str, *, at: datetime | None = None) -> str:
        """回退: the task is not the unit's own, and why; only within the return window."""
        return self.say(units.SendBack(**_about(task), reason=reason), at=at)

    def ask_extension(self, task: Task, reason: str, *, at: datetime | None = None) -> str:
        """申请延期: one more original limit, and why; before the due time. ``ExtensionDecided`` answers."""
        return self.say(units.AskExtension(**_about(task), reason=reason), at=at)

    def ask_suspension(
        self,
        task: Task,
        reason: str,
        *,
        until_at: datetime,
        photos: Iterable[bytes | Path] = (),
        at: datetime | None = None,
    ) -> str:
        """申请挂账: let the task rest until a moment (with its zone). ``SuspensionDecided`` answers.

        Photos that show why are uploaded first, as for feedback.
        """
        if until_at.tzinfo is None:
            raise ValueError("until_at needs its time zone")
        receipts = tuple(self.upload(task, photo, at=at) for photo in photos)
        said = units.AskSuspension(**_about(task), reason=reason, until_at=until_at, receipts=receipts)
        return self.say(said, at=at)

    def resume(self, task: Task, *, at: datetime | None = None) -> str:
        """恢复处置: a suspended task can go on before its day. ``TaskResumed`` answers."""
        return self.say(units.Resume(**_about(task)), at=at)

    def reply(self, order: units.SupervisionOrder, text: str, *, at: datetime | None = None) -> str:
        """督办回复: what the unit does about an order; the first reply counts."""
        said = units.SupervisionReply(**_about(order), order_number=order.order_number, text=text)
        return self.say(said, at=at)

    def feed_back(
        self, task: Task, text: str, photos: Iterable[bytes | Path], *, at: datetime | None = None
    ) -> str:
        """反馈: the problem is gone. Each photo is uploaded first; its receipt goes with the message."""
        receipts = tuple(self.upload(task, photo, at=at) for photo in photos)
        return self.say(units.Feedback(**_about(task), text=text, receipts=receipts), at=at)

    feedback = feed_back
    """The same, under the name of the message."""

    def resync(self) -> str:
        """重新同步: the unit lost what it had; all its open tasks come again, as if for the first time."""
        self._memory.forget()
        return self.say(units.Resync(responsible_unit=self.code))

    def upload(self, task: Task, photo: bytes | Path, *, at: datetime | None = None) -> str:
        """上传照片: the receipt of one photo; what takes photos does this by itself."""
        if not self._base_url:
            raise SdkError("uploading needs base_url, the centre's web address")
        return uploads.upload(self._base_url, task, photo, at=at)

    def fetch(self, link: str) -> bytes:
        """A photo of the problem, by one of the links in ``task.photos``."""
        if not self._base_url:
            raise SdkError("fetching needs base_url, the centre's web address")
        return uploads.fetch(self._base_url, link)

    def say(self, message: FromUnit, *, message_id: str | None = None, at: datetime | None = None) -> str:
        """Send one of the unit's messages as it is; the same id again is the same message to the centre."""
        case_number: str = getattr(message, "case_number", "")
        name, moment = _NAMES[type(message)], at or datetime.now(UTC)
        envelope = wire.Envelope(
            id=message_id or new_id(),
            source=f"units/{self.code}",
            type=name,
            time=moment,
            subject=f"case/{case_number}" if case_number else f"unit/{self.code}",
            data=wire.pack(message),
        )
        properties = pika.BasicProperties(
            content_type=wire.CONTENT_TYPE,
            delivery_mode=2,
            message_id=envelope.id,
            correlation_id=case_number or None,
            type=name,
            app_id=envelope.source,
            timestamp=int(moment.timestamp()),
            user_id=self.code,
        )
        routing_key = ".".join(part for part in (self.code, name, case_number) if part)
        self._send(Outgoing(EXCHANGE, routing_key, properties, wire.encode(envelope)))
        return envelope.id

    # --- within ---------------------------------------------------------------------------------------------

    def _send(self, outgoing: Outgoing) -> None:
        self._link.send(outgoing)
        if not outgoing.settled.wait(self._confirm_within):
            outgoing.given_up = True
            raise NotSent(f"not confirmed within {self._confirm_within:g} seconds")
        if outgoing.error is not None:
            raise outgoing.error

    def _run_quietly(self) -> None:
        try:
            self.run()
        except SdkError as error:
            log.error("the client has given up: %s", error)

    def _on_drained(self) -> None:
        self._drained.set()
        self._link.wake()


def _about(task: Task | units.SupervisionOrder) -> dict[str, Any]:
    return {
        "case_number": task.case_number,
        "round": task.round,
        "dispatch_number": task.dispatch_number,
        "responsible_unit": task.responsible_unit,
    }
