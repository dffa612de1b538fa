"""A service's own gauges: asked of its database when the metrics are scraped."""

from __future__ import annotations

import time
from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chassis import logs
from chassis.app import App
from chassis.faults import DatabaseAway
from chassis.transactions import Database

FRESH_FOR = 5.0
"""Seconds for which the readings are not taken again."""

log = logs.get_logger()


class AppGauges(Collector):
    """Collects what the app's gauge functions read; nothing while the database is away."""

    def __init__(self, app: App, database: Database) -> None:
        self._app = app
        self._database = database
        self._read_at = float("-inf")
        self._families: list[GaugeMetricFamily] = []

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing is read for being registered."""
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The readings, at most five seconds old."""
        if time.monotonic() - self._read_at > FRESH_FOR:
            self._families = self._read()
            self._read_at = time.monotonic()
        return self._families

    def _read(self) -> list[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for gauge in self._app.gauges:
            try:
                readings = self._database.run(lambda tx, read=gauge: list(read(tx.bound)))
            except DatabaseAway:
                return []
            except Exception:
                log.exception("a gauge cannot be read", gauge=gauge.__name__)
                continue
            for name, labels, value in readings:
                of_all = {"service": self._app.name, **labels}
                if name not in families:
                    families[name] = GaugeMetricFamily(name, name.replace("_", " "), labels=list(of_all))
                families[name].add_metric([str(text) for text in of_all.values()], value)
        return list(families.values())
