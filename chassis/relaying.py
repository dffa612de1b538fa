"""The life of a relay process: without green threads, SQLAlchemy or nameko, so that it starts at once."""

import signal
import time

from chassis import health, logs
from chassis.relay import Relay
from chassis.settings import Settings

LONGEST_TURN = 120.0
"""Seconds without a turn of the loop after which the process no longer counts as alive."""


def relay(service: str, settings: Settings) -> int:
    """Relay until asked to leave."""
    logs.configure(service=service, role="relay", level=settings.log_level)
    carrier = Relay(service, settings.database_url, settings.amqp_uri)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: carrier.stopping.set())
    checks = {
        "database": lambda: carrier.database_reached,
        "broker": lambda: carrier.broker_reached or not carrier.active,
    }
    well = health.Health(checks, alive=lambda: time.monotonic() - carrier.turned_at < LONGEST_TURN)
    server = health.serve(well, bind=settings.bind, port=settings.metrics_port, service=service)
    carrier.run()
    server.shutdown()
    logs.get_logger().info("left in order")
    return 0
