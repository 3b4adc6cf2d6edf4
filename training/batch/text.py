"""Lines of text, one after the other, of a file in whatever encoding: no more of it is held than a line."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import IO

_WIDE = {  # byte order marks; UTF-32's begins as UTF-16's does
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def lines_of(stream: IO[bytes]) -> Iterator[str]:
    """The lines of a text, each with \\n at its end but perhaps the last.

    UTF-8 is read, and UTF-16 and UTF-32 that begin with a mark. A line that is none is read as Windows-1252.
    """
    first = stream.readline()
    for mark, encoding in _WIDE.items():
        if first.startswith(mark):
            whole = io.TextIOWrapper(io.BytesIO(first + stream.read()), encoding, errors="replace", newline=None)
            yield from whole
            return
    yield from _split(_decoded(first.removeprefix(codecs.BOM_UTF8)))
    for line in stream:
        yield from _split(_decoded(line))


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def _split(text: str) -> Iterator[str]:
    """The lines of what ends with a line feed, for some programs end lines with \\r alone."""
    return iter(io.StringIO(text, newline=None)) if "\r" in text else iter((text,) if text else ())
