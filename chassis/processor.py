"""Taking turns on the processor (轮流): who wakes waits until the one who is working has ended a turn.

A message wakes its reader, a statement its backend, an answer its asker: hundreds of switches for one piece
of work, and many interrupted somebody who would have been done a moment later. Each costs what both had at
hand (docs/performance.md).
"""

import os
from contextlib import suppress


def interrupt_nobody() -> None:
    """From now on this process, and each that it starts, interrupts no other when it wakes (sched(7)).

    It still has its share of the processor, and an idle one at once.
    """
    with suppress(OSError):  # whoever started us has chosen otherwise, and may forbid it
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
