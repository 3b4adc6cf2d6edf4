"""Files that are there whole or not at all: written beside their place, then renamed into it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def written_aside(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of `path` when the context ends, and is removed if the context fails.

    Yields:
        A binary file to write to, which can be read back and searched. It is on the disk before it is renamed, so that
        a machine that stops leaves the old file or the new one.

    Raises:
        OSError: as opening, writing and renaming do.
    """
    aside = path.with_name(f".{path.name}.part")
    try:
        with aside.open("w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
    except OSError as error:
        error.filename = str(path)  # which a full disk does not say
        raise
    finally:
        with suppress(OSError):  # it is gone, or the first error says why it can't be
            aside.unlink()


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        OSError: if the disk is full, or the folder is missing or may not be written to.
    """
    with written_aside(path) as file:
        file.write(content)
