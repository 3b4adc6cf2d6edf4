"""How much is read at most: a file that says little and unpacks to much must not take the machine's memory."""

from __future__ import annotations

from typing import IO

from training.data.errors import CorpusError

MOST_BYTES = 256 * 2**20
"""Of all files together, unpacked: 75 times the transcripts of Seinfeld."""
MOST_FILES = 50_000
MOST_ARCHIVES = 3
"""How many archives may stand inside each other."""


class TooMuchError(CorpusError):
    """More than is read."""


class Budget:
    """What may still be read."""

    def __init__(self, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES) -> None:
        self._most_bytes, self._bytes = most_bytes, most_bytes
        self._most_files, self._files = most_files, most_files

    def count(self, where: str, files: int = 1) -> None:
        """Count files.

        Raises:
            TooMuchError: if there are too many.
        """
        self._files -= files
        if self._files < 0:
            raise TooMuchError(
                f"{where} holds more than {self._most_files:,} files: join the scripts to fewer, or give a part of them"
            )

    def read(self, name: str, stream: IO[bytes], head: bytes = b"") -> bytes:
        """The rest of a stream, behind its head.

        Raises:
            TooMuchError: if that is more than may still be read.
        """
        data = head + stream.read(max(0, self._bytes + 1 - len(head)))
        self.take(name, len(data))
        return data

    def take(self, name: str, size: int) -> None:
        """Count bytes.

        Raises:
            TooMuchError: if that is more than may still be read.
        """
        if size > self._bytes:
            raise TooMuchError(
                f"{name}: with it the scripts have more than {self._most_bytes // 2**20:,} MiB, unpacked, which is the "
                "most that is read: give a part of them"
            )
        self._bytes -= size

    def give_back(self, size: int) -> None:
        """Bytes that were read only to be unpacked count as what they hold."""
        self._bytes += size
