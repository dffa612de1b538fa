"""Reception (接收): one thread hands every message to the unit's function, and settles it afterwards."""

import logging
import queue
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pika

from case_contracts import units, wire
from unit_sdk.link import Incoming, Link
from unit_sdk.memory import Memory
from unit_sdk.parking import Parked, ParkingFolder

log = logging.getLogger("unit_sdk")

# Wakes the worker when there is nothing more to do; sorts before every delivery.
_NOTHING = Incoming(-1, 0, None, 0, pika.BasicProperties(), b"")
_FROM_PARKING = 9
"""What lay parked is tried again when nothing else waits."""


class Reception:
    """Calls the functions one after another, in a thread of its own, so that heartbeats go on meanwhile.

    A message is acknowledged when its function has returned and remembered as done; when the function
    raises it comes again, after ``tries`` times it goes to ``parking``. Without parking the broker decides:
    it takes the message away after twenty returns.
    """

    def __init__(self, memory: Memory, parking: Callable[[Parked], Any] | None, tries: int) -> None:
        self._memory = memory
        self._parking = parking
        self._tries = tries
        self._functions: dict[type, Callable[[Any], Any]] = {}
        self._waiting: queue.PriorityQueue[Incoming] = queue.PriorityQueue()
        self._errors: dict[str, str] = {}
        self._leaving = threading.Event()

    def register(self, kind: type, function: Callable[[Any], Any]) -> None:
        """This function takes messages of this kind."""
        self._functions[kind] = function

    def put(self, incoming: Incoming) -> None:
        """A message has come; called by the link's thread."""
        self._waiting.put(incoming)

    def retry_parked(self) -> int:
        """Try again what lies in the parking folder, after everything else. Answers how many there are."""
        if not isinstance(self._parking, ParkingFolder):
            raise ValueError("only what is parked in a folder can be tried again")
        bodies = list(self._parking.bodies())
        for place, (message_id, body) in enumerate(bodies):
            properties = pika.BasicProperties(message_id=message_id)
            self._waiting.put(Incoming(_FROM_PARKING, place, None, 0, properties, body))
        return len(bodies)

    def leave(self) -> None:
        """End when the message in hand is done."""
        self._leaving.set()
        self._waiting.put(_NOTHING)

    def work(self, link: Link, done: Callable[[], None]) -> None:
        """Handle what comes until asked to leave, then say ``done``."""
        while not self._leaving.is_set():
            incoming = self._waiting.get()
            if incoming is _NOTHING or not (incoming.is_local or link.is_current(incoming)):
                continue
            try:
                self._take(incoming, link)
            except Exception:
                # Such as a memory file on a full disk: this thread must outlive it.
                log.exception("message %s was not received", incoming.properties.message_id)
                link.give_back(incoming)
        done()

    def _take(self, incoming: Incoming, link: Link) -> None:
        message_id = incoming.properties.message_id or ""
        if message_id and self._memory.is_done(message_id):
            self._clear(message_id)
            link.acknowledge(incoming)
            return
        try:
            message = _opened(incoming.body)
        except (wire.Unreadable, wire.Malformed) as error:
            log.error("message %s cannot be read and goes to the centre's parking: %s", message_id, error)
            link.reject(incoming)
            return
        self._handle(incoming, message, message_id, link)

    def _handle(self, incoming: Incoming, message: Any, message_id: str, link: Link) -> None:
        tries = self._memory.begin(message_id) if message_id else 1
        may_be_tried = self._parking is None or incoming.is_local or tries <= self._tries
        if may_be_tried and self._succeeds(message, message_id):
            if message_id:
                self._memory.finish(message_id)
                self._clear(message_id)
            link.acknowledge(incoming)
        elif self._is_parked(incoming, message, message_id, tries):
            link.acknowledge(incoming)
        else:
            link.give_back(incoming)

    def _succeeds(self, message: Any, message_id: str) -> bool:
        try:
            self._call(message)
        except Exception:
            self._errors[message_id] = traceback.format_exc()
            log.exception("message %s failed", message_id)
            return False
        self._errors.pop(message_id, None)
        return True

    def _is_parked(self, incoming: Incoming, message: Any, message_id: str, tries: int) -> bool:
        """Whether the message lies in the unit's own parking now, and need not come again by itself."""
        if self._parking is None or (tries < self._tries and not incoming.is_local):
            return False
        parked = Parked(
            message_id=message_id,
            message=message,
            body=incoming.body,
            tries=tries,
            error=self._errors.get(message_id, f"the program ended {tries - 1} times while handling this"),
            at=datetime.now(UTC),
        )
        try:
            self._parking(parked)
        except Exception:
            log.exception("message %s cannot be parked and will come again", message_id)
            return False
        self._memory.give_up(message_id)
        self._errors.pop(message_id, None)
        log.error("message %s is parked after %d tries", message_id, tries)
        return True

    def _call(self, message: Any) -> None:
        function = self._functions.get(type(message))
        if function is None:
            log.info("nobody reads %s", type(message).__name__)
            return
        function(message)

    def _clear(self, message_id: str) -> None:
        if isinstance(self._parking, ParkingFolder):
            self._parking.discard(message_id)


def _opened(body: bytes) -> Any:
    """The message in an envelope; None of a kind that this release does not know yet."""
    envelope = wire.decode(body)
    kind = units.TO_UNIT.get(envelope.type)
    return None if kind is None else wire.unpack(kind, envelope.data)
