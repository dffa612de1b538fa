"""The life of a doors or facts process: start, stay alive, leave in order when asked."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import eventlet
from eventlet import hubs
from nameko.runners import ServiceRunner
from prometheus_client import REGISTRY

from chassis import health, logs, metrics
from chassis.app import App, Running
from chassis.gauges import AppGauges
from chassis.message_services import message_services
from chassis.service_of_doors import doors_service
from chassis.settings import Settings
from chassis.transactions import Database

LEAVES_WITHIN = 20.0
"""Seconds for finishing what is under way; the container is killed after that."""

TURNS_WITHIN = 180.0
"""Seconds after which a consumer's loop that has not come round counts as hanging."""

BEAT = 1.0
"""Seconds after which a process looks whether it still does its work; a signal is noticed at once."""

BACKGROUND_PAUSE = 5.0

log = logs.get_logger()


def serve_doors(app: App, settings: Settings) -> int:
    """Answer HTTP until asked to leave."""
    with _process(app, settings) as running:
        runner = ServiceRunner(
            {
                "WEB_SERVER_ADDRESS": f"{settings.bind}:{settings.http_port}",
                "max_workers": settings.max_workers,
            }
        )
        runner.add_service(doors_service(app, running))
        # Only who listens already calls itself ready.
        return _stay(runner, started=lambda: _watched(app, running, {"database": running.database.reachable}))


def serve_facts(app: App, settings: Settings) -> int:
    """Read the queues and fire the wake-ups until asked to leave."""
    with _process(app, settings) as running:
        runner = ServiceRunner({"AMQP_URI": settings.amqp_uri})
        readers = list(running.database.readers.values())
        for service in message_services(running.database, readers, app.wakes):
            runner.add_service(service)
        REGISTRY.register(AppGauges(app, running.database))
        checks = {"database": running.database.reachable}
        if readers:
            checks["broker"] = lambda: _broker_connected(app.name)

        def alive() -> bool:
            return consumers_turn(runner)

        _watched(app, running, checks, alive)
        return _stay(runner, alive)


def consumers_turn(runner: Any) -> bool:
    """Whether the loop of every consumer came round lately: one that hangs is not cured by waiting."""
    since = time.monotonic() - TURNS_WITHIN
    entrypoints = [one for container in runner.containers for one in container.entrypoints]
    return all(getattr(one, "turned_at", since) >= since for one in entrypoints)


def _broker_connected(service: str) -> bool:
    return REGISTRY.get_sample_value("broker_connected", {"service": service}) == 1


@contextmanager
def _process(app: App, settings: Settings) -> Iterator[Running]:
    logs.configure(service=app.name, role=settings.role, level=settings.log_level)
    database = Database(
        settings.database_url,
        codec=app.codec,
        service=app.name,
        bind=app.bind_of(settings),
        readers=app.readers_of(settings),
        replay=settings.replay,
        pool_size=settings.max_workers,
    )
    running = Running(settings=settings, database=database)
    for task in app.background:
        eventlet.spawn_n(_for_ever, task, running)
    try:
        yield running
    finally:
        database.close()


def _watched(
    app: App, running: Running, checks: dict[str, health.Check], alive: Callable[[], bool] = lambda: True
) -> None:
    settings = running.settings
    gauges = {"database": metrics.DATABASE_REACHABLE}
    health.serve(
        health.Health(checks, alive=alive),
        bind=settings.bind,
        port=settings.metrics_port,
        gauges=gauges,
        service=app.name,
    )


def _for_ever(task: Callable[[Running], None], running: Running) -> None:
    """A background task that ends is begun again: it must not stop without anybody noticing."""
    while True:
        try:
            task(running)
        except Exception:
            log.exception("background task failed", task=task.__name__)
        eventlet.sleep(BACKGROUND_PAUSE)


def _stay(
    runner: Any, alive: Callable[[], bool] = lambda: True, started: Callable[[], None] = lambda: None
) -> int:
    asked: list[int] = []
    noticed, notice = os.pipe()
    for end in (noticed, notice):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(notice)
    for number in (signal.SIGTERM, signal.SIGINT):
        # Only noted here: a signal handler must not switch green threads.
        signal.signal(number, lambda got, _frame: asked.append(got))
    runner.start()
    started()
    log.info("started")
    ended = eventlet.spawn(runner.wait)
    while not asked and not ended.dead:
        if not alive():
            log.error("the consumers have not turned for too long: leaving, to be started anew")
            return 1
        with contextlib.suppress(eventlet.Timeout):
            hubs.trampoline(noticed, read=True, timeout=BEAT)
    if not asked:
        return _ended_by_itself(ended)
    with eventlet.Timeout(LEAVES_WITHIN, False):
        runner.stop()
        log.info("left in order")
        return 0
    log.warning("some work did not end in time")
    runner.kill()
    return 0


def _ended_by_itself(ended: Any) -> int:
    try:
        ended.wait()
    except Exception:
        log.exception("the service died")
    return 1
