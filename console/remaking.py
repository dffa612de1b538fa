"""Making rows anew (重制): rows of an older edition get what this one keeps beside them."""

import eventlet

from chassis import logs
from chassis.app import Running
from chassis.faults import is_away

PORTION = 50
PAUSE = 0.05
LOOKS_EVERY = 600.0

log = logs.get_logger()


def remake(running: Running) -> None:
    """For ever, in the facts process: a portion of old rows after another."""
    while True:
        if running.settings.role == "facts":
            try:
                _remake_all(running)
            except Exception as error:
                if not is_away(error):
                    raise
                log.warning("database away, no rows are made anew now")
        eventlet.sleep(LOOKS_EVERY)


def _remake_all(running: Running) -> None:
    made = 0
    while portion := running.transact(lambda tx: tx.case_files.remake(PORTION)):
        made += portion
        eventlet.sleep(PAUSE)  # facts that come meanwhile take their turn
    if made:
        log.info("rows made anew", rows=made)
