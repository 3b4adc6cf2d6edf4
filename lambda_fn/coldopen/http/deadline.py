"""The deadline: when a reply has to be there, so that whoever waits for it still does."""

from __future__ import annotations

import time

_MARGIN_S = 0.5  # from the last word to the reply's last byte


def deadline(remaining_s: float, gives_up_at: float) -> float:
    """When writing has to end, on `time.monotonic()`'s clock, in seconds.

    Args:
        remaining_s: until Lambda's timeout. It begins after INIT.
        gives_up_at: when the front stops waiting, in seconds since 1970. It began to wait before INIT. A time that is
            past is of an event that was kept and sent again, and means nothing.
    """
    waits_s = gives_up_at - time.time()
    return time.monotonic() + (min(remaining_s, waits_s) if waits_s > 0 else remaining_s) - _MARGIN_S
