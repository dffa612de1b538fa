"""Who reads the units' queues (在线): asked of the broker once a minute, and shown to the dispatcher."""

import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import amqp

from case_contracts.roles import Actor
from chassis import broker, logs
from chassis.app import Running
from chassis.doors import door
from chassis.faults import DatabaseAway
from services.dispatch import presence_schemas as schemas
from services.dispatch.ports import DispatchTransaction
from services.dispatch.rules import the_handbook
from services.dispatch.stages import unit_presence

log = logs.get_logger()

LOOKS_EVERY = 60.0
"""Seconds."""


class UnitPresenceDoors:
    """责任单位 as the centre's people see them."""

    handbook = property(lambda _: the_handbook())

    @door("GET", "/api/dispatch/units", answer=schemas.ResponsibleUnits, tags=["派遣"],
          summary="责任单位在线情况", summary_en="The responsible units and their systems")  # fmt: skip
    def units(self, tx: DispatchTransaction, *, at: datetime, by: Actor) -> dict[str, Any]:
        found = unit_presence.units(tx, self.handbook, at=at, by=by)
        return {"units": [schemas.responsible_unit(seen) for seen in found]}


def watch_units(running: Running) -> None:
    """One look a minute, in the facts process; the chassis calls it again and again."""
    if running.settings.role != "facts" or running.settings.replay:
        time.sleep(LOOKS_EVERY)
        return
    try:
        connection = broker.connect(running.settings.amqp_uri, "dispatch unit presence")
        try:
            read_now = units_read(connection, the_handbook().units)
        finally:
            broker.discard(connection)
        running.transact(lambda tx: unit_presence.note(tx, read_now, at=running.clock()))
    except (amqp.AMQPError, OSError, DatabaseAway) as away:
        # Nobody's silence counts from a minute in which nobody could be asked.
        log.warning("units' presence not noted", error=repr(away))
    time.sleep(LOOKS_EVERY)


def units_read(connection: amqp.Connection, codes: Iterable[str]) -> set[str]:
    """The units with a reader on either of their queues; a passive declare takes nothing from them."""
    found: set[str] = set()
    channel = connection.channel()
    for code in codes:
        for queue in (f"unit.{code}.tasks", f"unit.{code}.urgent"):
            try:
                consumers = channel.queue_declare(queue, passive=True).consumer_count
            except amqp.NotFound:
                # A unit that the handbook has and the broker not yet; the refusal has closed the channel.
                channel = connection.channel()
                continue
            if consumers:
                found.add(code)
    return found
