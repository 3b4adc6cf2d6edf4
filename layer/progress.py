"""Shows that a long step goes on: prints its name at once, a dot every few seconds, and how long it took."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_DOT_EVERY_S = 5.0
_steps: list[str] = []  # under way, the innermost last


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print what is being done while the context lasts. A step within another has a line of its own."""
    begun = time.monotonic()
    is_over = threading.Event()
    print("\n" * bool(_steps) + f"{name} ", end="", flush=True)
    _steps.append(name)

    def print_dots() -> None:
        while not is_over.wait(_DOT_EVERY_S):
            print(".", end="", flush=True)

    dots = threading.Thread(target=print_dots, daemon=True)
    dots.start()
    try:
        yield
    finally:
        is_over.set()
        dots.join()
        _steps.remove(name)
        outcome = "failed after" if sys.exception() else "took"
        print(f"({outcome} {time.monotonic() - begun:.0f} s)", flush=True)
