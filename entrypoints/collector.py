"""The garbage collector of a process that runs for long."""

import gc
from typing import Final

COLLECT_AFTER: Final = (20_000, 20, 20)
"""Its thresholds. Requests and messages leave few cycles; with the default of 700 objects it would run every few
requests, and several times for each batch of messages."""


def tune_collector() -> None:
    """Call it when the process is ready to work: what is there by then stays, and is not visited again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
