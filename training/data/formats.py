"""The formats of script files: bytes in, text out, and a note of each part that could not be used.

A Kaggle CSV, plain text, and `.merged` transcripts are read. The text has the form of the original's corpus: one speech
a line, `name: what is said`, and an empty line between speeches. Rows with too many or too few fields, empty dialogue
and bytes that are not UTF-8 are skipped; each skip names its line and its reason.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from coldopen.errors import ColdOpenError

SUFFIXES = (".csv", ".txt", ".merged")
"""How the names of files that can be read end."""

_STRAY = "bytes that are not UTF-8 text"
_TIME = re.compile(r"\d+(\.\d+)?")
_LAUGHTER = "**LOL**"


class CorpusError(ColdOpenError):
    """Scripts that can't be read or hold nothing to learn from."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A part of a source that was not used.

    Attributes:
        source: the file's name.
        line: the number of the part's first line, from 1.
        reason: why it could not be used, for a person.
    """

    source: str
    line: int
    reason: str


def read_text(name: str, data: bytes) -> tuple[str, list[Skip]]:
    """The script in a file, and what of it could not be used.

    Args:
        name: the file's name; its ending tells the format.
        data: the file's bytes.

    Raises:
        CorpusError: if the file as a whole can't be used.
    """
    text = _decode(name, data).replace("\r\n", "\n").replace("\r", "\n")
    if name.lower().endswith(".csv"):
        return _read_csv(name, text)
    text, skips = _drop_stray_lines(name, text)
    return _read_merged(text) if name.lower().endswith(".merged") else text, skips


def _decode(name: str, data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # what some editors call Unicode
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise CorpusError(f"{name} begins as UTF-16 does but is not: {error.reason}") from None
    # surrogateescape keeps a stray byte recognisable, so that only its own line is lost
    return data.decode("utf-8-sig", "surrogateescape")


def _has_stray_bytes(text: str) -> bool:
    if text.isascii():
        return "\0" in text
    return any("\udc80" <= character <= "\udcff" or character == "\0" for character in text)


def _drop_stray_lines(name: str, text: str) -> tuple[str, list[Skip]]:
    if not _has_stray_bytes(text):
        return text, []
    kept, skips = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if _has_stray_bytes(line):
            skips.append(Skip(name, number, _STRAY))
        else:
            kept.append(line)
    return "\n".join(kept), skips


def _read_csv(name: str, text: str) -> tuple[str, list[Skip]]:
    rows = _csv_rows(name, text)
    header: list[str] | None = None
    speeches: list[str] = []
    skips: list[Skip] = []
    for row in rows:
        if isinstance(row, Skip):
            skips.append(row)
        elif header is None:
            header = row.fields
            who, what = _columns(name, header)
        elif fault := _row_fault(row.fields, len(header), what):
            skips.append(Skip(name, row.line, fault))
        else:
            character, dialogue = (" ".join(row.fields[column].split()) for column in (who, what))
            speeches.append(f"{character}: {dialogue}\n\n" if character else f"{dialogue}\n\n")
    if header is None:
        _columns(name, [""])
    return "".join(speeches), skips


def _columns(name: str, header: list[str]) -> tuple[int, int]:
    """Which columns hold the speaker and the speech."""
    titles = [title.strip().lower() for title in header]
    if "dialogue" not in titles or "character" not in titles:
        raise CorpusError(
            f"{name} has no Character and Dialogue columns; its first line reads {', '.join(header)!r}. "
            "Expected Kaggle's columns: Character, Dialogue, EpisodeNo, SEID, Season"
        )
    return titles.index("character"), titles.index("dialogue")


def _row_fault(row: list[str], width: int, what: int) -> str | None:
    if len(row) != width:
        return f"too {'few' if len(row) < width else 'many'} fields: {len(row)} of {width}"
    if any(_has_stray_bytes(field) for field in row):
        return _STRAY
    if not row[what].strip():
        return "empty dialogue"
    return None


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a CSV file and the number of its first line, from 1."""

    line: int
    fields: list[str]


def _csv_rows(name: str, text: str) -> Iterator[_Row | Skip]:
    """Each row that is not empty. A quotation mark that is not closed costs one line, not the rest of the file.

    Such a mark shows as a row of several lines and the wrong number of fields, or as an error of the parser. Its first
    line is skipped, and parsing begins anew behind it.
    """
    lines = io.StringIO(text).readlines()  # splitlines would also cut at form feeds and their like
    start, width = 0, None
    while start < len(lines):
        reader = csv.reader(lines[start:], strict=True)
        begin = start
        try:
            for row in reader:
                first, begin = begin, start + reader.line_num
                width = width or len(row)
                if len(row) != width and begin - first > 1:
                    yield Skip(name, first + 1, "a quotation mark that is not closed")
                    begin = first + 1
                    break
                if row:
                    yield _Row(first + 1, row)
        except csv.Error as error:
            yield Skip(name, begin + 1, str(error))
            begin += 1
        start = begin


def _read_merged(text: str) -> str:
    """The `.merged` form: `# NAME`, then times in seconds, laughter marks and lines of speech."""
    speeches: list[list[str]] = []
    for line in text.split("\n"):
        line = line.strip()
        if line.startswith("# "):
            speeches.append([f"{line[2:].strip()}:"])
        elif line and line != _LAUGHTER and not _TIME.fullmatch(line):
            if not speeches:
                speeches.append([])
            speeches[-1].append(line)
    return "".join(f"{' '.join(speech)}\n\n" for speech in speeches if len(speech) > 1)
