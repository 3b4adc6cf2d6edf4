"""How a table's fields stand apart, told by its first rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from training.data.files.limits import MOST_BYTES
from training.data.formats.columns import columns_of
from training.data.hints import Hints

if TYPE_CHECKING:
    from _csv import Reader

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "^": "carets"}
_NO_DELIMITERS = frozenset(" _-.'\"()/")
_SAMPLE = 50

csv.field_size_limit(MOST_BYTES)  # a field may hold a film


class Dialect(NamedTuple):
    """How fields stand apart, and how a mark stands inside one."""

    delimiter: str
    quote: str = '"'
    escape: str | None = None
    is_spaced: bool = False

    def __str__(self) -> str:
        parts = [f"a table with {_DELIMITERS.get(self.delimiter, repr(self.delimiter))}"]
        if self.quote != '"':
            parts.append("single quotes")
        if self.escape:
            parts.append("quotes escaped by a backslash")
        return ", ".join(parts)

    def reader(self, lines: Sequence[str] | io.StringIO, strict: bool = False) -> Reader:
        """The rows of a table, by the standard library's reader."""
        return csv.reader(
            lines,
            strict=strict,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            skipinitialspace=self.is_spaced,
        )


def likely_dialects(text: str, delimiters: Sequence[str] = ()) -> list[tuple[Dialect, list[list[str]]]]:
    """Each dialect that a text may have, the likeliest first, and its first rows by it.

    Args:
        delimiters: those that may be; by default the usual ones, and what parts the titles in the first line.
    """
    quotes = ("'", '"') if text.lstrip()[:1] == "'" else ('"',)
    dialects = [
        Dialect(delimiter, quote, is_spaced=_is_spaced(text, delimiter, quote))
        for delimiter in delimiters or [*_DELIMITERS, *_unusual(text)]
        for quote in quotes
    ]
    tried = [(dialect, rows) for dialect in dialects if (rows := _first_rows(text, dialect))]
    return sorted(tried, key=lambda it: -_evenness(it[1]))


def _unusual(text: str) -> Iterator[str]:
    """Other characters that part the first line into known titles."""
    line = text.lstrip().partition("\n")[0][:1000]
    for mark in dict.fromkeys(line):
        if mark not in _NO_DELIMITERS and mark not in _DELIMITERS and not mark.isalnum():
            found = columns_of(line.split(mark), Hints())
            if found and found.speaker is not None:
                yield mark


def _is_spaced(text: str, delimiter: str, quote: str) -> bool:
    """Whether a space stands between delimiters and quotation marks."""
    sample = text[:100_000]
    return len(re.findall(f"{re.escape(delimiter)} +{quote}", sample)) > sample.count("\n") / 4


def _first_rows(text: str, dialect: Dialect) -> list[list[str]]:
    """Some rows, as far as they can be told apart."""
    rows: list[list[str]] = []
    try:
        for row in dialect.reader(io.StringIO(text[: 64 * 1024 * 16])):
            if any(field.strip() for field in row):
                rows.append(row)
            if len(rows) > _SAMPLE:
                break
    except csv.Error:
        pass
    return rows


def _evenness(rows: Sequence[Sequence[str]]) -> float:
    """How sure a delimiter is: the share of rows as wide as the first, if that has two fields or more."""
    width = len(rows[0])
    return 0 if width < 2 else sum(len(row) == width for row in rows) / len(rows) + width / 1000
