"""How a training is asked to stop: SIGINT and SIGTERM are collected, and heeded between two steps."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from coldopen.errors import ColdOpenError

ShouldStop = Callable[[], bool]
"""Asked after each step: whether training should save its state and stop."""


class Interrupted(ColdOpenError):  # noqa: N818 (not a fault: the person asked for it)
    """Training was asked to stop, and has saved its state."""


@contextmanager
def stop_signals() -> Iterator[ShouldStop]:
    """Let SIGINT and SIGTERM ask for a stop while the context lasts, instead of ending the process at once.

    Yields:
        A function that says whether one of them has come.
    """
    received: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda number, _: received.append(number))
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
