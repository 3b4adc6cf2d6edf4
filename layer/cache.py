"""The cache: wheels, the compiler's files and each target's last layer, kept from one build to the next."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent / ".cache"
"""The project's cache, where no other is named."""


@contextmanager
def locked(cache: Path) -> Iterator[None]:
    """Wait until no other process builds with this cache; the lock goes with the process that holds it."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another build that uses {cache}")
            fcntl.flock(file, fcntl.LOCK_EX)
        for left in (*cache.glob("layers/part-*"), *cache.glob("wheels/part-*")):  # by a build that was killed
            shutil.rmtree(left)
        yield
