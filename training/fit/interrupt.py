"""How a training is asked to stop: SIGINT and SIGTERM are collected, and heeded between two steps."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from coldopen.errors import ColdOpenError

_STOPPING = b"\nstopping after this step, and saving the state; Ctrl-C again stops at once\n"

ShouldStop = Callable[[], bool]
"""Asked after each step: whether training should save its state and stop."""


class Interrupted(ColdOpenError):  # noqa: N818 (not a fault: the person asked for it)
    """Training was asked to stop, and has saved its state."""


@contextmanager
def stop_signals() -> Iterator[ShouldStop]:
    """Let SIGINT and SIGTERM ask for a stop while the context lasts, instead of ending the process at once.

    Yields:
        A function that says whether one of them has come.

    Raises:
        Interrupted: at once, when Ctrl-C is pressed again.
    """
    received: list[int] = []

    def receive(number: int, _: object) -> None:
        if number == signal.SIGINT and number in received:
            raise KeyboardInterrupt
        received.append(number)
        if number == signal.SIGINT and os.environ.get("RANK", "0") == "0":
            os.write(2, _STOPPING)  # to stderr; a print can't be begun while another is under way

    before = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(received)
    except KeyboardInterrupt:
        raise Interrupted("stopped at once; the same command goes on from the last state that was saved") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
