"""The lock of a run's folder: one command writes there at a time. It dies with the process that holds it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coldopen.errors import ColdOpenError

_LOCK = ".lock"


class LockError(ColdOpenError):
    """A folder that another command writes to."""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Be the only one who writes to a run's folder while the context lasts; the folder is made if it is missing.

    Commands that only read the run need no lock: each file is whole at any time.

    Raises:
        LockError: if another process is there, or the folder is a file.
        OSError: if the folder can't be made or written to.
    """
    if folder.exists() and not folder.is_dir():
        raise LockError(f"{folder} is a file, and a run needs a folder: choose another with --folder")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise LockError(
                f"{folder} is in use: process {file.read().strip() or 'unknown'} writes there. Wait until it is done, "
                "or choose another folder with --folder"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
